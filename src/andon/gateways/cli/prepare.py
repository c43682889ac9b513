"""`andon prepare`: from nothing, or from an older version, to something that can be served."""

import argparse
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from andon.gateways.cli.django_side import with_django
from andon.gateways.cli.refusal import Refusal

WHAT_IT_DOES = """\
Create the data directory (ANDON_DATA), its secret key, the key directory (ANDON_KEYS) with its marker, and
bring all four databases to this version. What is there already is kept; the command may be repeated."""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon prepare", description=WHAT_IT_DOES)
    parser.parse_args(argv)
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
    return with_django(_prepare_inside)


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


def _prepare_inside() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from andon.features.ballots import public as ballots

    ballots.prepare_key_directory(settings.KEY_DIRECTORY)
    for alias in connections:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    print(f"Prepared. Data: {settings.DATA_DIRECTORY}. Keys of rounds: {settings.KEY_DIRECTORY}.")
    print("Never copy or back up the keys: see docs/operations/keys.md.")
