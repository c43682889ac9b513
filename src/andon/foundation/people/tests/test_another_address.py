"""With another address a steward could come in as somebody else: it waits, and the old address can say no."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from andon.foundation.audit.models import AuditEntry
from andon.foundation.invitations.models import Invitation
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.organisation import membership
from andon.foundation.organisation.importing import import_people
from andon.foundation.people import addresses, invitations, letters
from andon.foundation.people.adapter import ClosedSignUp
from andon.foundation.people.models import AddressChange, Member
from andon.foundation.providers import accounts
from andon.foundation.providers.models import IdentityProvider
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")
NEW = "stella+bo@example.org"


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet() -> None:
    cache.clear()


def bo_of(house: LivedIn, *, joined: bool = True) -> Member:
    Member.objects.filter(pk=house.people["Bo"].pk).update(has_signed_in=joined)
    return Member.objects.get(pk=house.people["Bo"].pk)


def give(house: LivedIn, member: Member, email: str = NEW) -> bool:
    return membership.edit_person(
        member=member, email=email, name=member.name, by=house.people["Stella"], at=timezone.now()
    )


def slips_through(address: str) -> int:
    """What somebody is answered who reads this mailbox, signs in with the code in it and asks for slips."""
    client = Client()
    client.post("/accounts/login/", {"email": address}, follow=True)
    codes = re.findall(r"^\s{4}([A-Z0-9-]{8,})$", str(mail.outbox[-1].body), flags=re.MULTILINE)
    if codes:
        client.post("/accounts/login/code/confirm/", {"code": codes[0]})
    return client.get("/slips/offer/").status_code


def link() -> str:
    [found] = re.findall(r"https?://[^/]+(/accounts/address/\S+)", str(mail.outbox[-1].body))
    return found


def kinds() -> list[str]:
    found = AuditEntry.objects.filter(kind__startswith="person.address")
    return sorted(found.values_list("kind", flat=True))


def test_until_it_counts_the_new_address_opens_nothing_and_the_old_one_everything(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    browser = Client()
    browser.force_login(bo)
    assert give(lived_in, bo)
    assert slips_through(NEW) == 401
    assert browser.get("/slips/offer/").status_code == 200
    assert slips_through("bo@example.org") == 200
    assert Member.objects.get(pk=bo.pk).email == "bo@example.org"
    assert kinds() == ["person.address_asked"]


def test_a_change_that_does_not_wait_would_be_seen(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the steward reads the new mailbox and is offered Bo's slips."""
    monkeypatch.setattr(addresses, "has_to_wait", lambda member: False)
    give(lived_in, bo_of(lived_in))
    assert slips_through(NEW) == 200


def test_no_other_way_in_follows_the_new_address_either(lived_in: LivedIn) -> None:
    """A provider that vouches for the new address, a link for a new password, an invitation, a roster file."""
    bo = bo_of(lived_in)
    give(lived_in, bo)
    mail.outbox.clear()
    Client().post("/accounts/password/forgotten/", {"email": NEW})
    assert "/accounts/password/new/" not in "".join(str(letter.body) for letter in mail.outbox)
    provider = IdentityProvider.objects.create(slug="p", name="P", issuer="https://p.example.org", is_enabled=True)
    claims = {"sub": "1", "email": NEW, "email_verified": True}
    assert isinstance(accounts.member_for(provider, claims), accounts.Refused)
    with pytest.raises(invitations.AlreadyJoined):
        invitations.invite(bo, by=lived_in.people["Stella"], at=timezone.now())
    assert not Invitation.objects.filter(member=bo).exists()
    # The twin: the provider leads to whoever has the address.
    assert accounts.member_for(provider, claims | {"email": "bo@example.org"}) == bo


