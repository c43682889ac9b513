"""The page "You", and signing in by code, by password, and again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account import views as allauth
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.configuration import public as configuration
from andon.foundation.interface.views import link_is_over, sentence
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.organisation import languages
from andon.foundation.organisation import public as organisation
from andon.foundation.people import addresses, again, letters, links, locks, mfa, owed, sessions
from andon.foundation.people.demo import demo_member
from andon.foundation.people.forms import ChooseForYourself, ForgottenPassword, SetPassword, ShowAgain
from andon.foundation.people.models import Member
from andon.foundation.people.sentences import mail_is_down
from andon.foundation.permissions.public import current_member, member_required, roles_at

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def where_next(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that `next` names."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, None) else otherwise


@get_or_post
@member_required
def profile(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    form = ChooseForYourself(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        form.save()
        # In the language of the next page, which may just have been chosen.
        with translation.override(languages.of_page(request, member.language)):
            messages.success(request, _("Your choice is saved."))
        return redirect("people:profile")
    place = organisation.place_of(member.id, on=organisation.today())
    factors = mfa.factors_of(member)
    waiting = addresses.waiting_for(member)
    context = {
        "facts": [
            (_("Name"), member.name),
            (_("E-mail"), member.email),
            (_("Team"), " / ".join(place.path) if place else _("none yet")),
            (_("Roles"), ", ".join(str(role) for role in roles_at(place, member))),
        ],
        "form": form,
        "several_languages": len(settings.LANGUAGES) > 1,
        "by_code": configuration.read("sign_in.code"),
        "by_password": configuration.read("sign_in.password"),
        "app": any(factor.type == "totp" for factor in factors),
        "passkeys": sum(factor.type == "webauthn" for factor in factors),
        "places": len(sessions.places_of(member)),
        "address_waits": waiting,
        "address_token": addresses.token_of(waiting) if waiting else "",
    }
    return render(request, "people/profile.html", context)


@get_or_post
@again.needs_again
def signed_in_places(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    if request.method == "POST":
        if request.POST.get("place") == "others":
            sessions.end_others(request, member)
            messages.success(request, _("You are signed out everywhere but here."))
        elif sessions.end_one(member=member, name=request.POST.get("place", "")):
            messages.success(request, _("That browser is signed out."))
        return redirect("people:sessions")
    places = sessions.places_of(member, here=request.session.session_key)
    days = configuration.read("sign_in.days")
    return render(request, "people/sessions.html", {"places": places, "days": days})


@get_or_post
@member_required
def second_factor_needed(request: HttpRequest) -> HttpResponse:
    """What is asked for, until when, and the way to it. "Later" is there while there is time."""
    member = current_member(request)
    onwards = where_next(request, settings.LOGIN_REDIRECT_URL)
    if request.method == "POST" or not owed.owes(member):
        return redirect(onwards)
    by = member.second_factor_by
    overdue = owed.is_overdue(member)
    return render(request, "people/second_factor_needed.html", {"by": by, "overdue": overdue, "next": onwards})


def _only_with(key: str, other: str, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page, or that of the other way to sign in where the organisation has switched this one off."""

    def asked(request: HttpRequest) -> HttpResponse:
        if not configuration.read(key) and configuration.read(f"sign_in.{other}"):
            name = "account_login_by_password" if other == "password" else "account_request_login_code"
            query = f"?{urlencode({'next': request.GET['next']})}" if "next" in request.GET else ""
            return redirect(f"{reverse(name)}{query}")
        return view(request)

    return asked


ask_for_code = _only_with("sign_in.code", "password", allauth.request_login_code)
sign_in_by_password = _only_with("sign_in.password", "code", allauth.login)


def _changed(request: HttpRequest, what: Promise) -> None:
    """Everywhere else is signed out, links that were sent end, and the member is told by mail."""
    member = current_member(request)
    sessions.end_others(request, member)
    locks.end(member.email)
    letters.tell_change(member, what)


@get_or_post
def sign_out(request: HttpRequest) -> HttpResponse:
    """Asked first, then done; the browser is told to keep no page, also for the button that leads back."""
    answer: HttpResponse = allauth.logout(request)
    if request.method == "POST":
        # The cache alone: what is stored belongs to other tabs, and cookies to every name of the organisation's.
        answer["Clear-Site-Data"] = '"cache"'
    return answer


class ChangePassword(allauth.PasswordChangeView):
    """Asks for the old password, except of somebody who has just shown, by a code, that the mailbox is theirs."""

    def get_form_class(self) -> Any:
        return SetPassword if again.is_fresh_by_code(self.request) else super().get_form_class()

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _changed(self.request, gettext_lazy("The password of your account at Andon was changed."))
        return answer


