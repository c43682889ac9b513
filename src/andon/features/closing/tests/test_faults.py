"""What was damaged, exchanged or lost while a round closed: it is void and says so, or it waits. It never guesses."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from andon.features.ballots import public as ballots
from andon.features.ballots import services as casting
from andon.features.ballots.models import Ballot
from andon.features.ballots.models import Generation as BallotGeneration
from andon.features.closing import public as closing
from andon.features.closing import services
from andon.features.instruments import public as instruments
from andon.features.issuance import public as issuance
from andon.features.issuance.models import IssuedSlip
from andon.features.publiclog import public as publiclog
from andon.features.publiclog.models import LogEntry
from andon.features.releases import public as releases
from andon.features.releases.models import Release, ReleasedUnit
from andon.features.rounds import public as rounds
from andon.kernel import manifest, wire
from tests.cast_of_people import NOW, WEEK, Slip, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

VOTERS = 7


class Interrupted(BaseException):
    """The process ended here, for all that the code can tell."""


@pytest.fixture
def round_id(tmp_path: Any, settings: Any, key_directory: Any) -> str:
    """An open round of eight people, seven of whom have cast."""
    people = found_organisation(tmp_path, settings, teams={"Detection": 8})
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=NOW,
        closes_at=NOW + WEEK,
        by=None,
        at=NOW,
    )
    rounds.open_round(round_id=published.pk, at=NOW)
    entry = publiclog.find("manifest", published.pk)
    assert entry is not None
    for number in range(1, VOTERS + 1):
        slip = Slip(published.pk)
        issued = issuance.issue(
            member=people[f"Detection {number}"], round_id=published.pk, blinded=[("ballot", slip.blinded)]
        )
        assert isinstance(issued, issuance.Issued)
        slip.finish(issued.to_json(wire.b64u))
        body = slip.cast({"IN1": 5}, box_public_key=wire.unb64u(entry.body["box_key"], 32))
        assert isinstance(casting.cast(body), casting.Accepted)
    return str(published.pk)


def close(round_id: str) -> None:
    closing.close_round(round_id=round_id, at=NOW, early=False, by=None)


@pytest.fixture
def close_until(round_id: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], None]:
    """Close, and end the process where this function would be called."""

    def run(owner: Any, name: str) -> None:
        def stop(*_arguments: Any, **_options: Any) -> None:
            raise Interrupted

        with monkeypatch.context() as patched:
            patched.setattr(owner, name, stop)
            with pytest.raises(Interrupted):
                close(round_id)

    return run


def assert_void(round_id: str, reason: str) -> None:
    view = rounds.find(round_id)
    assert view is not None
    assert (view.state, view.void_reason) == (rounds.State.VOID, reason)
    # Nobody sees a figure, now or ever.
    assert not Release.objects.exists()
    assert not ReleasedUnit.objects.exists()
    assert Ballot.objects.count() == IssuedSlip.objects.count() == 0
    assert list(ballots.key_directory().root.rglob(f"{round_id}*")) == []
    # An outsider who reads the public log and nothing else learns that the round is void, and why.
    summary = manifest.check_chain(json.loads(bytes(row.content)) for row in LogEntry.objects.order_by("index"))
    assert summary.rounds[round_id].void == reason
    assert summary.rounds[round_id].released is None
    # Trying again changes nothing.
    close(round_id)
    assert LogEntry.objects.filter(kind="void").count() == 1
    assert not releases.is_shown(round_id)


def assert_released(round_id: str, ballots_counted: int = VOTERS) -> None:
    view = rounds.find(round_id)
    assert view is not None
    assert view.state == rounds.State.RELEASED
    assert [part.release.ballots for part in releases.parts(round_id)] == [ballots_counted]


# The positive twin of everything below.
def test_a_close_that_was_interrupted_and_left_alone_ends_well(
    round_id: str, close_until: Callable[[Any, str], None]
) -> None:
    close_until(services.releases, "commit")
    close(round_id)
    assert_released(round_id)


# The spool


@pytest.mark.parametrize("damage", [lambda content: content[:-1] + bytes([content[-1] ^ 1]), lambda _content: b""])
def test_a_damaged_spool_voids_the_round(
    round_id: str, close_until: Callable[[Any, str], None], damage: Callable[[bytes], bytes]
) -> None:
    close_until(services.releases, "commit")
    spool = ballots.key_directory().root / "spool" / f"{round_id}.release"
    spool.write_bytes(damage(spool.read_bytes()))
    close(round_id)
    assert_void(round_id, "spool_damaged")


def test_a_spool_that_was_noted_and_is_lost_voids_the_round(
    round_id: str, close_until: Callable[[Any, str], None]
) -> None:
    close_until(services.releases, "commit")
    (ballots.key_directory().root / "spool" / f"{round_id}.release").unlink()
    close(round_id)
    assert_void(round_id, "spool_lost")


def test_a_second_drawing_is_noticed_by_what_the_log_says_of_the_first(
    round_id: str, close_until: Callable[[Any, str], None]
) -> None:
    from andon.features.closing.models import Closing

    close_until(services.releases, "commit")
    # As after a database of the app was put back that knew nothing of the close, with the key volume emptied too.
    (ballots.key_directory().root / "spool" / f"{round_id}.release").unlink()
    Closing.objects.all().delete()
    close(round_id)
    assert_void(round_id, "other_release_logged")


# The committed release


def _alter_figures() -> None:
    row = ReleasedUnit.objects.get()
    figures = json.loads(row.figures)
    figures["figures"]["IN1"]["band"] = "low"
    ReleasedUnit.objects.update(figures=wire.canonical(figures).decode())


def _make_unreadable() -> None:
    ReleasedUnit.objects.update(figures="{")


def _drop_a_slot() -> None:
    slots = json.loads(ReleasedUnit.objects.get().slots)
    ReleasedUnit.objects.update(slots=wire.canonical(slots[1:]).decode())


def _drop_the_unit() -> None:
    ReleasedUnit.objects.all().delete()


ALTERATIONS = [_alter_figures, _make_unreadable, _drop_a_slot, _drop_the_unit]


@pytest.mark.parametrize("alter", ALTERATIONS)
@pytest.mark.parametrize(
    ("owner", "name"),
    [(services._Steps, "read_back"), (services._Steps, "destroy_keys"), (services._Steps, "show")],
    ids=["before it is read back", "before the keys go", "before it is shown"],
)
def test_an_altered_release_voids_the_round_and_is_not_shown(
    round_id: str, close_until: Callable[[Any, str], None], alter: Callable[[], None], owner: Any, name: str
) -> None:
    close_until(owner, name)
    alter()
    close(round_id)
    assert_void(round_id, "release_damaged")


def test_a_release_that_is_altered_while_the_storage_forgets_is_not_shown(
    round_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.ballots, "compact", _alter_figures)
    close(round_id)
    monkeypatch.undo()
    assert_void(round_id, "release_damaged")


def test_an_altered_release_is_shown_where_nobody_reads_it_back(
    round_id: str, close_until: Callable[[Any, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that shows that the tests above can fail."""
    close_until(services._Steps, "show")
    _alter_figures()

    def believe(round_id: str, _digest: str) -> releases.Finished:
        return releases.Finished(round_id, tuple(releases.parts(round_id)))

    monkeypatch.setattr(services.releases, "committed", believe)
    close(round_id)
    with pytest.raises(AssertionError):
        assert_void(round_id, "release_damaged")


