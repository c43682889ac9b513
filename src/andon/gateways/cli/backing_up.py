"""`andon backup` and `andon restore`."""

import argparse
import hashlib
import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from andon.gateways.cli.django_side import server_part_is_missing, with_django
from andon.gateways.cli.refusal import Refusal

if TYPE_CHECKING:
    from andon.gateways.backup import restoring

WHAT_BACKUP_DOES = """\
Write one encrypted file with everything that may be copied: people, organisation, rounds, figures, the change log,
mailboxes and the public log. Never in it: keys of rounds, ballots, who was given a slip, sessions. The service may
keep running. See docs/operations/backup.md."""

WHAT_RESTORE_DOES = """\
Fill an empty installation from a backup. Rounds that were under way become void: no backup has their answers. The
public log goes on only when it holds the head that you know from outside (--log-head): the newest one that `andon
verify` printed or keeps in its file of pins, that a Verify page showed, or that a saved page of /log/head holds.
See docs/operations/backup.md."""


def backup(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon backup", description=WHAT_BACKUP_DOES)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=Path, metavar="FILE", help="write a backup there; a file is never overwritten")
    what.add_argument("--verify", type=Path, metavar="FILE", help="read a whole backup and check it (with --identity)")
    what.add_argument("--new-identity", type=Path, metavar="FILE", help="make a key pair that opens backups")
    parser.add_argument(
        "--recipient",
        action="append",
        default=[],
        metavar="age1...",
        help="who can open it; may be given several times",
    )
    parser.add_argument("--recipients-file", type=Path, metavar="FILE", help="recipients, one a line")
    parser.add_argument("--identity", type=Path, metavar="FILE", help="the identity that opens it, for --verify")
    parser.add_argument(
        "--with-secret-key",
        action="store_true",
        help="put the secret key in as well: whoever opens the backup can then sign in as anybody",
    )
    options = parser.parse_args(argv)
    _needs_age()
    os.umask(0o077)
    if options.new_identity:
        return _new_identity(options.new_identity)
    if options.verify:
        return _verify(options.verify, options.identity)
    return _write(options)


def _needs_age() -> None:
    """Raises: Refusal, on a machine with the plain package."""
    try:
        import_module("pyrage")
    except ModuleNotFoundError:
        raise server_part_is_missing() from None


def _new_identity(file: Path) -> int:
    from andon.gateways.backup import envelope

    try:
        recipient = envelope.new_identity(file)
    except envelope.Exists as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}. There is no key pair.") from None
    print(f"Whoever has {file} opens the backups. Keep it away from this machine, in two places.")
    print(f"Recipient: {recipient}")
    return 0


def _verify(file: Path, identity: Path | None) -> int:
    from andon.gateways.backup import envelope, lines

    if identity is None:
        raise Refusal("A backup is encrypted: name the identity that opens it with --identity FILE.", status=2)
    try:
        summary = envelope.read(file, envelope.identities_from(identity), lines.Listener())
    except (envelope.BadIdentity, lines.BadArchive) as error:
        raise Refusal(f"{error} Nothing was changed. Do not count on this file.") from None
    print(f"The backup is whole: version {summary.heading['version']}, {summary.heading['at']}.")
    print(f"  {len(summary.tables)} tables, {summary.rows} rows")
    people = summary.tables.get("default/people.Member", {"rows": 0})["rows"]
    print(f"  {people} people")
    print(f"  secret key: {'in it' if summary.has_secret_key else 'not in it'}")
    if summary.head:
        print(f"  public log: {summary.head['index'] + 1} entries, head {summary.head['hash']}")
    return 0


