"""A crawler that was signed out looks at nothing and finds nothing: what asks on its behalf must notice."""

import pytest

from tests.audit.recorder import Recorder
from tests.audit.service import Answer, broken_site

SENT_AWAY = Answer("", {"Location": "/accounts/login/?next=/"}, 302)


def asked(answer: Answer, path: str, monkeypatch: pytest.MonkeyPatch, *, role: str) -> Recorder:
    monkeypatch.setattr(Recorder, "sign_in", lambda recorder: setattr(recorder, "session", "new"))
    with broken_site(lambda _path, _fields: answer) as site:
        recorder = Recorder("https://localhost:1", f"127.0.0.1:{site.port}", role, session="old")
        recorder.answer("GET", path, {}, b"")
    return recorder


def test_one_who_is_sent_to_sign_in_is_signed_in_again_and_counted_where_that_did_not_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder = asked(SENT_AWAY, "/people/", monkeypatch, role="member")
    assert (recorder.losses, recorder.outside, recorder.session) == (1, 1, "new")
    assert not recorder.addresses


def test_one_who_is_answered_stays_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = asked(Answer(), "/people/7/?x=1", monkeypatch, role="member")
    assert (recorder.losses, recorder.outside, recorder.session) == (0, 0, "old")
    assert dict(recorder.addresses) == {"/people/7/": 1}


def test_nobody_may_be_sent_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(SENT_AWAY, "/people/", monkeypatch, role="").losses == 0


@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_of_the_service_is_noted(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    assert asked(Answer("", {}, status), "/x", monkeypatch, role="").failed == [f"GET /x answered {status}"]
    assert asked(Answer("", {}, 404), "/x", monkeypatch, role="").failed == []
