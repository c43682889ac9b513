"""Filling an empty installation from a backup.

Guarantees: nothing is written before the whole backup was read and found unaltered; each database is filled in one
transaction; after a kill the same command goes on and ends as if there had been none; nobody is signed in afterwards,
links that were sent before are void; whoever was erased since, as far as a list of it was given, is erased again; no
colours are shared any more, since somebody may have said no after the backup; a round that was under way is void, in
the public log; the log goes on only from a head that somebody outside knows.
Does not: bring back answers of rounds that were under way. Nothing could: no backup has them.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from andon.features.closing import public as closing
from andon.features.privacy import public as privacy
from andon.features.publiclog import public as publiclog
from andon.features.results import public as results
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member, random_epoch
from andon.gateways.backup import contents, envelope, lines, marker
from andon.gateways.cli.migrating import Executor, bring_to_this_version
from andon.kernel import manifest, wire

BATCH = 500
# What stands in a database of an installation that is in use.
SIGNS_OF_LIFE = {
    "default": ("organisation.Organisation", "people.Member", "rounds.Round"),
    "ballots": ("publiclog.LogEntry", "publiclog.Blob", "ballots.Ballot", "ballots.Box"),
    "issuance": ("issuance.IssuedSlip", "issuance.IssuingRound"),
}


class RestoreRefused(Exception):
    """Nothing was restored. The text says why and what to do."""


@dataclass
class Looked(lines.Listener):
    """The first reading: what is in the backup, the log's entries included; nothing is written."""

    migrations: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    entries: list[bytes] = field(default_factory=list)
    key: str = ""

    def heading(self, heading: dict[str, Any]) -> None:
        self.migrations = {
            alias: {(app, name) for app, name in applied} for alias, applied in heading["migrations"].items()
        }

    def secret_key(self, secret_key: str) -> None:
        self.key = secret_key

    def begin_table(self, table: lines.Table) -> None:
        # Anybody who knows the recipient can write a file that opens: no session and no ballot comes in by it.
        if not contents.may_hold(table.alias, table.model):
            raise lines.BadArchive(f"The backup holds {table.name}, which no backup of Andon holds.")

    def row(self, table: lines.Table, values: Sequence[Any]) -> None:
        if table.model == "publiclog.LogEntry":
            self.entries.append(base64.b64decode(values[table.fields.index("content")]))


@dataclass(frozen=True, slots=True)
class Restored:
    people: int
    voided: tuple[str, ...]
    # Rounds that the log calls released, of which the backup has no figures.
    lost: tuple[str, ...]
    waiting: tuple[str, ...]
    added_entries: int
    head: str
    erased: int
    stayed: int
    # Teams that had shared their colours of a round, or were about to.
    taken_back: int


def checked_log(
    entries: Sequence[bytes], missing: Sequence[Mapping[str, Any]], known_head: str
) -> list[dict[str, Any]]:
    """The entries to add to those of the backup, so that the log holds the head that is known outside.

    Raises: RestoreRefused, where the log does not hold or does not reach that head: going on would fork it.
    """
    whole: list[dict[str, Any]] = [json.loads(entry) for entry in entries]
    if not whole:
        if missing or known_head:
            raise RestoreRefused("The backup has no public log. Nothing was restored. Leave out --log-head.")
        return []
    kept = len(whole)
    added = [dict(entry) for entry in missing if int(entry.get("index", -1)) >= kept]
    whole += sorted(added, key=lambda entry: int(entry["index"]))
    try:
        chain = manifest.check_chain(whole)
    except (manifest.BadLog, wire.Malformed) as fault:
        raise RestoreRefused(
            f"The public log does not hold together ({type(fault).__name__}: {fault}). Nothing was restored. "
            "Use another backup, or another copy of the entries."
        ) from None
    if known_head not in chain.hashes:
        raise RestoreRefused(
            f"The log of this backup ends at entry {chain.head_index}, {chain.head_hash}, and the head you know is not "
            "in it: the log went on after this backup. Nothing was restored, since everybody who saw the later entries "
            "would find a forked log. Use a later backup, or give the entries that are missing, as somebody saved them "
            "from the anonymous door, with --log-entries FILE."
        )
    return whole[kept:]


