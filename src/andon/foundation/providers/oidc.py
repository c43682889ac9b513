"""Signing in by OpenID Connect: allauth's flow, with what it leaves out put back in.

allauth checks state (once, in this session, for this provider) and sends PKCE (S256). Left out or optional there, and
done here: the signature of the ID token against the provider's keys, the algorithms, the nonce, the authorised party,
the issuer of the discovery document, and that userinfo speaks of the same person.
Reference: OpenID Connect Core 1.0, 3.1.3.7 and 5.3.2; RFC 9700.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from andon.foundation.providers import asking
from andon.foundation.providers.models import IdentityProvider

# No HMAC, whose key the provider would share with every client that has the secret, and never "none".
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# What NIST SP 800-131A asks for; the large providers sign with exactly that.
LEAST_RSA_BITS = 2048
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 191


class NotTrusted(OAuth2Error):
    """What the provider said cannot be relied on. Holds neither a token nor a claim."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__("not trusted")
        self.reason = reason


def discovery_url(issuer: str) -> str:
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def redirect_uri(slug: str) -> str:
    return f"{settings.APP_ORIGIN}{reverse('openid_connect_callback', args=[slug])}"


def fetch_configuration(issuer: str) -> dict[str, Any]:
    """The discovery document, if it is this issuer's own. Raises: NotTrusted, requests.RequestException."""
    with asking.session() as session:
        answer = session.get(discovery_url(issuer))
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict) or not isinstance(found.get("issuer"), str):
        raise NotTrusted(_("The discovery document does not name its issuer."))
    if found["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise NotTrusted(_("The discovery document belongs to another issuer."))
    return found


def fetch_keys(jwks_uri: str) -> dict[str, jwt.PyJWK]:
    """The keys for signatures, by key id, but for those too short. Raises: NotTrusted, requests.RequestException."""
    with asking.session() as session:
        answer = session.get(jwks_uri)
        answer.raise_for_status()
        found = answer.json()
    keys: dict[str, jwt.PyJWK] = {}
    try:
        for number, key in enumerate(found["keys"]):
            if key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}:
                try:
                    read = jwt.PyJWK.from_dict(key)
                except jwt.PyJWTError:
                    continue
                if key["kty"] != "RSA" or read.key.key_size >= LEAST_RSA_BITS:
                    keys[str(key.get("kid", f"#{number}"))] = read
    except (KeyError, TypeError, AttributeError):
        raise NotTrusted(_("The provider's keys cannot be read.")) from None
    return keys


def read_id_token(
    token: str, *, configuration: Mapping[str, Any], client_id: str, nonce: str, keys: Mapping[str, jwt.PyJWK]
) -> dict[str, Any]:
    """The claims of an ID token that is signed, ours, fresh and the answer to this very question.

    Raises: NotTrusted.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise NotTrusted(_("The ID token is not signed in a way that can be relied on."))
        kid = header.get("kid")
        key = keys.get(kid) if kid is not None else next(iter(keys.values()), None) if len(keys) == 1 else None
        if key is None:
            raise NotTrusted(_("The ID token is signed with a key that is not the provider's."))
        claims: dict[str, Any] = jwt.decode(
            token,
            # An alias of the same family only: the key itself says what it is for.
            key=key.key,
            algorithms=[algorithm],
            audience=client_id,
            issuer=configuration["issuer"],
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise NotTrusted(_("The ID token has expired. Is the clock of this server right?")) from None
    except jwt.ImmatureSignatureError:
        raise NotTrusted(_("The ID token is not valid yet. Is the clock of this server right?")) from None
    except jwt.InvalidIssuerError:
        raise NotTrusted(_("The ID token comes from another issuer.")) from None
    except jwt.InvalidAudienceError:
        raise NotTrusted(_("The ID token was made for another application.")) from None
    except (jwt.PyJWTError, TypeError, ValueError):
        raise NotTrusted(_("The ID token is not signed by the provider, or is incomplete.")) from None
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise NotTrusted(_("The ID token does not say whom it is about."))
    if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotTrusted(_("The ID token answers another question than the one this browser asked."))
    audience = claims["aud"]
    authorised = claims.get("azp", client_id)
    if authorised != client_id or (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims):
        raise NotTrusted(_("The ID token was made for another application."))
    return claims


class CheckedOpenID(OpenIDConnectOAuth2Adapter):
    """allauth's adapter for one request, with the checks above."""

    def __init__(self, request: HttpRequest, provider: IdentityProvider) -> None:
        super().__init__(request, provider.slug)
        self.stored = provider
        self.state: Mapping[str, Any] = {}

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            found = fetch_configuration(self.stored.issuer)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if asking.host_of(str(found.get(name, ""))) not in self.stored.hosts:
                    raise NotTrusted(_("The provider names a host that was not there when it was checked."))
            # Where the browser is sent is asked by nobody here, so nothing else looks at how it begins.
            asking.check_scheme(str(found["authorization_endpoint"]))
            self._openid_config = found
        return self._openid_config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return redirect_uri(self.provider_id)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        answer = kwargs["response"]
        claims = read_id_token(
            str(answer.get("id_token") or ""),
            configuration=self.openid_config,
            client_id=app.client_id,
            nonce=str(self.state.get("nonce") or ""),
            keys=fetch_keys(self.openid_config["jwks_uri"]),
        )
        wanted = ["email", "name", *([self.stored.groups_claim] if self.stored.groups_claim else [])]
        if any(name not in claims for name in wanted) and self.openid_config.get("userinfo_endpoint"):
            said = self._fetch_user_info(token.token)
            if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
                raise NotTrusted(_("The provider spoke of two different people."))
            # What is signed comes first, and whether an address is verified is said of that very address.
            if "email" in claims and said.get("email") != claims["email"]:
                said = {name: value for name, value in said.items() if name != "email_verified"}
            claims = {**said, **claims}
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})


class CheckedCallback(OAuth2CallbackView):
    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response