def test_a_release_that_is_altered_after_the_log_said_released_waits_for_the_right_one(
    round_id: str, close_until: Callable[[Any, str], None]
) -> None:
    close_until(services.releases, "show")
    right = ReleasedUnit.objects.get().figures
    _alter_figures()
    with pytest.raises(closing.ReleasedOtherwise):
        close(round_id)
    # What the log says cannot be taken back, so it is not said to be void; and it is not shown.
    assert publiclog.find("void", round_id) is None
    assert not releases.is_shown(round_id)
    ReleasedUnit.objects.update(figures=right)
    close(round_id)
    assert_released(round_id)


# The ballot box


def _alter_a_ballot() -> None:
    slot = Ballot.objects.values_list("slot", flat=True)[0]
    Ballot.objects.filter(slot=slot).update(ciphertext=bytes(2096))


def _remove_a_ballot() -> None:
    slot = Ballot.objects.values_list("slot", flat=True)[0]
    Ballot.objects.filter(slot=slot).delete()


def _add_a_ballot() -> None:
    row = Ballot.objects.all()[0]
    Ballot.objects.create(
        round_id=row.round_id,
        slot=bytes(32),
        purpose="ballot",
        unit_id=row.unit_id,
        sequence=1,
        ciphertext=bytes(row.ciphertext),
    )


