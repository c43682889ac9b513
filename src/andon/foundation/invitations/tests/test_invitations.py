import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core import mail
from django.core.signing import TimestampSigner
from django.test import Client
from django.utils import timezone

from andon.foundation.audit.models import AuditEntry
from andon.foundation.invitations import tasks
from andon.foundation.invitations.models import Invitation
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.organisation.tests.cast import Cast, enter
from andon.foundation.people import invitations, links
from andon.foundation.people.models import Member
from andon.foundation.people.public import AlreadyJoined, InvitationState, invitation_state, invite, invite_many

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def cast() -> Cast:
    return enter()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SECONDS_BETWEEN", 0)


def link_in(letter: Any) -> str:
    found = re.search(r"http://localhost:8000(/invitation/\S+)", letter.body)
    assert found is not None, letter.body
    return found[1]


def invited(cast: Cast, member: Member | None = None) -> str:
    invite(member or cast.bo, by=cast.stella, at=timezone.now())
    return link_in(mail.outbox[-1])


def is_signed_in(client: Client) -> bool:
    return client.get("/you/").status_code == 200


def as_stella(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.stella)
    return client


def test_the_letter_says_who_invites_to_what_and_how_to_come_without_the_link(cast: Cast) -> None:
    invited(cast)
    letter = mail.outbox[-1]
    assert letter.to == ["bo@example.org"]
    for words in ("Stella Marin invites you", "within seven days", "Type http://localhost:8000 into", "/verify/"):
        assert words in letter.body
    # Nothing that a mail program would fetch: plain text, and no address but ours.
    assert not getattr(letter, "alternatives", [])
    assert set(re.findall(r"https?://[^/\s]+", letter.body)) == {"http://localhost:8000"}


def test_the_page_says_what_it_is_and_its_button_signs_in_once(cast: Cast) -> None:
    address, client = invited(cast), Client()
    page = client.get(address).content.decode()
    assert "Stella Marin invites you" in page
    assert "bo@example.org" in page
    assert client.post(address)["Location"] == "/"
    assert is_signed_in(client)
    assert invitation_state(Member.objects.get(pk=cast.bo.pk)) is InvitationState.JOINED
    second = Client()
    assert second.post(address).status_code == 410
    assert not is_signed_in(second)


def test_a_scanner_that_opens_the_link_uses_nothing_up(cast: Cast) -> None:
    address = invited(cast)
    for _ in range(3):
        scanner = Client()
        assert scanner.get(address).status_code == 200
        assert scanner.head(address).status_code == 200
        assert not is_signed_in(scanner)
    assert invitation_state(Member.objects.get(pk=cast.bo.pk)) is InvitationState.INVITED
    assert Client().post(address).status_code == 302


def test_a_newer_letter_ends_the_older_link(cast: Cast) -> None:
    old, new = invited(cast), invited(cast)
    assert Client().post(old).status_code == 410
    assert Client().post(new).status_code == 302


def test_a_link_ends_after_seven_days_and_not_before(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    address, now = invited(cast), timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + timedelta(days=7, minutes=1).total_seconds())
    assert Client().get(address).status_code == 410
    assert Client().post(address).status_code == 410
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + timedelta(days=6, hours=23).total_seconds())
    assert Client().post(address).status_code == 302


def test_a_link_for_somebody_else_or_for_another_purpose_opens_nothing(cast: Cast) -> None:
    address = invited(cast)
    token = address.split("/")[2]
    foreign = token.replace(cast.bo.key, cast.ada.key)
    assert foreign != token
    bo = Member.objects.get(pk=cast.bo.pk)
    altered = token[:-1] + ("B" if token.endswith("A") else "A")
    for made in (foreign, altered, "none", links.make("rescue", bo), TimestampSigner().sign(bo.key)):
        assert Client().post(f"/invitation/{made}/").status_code == 410


def test_used_expired_and_foreign_links_get_the_same_page(cast: Cast) -> None:
    used = invited(cast)
    Client().post(used)
    pages = {
        re.sub(rb"(value|content)=\"\w{64}\"", b"", Client().get(a).content) for a in (used, "/invitation/foreign/")
    }
    assert len(pages) == 1


def test_whoever_was_closed_out_is_not_let_in_by_an_old_letter(cast: Cast) -> None:
    address = invited(cast)
    Member.objects.filter(pk=cast.bo.pk).update(is_active=False)
    assert Client().post(address).status_code == 410


def test_two_clicks_at_once_are_one(cast: Cast) -> None:
    token = invited(cast).split("/")[2]
    found = invitations.invited_by_link(token)
    assert found is not None
    assert links.use_up(found[0])
    twin = Member.objects.get(pk=cast.bo.pk)
    twin.epoch = "as it was read before"
    assert not links.use_up(twin)


