"""What every answer of both doors says to a browser, also of static files and of refusals."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse

from andon.features.ballots import views as ballots_views
from andon.foundation.interface import middleware
from andon.project.settings.app import MIDDLEWARE as AS_SERVED
from tests import starting
from tests.lived_in import LivedIn
from tests.permissions.test_app import ROWS, answer_of, arguments, signed_in

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("_quiet", "_tls")]
STATIC = ("interface/andon.svg", "interface/tokens.css")
OF_THE_ANONYMOUS_DOOR = ("/", "/answer/", "/frame/", "/doors.json", "/log/head", "/cast/", "/healthz", "/absent/")
WANTED = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DIRECTIVES = ("default-src 'none'", "base-uri 'none'", "frame-ancestors ")


@pytest.fixture
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("django.request", "django.security"):
        caplog.set_level("CRITICAL", logger=name)


@pytest.fixture
def _tls(settings: Any) -> None:
    settings.BEHIND_TLS = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def faults(headers: Mapping[str, str], *, has_body: bool = True) -> Iterator[str]:
    for name, value in WANTED.items():
        if headers.get(name) != value:
            yield f"{name} is {headers.get(name)}"
    policy = headers.get("Content-Security-Policy", "")
    yield from (f"the policy lacks {wanted}" for wanted in DIRECTIVES if wanted not in policy)
    if headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        yield f"Referrer-Policy is {headers.get('Referrer-Policy')}"
    yield from (f"{name} lets others in" for name in headers if name.lower().startswith("access-control-"))
    kind = headers.get("Content-Type", "")
    if has_body and kind.startswith("text/") and "charset=utf-8" not in kind:
        yield f"{kind} does not say its letters"


def answers_of_the_app(house: LivedIn) -> Iterator[tuple[str, Any]]:
    for role in ("nobody", "steward"):
        client = signed_in(house, role, headers={"X-Forwarded-Proto": "https"})
        for row in ROWS:
            if not (row.method == "POST" and "logout" in row.name):
                yield (
                    f"{row.name} by {role}",
                    answer_of(client, row.method, reverse(row.name, args=arguments(row.name, house))),
                )
        yield f"another name by {role}", client.get("/", headers={"Host": "elsewhere.example"})
        yield f"an absent page by {role}", client.get("/absent/")
        yield f"an absent file by {role}", client.get("/static/absent.css")
        for file in STATIC:
            answer = client.get(f"/static/{file}")
            yield f"{file} by {role}", answer
            # Read to its end, which closes the file.
            b"".join(answer)


def wrong_at_the_app(house: LivedIn) -> list[str]:
    return [
        f"{name}: {fault}"
        for name, answer in answers_of_the_app(house)
        for fault in faults(answer.headers, has_body=answer.streaming or bool(answer.content))
    ]


def answers_of_the_anonymous_door() -> Iterator[tuple[str, Any]]:
    from andon.project.settings import anonymous

    with override_settings(
        ROOT_URLCONF="andon.project.urls_anonymous",
        MIDDLEWARE=anonymous.MIDDLEWARE,
        ALLOWED_HOSTS=anonymous.ALLOWED_HOSTS,
    ):
        client = Client(headers={"Host": anonymous.ALLOWED_HOSTS[0]})
        for address in OF_THE_ANONYMOUS_DOOR:
            for method in ("GET", "POST", "OPTIONS", "TRACE"):
                yield f"{method} {address}", client.generic(method, address)
        yield "another name", client.get("/", headers={"Host": "elsewhere.example"})


def wrong_at_the_anonymous_door() -> list[str]:
    return [
        f"{name}: {fault}"
        for name, answer in answers_of_the_anonymous_door()
        for fault in faults(answer.headers, has_body=bool(answer.content))
    ]


def test_every_answer_of_the_app_says_the_same_also_a_static_file_and_a_refusal(lived_in: LivedIn) -> None:
    assert wrong_at_the_app(lived_in) == []


def test_every_answer_of_the_anonymous_door_says_the_same(lived_in: LivedIn) -> None:
    assert wrong_at_the_anonymous_door() == []


def test_a_header_that_is_gone_a_file_for_everybody_and_a_kind_without_letters_are_seen(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok\n", content_type="text/plain")

    class Planted:
        urlpatterns = [path("healthz", bare, name="planted"), path("", include("andon.project.urls_app"))]

    settings.ROOT_URLCONF = Planted
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = False
    settings.WHITENOISE_ALLOW_ALL_ORIGINS = True
    monkeypatch.setattr(middleware, "CONTENT_SECURITY_POLICY", ("default-src 'self'", "frame-src {frames}"))
    found = wrong_at_the_app(lived_in)
    assert "interface:healthz by nobody: text/plain does not say its letters" in found
    assert "interface:healthz by nobody: Strict-Transport-Security is max-age=31536000" in found
    assert "interface/andon.svg by nobody: Access-Control-Allow-Origin lets others in" in found
    assert "today:home by steward: the policy lacks default-src 'none'" in found
    assert "today:home by steward: the policy lacks frame-ancestors " in found


def test_a_static_file_that_is_answered_before_the_headers_are_set_is_seen(lived_in: LivedIn, settings: Any) -> None:
    own, static = "andon.foundation.interface.middleware.SecurityHeaders", "whitenoise.middleware.WhiteNoiseMiddleware"
    # As it is served, and not only as it is tested.
    assert AS_SERVED.index(own) < AS_SERVED.index(static)
    rest = [layer for layer in settings.MIDDLEWARE if layer not in {own, static}]
    settings.MIDDLEWARE = [rest[0], static, own, *rest[1:]]
    assert "interface/andon.svg by nobody: the policy lacks frame-ancestors " in wrong_at_the_app(lived_in)


def test_a_bare_answer_of_the_anonymous_door_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andon.features.ballots.middleware.fixed_headers", lambda **options: {})
    monkeypatch.setattr(ballots_views, "health", lambda request: HttpResponse("ok", content_type="text/plain"))
    found = wrong_at_the_anonymous_door()
    assert "GET /healthz: X-Content-Type-Options is None" in found
    assert "TRACE /cast/: the policy lacks frame-ancestors " in found


@pytest.mark.parametrize("door", ["app", "anonymous"])
def test_what_a_door_answers_without_the_application_says_the_same(door: str) -> None:
    """To half a request, and to one file too many."""
    text = f"import json; from andon.project.wsgi_{door} import door; print(json.dumps(door._always))"

    def said(scheme: str) -> dict[str, str]:
        own = {
            "ANDON_APP_ORIGIN": f"{scheme}://localhost:8443",
            "ANDON_ANONYMOUS_ORIGIN": f"{scheme}://localhost:8444",
            "ANDON_SECRET_KEY": "x" * 60,
            "ANDON_DATA": os.environ["ANDON_DATA"],
        }
        headers = dict(json.loads(starting.program(text, env={**os.environ, **own}).stdout))
        return {name.title(): value for name, value in headers.items()}

    assert [*faults(said("https"))] == []
    # The twin: without TLS the first of them is missed.
    assert [*faults(said("http"))] == ["Strict-Transport-Security is None"]


def methods_that_answer(methods: tuple[str, ...] = ("TRACE", "CONNECT", "ANYTHING")) -> list[str]:
    """Methods that somebody signed in gets more by than a refusal, or an echo of what they sent."""
    found = []
    for name, client in (("app", Client()),):
        for address in ("/", "/you/", "/healthz", "/accounts/login/", "/people/"):
            for method in methods:
                answer = client.generic(method, address, headers={"X-Planted": "planted"})
                if answer.status_code == 200 or b"planted" in answer.content:
                    found.append(f"{method} {address} at the {name}")
    return found


def test_no_method_echoes_what_was_sent_and_trace_is_refused() -> None:
    assert methods_that_answer() == []
    assert "GET /healthz at the app" in methods_that_answer(("GET",))


def test_over_tls_the_settings_are_those_that_are_tested_here() -> None:
    text = (
        "import json; from andon.project.settings import app; "
        "print(json.dumps([app.SECURE_HSTS_SECONDS, app.SECURE_HSTS_INCLUDE_SUBDOMAINS, "
        "app.WHITENOISE_ALLOW_ALL_ORIGINS, app.SESSION_COOKIE_NAME, app.SESSION_COOKIE_SECURE, "
        "app.CSRF_COOKIE_NAME, app.CSRF_COOKIE_SECURE]))"
    )

    def read(origin: str) -> list[Any]:
        own = {
            "ANDON_APP_ORIGIN": f"{origin}:8443",
            "ANDON_ANONYMOUS_ORIGIN": f"{origin}:8444",
            "ANDON_SECRET_KEY": "x" * 60,
            "ANDON_DATA": os.environ["ANDON_DATA"],
        }
        done = starting.program(text, env={**os.environ, **own})
        return list(json.loads(done.stdout))

    assert read("https://localhost") == [31_536_000, True, False, "__Host-andon", True, "__Host-andon-csrf", True]
    assert read("http://localhost") == [0, False, False, "andon", False, "andon-csrf", False]
