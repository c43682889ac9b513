"""The last look at everybody who comes in, by whichever way: may it be this one?"""

from typing import Any

from allauth.account.internal.flows.login import clear_authentication_records
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from andon.foundation.interface.views import sentence
from andon.foundation.people.adapter import ClosedSignUp
from andon.foundation.providers import policy

# Where the other ways begin. Passwords and passkeys are refused after they were shown to be right, since they
# remain for stewards on standby; no letter with a code is sent.
BEGINNINGS = {"account_login", "account_request_login_code", "account_confirm_login_code", "account_password_forgotten"}


class Gate(ClosedSignUp):
    """`pre_login` is asked by allauth before every sign-in, whatever the way was."""

    def pre_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse | None:
        if policy.refuses(request, user):
            clear_authentication_records(request)
            return only_this_way(request)
        response: HttpResponse | None = super().pre_login(request, user, **options)
        return response


class OnlyThisWay:
    """Middleware: no other way in is begun while the providers are the only one."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if (
            request.method == "POST"
            and request.resolver_match is not None
            and request.resolver_match.url_name in BEGINNINGS
            and policy.only_through_providers()
        ):
            return only_this_way(request)
        return None


def only_this_way(request: HttpRequest) -> HttpResponse:
    names = " " + _("or") + " "
    return sentence(
        request,
        title=_("Please sign in another way"),
        happened=_("In your organisation people sign in with %(names)s only. You are not signed in.")
        % {"names": names.join(provider.name for provider in policy.enabled())},
        advice=_("Use the button on the sign-in page. If it does not work, your steward can help."),
        action=_("Back to sign-in"),
        action_url=reverse("account_login"),
        status=403,
    )
