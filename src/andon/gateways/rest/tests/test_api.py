"""Results for programs: what a key reaches, what it does not, and that every answer is as it is described."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from andon.features.results import public as results
from andon.foundation.audit import public as audit
from andon.foundation.audit.models import AuditEntry
from andon.foundation.tokens import public as tokens
from andon.foundation.tokens.models import ProgramKey
from andon.gateways.rest import api
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")
BOTH = (results.UNIT_SCOPE, results.GROUPS_SCOPE)


def key_of(house: LivedIn, name: str, *allowed: str, days: int = 30) -> str:
    today = timezone.localdate()
    return tokens.make_key(
        member=house.people[name],
        name="wiki",
        allowed=allowed or BOTH,
        ends_on=today + timedelta(days=days),
        at=house.now,
        on=today,
    )


def read(address: str, key: str = "") -> Any:
    return Client().get(f"/api/v1/{address}", headers={"authorization": f"Bearer {key}"} if key else {})


def unit(house: LivedIn, name: str = "released") -> str:
    return f"rounds/{house.rounds[name]}/unit"


def groups(house: LivedIn, node: str = "") -> str:
    address = f"rounds/{house.rounds['autumn']}/groups"
    return f"{address}/{house.nodes[node].pk}" if node else address


def test_a_program_reads_what_its_member_sees(lived_in: LivedIn) -> None:
    key = key_of(lived_in, "Bo")
    listed = read("rounds", key).json()["rounds"]
    assert lived_in.rounds["released"] in {one["id"] for one in listed}
    told = read(unit(lived_in), key).json()
    assert told["unit"]["name"] == "Detection"
    assert told["policy"]["least_ballots"] == 5
    assert read(groups(lived_in), key).json()["group"]["name"] == "Lanternworks"
    assert read(groups(lived_in, "Lanternworks"), key).status_code == 200


def test_without_a_key_that_holds_nothing_is_told(lived_in: LivedIn) -> None:
    good = key_of(lived_in, "Bo")
    for key in (
        "",
        "andon",
        "andon_x_y",
        good[:-1],
        good[:-1] + "A",
        good.replace("andon", "other"),
        "\x00",
        "a" * 500,
    ):
        if key == good:
            continue
        answer = read(unit(lived_in), key)
        assert answer.status_code == 401, key
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"] == "Bearer"
    browser = Client()
    browser.force_login(lived_in.people["Bo"])
    assert browser.get(f"/api/v1/{unit(lived_in)}").status_code == 401


def test_a_key_reaches_no_further_than_its_scope(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    own, above = key_of(lived_in, "Bo", results.UNIT_SCOPE), key_of(lived_in, "Bo", results.GROUPS_SCOPE)
    assert read(unit(lived_in), own).status_code == 200
    assert read(groups(lived_in), own).status_code == 403
    assert read(groups(lived_in), above).status_code == 200
    assert read(unit(lived_in), above).status_code == 403
    # The planted fault: a gate that only asks for a key.
    monkeypatch.setattr(api, "_granted", lambda request, _scope: request.auth)
    assert read(groups(lived_in), own).status_code == 200


def test_what_is_not_the_members_is_as_absent(lived_in: LivedIn) -> None:
    hal = key_of(lived_in, "Hal")
    forbidden, absent = read(unit(lived_in), hal), read(f"rounds/{'0' * 32}/unit", hal)
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content
    assert read(unit(lived_in, "open"), key_of(lived_in, "Bo")).status_code == 404


def test_a_key_that_is_over_or_ended_or_whose_member_left_is_none(lived_in: LivedIn) -> None:
    bo = lived_in.people["Bo"]
    ended, over, left = key_of(lived_in, "Bo"), key_of(lived_in, "Bo"), key_of(lived_in, "Bo")
    assert tokens.end_key(member=bo, key_id=ended.split("_")[1], at=lived_in.now)
    assert not tokens.end_key(member=lived_in.people["Hal"], key_id=over.split("_")[1], at=lived_in.now)
    ProgramKey.objects.filter(pk=over.split("_")[1]).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert read("rounds", left).status_code == 200
    bo.is_active = False
    bo.save(update_fields=["is_active"])
    try:
        assert [read("rounds", key).status_code for key in (ended, over, left)] == [401] * 3
    finally:
        bo.is_active = True
        bo.save(update_fields=["is_active"])


def test_the_first_read_of_a_day_stands_in_the_change_log(lived_in: LivedIn) -> None:
    key = key_of(lived_in, "Bo")
    before = AuditEntry.objects.filter(kind="results.read_by_program").count()
    for _time in range(3):
        read(unit(lived_in), key)
    read(unit(lived_in, "open"), key)
    entries = AuditEntry.objects.filter(kind="results.read_by_program")
    assert entries.count() == before + 1
    newest = entries.order_by("-id")[0]
    assert newest.facts == {}
    said = str(audit.words_for(newest.kind))
    assert "program" in said
    assert "file" not in said


def is_stored(key: str) -> bool:
    stored = str(list(ProgramKey.objects.values_list())) + str(list(AuditEntry.objects.values_list()))
    return key.split("_", 2)[2] in stored


def test_no_key_is_kept_and_none_is_in_the_change_log(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(lived_in, "Bo")
    assert not is_stored(key)
    # The planted fault: a secret that is kept as it is.
    monkeypatch.setattr(tokens, "_digest", lambda secret: secret)
    assert is_stored(key_of(lived_in, "Bo"))
    assert key.split("_")[1] not in str(list(AuditEntry.objects.values_list("subject", "facts")))


def test_what_is_sent_wrongly_is_named_and_not_repeated(lived_in: LivedIn) -> None:
    key = key_of(lived_in, "Bo")
    wrong = read(f"rounds/{key}/unit", key)
    assert wrong.status_code == 422
    assert "round_id" in wrong.json()["detail"]
    assert key not in wrong.content.decode()
    assert read(f"{groups(lived_in)}?page=0", key).status_code == 422


def test_no_answer_sets_a_cookie_and_only_reading_is_possible(lived_in: LivedIn) -> None:
    key = key_of(lived_in, "Bo")
    answer = read("rounds", key)
    assert not answer.cookies
    sent = Client(enforce_csrf_checks=True).post("/api/v1/rounds", headers={"authorization": f"Bearer {key}"})
    assert sent.status_code == 405


def is_described(answer: Any, status: int) -> bool:
    if answer["Content-Type"] != "application/problem+json" or answer.cookies:
        return False
    assert int(answer["Content-Length"]) == len(answer.content)
    return bool(answer.status_code == answer.json()["status"] == status)


def test_no_program_gets_a_page_for_people(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Client(enforce_csrf_checks=True, raise_request_exception=False)
    key = {"authorization": f"Bearer {key_of(lived_in, 'Bo')}"}
    address = f"/api/v1/{groups(lived_in)}"
    for path in ("/api/v1/nothing", "/api/v1/", "/api/v9/rounds", "/api/v1/rounds//unit"):
        assert is_described(program.get(path, headers=key), 404), path
        assert is_described(program.post(path, headers=key), 404), path
    for method in ("post", "put", "patch", "delete", "options"):
        for path in ("/api/v1/rounds", address, "/api/v1/openapi.json"):
            answer = getattr(program, method)(path, headers=key)
            assert is_described(answer, 405), (method, path)
            assert "GET" in answer["Allow"]
    assert is_described(program.get(address, {str(number): "" for number in range(1_001)}, headers=key), 400)
    assert is_described(program.get(address, headers=key | {"host": "elsewhere.example"}), 400)
    # The planted fault: a result that cannot be read.
    monkeypatch.setattr(results, "group_for_program", lambda *_grant, **_what: 1 / 0)
    assert is_described(program.get(address, headers=key), 500)

    def unreachable(*_grant: object, **_what: object) -> None:
        raise OperationalError

    monkeypatch.setattr(results, "group_for_program", unreachable)
    assert is_described(program.get(address, headers=key), 503)
    # And one that nobody sees: pages for people stay as they are.
    assert not is_described(program.get("/nothing"), 404)


def test_the_description_is_open_api_and_names_every_error() -> None:
    told = Client().get("/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    for path, operations in told["paths"].items():
        assert set(operations) == {"get"}, path
        responses = operations["get"]["responses"]
        assert {"200", "400", "401", "500", "503"} <= set(responses), path
        assert "WWW-Authenticate" in responses["401"]["headers"]
        for status, response in responses.items():
            kind = "application/json" if status == "200" else "application/problem+json"
            assert set(response["content"]) == {kind}, (path, status)
        if "round_id" in path:
            assert {"403", "404", "422"} <= set(responses), path
        assert operations["get"]["security"]


def test_texts_are_in_the_language_that_is_asked_for_and_it_is_described(lived_in: LivedIn) -> None:
    program, key = Client(), {"authorization": f"Bearer {key_of(lived_in, 'Bo')}"}
    address = f"/api/v1/{unit(lived_in)}"
    english, german = (program.get(address, headers=key | {"accept-language": code}) for code in ("en", "de"))
    assert (english["Content-Language"], german["Content-Language"]) == ("en", "de")
    assert english.json()["method"] != german.json()["method"]
    assert english.json()["facets"][0]["index"] == german.json()["facets"][0]["index"]
    told = program.get("/api/v1/openapi.json").json()
    for path, operations in told["paths"].items():
        assert "Accept-Language" in {one["name"] for one in operations["get"]["parameters"]}, path
        assert "Content-Language" in operations["get"]["responses"]["200"]["headers"], path


def test_the_description_leaves_nothing_of_a_document_out(lived_in: LivedIn) -> None:
    """A field that the schema does not name would be dropped without a word."""
    from andon.features.results import exports, queries, trend
    from andon.features.results import groups as groups_of

    bo = lived_in.people["Bo"]
    own = queries.own_result(bo, lived_in.rounds["released"])
    report = queries.build_report(own.round, own.unit, own.part)
    document = exports.unit_document(own, report, trend.trend_of(own.round, own.unit, asked=bo))
    assert read(unit(lived_in), key_of(lived_in, "Bo")).json() == document
    report = groups_of.report_for(lived_in.people["Bo"], lived_in.rounds["autumn"], "", page="1", now=lived_in.now)
    assert read(groups(lived_in), key_of(lived_in, "Bo")).json() == exports.group_document(report)


def test_a_member_has_twenty_keys_at_most_and_a_year_is_the_longest(lived_in: LivedIn) -> None:
    for _number in range(tokens.MOST):
        key_of(lived_in, "Hal")
    with pytest.raises(tokens.TooManyKeys):
        key_of(lived_in, "Hal")
    with pytest.raises(ValueError, match="within a year"):
        key_of(lived_in, "Bo", days=400)
    with pytest.raises(tokens.UnknownScope):
        key_of(lived_in, "Bo", "answers")