class AddPassword(allauth.PasswordSetView):
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _changed(self.request, gettext_lazy("A password was added to your account at Andon."))
        return answer


LINK_LASTS = timedelta(minutes=30)


@get_or_post
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """One page and one letter, whether or not somebody has the address."""
    form = ForgottenPassword(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/password_forgotten.html", {"form": form})
    address = form.cleaned_data["email"].strip().lower()
    if not ratelimit.consume(request, action="reset_password", key=address):
        form.add_error(None, _("Letters were asked for too often from where you are. Please wait a minute."))
        return render(request, "account/password_forgotten.html", {"form": form}, status=429)
    if not again.may_ask_for_letter(address):
        form.add_error(None, _("Letters to this address were asked for too often. Please wait a quarter of an hour."))
        return render(request, "account/password_forgotten.html", {"form": form})
    member = Member.objects.filter(email=address, is_active=True).first()
    try:
        if member is None:
            letters.send_nobody(address)
        else:
            page = reverse("account_password_new", args=[links.make("password", member)])
            letters.send_new_password_link(member, f"{settings.APP_ORIGIN}{page}")
    except MailNotSent:
        return mail_is_down(request)
    return render(request, "account/password_forgotten.html", {"form": form, "sent_to": address})


@get_or_post
@sensitive_post_parameters("password1", "password2")
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """By the link of a letter. Signs nobody in, so that a second factor is still asked for."""
    member = links.read("password", token, lasts=LINK_LASTS)
    if member is None:
        return link_is_over(
            request,
            title=_("This link is over"),
            happened=_("It was used, or it is older than half an hour. Your password is as it was."),
            advice=_("You can have another one sent."),
            action=_("Send another link"),
            to=reverse("account_password_forgotten"),
        )
    form = SetPassword(user=member, data=request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/password_new.html", {"form": form})
    # Of two who use the link at once, one does.
    if not links.use_up(member):
        return redirect(request.path)
    form.save()
    sessions.end_all(member)
    locks.end(member.email)
    letters.tell_change(member, gettext_lazy("The password of your account at Andon was changed."))
    messages.success(request, _("Your new password is kept. Sign in with it."))
    return redirect("account_login_by_password")


@get_or_post
@member_required
@sensitive_post_parameters("answer")
def show_again(request: HttpRequest) -> HttpResponse:
    """Ask for a second factor, a password or a code by mail, before something about signing in is changed."""
    member = current_member(request)
    onwards = where_next(request, reverse("people:profile"))
    if again.is_fresh(request):
        return redirect(onwards)
    kinds = again.kinds_of(member)
    kind = request.POST.get("kind", kinds[0])
    if kind not in kinds:
        kind = kinds[0]
    context: dict[str, Any] = {"kinds": kinds, "kind": kind, "next": onwards}
    if request.method == "POST" and request.POST.get("send"):
        code = again.make_code(request, member)
        if code is None:
            messages.error(request, _("Codes were asked for too often. Please wait a quarter of an hour."))
        else:
            try:
                letters.send_code(member, code)
            except MailNotSent:
                return mail_is_down(request)
            context["sent"] = True
        context["form"] = ShowAgain("mail")
        return render(request, "account/again.html", context | {"kind": "mail"})
    form = ShowAgain(kind, request.POST if "answer" in request.POST else None)
    context |= {"form": form, "sent": "answer" in request.POST}
    if form.is_bound and form.is_valid():
        tried = "password" if kind == "password" else "code"
        if not again.may_try(member, tried):
            form.add_error("answer", _("That was tried too often. Please wait a quarter of an hour."))
        elif _is_right(request, member, kind, form.cleaned_data["answer"]):
            again.tried_well(member, tried)
            again.mark_shown(request)
            if kind == "mail":
                again.mark_by_code(request)
            return redirect(onwards)
        else:
            form.add_error("answer", _("This is not right, or it was used before. Nothing was changed."))
    return render(request, "account/again.html", context)


def _is_right(request: HttpRequest, member: Member, kind: str, answer: str) -> bool:
    match kind:
        case "password":
            return member.check_password(answer)
        case "app":
            return again.matches(member, answer) is not None
        case "mail":
            return again.take_code(request, member, answer)
    return False


@require_POST
def demo_sign_in(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as one of the demonstration's people. Outside a demonstration this address does not exist."""
    member = demo_member(role) if settings.DEMO else None
    if member is None:
        raise Http404
    login(request, member, backend="andon.foundation.people.backends.MemberBackend")
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_safe
def sign_up_is_closed(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("Members are added by a steward"),
        happened=_("Nobody can sign themselves up here. Whoever is on the list of people can sign in by e-mail."),
        advice=_("If your address is missing, ask the steward of your organisation to add it."),
        action=_("Back to sign-in"),
        action_url="/accounts/login/",
        status=200,
    )
