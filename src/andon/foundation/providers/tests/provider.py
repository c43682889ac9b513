"""A provider inside the test: it signs what it is told to, faults included, and answers without a network."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from andon.foundation.configuration.sealing import seal
from andon.foundation.providers import asking
from andon.foundation.providers.models import IdentityProvider

ISSUER = "https://id.example.org"
CLIENT_ID = "andon-at-lanternworks"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)


class Provider:
    """`claims` are in the next ID token; `faults` change what it would honestly be."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.configuration: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
        self.asked: list[tuple[str, str]] = []
        self.sent: dict[str, Any] = {}
        self.key: Any = KEY
        self.published: Any = KEY
        self.algorithm = "RS256"
        self.kid: str | None = "one"
        self.question: dict[str, str] = {}

    def add(self, **more: Any) -> IdentityProvider:
        values = {
            "slug": "keycloak", "kind": "keycloak", "name": "Lantern ID", "issuer": ISSUER, "client_id": CLIENT_ID,
            "client_secret": seal("a secret of the client"), "groups_claim": "groups", "is_enabled": True,
            "hosts": ["id.example.org"],
        }  # fmt: skip
        return IdentityProvider.objects.create(**{**values, **more})

    # What Andon asks

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.request("GET", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        self.asked.append((method, url))
        if asking.host_of(url) not in asking._hosts.get():
            raise asking.NotAsked("a host that no steward has confirmed")
        match urlsplit(url).path:
            case "/.well-known/openid-configuration":
                return _answer(self.configuration)
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.published.public_key()))
                return _answer({"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]})
            case "/token":
                self.sent = dict(options["data"])
                return _answer({"access_token": "at", "token_type": "Bearer", "id_token": self.id_token()})
            case "/userinfo":
                return _answer(self.userinfo or {})
        return _answer({}, 404)

    def __enter__(self) -> "Provider":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def id_token(self) -> str:
        now = int(time.time())
        honest = {
            "iss": ISSUER, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": self.question.get("nonce"),
            "sub": "u-1", "email": "bo@example.org", "email_verified": True, "name": "Bo Lindqvist", "groups": [],
        }  # fmt: skip
        claims = {key: value for key, value in {**honest, **self.claims}.items() if value is not None}
        headers = {"kid": self.kid} if self.kid else {}
        if self.algorithm == "none":
            return jwt.encode(claims, None, algorithm="none", headers=headers)
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers=headers)

    # What a browser does

    def leave(self, client: Client, slug: str = "keycloak", **fields: str) -> str:
        """Press the button; the address at the provider."""
        page = client.post(f"/accounts/oidc/{slug}/login/", fields)
        assert page.status_code == 200, page.status_code
        where = page.headers["Refresh"].removeprefix("0; url=")
        self.question = {key: values[0] for key, values in parse_qs(urlsplit(where).query).items()}
        return str(where)

    def come_back(self, client: Client, slug: str = "keycloak", **changed: str) -> Any:
        return client.get(f"/accounts/oidc/{slug}/callback/", {"code": "c", "state": self.question["state"], **changed})

    def sign_in(self, client: Client, **claims: Any) -> Any:
        self.claims = claims
        self.leave(client)
        return self.come_back(client)


def _answer(content: Any, status: int = 200) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = json.dumps(content).encode()
    answer.headers["content-type"] = "application/json"
    return answer