@pytest.mark.parametrize("alter", [_alter_a_ballot, _remove_a_ballot, _add_a_ballot])
def test_a_ballot_that_is_altered_after_the_freeze_voids_the_round(
    round_id: str, close_until: Callable[[Any, str], None], alter: Callable[[], None]
) -> None:
    close_until(services._Steps, "compute_and_commit")
    alter()
    close(round_id)
    assert_void(round_id, "box_changed")


def test_an_altered_ballot_is_counted_where_the_freeze_is_not_held_to(
    round_id: str, close_until: Callable[[Any, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that shows that the test above can fail."""
    close_until(services._Steps, "compute_and_commit")
    _remove_a_ballot()
    from andon.features.closing.models import Closing

    Closing.objects.update(box_digest="")
    close(round_id)
    with pytest.raises(AssertionError):
        assert_void(round_id, "box_changed")


def test_more_ballots_than_members_void_the_round(round_id: str) -> None:
    _add_a_ballot()
    for number in range(1, 2):
        row = Ballot.objects.all()[0]
        Ballot.objects.create(
            round_id=round_id,
            slot=bytes([number] * 32),
            purpose="ballot",
            unit_id=row.unit_id,
            sequence=1,
            ciphertext=bytes(2096),
        )
    assert Ballot.objects.count() == 9
    close(round_id)
    assert_void(round_id, "more_ballots_than_members")


def test_more_comments_than_members_void_the_round_although_no_figure_is_made_of_them(round_id: str) -> None:
    unit_id = Ballot.objects.all()[0].unit_id
    for number in range(9):
        Ballot.objects.create(
            round_id=round_id,
            slot=bytes([number] * 32),
            purpose="comment",
            unit_id=unit_id,
            sequence=1,
            ciphertext=bytes(2096),
        )
    close(round_id)
    assert_void(round_id, "more_ballots_than_members")


def test_as_many_ballots_as_members_are_counted(round_id: str) -> None:
    _add_a_ballot()
    close(round_id)
    assert_released(round_id, 8)


def test_a_ballot_of_a_unit_that_the_round_does_not_have_voids_it(round_id: str) -> None:
    Ballot.objects.create(
        round_id=round_id, slot=bytes(32), purpose="ballot", unit_id="0" * 32, sequence=1, ciphertext=bytes(2096)
    )
    close(round_id)
    assert_void(round_id, "more_ballots_than_members")


@pytest.mark.parametrize("frozen", [False, True])
def test_a_ballot_box_that_was_replaced_voids_the_round(
    round_id: str, close_until: Callable[[Any, str], None], frozen: bool
) -> None:
    if frozen:
        close_until(services._Steps, "compute_and_commit")
    # A restored database has the log, no ballots, and is another generation.
    Ballot.objects.all().delete()
    BallotGeneration.objects.all().delete()
    close(round_id)
    assert_void(round_id, "ballot_box_replaced")


# Keys and what they belong to


def test_another_box_key_voids_the_round_instead_of_counting_everybody_as_silent(round_id: str) -> None:
    (ballots.key_directory().root / "box" / f"{round_id}.key").write_bytes(b"\x01" * 32)
    close(round_id)
    assert_void(round_id, "box_key_lost")


def test_another_box_key_makes_wrong_figures_where_it_is_not_compared(
    round_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that shows that the test above can fail."""
    wrong = b"\x01" * 32
    monkeypatch.setattr(services._Steps, "_box_key", lambda _self: wrong)
    close(round_id)
    with pytest.raises(AssertionError):
        assert_void(round_id, "box_key_lost")


def test_a_round_whose_voiding_was_cut_off_keeps_its_reason(
    round_id: str, close_until: Callable[[Any, str], None]
) -> None:
    _add_a_ballot()
    _alter_a_ballot()
    Ballot.objects.create(
        round_id=round_id, slot=b"\x02" * 32, purpose="ballot", unit_id="0" * 32, sequence=1, ciphertext=bytes(2096)
    )
    close_until(services.rounds, "record_ending")
    # By now the box is empty and the keys are gone: looking again, one would find other reasons.
    close(round_id)
    assert_void(round_id, "more_ballots_than_members")


def test_an_instrument_that_is_not_installed_makes_the_round_wait(
    round_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(instrument_id: str, version: str | None = None) -> None:
        raise instruments.UnknownInstrument("there is no such instrument")

    with monkeypatch.context() as patched:
        patched.setattr(services.instruments, "load", gone)
        with pytest.raises(closing.CannotClose, match="Install the version"):
            close(round_id)
    close(round_id)
    assert_released(round_id)


def test_a_lost_public_log_makes_the_round_wait_and_destroys_nothing(round_id: str) -> None:
    rows = list(LogEntry.objects.order_by("index"))
    LogEntry.objects.all().delete()
    with pytest.raises(publiclog.LogLost):
        close(round_id)
    with pytest.raises(publiclog.LogLost):
        rounds.begin_log()
    assert Ballot.objects.count() == VOTERS
    assert ballots.key_directory().read(ballots.KeyKind.BOX, round_id)
    LogEntry.objects.bulk_create(rows)
    close(round_id)
    assert_released(round_id)


def test_storage_that_is_being_read_makes_the_round_wait(round_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise ballots.StorageBusy("ballots")

    with monkeypatch.context() as patched:
        patched.setattr(services.ballots, "compact", busy)
        with pytest.raises(ballots.StorageBusy):
            close(round_id)
    assert not releases.is_shown(round_id)
    close(round_id)
    assert_released(round_id)


# What is refused, and what is said


def test_an_early_close_that_the_policy_forbids_is_refused(round_id: str) -> None:
    from andon.features.rounds.models import Round

    row = Round.objects.get(pk=round_id)
    row.policy["early_close"] = False
    row.save()
    with pytest.raises(closing.CannotClose):
        closing.close_round(round_id=round_id, at=NOW, early=True, by=None)
    assert Ballot.objects.count() == VOTERS


def test_a_released_round_cannot_be_made_void(round_id: str) -> None:
    close(round_id)
    with pytest.raises(closing.CannotClose):
        closing.void_round(round_id=round_id, reason="second_thoughts", at=NOW, by=None)
    assert publiclog.find("void", round_id) is None
    assert_released(round_id)


def test_an_open_round_can_be_made_void(round_id: str) -> None:
    closing.void_round(round_id=round_id, reason="keys_were_copied", at=NOW, by=None)
    assert_void(round_id, "keys_were_copied")


def test_what_is_said_of_a_void_round_is_the_round_and_the_reason(
    round_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    row = Ballot.objects.all()[0]
    secret = [bytes(row.slot).hex(), bytes(row.ciphertext).hex(), row.unit_id]
    secret += [ballots.key_directory().read(kind, round_id).hex() for kind in ballots.KeyKind]
    (ballots.key_directory().root / "box" / f"{round_id}.key").unlink()
    with caplog.at_level(logging.DEBUG):
        close(round_id)
    # Statements, with their values, are written at DEBUG by Django itself; a service never runs at that level.
    said = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert any(round_id in line and "box_key_lost" in line for line in said)
    assert not [part for part in secret for line in said if part in line]