def test_a_file_of_people_knows_them_by_address_and_gives_nobody_another_one(lived_in: LivedIn) -> None:
    """Another address in a file is another person, who stands on no roster that is published."""
    bo = bo_of(lived_in)
    file = f"email,name,team\n{NEW},{bo.name},Lanternworks/Detection\n"
    outcome = import_people(file.encode(), by=None, at=timezone.now(), on=timezone.now().date())
    assert outcome.refused == ()
    other = Member.objects.get(email=NEW)
    assert other.pk != bo.pk
    assert Member.objects.get(pk=bo.pk).email == "bo@example.org"
    entries = apps.get_model("rounds", "RosterEntry").objects
    assert entries.filter(member=bo).exists()
    assert not entries.filter(member=other).exists()


def test_after_three_days_it_counts_and_everything_from_before_ends(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    browser = Client()
    browser.force_login(bo)
    give(lived_in, bo)
    page, now = link(), timezone.now()
    assert list(addresses.due(now + addresses.WAITS - timedelta(minutes=1))) == []
    assert len(list(addresses.due(now + addresses.WAITS))) == 1
    AddressChange.objects.update(counts_from=now)
    addresses.let_those_count_whose_time_has_come.call()
    addresses.let_those_count_whose_time_has_come.call()
    assert kinds() == ["person.address_asked", "person.address_changed"]
    assert browser.get("/slips/offer/").status_code == 401
    assert [letter.to for letter in mail.outbox[-1:]] == [["bo@example.org"]]
    assert Client().get(page).status_code == 410
    assert slips_through(NEW) == 200


def test_whoever_reads_the_old_mailbox_can_refuse_and_looking_changes_nothing(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    give(lived_in, bo)
    assert mail.outbox[-1].to == ["bo@example.org"]
    page = link()
    # The natural thing to do, ending all other sessions, must not end the link.
    Member.objects.filter(pk=bo.pk).update(epoch="another")
    seen = Client().get(page)
    assert NEW in seen.content.decode()
    assert Client().post(page).status_code == 200
    assert AddressChange.objects.count() == 1
    assert "is refused" in Client().post(page, {"answer": "no"}).content.decode()
    assert [Client().post(page, {"answer": said}).status_code for said in ("yes", "no")] == [410, 410]
    assert kinds() == ["person.address_asked", "person.address_refused"]
    assert Member.objects.get(pk=bo.pk).email == "bo@example.org"


def test_whoever_reads_the_old_mailbox_can_use_the_new_address_at_once(lived_in: LivedIn) -> None:
    give(lived_in, bo_of(lived_in))
    assert "counts now" in Client().post(link(), {"answer": "yes"}).content.decode()
    assert slips_through(NEW) == 200
    assert slips_through("bo@example.org") == 401


def test_a_link_of_another_change_or_of_nobody_answers_nothing(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    give(lived_in, bo)
    first, key = link(), AddressChange.objects.get().key
    give(lived_in, bo, "bo.again@example.org")
    assert AddressChange.objects.get().email == "bo.again@example.org"
    for path in (first, f"/accounts/address/{key}/", f"/accounts/address/{AddressChange.objects.get().key}/"):
        assert Client().post(path, {"answer": "yes"}).status_code == 410
    assert Member.objects.get(pk=bo.pk).email == "bo@example.org"


def test_asking_again_begins_the_three_days_anew(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    give(lived_in, bo)
    AddressChange.objects.update(counts_from=timezone.now() + timedelta(minutes=1))
    give(lived_in, bo)
    assert AddressChange.objects.get().counts_from > timezone.now() + timedelta(hours=71)
    assert len(mail.outbox) == 2


def test_the_member_sees_it_and_a_steward_can_take_it_back(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    give(lived_in, bo)
    page = link()
    own, stella = Client(), Client()
    own.force_login(Member.objects.get(pk=bo.pk))
    stella.force_login(lived_in.people["Stella"])
    assert page in own.get("/you/").content.decode()
    assert NEW in own.get("/verify/me/").content.decode()
    assert "Another address waits" in stella.get(f"/people/{bo.pk}/").content.decode()
    assert own.post(f"/people/{bo.pk}/address/keep/").status_code == 404
    stella.post(f"/people/{bo.pk}/address/keep/")
    assert not AddressChange.objects.exists()
    assert page not in own.get("/you/").content.decode()
    assert AuditEntry.objects.get(kind="person.address_refused").by == lived_in.people["Stella"]


def test_whoever_never_signed_in_gets_the_other_address_at_once(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in, joined=False)
    give(lived_in, bo)
    assert Member.objects.get(pk=bo.pk).email == NEW
    assert not AddressChange.objects.exists()
    assert kinds() == ["person.address_changed"]


def test_deactivating_somebody_first_shortens_nothing_and_hides_no_letter(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    Member.objects.filter(pk=bo.pk).update(is_active=False)
    give(lived_in, bo)
    assert Member.objects.get(pk=bo.pk).email == "bo@example.org"
    assert mail.outbox[-1].to == ["bo@example.org"]


def test_an_address_that_waits_is_taken_for_others(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    give(lived_in, bo)
    for taken in (NEW, "bo@example.org"):
        with pytest.raises(membership.AddressTaken):
            give(lived_in, lived_in.people["Eve"], taken)
    # A file of people adds whom it names: the change is dropped, and nobody's account becomes another's.
    other = Member.objects.create_user(NEW, "Somebody Else")
    assert not addresses.let_count(AddressChange.objects.select_related("member").get(), at=timezone.now())
    assert Member.objects.get(pk=bo.pk).email == "bo@example.org"
    assert Member.objects.get(email=NEW) == other
    assert kinds() == ["person.address_asked", "person.address_refused"]


def test_a_letter_that_does_not_leave_shortens_nothing(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any, **_more: Any) -> None:
        raise MailNotSent

    monkeypatch.setattr(letters, "send_mail", down)
    give(lived_in, bo_of(lived_in))
    assert AddressChange.objects.get().counts_from > timezone.now() + timedelta(hours=71)


class Mail:
    """A mail server that is down until somebody starts it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_up, self._send = False, letters.send_mail
        monkeypatch.setattr(letters, "send_mail", self)

    def __call__(self, *args: Any, **more: Any) -> None:
        if not self.is_up:
            raise MailNotSent
        self._send(*args, **more)


def letters_due(at: datetime) -> list[str]:
    return [key for key, _task, _args in addresses.due(at) if key == "letters"]


def test_a_letter_that_did_not_leave_is_tried_again_and_the_days_begin_when_it_leaves(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo, server = bo_of(lived_in), Mail(monkeypatch)
    give(lived_in, bo)
    stella = Client()
    stella.force_login(lived_in.people["Stella"])
    assert "has not left yet" in stella.get(f"/people/{bo.pk}/").content.decode()
    now = timezone.now()
    assert letters_due(now + timedelta(minutes=59)) == []
    assert letters_due(now + addresses.TRIED_AGAIN_AFTER) == ["letters"]
    # Two days later mail leaves again.
    AddressChange.objects.update(letter_due=now, counts_from=now + timedelta(days=1))
    addresses.write_letters_that_did_not_leave.call()
    assert AddressChange.objects.get().counts_from == now + timedelta(days=1)
    server.is_up = True
    AddressChange.objects.update(letter_due=now)
    addresses.write_letters_that_did_not_leave.call()
    assert [letter.to for letter in mail.outbox] == [["bo@example.org"]]
    assert AddressChange.objects.get().counts_from > timezone.now() + timedelta(hours=71)
    assert letters_due(now + timedelta(days=2)) == []
    assert "has not left yet" not in stella.get(f"/people/{bo.pk}/").content.decode()
    assert "is refused" in Client().post(link(), {"answer": "no"}).content.decode()


def test_who_is_killed_before_the_letter_leaves_it_to_the_worker(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is kept and then the process is gone. Without the note beside it nobody would ever write."""
    with monkeypatch.context() as killed:
        killed.setattr(addresses, "tell", lambda *_args, **_more: False)
        give(lived_in, bo_of(lived_in))
    assert mail.outbox == []
    later = timezone.now() + addresses.ON_ITS_WAY
    assert letters_due(later) == ["letters"]
    AddressChange.objects.update(letter_due=timezone.now())
    addresses.write_letters_that_did_not_leave.call()
    assert [letter.to for letter in mail.outbox] == [["bo@example.org"]]
    # The planted fault: a change that does not know that its letter is owed.
    mail.outbox.clear()
    AddressChange.objects.update(letter_due=None)
    assert letters_due(later) == []
    addresses.write_letters_that_did_not_leave.call()
    assert mail.outbox == []


def test_a_mailbox_that_is_gone_keeps_nobody_from_their_new_address(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mail(monkeypatch)
    bo = bo_of(lived_in)
    give(lived_in, bo)
    AddressChange.objects.update(counts_from=timezone.now())
    assert letters_due(timezone.now() + addresses.WAITS) == []
    addresses.let_those_count_whose_time_has_come.call()
    assert Member.objects.get(pk=bo.pk).email == NEW


def code_asked_for_at(address: str) -> tuple[Client, str]:
    client = Client()
    client.post("/accounts/login/", {"email": address}, follow=True)
    [code] = re.findall(r"^\s{4}([A-Z0-9-]{8,})$", str(mail.outbox[-1].body), flags=re.MULTILINE)
    return client, code


def entered(client: Client, code: str) -> int:
    client.post("/accounts/login/code/confirm/", {"code": code})
    return client.get("/slips/offer/").status_code


@pytest.mark.parametrize("joined", [True, False])
def test_a_code_that_was_sent_to_the_old_address_ends_when_another_one_counts(lived_in: LivedIn, joined: bool) -> None:
    bo = bo_of(lived_in, joined=joined)
    client, code = code_asked_for_at("bo@example.org")
    give(lived_in, bo)
    if joined:
        assert addresses.let_count(AddressChange.objects.get(), at=timezone.now())
    assert Member.objects.get(pk=bo.pk).email == NEW
    assert entered(client, code) == 401
    # The same code again, and another one for that address, come to nothing either.
    assert entered(client, code) == 401
    client.post("/accounts/login/code/confirm/", {"action": "resend"})
    assert entered(client, code) == 401
    assert slips_through("bo@example.org") == 401
    assert slips_through(NEW) == 200


def test_a_code_counts_while_the_address_does(lived_in: LivedIn) -> None:
    bo_of(lived_in)
    assert entered(*code_asked_for_at("Bo@Example.org")) == 200


def test_a_door_that_does_not_compare_addresses_would_be_seen(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the old mailbox comes in once more."""
    monkeypatch.setattr(ClosedSignUp, "pre_login", DefaultAccountAdapter.pre_login)
    bo = bo_of(lived_in, joined=False)
    client, code = code_asked_for_at("bo@example.org")
    give(lived_in, bo)
    assert entered(client, code) == 200


def test_who_is_erased_meanwhile_is_no_failure(lived_in: LivedIn) -> None:
    bo = bo_of(lived_in)
    give(lived_in, bo)
    waiting = AddressChange.objects.get()
    Member.objects.filter(pk=bo.pk).delete()
    assert not addresses.let_count(waiting, at=timezone.now())
    assert not addresses.refuse(waiting, by=None, at=timezone.now())


def test_of_two_who_are_given_one_address_at_once_the_second_is_refused_in_words(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    Member.objects.update(has_signed_in=True)
    give(lived_in, lived_in.people["Bo"])
    # As if the other change was kept after this one had looked.
    monkeypatch.setattr(addresses, "is_taken", lambda *_args, **_more: False)
    with pytest.raises(membership.AddressTaken):
        give(lived_in, lived_in.people["Eve"])
    assert AddressChange.objects.get().member == lived_in.people["Bo"]
