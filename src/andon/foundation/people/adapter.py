"""How signing in differs here from what allauth does by default."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import clear_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext_lazy

from andon.foundation.notifications.public import MailNotSent
from andon.foundation.notifications.public import send_mail as send
from andon.foundation.organisation import languages
from andon.foundation.people import again, locks, owed
from andon.foundation.people.models import Member
from andon.foundation.people.sentences import mail_is_down


def _address_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "")


class ClosedSignUp(DefaultAccountAdapter):
    """Members come from the import only: nobody can sign themselves up.

    Guarantees: a known and an unknown address see the same page and each get one letter. Does not: hide from
    somebody who reads the mailbox of an address whether it belongs to a member.
    """

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy(
            "This address and this password do not belong together. Nothing was changed. "
            "You can try again, or have a code sent to you instead."
        ),
        "incorrect_code": gettext_lazy("This is not the code that was sent last. Look for the newest mail."),
        "too_many_login_attempts": gettext_lazy(
            "That was tried too often in a short time. Nothing was changed. Please wait a few minutes, then try again."
        ),
        "resting": gettext_lazy(
            "Wrong passwords were typed for this address too often, so for about a quarter of an hour none is taken, "
            "not even the right one. Nothing was changed. A code by mail or a passkey still signs you in."
        ),
        "rate_limited": gettext_lazy("That was asked too often in a short time. Please wait a minute."),
        "enter_current_password": gettext_lazy("This is not your current password. Nothing was changed."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Before any password is looked at, so that the pause costs the same for everybody."""
        if locks.is_resting(_address_in(credentials)):
            raise self.validation_error("resting")
        super().pre_authenticate(request, **credentials)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        member = super().authenticate(request, **credentials)
        if member is not None:
            locks.note_right(_address_in(credentials))
        return member

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        locks.note_wrong(_address_in(credentials))

    def is_reauthentication_required(self, app: str = "") -> bool:
        return not again.is_fresh(context.request)

    def pre_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse | None:
        """A code went to the address of its minute. Whoever has another one since is not signed in by it."""
        used = options.get("email")
        if used and used.strip().lower() != user.email:
            clear_login(request)
            clear_authentication_records(request)
            messages.error(request, self.error_messages["incorrect_code"])
            return redirect("account_login")
        response: HttpResponse | None = super().pre_login(request, user, **options)
        return response

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        return owed.lead_to_it(request, user, response)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        # Looked up for every address, also one that nobody has: both then take as long.
        chosen = Member.objects.filter(email=email).values_list("language", flat=True).first() or ""
        with translation.override(chosen if languages.is_on_offer(chosen) else translation.get_language()):
            message = self.render_mail(template_prefix, email, {"request": self.request, "email": email, **context})
        try:
            send(to=[email], subject=str(message.subject), text=str(message.body))
        except MailNotSent:
            raise ImmediateHttpResponse(mail_is_down(self.request, signing_in=True)) from None

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/you/"
