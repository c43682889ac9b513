"""Slips over HTTP: one a member, round and purpose; what was refused was not given, and the answer says so."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from andon.features.ballots import public as ballots
from andon.features.issuance import services
from andon.features.issuance.models import Generation, IssuedSlip
from andon.kernel import manifest, wire
from tests.cast_of_people import Slip
from tests.lived_in import LivedIn, absent_id

pytestmark = pytest.mark.django_db(databases="__all__")


def client_of(house: LivedIn, name: str, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(house.people[name])
    return client


def body(round_id: str, slip: Slip | None = None, **other: Any) -> dict[str, Any]:
    value = wire.b64u((slip or Slip(round_id)).blinded)
    return {"blinded": [{"purpose": "ballot", "value": value}], "round": round_id} | other


def post(client: Client, content: Any, content_type: str = "application/json", **headers: Any) -> Any:
    data = content if isinstance(content, bytes | str) else json.dumps(content)
    return client.post("/slips/", data=data, content_type=content_type, **headers)


def refused(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/json"
    said = answer.json()
    assert set(said) == {"error", "message"}
    return answer.status_code, said["error"]


def given(house: LivedIn, name: str = "open") -> int:
    return IssuedSlip.objects.filter(round_id=house.rounds[name]).count()


def test_a_slip_comes_with_all_that_a_wallet_needs_to_check_it(lived_in: LivedIn) -> None:
    round_id = lived_in.rounds["open"]
    slip = Slip(round_id)
    answer = post(client_of(lived_in, "Bo"), body(round_id, slip))
    assert answer.status_code == 200
    issued = answer.json()
    # The key is the leaf's own, or finishing would fail.
    assert slip.finish(issued).output
    opening = manifest.parse_opening(issued["opening"])
    assert lived_in.people["Bo"].label in opening.members
    manifest.check_opening(issued["leaf"], opening)
    assert answer["Cache-Control"] == "no-store"


def test_who_is_not_signed_in_gets_an_answer_that_a_script_can_read(lived_in: LivedIn) -> None:
    assert refused(post(Client(), body(lived_in.rounds["open"]))) == (401, "signed_out")
    assert refused(Client().get("/slips/offer/")) == (401, "signed_out")


def test_a_form_of_another_page_gets_no_slip(lived_in: LivedIn) -> None:
    client = client_of(lived_in, "Bo", enforce_csrf_checks=True)
    assert post(client, body(lived_in.rounds["open"])).status_code == 403
    assert given(lived_in) == 0
    token = client.get("/").content.decode().partition('name="csrf-token" content="')[2][:64]
    assert post(client, body(lived_in.rounds["open"]), HTTP_X_CSRFTOKEN=token).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_kind_of_body_is_not_read(lived_in: LivedIn, content_type: str) -> None:
    answer = client_of(lived_in, "Bo").generic("POST", "/slips/", b"{}", content_type=content_type)
    assert refused(answer) == (415, "wrong_content_type")


def test_a_body_that_is_too_large_is_not_read(lived_in: LivedIn) -> None:
    answer = post(client_of(lived_in, "Bo"), body(lived_in.rounds["open"]) | {"x": "y" * 64_000})
    assert refused(answer) == (413, "too_large")


# Fixed, because each worker collects the cases by itself.
NO_ROUND = "a1" * 16
GOOD = {"purpose": "ballot", "value": "AAAA"}


@pytest.mark.parametrize(
    "bad",
    [
        b" ",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        {"round": NO_ROUND},
        {"round": NO_ROUND, "blinded": []},
        {"round": NO_ROUND, "blinded": [GOOD] * 65},
        {"round": NO_ROUND, "blinded": [GOOD, GOOD]},
        {"round": NO_ROUND, "blinded": [GOOD], "more": 1},
        {"round": NO_ROUND, "blinded": [GOOD | {"more": 1}]},
        {"round": NO_ROUND, "blinded": {"purpose": "ballot"}},
        {"round": NO_ROUND, "blinded": [{"purpose": 1, "value": "AAAA"}]},
        {"round": NO_ROUND, "blinded": [{"purpose": "ballot", "value": 1}]},
        {"round": NO_ROUND, "blinded": [{"purpose": "ballot", "value": "A==="}]},
        {"round": NO_ROUND, "blinded": [{"purpose": "BALLOT", "value": "AAAA"}]},
        {"round": 7, "blinded": [GOOD]},
        {"round": "../" + "a" * 29, "blinded": [GOOD]},
        {"round": NO_ROUND.upper() + "G", "blinded": [GOOD]},
    ],
    ids=lambda bad: str(bad)[:40],
)
def test_what_cannot_be_read_gives_nothing(lived_in: LivedIn, bad: Any) -> None:
    assert refused(post(client_of(lived_in, "Bo"), bad)) == (400, "malformed")


@pytest.mark.parametrize("point", [b"", bytes(32), b"\xff" * 32, bytes(31), bytes(33)], ids=len)
def test_a_value_that_is_no_point_of_the_curve_is_not_evaluated(lived_in: LivedIn, point: bytes) -> None:
    asking = body(lived_in.rounds["open"]) | {"blinded": [{"purpose": "ballot", "value": wire.b64u(point)}]}
    assert refused(post(client_of(lived_in, "Bo"), asking)) == (400, "bad_blinded_value")
    assert given(lived_in) == 0


def test_the_same_value_again_gives_the_same_slip_and_another_gives_none(lived_in: LivedIn) -> None:
    round_id, client = lived_in.rounds["open"], client_of(lived_in, "Bo")
    slip = Slip(round_id)
    first, again = post(client, body(round_id, slip)), post(client, body(round_id, slip))
    # The proof beside an evaluation is drawn anew each time; the slip that comes out is the same.
    assert slip.finish(first.json()).output == slip.finish(again.json()).output
    assert first.json() | {"evaluations": []} == again.json() | {"evaluations": []}
    assert refused(post(client, body(round_id))) == (409, "already_issued")
    assert given(lived_in) == 1


@pytest.mark.parametrize(("round_name", "name"), [("closing", "Ivy"), ("released", "Bo"), ("void", "Joe")])
def test_a_round_that_is_over_or_ending_gives_no_slips(lived_in: LivedIn, round_name: str, name: str) -> None:
    round_id = lived_in.rounds[round_name]
    assert refused(post(client_of(lived_in, name), body(round_id))) == (409, "not_issuing")
    assert given(lived_in, round_name) == 0


def test_a_round_that_is_published_gives_slips_before_it_opens(lived_in: LivedIn) -> None:
    round_id = lived_in.rounds["published"]
    assert post(client_of(lived_in, "Hal"), body(round_id)).status_code == 200


def test_a_store_that_was_exchanged_gives_no_slips(lived_in: LivedIn) -> None:
    Generation.objects.all().update(id=absent_id())
    assert refused(post(client_of(lived_in, "Bo"), body(lived_in.rounds["open"]))) == (409, "not_issuing")


def test_a_purpose_that_the_round_has_not_gives_nothing_at_all(lived_in: LivedIn) -> None:
    round_id = lived_in.rounds["open"]
    values = [{"purpose": p, "value": wire.b64u(Slip(round_id).blinded)} for p in ("ballot", "comment")]
    assert refused(post(client_of(lived_in, "Bo"), body(round_id, blinded=values))) == (400, "malformed")
    assert given(lived_in) == 0


@pytest.mark.parametrize("name", ["Eve", "Gil", "Cy", "Stella", "Otto", "Fay"])
def test_whoever_is_not_on_the_roster_is_answered_as_for_a_round_that_is_not_there(
    lived_in: LivedIn, name: str
) -> None:
    client = client_of(lived_in, name)
    answers = [post(client, body(round_id)) for round_id in (lived_in.rounds["open"], absent_id())]
    assert refused(answers[0]) == (404, "no_such_round")
    assert answers[0].content == answers[1].content
    assert given(lived_in) == 0


def test_without_the_key_volume_nothing_is_given_and_it_is_safe_to_try_again(
    lived_in: LivedIn, settings: Any, tmp_path: Any
) -> None:
    ballots.evaluation_keys.forget(lived_in.rounds["open"])
    settings.KEY_DIRECTORY = tmp_path
    assert refused(post(client_of(lived_in, "Bo"), body(lived_in.rounds["open"]))) == (503, "unavailable")
    assert given(lived_in) == 0


def names_in_store(house: LivedIn) -> bool:
    """Whether a row of the store could be found by somebody who knows the member, the round and the purpose."""
    member, round_id = house.people["Bo"], house.rounds["open"]
    guesses = {
        hashlib.sha256(f"{who}{sep}{where}".encode()).digest()
        for who in (member.key, str(member.pk), member.email)
        for where in ("", round_id, "ballot", f"{round_id}ballot", f"ballot{round_id}")
        for sep in ("", ":", "/")
    }
    return any(
        bytes(row.row_key) in guesses or member.id.bytes in bytes(row.row_key) for row in IssuedSlip.objects.all()
    )


def test_a_row_does_not_name_its_member_without_the_key(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(lived_in, "Bo")
    post(client, body(lived_in.rounds["open"]))
    assert given(lived_in) == 1
    assert not names_in_store(lived_in)
    IssuedSlip.objects.all().delete()

    def plain(_key: bytes, *, member_id: str, purpose: str) -> bytes:
        return hashlib.sha256(f"{member_id}{purpose}".encode()).digest()

    monkeypatch.setattr(services.credential, "issuance_row_key", plain)
    post(client, body(lived_in.rounds["open"]))
    assert names_in_store(lived_in)


def test_the_offer_names_the_rounds_in_which_slips_are_given_and_those_that_were(lived_in: LivedIn) -> None:
    client, opened = client_of(lived_in, "Bo"), lived_in.rounds["open"]
    offer = client.get("/slips/offer/").json()
    assert offer["me"] == lived_in.people["Bo"].label
    assert offer["rounds"] == [{"issued": [], "purposes": ["ballot"], "round": opened}]
    post(client, body(opened))
    assert client.get("/slips/offer/").json()["rounds"][0]["issued"] == ["ballot"]
    assert client_of(lived_in, "Ivy").get("/slips/offer/").json()["rounds"] == []