def test_signing_in_in_any_way_is_noted_once_and_without_a_time(cast: Cast) -> None:
    before = Member.objects.filter(pk=cast.bo.pk).values().get()
    assert invitation_state(cast.bo) is InvitationState.NOT_INVITED
    Client().force_login(cast.bo)
    after = Member.objects.filter(pk=cast.bo.pk).values().get()
    assert {key for key in before if before[key] != after[key]} == {"has_signed_in"}


def test_whoever_has_joined_is_not_invited(cast: Cast) -> None:
    Member.objects.filter(pk=cast.bo.pk).update(has_signed_in=True)
    cast.bo.refresh_from_db()
    with pytest.raises(AlreadyJoined):
        invite(cast.bo, by=cast.stella, at=timezone.now())
    assert invite_many([cast.bo], by=cast.stella, at=timezone.now()) == 0
    assert mail.outbox == []


def everybody(cast: Cast) -> list[Member]:
    return [cast.ada, cast.bo, cast.cy]


def test_everybody_gets_one_letter_however_often_it_is_asked_for(cast: Cast) -> None:
    now = timezone.now()
    assert invite_many(everybody(cast), by=cast.stella, at=now) == 3
    assert invite_many(everybody(cast), by=cast.stella, at=now) == 0
    tasks.send_letters.call()
    assert invite_many(everybody(cast), by=cast.stella, at=now) == 0
    tasks.send_letters.call()
    assert sorted(letter.to[0] for letter in mail.outbox) == ["ada@example.org", "bo@example.org", "cy@example.org"]


def test_a_worker_that_is_killed_while_a_letter_leaves_sends_no_second_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def sent_and_then_killed(**letter: Any) -> None:
        honest(**letter)
        raise Killed

    honest = invitations.send_mail
    invite_many(everybody(cast), by=cast.stella, at=timezone.now())
    monkeypatch.setattr(invitations, "send_mail", sent_and_then_killed)
    with pytest.raises(Killed):
        tasks.send_letters.call()
    monkeypatch.setattr(invitations, "send_mail", honest)
    tasks.send_letters.call()
    assert len(mail.outbox) == len({letter.to[0] for letter in mail.outbox}) == 3
    # The letter of unknown fate is shown, and its link works should it have arrived.
    assert invitations.in_step(Invitation.Step.FAILED).count() == 1
    for letter in mail.outbox:
        assert Client().post(link_in(letter)).status_code == 302


def test_one_letter_that_is_refused_stops_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = invitations.send_mail

    def picky(*, to: list[str], **letter: Any) -> None:
        if to == ["bo@example.org"]:
            raise MailNotSent
        honest(to=to, **letter)

    monkeypatch.setattr(invitations, "send_mail", picky)
    invite_many(everybody(cast), by=cast.stella, at=timezone.now())
    tasks.send_letters.call()
    assert len(mail.outbox) == 2
    client = as_stella(cast)
    page = client.get("/invitations/").content.decode()
    assert "Letters that did not leave" in page
    assert "bo@example.org" in page
    monkeypatch.setattr(invitations, "send_mail", honest)
    client.post("/invitations/again/")
    tasks.send_letters.call()
    assert [letter.to for letter in mail.outbox[2:]] == [["bo@example.org"]]


def test_the_steward_sees_the_number_first_and_can_call_letters_back(cast: Cast) -> None:
    client = as_stella(cast)
    assert "Invite 3 people" in client.get("/invitations/send/").content.decode()
    assert not Invitation.objects.exists()
    client.post("/invitations/send/")
    assert Invitation.objects.filter(step="waiting").count() == 3
    assert "Letters are leaving" in client.get("/invitations/").content.decode()
    answer = client.post("/invitations/stop/")
    assert [str(m) for m in get_messages(answer.wsgi_request)][-1] == "3 letters were called back."
    tasks.send_letters.call()
    assert mail.outbox == []


def test_the_change_log_has_the_number_and_no_name(cast: Cast) -> None:
    invite_many(everybody(cast), by=cast.stella, at=timezone.now())
    [entry] = AuditEntry.objects.all()
    assert (entry.kind, entry.subject, entry.facts) == ("invitations.asked", "", {"count": 3})


def test_letters_leave_a_few_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    rests: list[float] = []
    monkeypatch.setattr(tasks.time, "sleep", rests.append)
    invite_many(everybody(cast), by=cast.stella, at=timezone.now())
    tasks.send_letters.call()
    assert len(mail.outbox) == len(rests) == 2
    assert list(tasks._due(timezone.now()))
    tasks.send_letters.call()
    assert len(mail.outbox) == 3
    assert not list(tasks._due(timezone.now()))
