"""The steward's key stays away; a key of this machine publishes for it, for a while."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.rounds import signing
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.models import Duty, Organisation
from andon.kernel import manifest, wire
from tests.cast_of_people import NOW, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def offline(tmp_path: Path, settings: Any, key_directory: object) -> Any:
    """An organisation whose steward's key is on no disk of this machine."""
    people = found_organisation(tmp_path, settings, teams={"Detection": 6})
    root = wire.unb64u(Path(settings.STEWARD_KEY_FILE).read_text(), 32)
    Path(settings.STEWARD_KEY_FILE).unlink()
    settings.STEWARD_KEY_FILE = ""
    settings.SIGNING_KEY_FILE = str(tmp_path / "signing.key")
    people["root"] = root
    return people


def signed(request: bytes, key: bytes, **change: Any) -> bytes:
    """What `andon steward sign` makes on the other machine."""
    fields = json.loads(request)
    fields["body"] = {**fields["body"], **change}
    return json.dumps({**fields, "signature": manifest.sign_body(key, "delegation", fields["body"])}).encode()


def the_log() -> manifest.ChainSummary:
    return manifest.check_chain([json.loads(entry.content) for entry in publiclog.page(0)])


def publish(people: Mapping[str, Any], **change: Any) -> Any:
    plan = {"opens_at": NOW + timedelta(hours=1), "closes_at": NOW + timedelta(days=7), "at": NOW, "by": None, **change}
    return rounds.publish_round(node_id=people["top"].pk, instrument_id="andon-core", **plan)


def test_a_round_is_published_without_the_steward_s_key(offline: Any) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW)
    published = publish(offline)
    chain = the_log()
    assert chain.rounds[published.pk].signer == chain.delegations[0]
    assert chain.steward_key == wire.unb64u(Organisation.objects.get().steward_public_key)


def test_founding_twice_changes_nothing_and_another_key_is_refused(offline: Any) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW)
    rounds.found_log(private_key=offline["root"], at=NOW + timedelta(hours=1))
    assert [entry.kind for entry in publiclog.page(0)] == ["genesis", "delegation"]
    with pytest.raises(rounds.DelegationRefused):
        rounds.found_log(private_key=bytes(32), at=NOW)
    assert len(publiclog.page(0)) == 2


def test_the_steward_s_key_is_in_no_file(offline: Any, tmp_path: Path) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW)
    publish(offline)
    needles = [offline["root"], wire.b64u(offline["root"]).encode(), offline["root"].hex().encode()]
    own = (tmp_path / "signing.key").read_text().strip()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    found = {needle for needle in needles for file in files if needle in file.read_bytes()}
    assert not found
    assert any(own.encode() in file.read_bytes() for file in files), "the search would find a key that lies there"


def test_the_key_of_this_machine_is_for_its_owner_and_never_overwritten(offline: Any, tmp_path: Path) -> None:
    first = rounds.make_delegate()
    assert rounds.make_delegate() == first
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("signing")] == ["signing.key"]


def test_a_new_key_replaces_the_old_one_only_once_it_was_delegated_to(offline: Any) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW)
    old = the_log().delegations[0].delegate
    request = rounds.delegation_request(at=NOW)
    assert rounds.delegation_request(at=NOW) == request, "asking twice makes one key"
    # Other entries come in between: the request still holds.
    first = publish(offline)
    assert the_log().rounds[first.pk].signer.delegate == old  # type: ignore[union-attr]
    until = rounds.accept_delegation(signed(request, offline["root"]), at=NOW)
    assert rounds.accept_delegation(signed(request, offline["root"]), at=NOW) == until
    rounds.record_ending(round_id=first.pk, kind="void", reason="key_missing", at=NOW - timedelta(days=60))
    type(first).objects.filter(pk=first.pk).delete()
    second = publish(offline)
    chain = the_log()
    assert len(chain.delegations) == 2
    assert chain.rounds[second.pk].signer == chain.delegations[1] != chain.delegations[0]
    assert AuditEntry.objects.filter(kind="steward.delegated").count() == 1


