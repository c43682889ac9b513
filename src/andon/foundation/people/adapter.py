"""How signing in differs here from what allauth does by default."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.foundation.interface.views import sentence
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.notifications.public import send_mail as send


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
            "That was tried too often in a short time. Please wait five minutes, then ask for a new code."
        ),
        "rate_limited": gettext_lazy("That was asked too often in a short time. Please wait a minute."),
        "enter_current_password": gettext_lazy("This is not your current password. Nothing was changed."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = self.render_mail(template_prefix, email, {"request": self.request, "email": email, **context})
        try:
            send(to=[email], subject=str(message.subject), text=str(message.body))
        except MailNotSent:
            raise ImmediateHttpResponse(self._mail_is_down()) from None

    def _mail_is_down(self) -> Any:
        return sentence(
            self.request,
            title=_("No mail can be sent just now"),
            happened=_("The mail server did not take our letter. You are not signed in, and nothing was changed."),
            advice=_("Try again in a few minutes. If you have a password, you can sign in with it instead."),
            action=_("Back to sign-in"),
            action_url="/accounts/login/",
            status=503,
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/you/"