def _write(options: argparse.Namespace) -> int:
    from andon.gateways.backup import envelope

    recipients = list(options.recipient)
    try:
        if options.recipients_file:
            recipients += options.recipients_file.read_text().splitlines()
        keys = envelope.recipients_from(recipients)
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{options.recipients_file} cannot be read: {error}. Nothing was written.") from None
    except envelope.BadRecipient as error:
        raise Refusal(str(error)) from None
    file: Path = options.to.absolute()

    def run() -> None:
        from django.conf import settings
        from django.utils import timezone

        from andon.foundation import last_backup
        from andon.gateways.backup import writing

        now = timezone.now()
        key_directory = Path(settings.KEY_DIRECTORY).resolve()
        if file.resolve().is_relative_to(key_directory):
            raise Refusal("A backup does not belong into the key directory. Nothing was written. Name another place.")
        try:
            made = writing.backup_lines(at=now, with_secret_key=options.with_secret_key)
            size = envelope.write(file, made, keys)
        except (envelope.Exists, writing.NotPrepared, writing.NeverQuiet) as error:
            raise Refusal(str(error)) from None
        except OSError as error:
            raise Refusal(f"{file} could not be written: {error.strerror}. There is no file of this name.") from None
        place = hashlib.sha256(str(file).encode()).hexdigest()
        last_backup.note(Path(settings.DATA_DIRECTORY), at=now, destination=place)
        print(f"Wrote {file}, {size:,} bytes, encrypted to {len(keys)} recipient{'s' if len(keys) > 1 else ''}.")
        _hand_out_erasures(file.with_name(f"{file.name}.erased"))
        print("Try it once in a while: andon backup --verify FILE --identity FILE, and a restore elsewhere.")

    return with_django(run)


def _hand_out_erasures(beside: Path) -> None:
    """The newest list of erased people, for whoever has to restore an older backup than this one."""
    from andon.features.privacy import public as privacy

    try:
        privacy.write_marks()
        privacy.copy_marks(to=beside)
    except (privacy.BadList, OSError) as error:
        raise Refusal(
            f"The backup is whole. The list of erased people could not be written to {beside} ({error}), so a restore "
            "of an older backup would bring them back. Run `andon doctor`."
        ) from None
    print(f"Wrote {beside}: whom was erased so far, without names. Keep the newest; a restore takes it (--erasures).")


