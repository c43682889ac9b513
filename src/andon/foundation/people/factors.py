"""Second factors and passkeys: set up, listed, renamed, taken away."""

import base64
import json
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from allauth.account.models import Login
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as allauth
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from fido2.webauthn import UserVerificationRequirement

from andon.foundation.configuration.sealing import CannotOpen, open_sealed, seal
from andon.foundation.people import again, letters, mfa
from andon.foundation.people.forms import AppCode, NamePasskey
from andon.foundation.people.models import Member
from andon.foundation.people.views import get_or_post, where_next
from andon.foundation.permissions.public import current_member, member_required


def _one(member: Member, kind: str) -> Authenticator | None:
    return Authenticator.objects.filter(user=member, type=kind).first()


@require_safe
@member_required
def overview(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    factors = mfa.factors_of(member)
    codes = next((factor for factor in factors if factor.type == "recovery_codes"), None)
    context = {
        "app": any(factor.type == "totp" for factor in factors),
        "passkeys": sum(factor.type == "webauthn" for factor in factors),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
    return render(request, "people/second_factor.html", context)


@get_or_post
@again.needs_again
def add_app(request: HttpRequest) -> HttpResponse:
    """The secret travels sealed in the form: nothing is kept before the app has shown that it has it."""
    member = current_member(request)
    if _one(member, "totp"):
        return redirect("people:second_factor")
    secret = _opened(member, request.POST.get("sealed", "")) or totp.generate_totp_secret()
    form = AppCode(request.POST if "code" in request.POST else None)
    if form.is_bound and form.is_valid():
        if not again.may_try(member):
            form.add_error("code", _("That was tried too often. Please wait a quarter of an hour."))
        elif totp.validate_totp_code(secret, form.cleaned_data["code"].replace(" ", "")):
            again.tried_well(member)
            with transaction.atomic():
                totp.TOTP.activate(member, secret)
                codes = _first_codes(member)
            again.not_used_before(member, form.cleaned_data["code"])
            _second_factor_is_there(member)
            letters.tell_change(member, gettext_lazy("An authenticator app was added to your account at Andon."))
            return _codes(request, codes) if codes else redirect("people:second_factor")
        else:
            form.add_error("code", _("This is not the code that belongs to this key. Look at the app and try again."))
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(member, secret))
    context = {
        "form": form,
        "sealed": seal(json.dumps([member.key, secret])),
        "picture": f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode('ascii')}",
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "account": member.email,
    }
    return render(request, "people/app_add.html", context)


def _opened(member: Member, sealed: str) -> str:
    try:
        whose, secret = json.loads(open_sealed(sealed))
    except (CannotOpen, ValueError, TypeError):
        return ""
    return str(secret) if whose == member.key else ""


@get_or_post
@again.needs_again
def remove_app(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    app = _one(member, "totp")
    if app is None:
        return redirect("people:second_factor")
    if request.method == "POST":
        _remove(app)
        messages.success(request, _("The authenticator app is no longer asked for."))
        letters.tell_change(member, gettext_lazy("The authenticator app was removed from your account at Andon."))
        return redirect("people:second_factor")
    context = {
        "title": _("Remove the authenticator app"),
        "consequence": _("You will no longer be asked for its codes. Delete the entry in the app as well."),
        "action": _("Remove the app"),
        "action_url": request.path,
        "cancel_url": reverse("people:second_factor"),
    }
    return render(request, "interface/confirm.html", context)


def _remove(factor: Authenticator) -> None:
    """With the last factor go the recovery codes, which would stand for nothing."""
    with transaction.atomic():
        factor.delete()
        rest = Authenticator.objects.filter(user_id=factor.user_id)
        if not rest.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            rest.delete()


def _second_factor_is_there(member: Member) -> None:
    if member.second_factor_by is not None:
        member.second_factor_by = None
        member.save(update_fields=["second_factor_by"])


def _first_codes(member: Member) -> list[str]:
    """Recovery codes for somebody who has none yet; the old ones go on working otherwise."""
    return [] if _one(member, "recovery_codes") else list(RecoveryCodes.activate(member).generate_codes())


@get_or_post
@again.needs_again
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New ones, shown in the answer to the form and never again."""
    member = current_member(request)
    if not mfa.has_second_factor(member):
        return redirect("people:second_factor")
    if request.method == "POST":
        with transaction.atomic():
            Authenticator.objects.filter(user=member, type=Authenticator.Type.RECOVERY_CODES).delete()
            codes = _first_codes(member)
        letters.tell_change(
            member, gettext_lazy("New recovery codes were made for your account at Andon; the old ones are over.")
        )
        return _codes(request, codes)
    context = {
        "title": _("Make new recovery codes"),
        "consequence": _("Ten new codes are shown once, on the next page. The ones that you have now stop working."),
        "action": _("Make new codes"),
        "action_url": request.path,
        "cancel_url": reverse("people:second_factor"),
    }
    return render(request, "interface/confirm.html", context)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    spaced = [f"{code[:4]} {code[4:]}" for code in codes]
    text = "\n".join([_("Recovery codes for Andon. Each works once."), "", *spaced, ""])
    file = f"data:text/plain;charset=utf-8;base64,{base64.b64encode(text.encode()).decode('ascii')}"
    return render(request, "people/recovery_codes.html", {"codes": spaced, "file": file})


class SecondStep(allauth.AuthenticateView):
    """After a code or a password: what this member has, and nothing that they have not."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = {factor.type for factor in mfa.factors_of(self.stage.login.user)}
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"app": "totp" in kinds, "passkey": "webauthn" in kinds}


