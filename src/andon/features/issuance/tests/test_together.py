"""The short way of a slip: it gives what the application gives, in the same words, and never gives more."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from andon.features.ballots import public as ballots
from andon.features.issuance import services, together
from andon.features.issuance.models import IssuedSlip, IssuingRound
from tests.cast_of_people import Slip
from tests.lived_in import LivedIn, absent_id, undone

pytestmark = pytest.mark.django_db(databases="__all__")
TOKEN = "b" * 32


@pytest.fixture(autouse=True)
def _begun(lived_in: LivedIn) -> Iterator[None]:
    """Somebody has a slip of the round already: the first of a round goes the long way."""
    IssuingRound.objects.get_or_create(round_id=lived_in.rounds["open"])
    # A connection of a test is in a transaction, which may not be closed.
    with mock.patch.object(together, "close_old_connections"):
        yield


def session_of(house: LivedIn, name: str) -> str:
    client = Client()
    client.force_login(house.people[name])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def asked(
    round_id: str, *slips: Slip, session: str = "", content: bytes | None = None, **headers: str | None
) -> tuple[list[tuple[str, str]], bytes]:
    from andon.kernel import wire

    values = [{"purpose": slip.purpose, "value": wire.b64u(slip.blinded)} for slip in slips]
    body = json.dumps({"blinded": values, "round": round_id}).encode() if content is None else content
    named: dict[str, str | None] = {
        "content-length": str(len(body)),
        "content-type": "application/json",
        "cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}",
        "host": "localhost",
        "x-csrftoken": TOKEN,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return [(name, value) for name, value in named.items() if value is not None], body


def short(*requests: tuple[list[tuple[str, str]], bytes]) -> list[Any]:
    seen = [together.read(*request) for request in requests]
    return [answer if one is not None else None for one, answer in zip(seen, iter_answers(seen), strict=True)]


def iter_answers(seen: list[Any]) -> list[Any]:
    answers = iter(together.answer([one for one in seen if one is not None]))
    return [None if one is None else next(answers) for one in seen]


def through_the_application(request: tuple[list[tuple[str, str]], bytes]) -> Any:
    headers, body = request
    meta = {
        ("" if name.startswith("content") else "HTTP_") + name.upper().replace("-", "_"): value
        for name, value in headers
        if name not in {"cookie", "content-length", "content-type"}
    }
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(dict(headers).get("cookie", ""))
    return client.post(together.PATH, data=body, content_type=dict(headers).get("content-type", ""), **meta)


def given(house: LivedIn) -> int:
    return IssuedSlip.objects.filter(round_id=house.rounds["open"]).count()


@pytest.mark.parametrize("language", ["", "en", "de"])
def test_both_ways_say_the_same(lived_in: LivedIn, language: str) -> None:
    round_id = lived_in.rounds["open"]
    request = asked(round_id, Slip(round_id), session=session_of(lived_in, "Bo"), accept_language=language or None)
    with undone():
        long = through_the_application(request)
    [(status, headers, body)] = short(request)
    assert (status, dict(headers)) == (long.status_code, dict(long.items()))
    ours, theirs = json.loads(body), long.json()
    # Each proof is drawn anew.
    assert ours.pop("evaluations")[0].keys() == theirs.pop("evaluations")[0].keys()
    assert ours == theirs


def test_what_comes_over_tls_says_so_on_both_ways(lived_in: LivedIn, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 31_536_000
    together._headers.cache_clear()
    round_id = lived_in.rounds["open"]
    secure = {"x_forwarded_proto": "https", "origin": "https://localhost"}
    request = asked(round_id, Slip(round_id), session=session_of(lived_in, "Bo"), **secure)
    with undone():
        long = through_the_application(request)
    [(status, headers, _body)] = short(request)
    together._headers.cache_clear()
    assert status == 200
    assert dict(headers) == dict(long.items())
    assert "Strict-Transport-Security" in dict(headers)


def test_what_the_application_would_refuse_is_left_to_it_and_nothing_is_given(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    refused = {
        "signed out": asked(round_id, Slip(round_id)),
        "another's session": asked(round_id, Slip(round_id), session="x" * 32),
        "no token": asked(round_id, Slip(round_id), session=session, x_csrftoken=None),
        "another token": asked(round_id, Slip(round_id), session=session, x_csrftoken="c" * 32),
        "another origin": asked(round_id, Slip(round_id), session=session, origin="https://planted.example"),
        "an origin that hides": asked(round_id, Slip(round_id), session=session, origin="null"),
        "another host": asked(round_id, Slip(round_id), session=session, host="planted.example"),
        "no host": asked(round_id, Slip(round_id), session=session, host=None),
        "another kind": asked(round_id, Slip(round_id), session=session, content_type="text/plain"),
        "a shorter body": asked(round_id, Slip(round_id), session=session, content_length="1"),
        "not JSON": asked(round_id, session=session, content=b"{"),
        "nothing asked": asked(round_id, session=session),
        "not a point": asked(round_id, mock.Mock(purpose="ballot", blinded=bytes(32)), session=session),
        "another purpose": asked(round_id, Slip(round_id, purpose="ballot/IN1"), session=session),
        "no round": asked(absent_id(), Slip(absent_id()), session=session),
        "not on the roster": asked(round_id, Slip(round_id), session=session_of(lived_in, "Cy")),
        "two hosts": (lambda r: ([*r[0], ("host", "localhost")], r[1]))(
            asked(round_id, Slip(round_id), session=session)
        ),
    }
    before = given(lived_in)
    assert {what for what, request in refused.items() if short(request) != [None]} == set()
    assert given(lived_in) == before
    assert short(asked(round_id, Slip(round_id), session=session))[0][0] == 200
    assert given(lived_in) == before + 1


def test_a_member_who_may_not_sign_in_any_more_gets_none(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    type(lived_in.people["Bo"]).objects.filter(pk=lived_in.people["Bo"].pk).update(is_active=False)
    assert short(asked(round_id, Slip(round_id), session=session)) == [None]


def test_two_of_a_group_who_ask_for_one_slip_are_not_both_given_it(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    ada = session_of(lived_in, "Ada")
    first, second, other = (asked(round_id, Slip(round_id), session=who) for who in (session, session, ada))
    answers = short(first, second, other)
    assert [answer is not None for answer in answers] == [True, False, True]
    assert through_the_application(second).json()["error"] == "already_issued"


def test_a_slip_that_was_given_is_left_to_the_application(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    request = asked(round_id, Slip(round_id), session=session)
    assert short(request) != [None]
    assert short(request) == [None]
    assert through_the_application(request).status_code == 200
    other = asked(round_id, Slip(round_id), session=session)
    assert short(other) == [None]
    assert through_the_application(other).json()["error"] == "already_issued"


def ready(house: LivedIn, *row_keys: bytes) -> services._Ready:
    """Rounds have one purpose so far, so a request for several rows is made by hand."""
    issued = mock.Mock(spec=services.Issued, round_id=house.rounds["open"])
    return services._Ready(issued, services.generation(), [(row_key, b"blinded") for row_key in row_keys])


def test_several_rows_of_one_member_are_kept_all_or_none_and_then_none_of_the_neighbours(lived_in: LivedIn) -> None:
    one, two, three = (bytes([number]) * 32 for number in (1, 2, 3))
    assert services._keep_fresh([ready(lived_in, one)]) == {one}
    before = given(lived_in)
    with pytest.raises(services._OtherValueHeld):
        services._keep_fresh([ready(lived_in, one, two), ready(lived_in, three)])
    assert given(lived_in) == before
    assert services._keep_fresh([ready(lived_in, two, three)]) == {two, three}


def test_nothing_is_given_of_a_round_that_has_ended_or_with_a_store_that_was_exchanged(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    request = asked(round_id, Slip(round_id), session=session)
    with undone():
        IssuingRound.objects.filter(round_id=round_id).update(ended=True)
        assert short(request) == [None]
    with undone():
        services.Generation.objects.update(id=absent_id())
        assert short(request) == [None]
    assert short(request) != [None]


def test_a_storage_that_fails_gives_nothing_to_anybody(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    with mock.patch.object(services, "_keep_fresh", side_effect=DatabaseError):
        assert short(asked(round_id, Slip(round_id), session=session)) == [None]


def test_keys_that_are_not_there_are_left_to_the_application(lived_in: LivedIn) -> None:
    round_id, session = lived_in.rounds["open"], session_of(lived_in, "Bo")
    with mock.patch.object(
        ballots.KeyDirectory, "check", side_effect=ballots.KeyDirectoryMissing(services.settings.KEY_DIRECTORY)
    ):
        assert short(asked(round_id, Slip(round_id), session=session)) == [None]
