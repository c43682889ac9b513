"""The four databases: there, at this version, durable, and forgetful where they must be."""

from pathlib import Path

from andon.gateways.doctor.findings import Said, check, ok, problem, unknown, warning
from andon.gateways.doctor.machine import DATABASES
from andon.gateways.doctor.place import Place

# Those that must forget after a close.
FORGETFUL = ("ballots", "issuance")


def _on_postgres(here: Place, aliases: tuple[str, ...] = FORGETFUL) -> list[str]:
    return [alias for alias in aliases if here.vendor(alias) == "postgresql"]


@check("D20", "All databases answer")
def reachable(here: Place) -> Said:
    from django.db import Error

    silent = []
    for alias in DATABASES:
        try:
            here.rows(alias, "SELECT 1")
        except Error:
            silent.append(alias)
    if silent:
        return problem(
            f"No answer from: {', '.join(silent)}.",
            "Start the database server, or correct its address; with SQLite, look whose the files beside it are.",
        )
    return ok(", ".join(f"{alias}: {here.vendor(alias)}" for alias in DATABASES))


@check("D21", "All databases are at this version", needs_database=True)
def migrated(here: Place) -> Said:
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    behind = []
    for alias in DATABASES:
        executor = MigrationExecutor(connections[alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            behind.append(alias)
    if behind:
        return problem(f"Behind: {', '.join(behind)}.", "Make a backup, then run `andon prepare`.")
    return ok("every migration of this version is applied")


@check("D22", "What is acknowledged is on the disk, and what is deleted is overwritten", needs_database=True)
def pragmas(here: Place) -> Said:
    wrong = []
    for alias in DATABASES:
        if here.vendor(alias) == "sqlite":
            # 2: FULL, 3: EXTRA. 1: freed bytes are overwritten, 2 (FAST) leaves some.
            wanted: dict[str, set[object]] = {"journal_mode": {"wal"}, "synchronous": {2, 3}, "secure_delete": {1}}
            values = {name: here.rows(alias, f"PRAGMA {name}")[0][0] for name in wanted}
        else:
            wanted = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply"}}
            values = {name: here.rows(alias, f"SHOW {name}")[0][0] for name in wanted}
        wrong += [f"{alias}: {name} is {value}" for name, value in values.items() if value not in wanted[name]]
    if wrong:
        return problem("; ".join(wrong), "Put them back to their defaults: an acknowledged answer could be lost.")
    return ok("as they should be")


@check("D23", "No copy is made of what must be forgotten: archives", needs_database=True)
def archives(here: Place) -> Said:
    kept = []
    for alias in _on_postgres(here):
        if here.rows(alias, "SHOW archive_mode")[0][0] != "off":
            kept.append(f"{alias}: archive_mode is on")
        if here.rows(alias, "SHOW wal_level")[0][0] == "logical":
            kept.append(f"{alias}: wal_level is logical")
    if kept:
        return problem(
            "; ".join(kept),
            "Put ballots and issuance on a PostgreSQL server that does not archive: an archive does not forget.",
        )
    return ok("no archive of the write-ahead log")


@check("D24", "No copy is made of what must be forgotten: replicas", needs_database=True)
def replicas(here: Place) -> Said:
    found = []
    for alias in _on_postgres(here):
        slots = here.rows(alias, "SELECT COUNT(*) FROM pg_replication_slots")[0][0]
        senders = here.rows(alias, "SELECT COUNT(*) FROM pg_stat_replication")[0][0]
        if slots or senders:
            found.append(f"{alias}: {slots} replication slots, {senders} replicas")
    if found:
        return problem("; ".join(found), "Do not replicate ballots and issuance: a replica does not forget.")
    return ok("no replica")


# The columns that hold what must be forgotten, by name: the tables themselves are for `closing` alone.
_SAMPLED = (
    "SELECT COUNT(*) FROM pg_attribute WHERE attname IN ('ciphertext', 'slot', 'row_key', 'blinded_sha256') "
    "AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) "
    "AND NOT attisdropped AND COALESCE(attstattarget, -1) <> 0"
)


@check("D25", "The database server notes no statement and keeps no samples", needs_database=True)
def statements(here: Place) -> Said:
    kept = []
    for alias in _on_postgres(here):
        if here.rows(alias, "SHOW log_statement")[0][0] not in {"none", "ddl"}:
            kept.append(f"{alias}: log_statement")
        if here.rows(alias, "SHOW log_min_duration_statement")[0][0] != "-1":
            kept.append(f"{alias}: log_min_duration_statement")
        libraries = str(here.rows(alias, "SHOW shared_preload_libraries")[0][0])
        kept += [f"{alias}: {name}" for name in ("auto_explain", "pg_stat_statements", "pgaudit") if name in libraries]
        sampled = here.rows(alias, _SAMPLED)
        if sampled[0][0]:
            kept.append(f"{alias}: samples of {sampled[0][0]} columns")
    if kept:
        return problem("; ".join(kept), "Turn them off for ballots and issuance; for samples run `andon prepare`.")
    return ok("neither")


@check("D26", "Nothing of a closed round lies in a write-ahead log of SQLite", needs_database=True)
def write_ahead_log(here: Place) -> Said:
    left = []
    # Without a box key no round is under way, and nothing should be left to write back.
    is_quiet = not any(here.key_directory.glob("box/*.key"))
    for alias in FORGETFUL:
        if here.vendor(alias) != "sqlite":
            continue
        file = Path(f"{here.file_of(alias)}-wal")
        size = file.stat().st_size if file.exists() else 0
        # A few megabytes are written between two checkpoints while a round is open.
        if size > 64 * 2**20 and is_quiet:
            left.append(f"{alias}: {size // 2**20} MB")
    if left:
        return warning(
            "; ".join(left),
            "Somebody reads without a pause. Stop what reads the database, and restart the service.",
        )
    return ok("no round is closed with a log left behind")


@check("D27", "The clock has not gone back behind what was written", needs_database=True)
def later_than_now(here: Place) -> Said:
    from andon.foundation.audit.models import AuditEntry

    newest = AuditEntry.objects.order_by("-at").values_list("at", flat=True).first()
    if newest is None:
        return unknown("Nothing was written yet.")
    ahead = (newest - here.now()).total_seconds()
    if ahead > 60:
        return problem(
            f"The newest entry of the change log is {int(ahead // 60)} minutes in the future.",
            "Set the clock: rounds would open and close at wrong times.",
        )
    return ok("the newest entry of the change log is in the past")


@check("D28", "What is remembered of people is forgotten when they change", needs_database=True)
def watched(here: Place) -> Said:
    from andon.foundation.organisation import revision

    missing = revision.missing()
    if missing:
        return warning(
            f"{len(missing)} triggers of the database are not there, or are switched off.",
            "Run `andon prepare`. Until then counts are right, and pages of a large organisation are slow.",
        )
    return ok("every table from which people are counted has its triggers")
