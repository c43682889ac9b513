import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpResponseBase
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings

import andon
from andon.foundation.interface import views
from andon.foundation.interface.context import navigation_for
from andon.foundation.interface.integrity import loaded
from andon.foundation.interface.public import NavigationItem, register_navigation, registered_navigation
from andon.foundation.organisation.tests import cast as people

TEMPLATES = sorted(Path(andon.__file__).parent.rglob("templates/**/*.html"))


@pytest.fixture
def bo(db: None) -> Client:
    client = Client()
    client.force_login(people.enter().bo)
    return client


def test_health_and_doors_are_told_without_a_database() -> None:
    # No database is allowed here: a query would fail the test.
    assert Client().get("/healthz").content == b"ok\n"
    doors = json.loads(Client().get("/.well-known/andon").content)
    assert doors == {"andon": "v1", "anonymous_door": settings.ANONYMOUS_ORIGIN, "app": settings.APP_ORIGIN}


def test_a_page_may_load_nothing_foreign_but_the_frame_of_the_anonymous_door(bo: Client) -> None:
    page = bo.get("/you/")
    policy = dict(part.strip().partition(" ")[::2] for part in page["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'none'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "frame-src": settings.ANONYMOUS_ORIGIN,
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert page["Cache-Control"] == "no-store"
    assert page["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in page["Permissions-Policy"]
    assert page["Referrer-Policy"] == "same-origin"


FILES = ("interface/andon.svg", "interface/css/tokens.css")


@pytest.mark.parametrize("file", FILES)
def test_a_static_file_that_is_opened_by_itself_may_load_as_little_as_a_page(file: str) -> None:
    page, opened = Client().get("/healthz"), opened_by_itself(file)
    assert opened.status_code == 200
    assert_as_guarded_as(page, opened)
    # Unlike a page it may be kept.
    assert "no-store" not in opened["Cache-Control"]


def test_a_file_that_is_answered_before_the_headers_are_set_is_seen() -> None:
    order = [layer for layer in settings.MIDDLEWARE if "WhiteNoise" not in layer]
    files = next(layer for layer in settings.MIDDLEWARE if "WhiteNoise" in layer)
    page = Client().get("/healthz")
    with override_settings(MIDDLEWARE=[order[0], files, *order[1:]]):
        opened = opened_by_itself(FILES[0])
        with pytest.raises(KeyError):
            assert_as_guarded_as(page, opened)


def opened_by_itself(file: str) -> HttpResponseBase:
    opened = Client().get(f"/static/{file}")
    # Read to its end, which closes the file.
    assert b"".join(opened)
    return opened


def assert_as_guarded_as(page: HttpResponseBase, opened: HttpResponseBase) -> None:
    for header in ("Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Resource-Policy"):
        assert opened[header] == page[header]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_policy_refuses(template: Path) -> None:
    text = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=", text)
    assert "javascript:" not in text


def test_a_signed_in_page_holds_the_wallet_frame_and_its_script(bo: Client) -> None:
    page = bo.get("/you/").content.decode()
    assert page.count("data-wallet-frame") == 1
    assert f'src="{settings.ANONYMOUS_ORIGIN}/frame/"' in page
    assert re.search(r'<meta name="csrf-token" content="\w{64}">', page)
    host = loaded("interface/build/host.js")
    assert f'<script type="module" src="{host.url}" integrity="{host.integrity}"></script>' in page


@pytest.mark.django_db
def test_a_page_for_nobody_holds_neither() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "data-wallet-frame" not in page
    # Nothing runs but what a passkey needs, which is asked for by a button.
    scripts = re.findall(r"<script[^>]*src=\"([^\"]+)\"", page)
    assert scripts == [loaded("interface/build/passkeys.js").url]
    assert page.count("<script") == len(scripts)
    assert "<nav" not in page


def test_the_navigation_marks_where_one_is(bo: Client) -> None:
    page = bo.get("/you/").content.decode()
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/you/", "/you/"]


def test_a_page_below_marks_the_line_above(rf: RequestFactory) -> None:
    [line] = [line for line in navigation_for(rf.get("/people/import/")) if line.current]
    assert (line.url, line.current) == ("/people/", "true")
    assert not [line for line in navigation_for(rf.get("/demo/outbox/")) if line.current]


def test_the_navigation_is_registered_hidden_and_ordered(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andon.foundation.interface.public._items", {})
    register_navigation(NavigationItem("Second", "interface:healthz", "note", 2))
    register_navigation(NavigationItem("Replaced", "interface:well_known", "note", 1))
    register_navigation(NavigationItem("First", "interface:well_known", "note", 1, visible=lambda request: False))
    assert [item.label for item in registered_navigation()] == ["First", "Second"]
    assert [line.label for line in navigation_for(rf.get("/"))] == ["Second"]


def test_a_page_at_another_address_marks_the_line_that_it_is_said_to_be_below(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.foundation.interface.public._items", {})
    item = NavigationItem("People", "organisation:people", "note", 1, also=lambda: ["invitations:index"])
    register_navigation(item)
    assert [line.current for line in navigation_for(rf.get("/invitations/send/"))] == ["true"]
    register_navigation(dataclasses.replace(item, also=tuple))
    assert [line.current for line in navigation_for(rf.get("/invitations/send/"))] == [""]


def test_absent_and_forbidden_look_the_same(bo: Client) -> None:
    def without_token(page: bytes) -> bytes:
        # Where one is in the navigation comes from the address, which whoever typed it knows.
        return re.sub(rb'content="\w{64}"|value="\w{64}"| aria-current="\w+"', b"", page)

    absent, forbidden = bo.get("/no/such/page/"), bo.get("/people/import/")
    assert absent.status_code == forbidden.status_code == 404
    assert without_token(absent.content) == without_token(forbidden.content)


def test_a_failure_is_told_without_session_or_database(rf: RequestFactory) -> None:
    page = views.server_error(rf.get("/"))
    assert page.status_code == 500
    assert "was not saved" in page.content.decode()


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (OperationalError("database or disk is full: ada@example.org"), 503),
        (InterfaceError("the connection is closed"), 503),
        (OSError(28, "No space left on device"), 503),
        (IntegrityError("ada@example.org"), 500),
        (ZeroDivisionError(), 500),
    ],
)
def test_a_storage_that_is_away_is_told_as_that_and_nothing_of_the_error_is_shown(
    bo: Client, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int
) -> None:
    def fail(*_: Any) -> None:
        raise raised

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", fail)
    bo.raise_request_exception = False
    page = bo.get("/")
    assert page.status_code == status
    assert ("cannot reach its storage" in page.content.decode()) == (status == 503)
    assert "ada@example.org" not in page.content.decode()
    program = bo.post("/slips/", "{}", content_type="application/json")
    assert (program.status_code, program.json()["error"]) == (status, "unavailable")
    assert "safe to try again" in program.json()["message"]


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_in_words() -> None:
    page = Client(enforce_csrf_checks=True).post("/accounts/login/", {"email": "bo@example.org"})
    assert page.status_code == 403
    assert "Nothing was changed" in page.content.decode()


@pytest.mark.parametrize(
    ("component", "context", "holds"),
    [
        ("band", {"band": "mixed_low"}, 'class="band mixed-low">leaning unsafe<'),
        ("band", {"band": None}, 'class="band none">no figure<'),
        ("band", {"band": "high", "word": "<safe>"}, "&lt;safe&gt;"),
        ("band_key", {}, "leaning safe"),
        ("facts", {"facts": [("Opens", "<today>")]}, "&lt;today&gt;"),
        ("table", {"headers": ["Team", "Answered"], "rows": [["Night", "7 of 9"]]}, 'data-label="Answered">7 of 9<'),
        ("callout", {"kind": "warning", "title": "Few", "text": "<x>"}, "&lt;x&gt;"),
        ("callout", {"kind": "no such kind"}, 'class="callout note"'),
        ("error", {"happened": "H", "kept": "K", "advice": "A"}, 'role="alert"'),
        ("empty", {"title": "T", "text": "X", "action": "Go", "action_url": "/x/"}, 'href="/x/"'),
        ("steps", {"steps": ["One", {"title": "Two", "state": "now"}]}, 'aria-current="step"'),
        ("progress", {"doing": "Counting", "done": 3, "total": 7}, 'value="3" max="7"'),
        ("action", {"label": "Raise something", "url": "/r/", "kind": "cord"}, 'class="cord"'),
        ("action", {"label": "Close", "url": "/c/", "post": True}, 'method="post"'),
        ("section", {"title": "Trend", "body": "<p>", "aside": "four"}, "&lt;p&gt;"),
        ("no_figure", {"text": "Too few"}, "no-figure"),
        ("trail", {"url": "/p/", "label": "People"}, 'href="/p/"'),
    ],
)
def test_a_component_shows_what_it_is_given(component: str, context: dict[str, object], holds: str) -> None:
    assert holds in render_to_string(f"interface/components/{component}.html", context)


def test_the_guide_lists_every_component() -> None:
    guide = (Path(andon.__file__).parents[2] / "docs/guide/interface.md").read_text()
    folder = Path(views.__file__).parent / "templates/interface"
    inner = {"navigation", "messages"}
    for component in folder.glob("components/*.html"):
        assert component.stem in inner or f"`{component.name}`" in guide, component.name
    for icon in folder.glob("icons/*.html"):
        assert re.search(rf"\b{icon.stem}\b", guide), icon.name
