import secrets
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.audit import public as audit
from andon.foundation.configuration import public as configuration
from andon.foundation.interface.views import link_is_over
from andon.foundation.organisation.models import Duty
from andon.foundation.organisation.public import named_paths
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import current_member, needs_duty
from andon.foundation.providers import asking, checking, policy, rescue, rules, trial
from andon.foundation.providers.forms import AddRule, ForgetAccount, Policy, SetUp, TryGroups
from andon.foundation.providers.models import Identity, IdentityProvider, StandbySteward
from andon.foundation.providers.oidc import CheckedCallback, CheckedOpenID, redirect_uri
from andon.foundation.providers.presets import PRESETS, preset

steward = needs_duty(Duty.Role.STEWARD)


# Signing in


@never_cache
@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _leave_for(request, _provider(provider_id, is_enabled=True), {})


def _leave_for(request: HttpRequest, provider: IdentityProvider, data: dict[str, Any]) -> HttpResponse:
    """A page that goes on to the provider by itself.

    Not a redirect: our pages forbid forms that lead to other sites, and browsers hold redirects after a form to it.
    """
    ours = CheckedOpenID(request, provider)
    theirs = ours.get_provider()
    nonce = secrets.token_urlsafe(24)
    # Of what the browser sent only `next` is taken, and only if it leads to a page of ours: nobody adds scopes here.
    theirs.get_oauth2_adapter = lambda request: ours
    try:
        with asking.asking_only(provider.hosts):
            answer = theirs.redirect(
                request,
                process="login",
                next_url=get_next_redirect_url(request),
                data=data,
                auth_params={"nonce": nonce},
                nonce=nonce,
            )
    except (OAuth2Error, requests.RequestException, ValueError, KeyError, TypeError) as wrong:
        return _error(request, theirs, wrong, {"data": data})
    if answer.status_code != 302:
        return answer
    context = {"provider": provider, "where": answer["Location"], "host": urlsplit(answer["Location"]).hostname}
    page = render(request, "providers/leaving.html", context)
    page.headers["Refresh"] = f"0; url={answer['Location']}"
    return page


def _error(request: HttpRequest, provider: Any, wrong: Exception, state: dict[str, Any]) -> HttpResponse:
    return render_authentication_error(request, provider, exception=wrong, extra_context={"state": state})


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    provider = _provider(provider_id)
    ours = CheckedOpenID(request, provider)
    with asking.asking_only(provider.hosts):
        try:
            return CheckedCallback.adapter_view(ours)(request)
        except (OAuth2Error, requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as wrong:
            # The provider went away in between, or answered in a shape that no specification has: allauth looks
            # for neither before it has the endpoints.
            return _error(request, ours.get_provider(), wrong, dict(ours.state))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rescue_link(request: HttpRequest, token: str) -> HttpResponse:
    """Says what it is; the button uses it up."""
    if request.method != "POST":
        found = rescue.read(token)
        if found is None:
            return _no_rescue(request)
        return render(request, "providers/rescue.html", {"rescued": found[0]})
    used = rescue.use(token, at=timezone.now())
    if used is None:
        return _no_rescue(request)
    member, second_factor = used
    record_authentication(request, member, "rescue")
    if second_factor:
        return perform_login(request, Login(user=member, email=member.email))
    get_account_adapter(request).login(request, member)
    return redirect("/")


def _no_rescue(request: HttpRequest) -> HttpResponse:
    return link_is_over(
        request,
        title=_("This link no longer works"),
        happened=_("It was used, it is older than fifteen minutes, or it was never ours. You are not signed in."),
        advice=_("Make a new one at the server: andon steward rescue --email ADDRESS"),
    )


# The pages of stewards


def _provider(slug: str, **more: Any) -> IdentityProvider:
    found = IdentityProvider.objects.filter(slug=slug, **more).first()
    if found is None:
        raise Http404
    return found


@require_safe
@steward
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "providers/index.html", _index(request))


def _index(request: HttpRequest, form: Policy | None = None) -> dict[str, Any]:
    providers = list(IdentityProvider.objects.all())
    return {
        "providers": providers,
        "any_enabled": any(provider.is_enabled for provider in providers),
        "form": form or _policy_form(),
    }