@require_POST
def passkey_options(request: HttpRequest) -> JsonResponse:
    """What the browser needs to sign with a passkey: any that it has, or one of the member who is known by now."""
    known: Any = request.user if request.user.is_authenticated else None
    if known is None:
        pending = unstash_login(request, peek=True)
        at_second_step = pending is not None and pending.state.get("stages", {}).get("current") == AuthenticateStage.key
        known = pending.user if pending is not None and at_second_step else None
    return JsonResponse(webauthn.begin_authentication(known))


def _credential(request: HttpRequest) -> dict[str, str]:
    return {"credential": request.POST.get("credential", "")}


def _ask_for_pin_or_finger() -> None:
    """The question may have been asked for somebody's second step, where touching the key is enough. Here it is both
    steps: a key that was found or taken must sign nobody in.
    """
    state = webauthn.get_state()
    if state:
        webauthn.set_state(state | {"user_verification": UserVerificationRequirement.REQUIRED.value})


@require_POST
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """Without an address: the passkey says who it is."""
    if request.user.is_authenticated:
        return redirect("/")
    onwards = where_next(request, "")
    _ask_for_pin_or_finger()
    form = webauthn_forms.LoginWebAuthnForm(_credential(request))
    if not form.is_valid() or not form.cleaned_data["credential"].user.is_active:
        messages.error(
            request, _("This passkey is not known here, so nobody was signed in. Use a code by mail instead.")
        )
        return redirect("account_login")
    authenticator = form.cleaned_data["credential"]
    answer: HttpResponse = perform_passwordless_login(
        request, authenticator, Login(user=authenticator.user, redirect_url=onwards or None)
    )
    return answer


@require_POST
@member_required
def show_again_by_passkey(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    form = webauthn_forms.ReauthenticateWebAuthnForm(_credential(request), user=member)
    onwards = where_next(request, reverse("people:profile"))
    if form.is_valid():
        again.mark_shown(request)
        return redirect(onwards)
    messages.error(request, _("This passkey does not belong to your account. Nothing was changed."))
    return redirect("account_reauthenticate")


@get_or_post
@again.needs_again
def passkeys(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    if request.method == "POST":
        return _add_passkey(request, member)
    found = [
        {"pk": factor.pk, "name": factor.wrap().name, "since": factor.created_at.date()}
        for factor in mfa.factors_of(member)
        if factor.type == "webauthn"
    ]
    return render(request, "people/passkeys.html", {"passkeys": found})


def _add_passkey(request: HttpRequest, member: Member) -> HttpResponse:
    fields = _credential(request) | {"name": request.POST.get("name", "")[:60], "passwordless": "on"}
    form = webauthn_forms.AddWebAuthnForm(fields, user=member)
    try:
        valid = form.is_valid()
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        messages.error(request, _("The browser made no passkey that can be used here. Nothing was changed."))
        return redirect("people:passkeys")
    with transaction.atomic():
        webauthn.WebAuthn.add(member, form.cleaned_data["name"], form.cleaned_data["credential"])
        codes = _first_codes(member)
    _second_factor_is_there(member)
    letters.tell_change(member, gettext_lazy("A passkey was added to your account at Andon."))
    messages.success(request, _("The passkey is kept. From now on you can sign in with it."))
    return _codes(request, codes) if codes else redirect("people:passkeys")


@require_POST
@again.needs_again
def new_passkey_options(request: HttpRequest) -> HttpResponse:
    return JsonResponse(webauthn.begin_registration(current_member(request), passwordless=True))


@get_or_post
@again.needs_again
def passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename it or take it away."""
    member = current_member(request)
    factor = Authenticator.objects.filter(pk=pk, user=member, type=Authenticator.Type.WEBAUTHN).first()
    if factor is None:
        raise Http404
    wrapped = factor.wrap()
    form = NamePasskey(request.POST if "name" in request.POST else None, initial={"name": wrapped.name})
    if request.method == "POST" and "remove" in request.POST:
        _remove(factor)
        letters.tell_change(member, gettext_lazy("A passkey was removed from your account at Andon."))
        messages.success(request, _("The passkey no longer signs you in. Delete it on the device as well."))
        return redirect("people:passkeys")
    if form.is_bound and form.is_valid():
        wrapped.name = form.cleaned_data["name"]
        factor.save()
        return redirect("people:passkeys")
    return render(request, "people/passkey.html", {"form": form, "name": wrapped.name})
