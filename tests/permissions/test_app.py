"""Each address of the app answers each role as the table says, and what is forbidden looks like what is absent."""

import re
from collections.abc import Collection, Iterable
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse

from andon.features.rounds import queries as rounds_queries
from andon.foundation.interface import views as interface_views
from tests.lived_in import ROLES, ROLES_HERE, LivedIn, absent_id, queries, undone
from tests.pages.compared import without_tokens
from tests.permissions import addresses, table

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    # Refusals are what this is about; each of them would be a line in the log of the test.
    pytest.mark.usefixtures("_quiet"),
]
ROWS = table.read()
OF_A_TEAM = {"team", "add_team", "rename_team", "move_team", "retire_team", "revive_team"}
OF_A_PERSON = {"person", "edit_person", "place_person", "duties", "deactivate", "reactivate", "invite", "keep_address"}


@pytest.fixture
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="django.request")


def arguments(name: str, house: LivedIn) -> list[str]:
    match name:
        case "organisation:people_below":
            return [house.nodes["Detection"].pk]
        case "organisation:people_file_bad_rows":
            return [house.files["refused"]]
        case str() if name.startswith("organisation:people_file"):
            return [house.files["ready"]]
        case "configuration:section" | "configuration:check":
            return ["mail"]
        case "privacy:erase":
            return [str(house.people["Eve"].pk)]
        case "people:passkey":
            return ["1"]
        case "account_password_new" | "account_address":
            return ["of-nobody"]
        case "organisation:last_day" | "organisation:cancel_planned":
            bo = house.people["Bo"]
            return [str(bo.pk), str(bo.memberships.get().pk)]
        case name if name.removeprefix("organisation:") in OF_A_TEAM:
            return [house.nodes["Detection"].pk]
        case name if name.removeprefix("organisation:") in OF_A_PERSON:
            return [str(house.people["Bo"].pk)]
        case "invitations:accept" | "rescue":
            return ["foreign"]
        case "guide:moment":
            return ["after-an-incident"]
        case "guide:practice" | "guide:take_up":
            return ["alert-hand-over"]
        case "guide:settle":
            return ["absent"]
        case "instruments:offer":
            return ["andon-security"]
        case "instruments:detail" | "instruments:rights":
            return ["edmondson-1999", "1.0.0"]
        case "providers:add":
            return ["keycloak"]
        case "providers:remove_rule":
            return ["absent", "1"]
        case "openid_connect_login" | "openid_connect_callback":
            return ["absent"]
        case "providers:index" | "providers:choose" | "providers:policy":
            return []
        case name if name.startswith("providers:"):
            return ["absent"]
        case "people:demo_sign_in":
            return ["member"]
        case "setup:step":
            return ["key"]
        case "setup:arrive":
            return ["no-link-at-all"]
        case "closing:close" | "rounds:renew":
            return [house.rounds["open"]]
        case "rounds:detail" | "rounds:counted" | "results:report" | "results:receipt" | "results:unit_json":
            return [house.rounds["released"]]
        case "results:debrief" | "results:debrief_screen" | "results:step" | "results:step_outcome" | "results:export":
            return [house.rounds["released"]]
        case "results:share":
            # Of the other one it was proposed.
            return [house.rounds["security"]]
        case "results:share_no":
            return [house.rounds["released"]]
        case "cadence:change":
            return [house.schedule]
        case "rest:unit" | "rest:top_group":
            return [house.rounds["autumn"]]
        case "rest:group":
            return [house.rounds["autumn"], house.nodes["Lanternworks"].pk]
        case "tokens:end":
            return ["0123456789abcdef"]
        case "results:groups":
            return [house.rounds["autumn"]]
        case "results:group" | "results:export_group":
            return [house.rounds["autumn"], house.nodes["Lanternworks"].pk]
    return []


def signed_in(house: LivedIn, role: str, **options: Any) -> Client:
    client, name = Client(**options), ROLES[role]
    if name is not None:
        client.force_login(house.people[name])
    return client


def answer_of(client: Client, method: str, address: str) -> Any:
    with undone():
        return client.generic(method, address)


def in_a_word(answer: Any) -> str:
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next="):
        return "in"
    return str(answer.status_code)


def differences(house: LivedIn, rows: Iterable[table.Row], roles: Collection[str] = ROLES) -> list[str]:
    asked = [(row, reverse(row.name, args=arguments(row.name, house))) for row in rows]
    found = []
    for place, role in enumerate(ROLES):
        if role not in roles:
            continue
        browser = signed_in(house, role)
        for row, address in asked:
            # A browser of its own with the same session: some answers sign out.
            client = Client()
            client.cookies.update(browser.cookies)
            got, expected = in_a_word(answer_of(client, row.method, address)), row.expected[place]
            if got != expected:
                found.append(f"{row.method} {row.name} by {role}: {got} instead of {expected}")
    return found


def unlisted() -> set[str]:
    listed = {(row.method, row.name) for row in ROWS}
    wanted = {(method, name) for method in ("GET", "POST") for name in addresses.named()}
    return {name for _method, name in listed ^ wanted}


def test_every_address_is_in_the_table_and_nothing_else_is() -> None:
    assert unlisted() == set()


def test_a_new_address_without_a_row_is_seen() -> None:
    class Planted:
        urlpatterns = [
            path("", include("andon.project.urls_app")),
            path("planted/", lambda request: HttpResponse(), name="planted"),
        ]

    with override_settings(ROOT_URLCONF=Planted):
        assert unlisted() == {"planted"}