def test_a_machine_that_was_stopped_before_it_moved_the_key_still_publishes(
    offline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW)
    request = rounds.delegation_request(at=NOW)
    with monkeypatch.context() as stopped:
        stopped.setattr(signing, "_settle_key_files", lambda _key: None)
        rounds.accept_delegation(signed(request, offline["root"]), at=NOW)
    published = publish(offline)
    assert the_log().rounds[published.pk].signer.index == 2  # type: ignore[union-attr]


def test_what_is_not_the_steward_s_word_is_refused(offline: Any) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW)
    request = rounds.delegation_request(at=NOW)
    delegate = wire.unb64u(Path(signing._key_file()).read_text().strip(), 32)
    stale = json.loads(publiclog.page(0)[0].content)["previous"]
    bad = [
        request,
        b"",
        b"[]",
        b"\xff",
        signed(request, delegate),
        signed(request, offline["root"], organisation="0" * 32),
        signed(request, offline["root"], previous=stale),
        signed(request, offline["root"], previous=publiclog.page(0)[0].hash),
        signed(request, offline["root"], delegate=wire.b64u(bytes(31) + b"\x01")),
        signed(request, offline["root"], until="2029-01-01T00:00:00Z"),
        signed(request, offline["root"], **{"from": "2024-01-01T00:00:00Z", "until": "2024-02-01T00:00:00Z"}),
    ]
    for attempt in bad:
        with pytest.raises(rounds.DelegationRefused):
            rounds.accept_delegation(attempt, at=NOW)
    assert len(publiclog.page(0)) == 2
    rounds.accept_delegation(signed(request, offline["root"]), at=NOW)


def test_a_round_that_opens_after_the_delegation_s_end_is_not_published(offline: Any) -> None:
    rounds.found_log(private_key=offline["root"], at=NOW - signing.DELEGATION_LASTS)
    with pytest.raises(rounds.StewardKeyMissing):
        publish(offline)
    assert len(publiclog.page(0)) == 2


def test_the_state_says_when_to_act(offline: Any) -> None:
    assert rounds.delegation_state(NOW) == (rounds.DelegationState.NONE, None)
    rounds.found_log(private_key=offline["root"], at=NOW)
    until = NOW.replace(microsecond=0) + signing.DELEGATION_LASTS
    day = timedelta(days=1)
    assert rounds.delegation_state(NOW) == ("valid", until)
    assert rounds.delegation_state(until - 31 * day) == ("valid", until)
    assert rounds.delegation_state(until - 29 * day) == ("ends soon", until)
    assert rounds.delegation_state(until + day) == ("ended", until)
    Path(signing._key_file()).unlink()
    assert rounds.delegation_state(NOW).state == "none"


def rounds_page(people: Mapping[str, Any], name: str) -> str:
    client = Client()
    client.force_login(people[name])
    return client.get("/rounds/").content.decode()


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [(None, "No round can be published yet"), (370, "has to sign again soon"), (400, "No round can be published now")],
)
def test_a_steward_reads_what_to_do_and_nobody_else_is_bothered(offline: Any, days_ago: int | None, said: str) -> None:
    Duty.objects.create(member=offline["Detection 2"], role=Duty.Role.STEWARD)
    if days_ago is not None:
        rounds.found_log(private_key=offline["root"], at=timezone.now() - timedelta(days=days_ago))
    page = rounds_page(offline, "Detection 2")
    assert said in page
    assert "andon steward delegate" in page
    assert "andon steward delegate" not in rounds_page(offline, "Detection 3")


def test_a_steward_reads_nothing_while_there_is_nothing_to_do(offline: Any, settings: Any) -> None:
    Duty.objects.create(member=offline["Detection 2"], role=Duty.Role.STEWARD)
    settings.STEWARD_KEY_FILE = "somewhere"
    assert "andon steward delegate" not in rounds_page(offline, "Detection 2")
    settings.STEWARD_KEY_FILE = ""
    rounds.found_log(private_key=offline["root"], at=timezone.now())
    assert "andon steward delegate" not in rounds_page(offline, "Detection 2")