def _policy_form(sent: Any = None) -> Policy:
    stewards = Member.objects.filter(is_active=True, duties__role=Duty.Role.STEWARD).order_by("name")
    now = {
        "only": configuration.read(policy.ONLY),
        "standby": [member.hex for member in StandbySteward.objects.values_list("member_id", flat=True)],
    }
    return Policy(sent, initial=now, stewards=[(member.key, member.name) for member in stewards])


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def set_policy(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("providers:index")
    member, now = current_member(request), timezone.now()
    form = _policy_form(request.POST)
    if not form.is_valid():
        return render(request, "providers/index.html", _index(request, form))
    if form.cleaned_data["only"] and not configuration.read(policy.ONLY):
        own = Identity.objects.filter(member=member, provider__is_enabled=True)
        if not own.exists():
            form.add_error(
                "only",
                _(
                    "First sign in through a provider that is on yourself, once: it shows that the way is open. "
                    "Nothing was changed."
                ),
            )
            return render(request, "providers/index.html", _index(request, form))
    with transaction.atomic():
        configuration.write({policy.ONLY: form.cleaned_data["only"]}, by=member, at=now)
        _set_standby(set(form.cleaned_data["standby"]), by=member, at=now)
    messages.success(request, _("This is how people sign in now. It stands in the change log."))
    return redirect("providers:index")


def _set_standby(wanted: set[str], *, by: Member, at: Any) -> None:
    held = {row.member_id.hex: row for row in StandbySteward.objects.all()}
    for key in sorted(wanted - held.keys()):
        row = StandbySteward.objects.create(member_id=key)
        audit.record(kind="standby.added", by=by, at=at, about=row.member_id)
    for key in sorted(held.keys() - wanted):
        audit.record(kind="standby.removed", by=by, at=at, about=held[key].member_id)
        held[key].delete()


@require_safe
@steward
def choose(request: HttpRequest) -> HttpResponse:
    return render(request, "providers/choose.html", {"presets": PRESETS})


def _free_slug(kind: str) -> str:
    taken = set(IdentityProvider.objects.values_list("slug", flat=True)) | {"new", "policy"}
    return next(slug for number in range(1, 1000) if (slug := kind if number == 1 else f"{kind}-{number}") not in taken)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def add(request: HttpRequest, kind: str) -> HttpResponse:
    chosen = preset(kind)
    if chosen is None:
        raise Http404
    slug = _free_slug(kind)
    fresh = IdentityProvider(
        slug=slug,
        kind=kind,
        name="" if kind == "other" else str(chosen.name),
        issuer=chosen.issuer,
        groups_claim=chosen.groups_claim,
        scopes=chosen.scopes,
    )
    form = SetUp(request.POST if request.method == "POST" else None, instance=fresh)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            _note(request, "provider.added", fresh, issuer=fresh.issuer)
        messages.success(request, _("It is kept, and not on yet. Check it next."))
        return redirect("providers:detail", slug=slug)
    context = {"preset": chosen, "form": form, "redirect_uri": redirect_uri(slug), "is_new": True}
    return render(request, "providers/set_up.html", context)


def _note(request: HttpRequest, kind: str, provider: IdentityProvider, **facts: Any) -> None:
    audit.record(kind=kind, by=current_member(request), at=timezone.now(), subject=provider.name, **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    provider = _provider(slug)
    issuer = provider.issuer
    form = SetUp(request.POST if request.method == "POST" else None, instance=provider)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if provider.issuer != issuer:
                # Another issuer is another provider: its hosts are unknown, and its names mean other people.
                provider.hosts, provider.is_enabled = [], False
                provider.identities.all().delete()
            form.save()
            _note(request, "provider.changed", provider, fields=", ".join(sorted(form.changed_data)) or "-")
        messages.success(request, _("It is kept. The change stands in the change log, without the secret."))
        return redirect("providers:detail", slug=slug)
    chosen = preset(provider.kind) or PRESETS[-1]
    context = {"preset": chosen, "form": form, "redirect_uri": redirect_uri(slug), "provider": provider}
    return render(request, "providers/set_up.html", context)


def _detail(provider: IdentityProvider, **more: Any) -> dict[str, Any]:
    return {
        "provider": provider,
        "redirect_uri": redirect_uri(provider.slug),
        "accounts": provider.identities.count(),
        "forget_form": ForgetAccount(),
        "rule_count": provider.rules.count(),
        **more,
    }


@require_safe
@steward
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "providers/detail.html", _detail(_provider(slug)))


@require_POST
@steward
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Look at what the provider publishes, and remember which hosts the steward saw."""
    provider = _provider(slug)
    checked = checking.check(provider)
    if list(checked.hosts) != provider.hosts and (checked.hosts or not provider.is_enabled):
        provider.hosts = list(checked.hosts)
        with transaction.atomic():
            provider.save(update_fields=["hosts"])
            _note(request, "provider.checked", provider, hosts=", ".join(checked.hosts) or "-")
    return render(request, "providers/detail.html", _detail(provider, findings=checked.findings))


@require_POST
@steward
def try_it(request: HttpRequest, slug: str) -> HttpResponse:
    return _leave_for(request, _provider(slug), {"trial": True})


@require_POST
@steward
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    provider = _provider(slug)
    if not provider.is_enabled and not provider.hosts:
        messages.error(
            request, _("Check it first: nobody has seen yet that this provider answers. Nothing was changed.")
        )
        return redirect("providers:detail", slug=slug)
    provider.is_enabled = not provider.is_enabled
    with transaction.atomic():
        provider.save(update_fields=["is_enabled"])
        _note(request, "provider.on" if provider.is_enabled else "provider.off", provider)
    return redirect("providers:detail", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    provider = _provider(slug)
    if request.method == "POST":
        with transaction.atomic():
            _note(request, "provider.removed", provider)
            provider.delete()
        messages.success(request, _("The provider is removed."))
        return redirect("providers:index")
    context = {
        "title": _("Remove %(name)s") % {"name": provider.name},
        "consequence": _(
            "Nobody signs in with it any more. Who belongs to which account there is forgotten, and so are the rules. "
            "Teams and duties stay as they are now; nobody is signed out."
        ),
        "action": _("Remove it"),
        "action_url": reverse("providers:remove", args=[slug]),
        "cancel_url": reverse("providers:detail", args=[slug]),
    }
    return render(request, "interface/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def groups(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules, one more, and what given groups would lead to."""
    provider = _provider(slug)
    form, preview, said = AddRule(), TryGroups(), None
    if request.method == "POST":
        form = AddRule(request.POST)
        if form.is_valid():
            last = provider.rules.last()
            form.instance.provider, form.instance.place = provider, (last.place + 1 if last else 1)
            form.instance.node = form.cleaned_data["node"]
            with transaction.atomic():
                rule = form.save()
                _note(request, "provider.rule_added", provider, group=rule.value, duty=rule.duty or "-")
            messages.success(request, _("The rule holds from the next sign-in of each person on."))
            return redirect("providers:groups", slug=slug)
    elif "groups" in request.GET:
        preview = TryGroups(request.GET)
        if preview.is_valid():
            said = trial.in_words(rules.outcome(provider, preview.chosen()))
    held = list(provider.rules.select_related("node"))
    paths = dict(named_paths({rule.node_id for rule in held if rule.node_id}))
    lines = [(rule, paths.get(str(rule.node_id), "")) for rule in held]
    context = {"provider": provider, "lines": lines, "form": form, "preview": preview, "said": said}
    return render(request, "providers/groups.html", context)


@require_POST
@steward
def remove_rule(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    provider = _provider(slug)
    rule = provider.rules.filter(pk=number).first()
    if rule is None:
        raise Http404
    with transaction.atomic():
        _note(request, "provider.rule_removed", provider, group=rule.value)
        rule.delete()
    return redirect("providers:groups", slug=slug)


@require_POST
@steward
def forget(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget which account is a member's, so that another one of theirs can take its place."""
    provider = _provider(slug)
    form = ForgetAccount(request.POST)
    if not form.is_valid():
        return render(request, "providers/detail.html", _detail(provider, forget_form=form))
    found = Identity.objects.filter(provider=provider, member__email=form.cleaned_data["email"].lower()).first()
    if found is None:
        messages.info(request, _("No account is known for this address. Nothing was changed."))
    else:
        with transaction.atomic():
            _note_about(request, "identity.forgotten", provider, found.member_id)
            found.delete()
        messages.success(request, _("The account is forgotten. The next one with this address takes its place."))
    return redirect("providers:detail", slug=slug)


def _note_about(request: HttpRequest, kind: str, provider: IdentityProvider, member_id: object) -> None:
    audit.record(kind=kind, by=current_member(request), at=timezone.now(), subject=provider.name, about=member_id)
