"""`andon prepare`: from nothing, or from an older version, to something that can be served."""

import argparse
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from andon.gateways.cli.django_side import with_django
from andon.gateways.cli.refusal import Refusal

WHAT_IT_DOES = """\
Create the data directory (ANDON_DATA), its secret key, the key directory (ANDON_KEYS) with its marker, and
bring all four databases to this version. What is there already is kept; the command may be repeated."""

# A folder whose group may write, and gives its group to what is made in it.
_SHARED = 0o2070


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon prepare", description=WHAT_IT_DOES)
    parser.add_argument(
        "--new-keys",
        action="store_true",
        help="make a new key directory although rounds are under way whose keys are lost: they become void",
    )
    options = parser.parse_args(argv)
    os.umask(0o077)
    directory = Path(os.environ.get("ANDON_DATA", "var")).absolute()
    try:
        _make_private(directory)
        if not any(os.environ.get(name) for name in ("ANDON_SECRET_KEY", "ANDON_SECRET_KEY_FILE")):
            _write_secret_key(directory / "secret-key")
    except OSError as error:
        raise Refusal(
            f"The data directory {directory} cannot be used: {error.strerror}. Nothing was lost. "
            "Set ANDON_DATA to a directory that this account may write."
        ) from None
    return with_django(lambda: _prepare_inside(new_keys=options.new_keys))


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_mode & 0o077:
        directory.chmod(0o700)


def _write_secret_key(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(64) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def _share_file(database: Mapping[str, Any]) -> None:
    """Let the group of a shared folder write to a SQLite file in it: the anonymous door has an account of its own.

    Only the group bit of a folder that somebody made so says that it is shared. SQLite gives the files that it makes
    beside a database the database's own mode.
    """
    file = Path(database["NAME"])
    if not database["ENGINE"].endswith("sqlite3") or not file.parent.is_dir():
        return
    mode = file.parent.stat().st_mode
    if mode & 0o007 or mode & _SHARED != _SHARED:
        return
    # The other account may write the folder: its link to a file of ours would open that one to the group.
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o660)
    except OSError as error:
        raise Refusal(
            f"{file} cannot be opened as a file of its own: {error.strerror}. Nothing was changed. Look whose it is, "
            "and put no link in its place: the folder is shared with the account of the anonymous door."
        ) from None
    try:
        if os.fstat(descriptor).st_mode & 0o777 != 0o660:
            os.fchmod(descriptor, 0o660)
    finally:
        os.close(descriptor)


def _needs_lost_keys() -> int:
    """How many rounds are under way, whose keys were made in a key directory that is there no more."""
    from andon.features.rounds import public as rounds

    return rounds.count_not_ended()


def _prepare_inside(*, new_keys: bool) -> None:
    from django.conf import settings
    from django.db import connections

    from andon.features.ballots import public as ballots
    from andon.gateways.cli.migrating import bring_to_this_version

    for alias in ("ballots", "mailboxes"):
        _share_file(settings.DATABASES[alias])
    for alias in connections:
        bring_to_this_version(alias)
    # Last, and not in the place of a volume that is not mounted: a marker says that what is not there is lost.
    try:
        ballots.KeyDirectory(Path(settings.KEY_DIRECTORY)).check()
    except ballots.KeyDirectoryMissing:
        if not new_keys and (number := _needs_lost_keys()):
            raise Refusal(
                f"The key directory {settings.KEY_DIRECTORY} is not mounted, and rounds are under way that need it: "
                f"{number}. The databases are at this version; no key directory was made. Mount the volume and repeat. "
                "If it is lost for good, andon prepare --new-keys gives these rounds up."
            ) from None
    ballots.prepare_key_directory(settings.KEY_DIRECTORY)
    print(f"Prepared. Data: {settings.DATA_DIRECTORY}. Keys of rounds: {settings.KEY_DIRECTORY}.")
    print("Never copy or back up the keys: see docs/operations/keys.md.")
