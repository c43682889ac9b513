"""Faults that the tests of this folder must notice, each planted in one forked process."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.db import connections, transaction

from andon.features.ballots import keys
from andon.features.ballots import services as ballots
from andon.features.closing import services as closing
from andon.features.issuance import services as issuance
from andon.features.privacy import services as privacy
from andon.features.releases import public as releases
from andon.features.rounds import founding, signing
from andon.features.rounds import services as rounds
from andon.features.setup import founding as setup
from andon.foundation.organisation import waiting
from andon.gateways.cli import setting_up

Fault = Callable[[], contextlib.AbstractContextManager[Any]]


def _replaced(target: Any, name: str, by: Callable[..., Any]) -> Fault:
    return lambda: mock.patch.object(target, name, by)


def _reworded(module: Any, name: str, part: str, by: str) -> Fault:
    statement = getattr(module, name)
    assert part in statement, f"{name} is worded otherwise now, so this fault plants nothing"
    return lambda: mock.patch.object(module, name, statement.replace(part, by))


def _nothing(*_arguments: Any, **_options: Any) -> None:
    return None


@contextlib.contextmanager
def _not_alone(_self: Any, _round_id: str) -> Iterator[None]:
    yield


def _spool_in_place(path: Path, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    keys._write(path, content)


def _write_again(path: Path, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    keys._write(path, content)


@contextlib.contextmanager
def _publish_in_another_order() -> Iterator[None]:
    """The manifest is appended although the log holds one: what it binds is made again first."""
    with (
        mock.patch.object(rounds.publiclog, "find", _nothing),
        mock.patch.object(keys, "_write_once", _write_again),
    ):
        yield


@contextlib.contextmanager
def _show_before_forgetting() -> Iterator[None]:
    forget = closing._Steps.forget

    def shown_first(self: Any) -> None:
        releases.show(self.round_id, instrument_id=self.view.instrument_id, counted={})
        forget(self)

    with mock.patch.object(closing._Steps, "forget", shown_first):
        yield


@contextlib.contextmanager
def _read_the_box(change: Callable[[list[Any]], list[Any]]) -> Iterator[None]:
    read_box = ballots.read_box

    with mock.patch.object(closing.ballots, "read_box", lambda round_id: change(read_box(round_id))):
        yield


def _again(rows: list[Any]) -> Any:
    """A ballot of the smallest unit once more, in a slot of its own."""
    units = Counter(row.unit_id for row in rows)
    [row, *_others] = [row for row in rows if units[row.unit_id] == min(units.values())]
    return replace(row, slot=bytes(32))


def _commented(rows: list[Any]) -> Any:
    return next(row for row in rows if row.purpose == "comment")


def _cluster(alias: str, *, table: str, order: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(f"CLUSTER {table} USING {table}_pkey")


@contextlib.contextmanager
def _withdraw_before_publishing() -> Iterator[None]:
    """The note that withdraws is a transaction of its own, and not that of the plan which takes its place."""
    publish, withdraw = rounds.publish_round, rounds._withdraw

    def one_after_the_other(*, replaces: str = "", **plan: Any) -> Any:
        if replaces:
            with transaction.atomic(using="default"):
                withdraw(replaces, by=plan["by"], at=plan["at"])
        return publish(**plan)

    with mock.patch.object(rounds, "publish_round", one_after_the_other):
        yield


@contextlib.contextmanager
def _erase_step_by_step() -> Iterator[None]:
    atomic = SimpleNamespace(atomic=lambda **_options: contextlib.nullcontext())
    with mock.patch.object(privacy, "transaction", atomic), mock.patch.object(privacy, "_is_last_steward", _nothing):
        yield


@contextlib.contextmanager
def _conclude_afterwards() -> Iterator[None]:
    """The file's last step is not in the transaction of the people."""
    import_people = waiting.import_people

    def without_its_end(*args: Any, within: Any, **options: Any) -> Any:
        outcome = import_people(*args, **options)
        within(outcome)()
        return outcome

    with mock.patch.object(waiting, "import_people", without_its_end):
        yield


@contextlib.contextmanager
def _keep_addresses_at_the_end() -> Iterator[None]:
    """The addresses are written when everything else is done."""
    keep: Any = setting_up._keep_origins
    later: list[Any] = []

    def keep_now(_link: str) -> None:
        keep(later.pop())

    with (
        mock.patch.object(setting_up, "_keep_origins", later.append),
        mock.patch.object(setting_up, "_say_link", keep_now),
    ):
        yield


@contextlib.contextmanager
def _commit_comments_by_themselves() -> Iterator[None]:
    """What a unit wrote is not in the transaction of its release."""
    atomic = SimpleNamespace(atomic=lambda **_options: contextlib.nullcontext())
    with mock.patch.object(releases, "transaction", atomic):
        yield


ALL: dict[str, Fault] = {
    "draws_again": _replaced(closing._Steps, "_spooled", _nothing),
    "spools_in_place": _replaced(keys, "_replace", _spool_in_place),
    "keeps_keys": _replaced(keys.KeyDirectory, "destroy", _nothing),
    "keeps_slips": _replaced(closing.issuance, "delete_issuance", _nothing),
    "keeps_bytes_of_ballots": _replaced(ballots, "rewrite_sorted", _nothing),
    "keeps_bytes_of_slips": _replaced(issuance.ballots, "rewrite_sorted", _nothing),
    "rewrites_as_postgresql_would": _replaced(ballots, "rewrite_sorted", _cluster),
    "takes_an_empty_mount_point_for_the_volume": _replaced(keys.KeyDirectory, "check", _nothing),
    "finds_the_reason_anew": _replaced(closing, "_void_reason", lambda _closing: ""),
    "shows_before_forgetting": _show_before_forgetting,
    "keeps_ballots_after_the_close": _reworded(ballots, "_UPSERT", "box.state = 'open' {lock}", "true"),
    "casts_without_lock": _reworded(ballots, "_UPSERT", "{lock}", ""),
    "issues_whatever_has_ended": _reworded(issuance, "_INSERT_FRESH", "NOT ended", "true"),
    "issues_without_lock": _reworded(issuance, "_INSERT_FRESH", "{lock}", ""),
    "closes_not_alone": _replaced(keys.KeyDirectory, "alone", _not_alone),
    "publishes_again": _publish_in_another_order,
    "writes_keys_again": _replaced(keys, "_write_once", _write_again),
    "plans_with_others": _replaced(rounds, "_check_rests", _nothing),
    "generation_without_lock": _replaced(ballots, "only_writer", lambda *_a, **_o: contextlib.nullcontext()),
    "withdraws_before_it_publishes": _withdraw_before_publishing,
    "erases_step_by_step": _erase_step_by_step,
    "concludes_afterwards": _conclude_afterwards,
    "founds_under_another_id": _replaced(founding, "begun_for", _nothing),
    "keeps_the_code": _replaced(setup.code, "remove", _nothing),
    "keeps_addresses_at_the_end": _keep_addresses_at_the_end,
    "tells_only_with_the_log": _replaced(signing, "_is_told", lambda _until: True),
    "leaves_the_waiting_key": _replaced(signing, "_settle_key_files", _nothing),
    "commits_comments_by_themselves": _commit_comments_by_themselves,
    "loses_a_comment": lambda: _read_the_box(lambda rows: [row for row in rows if row is not _commented(rows)]),
    "loses_a_ballot": lambda: _read_the_box(lambda rows: rows[1:]),
    "counts_a_ballot_twice": lambda: _read_the_box(lambda rows: [*rows, _again(rows)]),
}
