"""An installation as `andon prepare` leaves it: made once in a run, and copied instead of made anew.

Four databases take seconds to be migrated from nothing, and a run needs dozens. What is copied holds migrations
and the kinds of permission that they make, no row of anybody; each copy gets a secret key of its own. That `prepare`
itself does what it says is shown by its own tests, which copy nothing.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import postgres

_PREFIX = "prepared"
FILES = {"default": "app", "ballots": "ballots", "issuance": "issuance", "mailboxes": "mailboxes"}


def copy_to(data: Path, *, postgres_server: Path | None, prefix: str) -> dict[str, str]:
    """Fill a data directory that is not there, and make databases `<prefix>_<alias>`; their addresses by alias."""
    source = _of_the_run(postgres_server)
    shutil.copytree(source, data)
    (data / "secret-key").write_text(secrets.token_urlsafe(64) + "\n")
    if postgres_server is None:
        return {}
    return postgres.create_databases(postgres_server, prefix, template=_PREFIX)


def copy_for_tests(postgres_server: Path | None) -> None:
    """Make the databases under the names that the tests of this process use, for Django to find them there."""
    from django.db import connections

    source = _of_the_run(postgres_server)
    names = {alias: connections[alias].creation._get_test_db_name() for alias in connections}
    if postgres_server is not None:
        postgres.copy_databases(postgres_server, {name: f"{_PREFIX}_{alias}" for alias, name in names.items()})
        return
    for alias, name in names.items():
        shutil.copyfile(source / f"{FILES[alias]}.sqlite3", name)


def is_in_a_run() -> bool:
    """Whether tests run, which share what was prepared; a benchmark or a script prepares its own."""
    return "ANDON_TEST_PREPARED" in os.environ


def variables(database_urls: Mapping[str, str]) -> dict[str, str]:
    return {f"ANDON_DATABASE_{alias.upper()}_URL": url for alias, url in database_urls.items()}


def _of_the_run(postgres_server: Path | None) -> Path:
    """The data directory that is copied, made by whichever process of the run asks first."""
    folder = Path(os.environ["ANDON_TEST_PREPARED"])
    folder.mkdir(parents=True, exist_ok=True)
    kind = "sqlite" if postgres_server is None else "postgres"
    data, complete = folder / kind, folder / f"{kind}-is-complete"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            urls = postgres.create_databases(postgres_server, _PREFIX) if postgres_server else {}
            env = {name: value for name, value in os.environ.items() if not name.startswith(("ANDON_", "DJANGO_"))}
            subprocess.run(
                [sys.executable, "-m", "andon.gateways.cli", "prepare"],
                env=env | variables(urls) | {"ANDON_DATA": str(data)},
                cwd=folder,
                check=True,
                capture_output=True,
                timeout=200,
            )
            complete.touch()
    return data
