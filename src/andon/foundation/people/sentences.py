"""Pages that several ways of signing in end on."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from andon.foundation.interface.views import sentence


def mail_is_down(request: HttpRequest, *, signing_in: bool = False) -> HttpResponse:
    """The letter that somebody asked for did not leave."""
    return sentence(
        request,
        title=_("No mail can be sent just now"),
        happened=_("The mail server did not take our letter. You are not signed in, and nothing was changed.")
        if signing_in
        else _("The mail server did not take our letter. Nothing was changed."),
        advice=_("Try again in a few minutes. If you have a password, you can sign in with it instead.")
        if signing_in
        else _("Try again in a few minutes."),
        action=_("Back to sign-in") if signing_in else _("Back"),
        action_url=reverse("account_login") if signing_in else request.path,
        status=503,
    )