def restore(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon restore", description=WHAT_RESTORE_DOES)
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")
    parser.add_argument("--identity", type=Path, required=True, metavar="FILE", help="the identity that opens it")
    parser.add_argument(
        "--log-head", default="", metavar="HASH", help="the newest head of the public log that is known"
    )
    parser.add_argument(
        "--log-entries",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a saved page of /log/ with entries that came after the backup; may be given several times",
    )
    parser.add_argument(
        "--erasures",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a list of whom was erased since, as each backup leaves it beside itself; may be given several times",
    )
    options = parser.parse_args(argv)
    _needs_age()
    os.umask(0o077)
    from andon.gateways.backup import envelope, lines

    class SecretKey(lines.Listener):
        key = ""

        def secret_key(self, secret_key: str) -> None:
            self.key = secret_key

    try:
        identities = envelope.identities_from(options.identity)
    except envelope.BadIdentity as error:
        raise Refusal(str(error)) from None
    directory = Path(os.environ.get("ANDON_DATA") or "var").absolute()
    reader = SecretKey()
    try:
        summary = envelope.read(options.file, identities, reader)
        archive = hashlib.sha256()
        with options.file.open("rb") as handle:
            while piece := handle.read(1 << 20):
                archive.update(piece)
    except lines.BadArchive as error:
        raise Refusal(f"{error} Nothing was restored. Use another backup.") from None
    if summary.head and not options.log_head:
        raise Refusal(
            "The public log goes on only from a head that is known outside this backup. Nothing was restored. Look for "
            "the newest one: in what `andon verify` printed or keeps in its file of pins, in a Verify page that "
            "somebody still has open or printed, or in a saved page of /log/head. Give it with --log-head."
        )
    secret_from_elsewhere = any(os.environ.get(name) for name in ("ANDON_SECRET_KEY", "ANDON_SECRET_KEY_FILE"))
    wrote_key = False
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        if not secret_from_elsewhere:
            wrote_key = _secret_key(directory / "secret-key", reader.key)
    except OSError as error:
        raise Refusal(
            f"The data directory {directory} cannot be used: {error.strerror}. Nothing was restored."
        ) from None

    def run() -> None:
        from andon.gateways.backup import marker, restoring

        try:
            _restore(options, identities, archive.hexdigest(), datetime.fromisoformat(summary.heading["at"]))
        except (restoring.RestoreRefused, lines.BadArchive) as error:
            if wrote_key and not (directory / marker.NAME).exists():
                # The next backup that is tried must not go on with a key out of one that was refused.
                (directory / "secret-key").unlink(missing_ok=True)
            refused = isinstance(error, restoring.RestoreRefused)
            raise Refusal(str(error) if refused else f"{error} Nothing was restored. Use another backup.") from None
        if wrote_key and not reader.key:
            print("The secret key is a new one. What was sealed under the old one has to be entered again, such as the")
            print("password of the mail server, and everybody's browser starts a new wallet.")

    return with_django(run)


def _secret_key(file: Path, secret_key: str) -> bool:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as handle:
        handle.write((secret_key or secrets.token_urlsafe(64)) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    return True


def _restore(options: argparse.Namespace, identities: list[object], archive: str, made_at: datetime) -> None:
    from django.conf import settings
    from django.utils import timezone

    from andon.features.ballots import public as ballots
    from andon.features.privacy import public as privacy
    from andon.foundation.jobs import public as jobs
    from andon.gateways.backup import envelope, marker, restoring

    directory = Path(settings.DATA_DIRECTORY)
    looked = restoring.Looked()
    envelope.read(options.file, identities, looked)
    added = restoring.checked_log(looked.entries, restoring.read_entries(options.log_entries), options.log_head)
    erased = restoring.read_erasures(options.erasures)
    progress = marker.under_way(directory)
    try:
        with jobs.only_worker(directory):
            if progress is not None and progress.archive != archive:
                raise restoring.RestoreRefused(
                    "The restore of another backup was cut off here. Nothing was changed. Finish it with that file, or "
                    "name an empty ANDON_DATA."
                )
            if progress is None:
                restoring.check_empty()
                restoring.check_versions(looked.migrations)
                progress = marker.Progress(directory / marker.NAME, archive)
                progress.begin()
            ballots.prepare_key_directory(settings.KEY_DIRECTORY)
            # Also for a second try after a kill, to which nobody gives the lists again.
            privacy.keep_marks(erased)
            rows = restoring.fill(options.file, identities, looked, progress)
            done = restoring.settle(added, erased=erased, made_at=made_at, at=timezone.now())
            progress.end()
    except jobs.AnotherWorker:
        raise restoring.RestoreRefused("The service runs here. Nothing was restored. Stop it first.") from None
    _say(rows, done)


def _say(rows: int, done: "restoring.Restored") -> None:
    from andon.features.rounds import public as rounds

    print(f"Restored {rows} rows and {done.people} people. Everybody signs in again.")
    if done.erased:
        who = "1 person" if done.erased == 1 else f"{done.erased} people"
        print(f"  {who} had been erased since this backup, and {'is' if done.erased == 1 else 'are'} erased again.")
    if done.stayed:
        print(
            "  One more had been erased and is the only steward of this backup, so nobody else could run the service."
        )
        print("  Let them make somebody else a steward, then: andon people erase-again")
    if done.taken_back:
        print(f"  {done.taken_back} shared colours were taken back: somebody may have said no after this backup.")
    for round_id in done.voided:
        view = rounds.find(round_id)
        print(f"  void: {view.words if view else 'a round that the backup does not know'} ({round_id}).")
    if done.voided:
        print("  These rounds were under way. No backup holds their answers, and the public log says so.")
    for round_id in done.lost:
        print(f"  The log says that {round_id} was released, after this backup. Its figures are lost.")
    if done.lost:
        print("  People saw these figures, so no round is opened for 28 days, and the next one shows nothing new.")
    for round_id in done.waiting:
        print(f"  The log says that {round_id} was released, and the release of this backup is another one. It waits.")
    if done.added_entries:
        print(f"  {done.added_entries} entries of the public log came from the files that you gave.")
    if done.head:
        print(f"  The public log ends with {done.head}. Compare it with what people saw.")
    print("Next: put the steward's key in place (ANDON_STEWARD_KEY_FILE), then: andon check; andon doctor; andon serve")
