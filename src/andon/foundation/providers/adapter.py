"""How signing in through a provider differs here from what allauth does by default: nothing of it is stored."""

import logging
from typing import Any

import requests
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from andon.foundation.configuration.sealing import CannotOpen, open_sealed
from andon.foundation.interface.views import sentence
from andon.foundation.people.models import Member
from andon.foundation.providers import accounts, asking, trial
from andon.foundation.providers.models import IdentityProvider
from andon.foundation.providers.oidc import NotTrusted, discovery_url

log = logging.getLogger("andon.providers")


class NothingKept(DefaultSocialAccountAdapter):
    """Providers come from our own table, and no row of allauth's is ever written.

    Guarantees: the secret is opened for the request only; no token, claim or time of a sign-in is stored.
    """

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        found = IdentityProvider.objects.all()
        if provider and provider != "openid_connect":
            found = found.filter(slug=provider)
        if client_id:
            found = found.filter(client_id=client_id)
        return [self._app(one) for one in found]

    def _app(self, one: IdentityProvider) -> SocialApp:
        try:
            secret = open_sealed(one.client_secret) if one.client_secret else ""
        except CannotOpen:
            secret = ""
        return SocialApp(
            provider="openid_connect",
            provider_id=one.slug,
            name=one.name,
            client_id=one.client_id,
            secret=secret,
            settings={
                "server_url": discovery_url(one.issuer),
                "oauth_pkce_enabled": True,
                "scope": ["openid", "profile", "email", *one.scopes.split()],
            },
        )

    def get_requests_session(self) -> requests.Session:
        return asking.session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Ends the flow of allauth before it would look for, or write, an account of its own."""
        provider = IdentityProvider.objects.filter(slug=sociallogin.account.provider).first()
        claims = sociallogin.account.extra_data["id_token"]
        if provider is not None and (sociallogin.state.get("data") or {}).get("trial"):
            raise ImmediateHttpResponse(trial.result(request, provider, claims))
        if provider is None or not provider.is_enabled:
            raise ImmediateHttpResponse(_failed(request))
        found = accounts.member_for(provider, claims)
        if isinstance(found, accounts.Refused):
            raise ImmediateHttpResponse(_refused(request, provider, found.why))
        strong = accounts.had_two_factors(provider, claims)
        onwards = sociallogin.get_redirect_url(request)
        raise ImmediateHttpResponse(_sign_in(request, found, provider, onwards, strong=strong))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        slug = provider.app.provider_id
        reason = exception.reason if isinstance(exception, NotTrusted) else None
        # The kind of failure only: what a provider answered may hold a name or a token.
        log.warning("Signing in through %s failed: %s", slug, reason or type(exception).__name__)
        state = (extra_context or {}).get("state") or {}
        if (state.get("data") or {}).get("trial"):
            raise ImmediateHttpResponse(trial.failed(request, slug, exception))
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(_cancelled(request))
        raise ImmediateHttpResponse(_failed(request))


def _sign_in(
    request: HttpRequest, member: Member, provider: IdentityProvider, redirect_url: str | None, *, strong: bool
) -> HttpResponse:
    if request.user.is_authenticated and request.user.pk != member.pk:
        get_account_adapter(request).logout(request)
    record_authentication(request, member, "socialaccount", provider=provider.slug, strong=strong)
    return perform_login(request, Login(user=member, email=member.email, redirect_url=redirect_url))


def _refused(request: HttpRequest, provider: IdentityProvider, why: accounts.WhyNot) -> HttpResponse:
    match why:
        case accounts.WhyNot.NOT_VERIFIED:
            happened = _("%(name)s does not vouch that the e-mail address of your account is yours.")
        case accounts.WhyNot.ANOTHER_ACCOUNT:
            happened = _(
                "%(name)s knows you, but another account there already belongs to the member with your address."
            )
        case accounts.WhyNot.UNKNOWN:
            happened = _("%(name)s knows you, but you are not on the list of people here.")
    return sentence(
        request,
        title=_("You are not signed in"),
        happened=happened % {"name": provider.name},
        kept=_("Nothing was stored about you."),
        advice=_("Your steward can put this right: tell them this page and the address of your account."),
        action=_("Back to sign-in"),
        action_url=reverse("account_login"),
        status=403,
    )


def _cancelled(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("You are not signed in"),
        happened=_("The sign-in was ended on the other side. Nothing was changed."),
        advice=_("You can begin again whenever you like."),
        action=_("Back to sign-in"),
        action_url=reverse("account_login"),
        status=403,
    )


def _failed(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("Signing in did not work"),
        happened=_(
            "What came back was not an answer that can be relied on, or it came too late. You are not signed in."
        ),
        kept=_("Nothing was changed."),
        advice=_(
            "Begin again from the sign-in page. If it happens twice, tell your steward: the log of the server says "
            "what was wrong."
        ),
        action=_("Back to sign-in"),
        action_url=reverse("account_login"),
        status=403,
    )