@pytest.mark.parametrize("role", ROLES_HERE)
def test_each_role_is_answered_as_the_table_says(lived_in: LivedIn, role: str) -> None:
    assert differences(lived_in, ROWS, [role]) == []


def test_the_table_sees_a_check_that_is_gone(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds_queries, "may_lead", lambda member, view: True)
    rows = [row for row in ROWS if row.name in {"rounds:detail", "closing:close"}]
    found = differences(lived_in, rows)
    assert "GET rounds:detail by outside: 200 instead of 404" in found
    assert "POST closing:close by member: 302 instead of 404" in found


# Every address that names a thing, and the things of each state that somebody might try.
NAMING = [
    "organisation:people_below",
    "rounds:detail",
    "closing:close",
    *(f"results:{n}" for n in ("report", "receipt", "groups", "group", "debrief", "step", "step_outcome", "share")),
]


def unlike_absent(house: LivedIn, role: str) -> list[str]:
    """Addresses whose 404 can be told from that of a thing which does not exist."""
    client, found = signed_in(house, role), []
    for name in NAMING:
        things = [node.pk for node in house.nodes.values()] if name.startswith("org") else list(house.rounds.values())
        inside = [house.nodes["Lanternworks"].pk] if name == "results:group" else []
        absent = answer_of(client, "GET", reverse(name, args=[absent_id(), *inside]))
        for thing in things:
            forbidden = answer_of(client, "GET", reverse(name, args=[thing, *inside]))
            if forbidden.status_code == 404 and (
                without_tokens(forbidden.content) != without_tokens(absent.content)
                or forbidden.headers.items() != absent.headers.items()
            ):
                found.append(f"{name} by {role}")
    return found


@pytest.mark.parametrize("role", [role for role in ROLES_HERE if role != "nobody"])
def test_what_is_forbidden_is_byte_for_byte_what_is_absent(lived_in: LivedIn, role: str) -> None:
    assert unlike_absent(lived_in, role) == []


def test_a_page_that_says_which_of_the_two_is_seen(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rounds_queries.see_round

    def talkative(member: Any, round_id: str) -> Any:
        try:
            return honest(member, round_id)
        except Http404:
            raise Http404("exists" if rounds_queries.find(round_id) else "") from None

    def saying(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        return interface_views.sentence(request, title="404", happened=str(exception), status=404)

    monkeypatch.setattr(rounds_queries, "see_round", talkative)
    monkeypatch.setattr("andon.project.urls_app.handler404", saying)
    assert "rounds:detail by outside" in unlike_absent(lived_in, "outside")


def unguarded(house: LivedIn) -> list[str]:
    """Addresses that take a form without its token. Programs send a key and no cookie, and can only read."""
    client = signed_in(house, "lead", enforce_csrf_checks=True)
    return [
        row.name
        for row in ROWS
        if row.method == "POST"
        and not row.name.startswith("rest:")
        and answer_of(client, "POST", reverse(row.name, args=arguments(row.name, house))).status_code != 403
    ]


def test_every_form_needs_its_token(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unguarded(lived_in) == []
    from andon.features.closing import views

    monkeypatch.setattr(views.close, "csrf_exempt", True, raising=False)
    assert unguarded(lived_in) == ["closing:close"]


def test_whoever_has_to_sign_in_comes_back(lived_in: LivedIn) -> None:
    address = reverse("rounds:detail", args=[lived_in.rounds["open"]])
    assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"


def changing_gets(house: LivedIn) -> list[str]:
    """Addresses at which a GET writes anything but a session."""
    found = []
    for row in ROWS:
        if row.method == "GET":
            client = signed_in(house, "lead")
            address = reverse(row.name, args=arguments(row.name, house))
            with undone(), queries() as sent:
                client.get(address)
            if any(re.match(r"(?!.*people_session)\s*(INSERT|UPDATE|DELETE)", statement) for statement in sent):
                found.append(row.name)
    return found


def test_no_page_changes_anything_by_being_read(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changing_gets(lived_in) == []
    from andon.features.rounds import services

    honest = rounds_queries.rounds_of

    def noting(member: Any, **options: Any) -> Any:
        services.audit.record(kind="seen", by=member, at=house.now)
        return honest(member, **options)

    house = lived_in
    monkeypatch.setattr(rounds_queries, "rounds_of", noting)
    assert "rounds:index" in changing_gets(lived_in)


def pages_without_a_way_out(house: LivedIn, role: str) -> list[str]:
    """Pages that this role is shown and from which nothing leads to signing out."""
    browser, found = signed_in(house, role), []
    for row in (row for row in ROWS if row.method == "GET"):
        client = Client()
        client.cookies.update(browser.cookies)
        answer = answer_of(client, "GET", reverse(row.name, args=arguments(row.name, house)))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming
        if is_page and answer.status_code == 200 and b'href="/accounts/logout/"' not in answer.content:
            found.append(row.name)
    return found


@pytest.mark.parametrize("role", ["member", "steward"])
def test_every_page_leads_to_signing_out(lived_in: LivedIn, role: str) -> None:
    assert pages_without_a_way_out(lived_in, role) == []


def test_a_page_without_a_way_out_is_seen(lived_in: LivedIn) -> None:
    # Whoever is not signed in has nothing to sign out of, so these pages have none.
    assert "account_login" in pages_without_a_way_out(lived_in, "nobody")