def read_entries(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Pages of a log as `/log/?from=N` gives them. Raises: RestoreRefused."""
    found: dict[int, dict[str, Any]] = {}
    for file in files:
        try:
            page = json.loads(file.read_bytes())["entries"]
            found |= {int(entry["index"]): entry for entry in page}
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise RestoreRefused(
                f"{file} is not a page of a public log, such as https://answer.example.org/log/?from=0 gives. "
                "Nothing was restored."
            ) from None
    return [found[index] for index in sorted(found)]


def read_erasures(files: Sequence[Path]) -> frozenset[str]:
    """Who was erased, by the lists that were given and the one of this data directory. Raises: RestoreRefused."""
    own = privacy.marks_file()
    found: frozenset[str] = frozenset()
    for file in (*files, *([own] if own.exists() else [])):
        try:
            found |= privacy.read_marks(file)
        except privacy.BadList as error:
            raise RestoreRefused(f"{error} Nothing was restored. Give a list as `andon backup` writes it.") from None
        except OSError as error:
            raise RestoreRefused(f"{file} cannot be read: {error.strerror}. Nothing was restored.") from None
    return found


def check_empty() -> None:
    """Raises: RestoreRefused, where any database holds something."""
    for alias, labels in SIGNS_OF_LIFE.items():
        tables = set(connections[alias].introspection.table_names())
        for label in labels:
            model = apps.get_model(label)
            if model._meta.db_table in tables and model._base_manager.using(alias).exists():
                raise RestoreRefused(
                    f"This installation is in use: its database '{alias}' holds something. Nothing was changed. "
                    "Restore into an empty one: name another ANDON_DATA, and other databases where PostgreSQL is used."
                )


@dataclass(frozen=True, slots=True)
class _Target:
    """The state of migrations that a database had when it was copied."""

    alias: str
    names: frozenset[tuple[str, str]]

    def leaves(self, executor: MigrationExecutor) -> list[tuple[str, str]]:
        graph = executor.loader.graph
        if unknown := sorted(self.names - set(executor.loader.disk_migrations)):
            raise RestoreRefused(
                f"The backup was made by a version that has {'.'.join(unknown[0])}, and this one does not know it. "
                "Nothing was restored. Install that version or a newer one."
            )
        here = [node for node in graph.nodes if node in self.names]
        return sorted(
            node
            for node in here
            if not any(child.key[0] == node[0] and child.key in self.names for child in graph.node_map[node].children)
        )


def check_versions(migrations: Mapping[str, set[tuple[str, str]]]) -> None:
    """Raises: RestoreRefused, where the backup is of a newer version, or the databases are prepared by a newer one."""
    for alias in contents.ALIASES:
        connection = connections[alias]
        target = _Target(alias, frozenset(migrations[alias]))
        target.leaves(MigrationExecutor(connection))
        if set(MigrationRecorder(connection).applied_migrations()) - target.names:
            raise RestoreRefused(
                f"The backup is of an older version than the database '{alias}' was prepared by. Nothing was changed. "
                "Name an ANDON_DATA that does not exist yet, and new databases where PostgreSQL is used: "
                "`andon restore` prepares them itself."
            )


@dataclass
class Loader(lines.Listener):
    """The second reading: every row goes into its table, each database in one transaction."""

    migrations: dict[str, set[tuple[str, str]]]
    progress: marker.Progress
    rows: int = 0
    _state: Any = None
    _transaction: Any = None
    _alias: str = ""
    _skip: bool = False
    _statement: str = ""
    _fields: tuple[Any, ...] = ()
    _batch: list[list[Any]] = field(default_factory=list)
    _models: list[Any] = field(default_factory=list)

    def begin_database(self, alias: str) -> None:
        self._alias, self._skip = alias, alias in self.progress.filled
        if self._skip:
            return
        executor = Executor(connections[alias])
        targets = _Target(alias, frozenset(self.migrations[alias])).leaves(executor)
        executor.migrate(targets)
        self._state = MigrationExecutor(connections[alias]).loader.project_state(targets).apps
        self._models = []
        self._transaction = transaction.atomic(using=alias)
        self._transaction.__enter__()

    def begin_table(self, table: lines.Table) -> None:
        self._write_batch()
        if self._skip:
            return
        model = self._state.get_model(table.model)
        connection = connections[self._alias]
        by_name = {one.attname: one for one in model._meta.local_concrete_fields}
        self._fields = tuple(by_name[name] for name in table.fields)
        quote = connection.ops.quote_name
        columns = ", ".join(quote(one.column) for one in self._fields)
        places = ", ".join(["%s"] * len(self._fields))
        name = quote(model._meta.db_table)
        self._statement = f"INSERT INTO {name} ({columns}) VALUES ({places})"  # noqa: S608
        self._models.append(model)
        with connection.cursor() as cursor:
            # What an earlier, killed restore or `andon prepare` put there.
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608

    def row(self, table: lines.Table, values: Sequence[Any]) -> None:
        self.rows += 1
        if self._skip:
            return
        connection = connections[self._alias]
        self._batch.append([_prepared(one, value, connection) for one, value in zip(self._fields, values, strict=True)])
        if len(self._batch) >= BATCH:
            self._write_batch()

    def _write_batch(self) -> None:
        if self._batch:
            with connections[self._alias].cursor() as cursor:
                cursor.executemany(self._statement, self._batch)
            self._batch = []

    def end_database(self, alias: str) -> None:
        self._write_batch()
        if self._skip:
            return
        connection = connections[alias]
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), self._models):
                cursor.execute(statement)
        self._transaction.__exit__(None, None, None)
        self._transaction = None
        self.progress.fill(alias)

    def abandon(self, error: BaseException) -> None:
        if self._transaction is not None:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            self._transaction = None


def _prepared(one: Any, value: Any, connection: Any) -> Any:
    if value is not None and one.get_internal_type() != "JSONField":
        value = one.to_python(value)
    return one.get_db_prep_save(value, connection=connection)


def fill(archive: Path, identities: Sequence[Any], looked: Looked, progress: marker.Progress) -> int:
    """Fill every database and bring it to this version; how many rows. May be repeated after a kill."""
    loader = Loader(looked.migrations, progress)
    try:
        envelope.read(archive, identities, loader)
    except BaseException as error:
        loader.abandon(error)
        raise
    for alias in connections:
        bring_to_this_version(alias)
    return loader.rows


def settle(added: Sequence[Mapping[str, Any]], *, erased: frozenset[str], made_at: datetime, at: datetime) -> Restored:
    """What follows from having been restored. May be repeated."""
    for entry in added:
        publiclog.restore_entry(entry)
    # A round that only the added entries know named files that this backup has not; verifiers ask for them for ever.
    rounds.keep_published_files_again()
    with transaction.atomic(using="default"):
        keys = list(Member.objects.values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            members = [Member(pk=key, epoch=random_epoch()) for key in keys[start : start + BATCH]]
            Member.objects.bulk_update(members, ["epoch"])
        if not AuditEntry.objects.filter(kind="backup.restored", facts__made_at=made_at.isoformat()).exists():
            audit.record(kind="backup.restored", by=None, at=at, made_at=made_at.isoformat())
    taken_back = results.take_back_shared_colours(on=organisation.today(at))
    # Before anything is served: whoever was erased since is in the backup, and nowhere else.
    again = privacy.erase_again(more=erased, at=at)
    ended = closing.end_rounds_of_another_store(at=at)
    head = publiclog.head()
    return Restored(
        people=Member.objects.count(),
        voided=ended.voided,
        lost=ended.lost,
        waiting=ended.waiting,
        added_entries=len(added),
        head=head.hash if head else "",
        erased=again.erased,
        stayed=again.stayed,
        taken_back=taken_back,
    )
