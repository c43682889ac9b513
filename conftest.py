"""What every test may ask for. The real processes are in tests/stack.py, the browser in tests/journeys/conftest.py."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import translation

ON_POSTGRES = os.environ.get("ANDON_TEST_DATABASE", "sqlite") == "postgres"
_of_the_run = ExitStack()


# What was loaded so far stays to the end, and looking through it again and again takes a tenth of the time of a run.
gc.freeze()
gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Only the process that the others come from starts the server: its folder is in their environment.
    if ON_POSTGRES and not hasattr(config, "workerinput"):
        from tests import postgres

        _of_the_run.enter_context(postgres.server(Path(os.environ["ANDON_TEST_POSTGRES"])))


def pytest_unconfigure(config: pytest.Config) -> None:
    from tests import starting

    starting.end()
    _of_the_run.close()
    # A worker of pytest-xdist is ended without its exit handlers.
    shutil.rmtree(os.environ["ANDON_DATA"], ignore_errors=True)


# Files that take longest, longest first: the last to begin would keep one process busy while the others have nothing.
LONGEST = (
    "tests/backup/test_drill.py",
    "tests/upgrade/test_upgrade.py",
    "tests/pages/test_engines.py",
    "tests/anomalies/test_killed_while_withdrawing.py",
    "tests/permissions/test_app.py",
    "tests/pages/test_progress.py",
    "src/andon/gateways/cli/tests/test_setting_up.py",
    "src/andon/gateways/cli/tests/test_prepare.py",
    "tests/pages/test_html.py",
    "tests/anomalies/test_killed_while_founding.py",
    "tests/anomalies/test_killed_while_closing.py",
    "src/andon/gateways/cli/tests/test_serve.py",
    "src/andon/foundation/jobs/tests/test_worker_process.py",
    "tests/anomalies/test_killed_while_casting.py",
    "tests/pages/test_language.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first. Deselected, not skipped: what belongs to the other database is run by the other ring."""
    place = {config.rootpath / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
    other = "sqlite_only" if ON_POSTGRES else "postgres_only"
    out = [item for item in items if item.get_closest_marker(other)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if not item.get_closest_marker(other)]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """All databases, whichever test comes first. pytest-django makes those that the chosen tests are marked with, and
    a test of a whole organisation is marked with none. Each process of a run has names of its own, and copies what was
    prepared once in the run."""
    from django.test.utils import setup_databases, teardown_databases

    from tests import prepared

    with django_db_blocker.unblock():
        prepared.copy_for_tests(Path(os.environ["ANDON_TEST_POSTGRES"]) if ON_POSTGRES else None)
        made = setup_databases(verbosity=0, interactive=False, keepdb=True)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _emptied_quickly() -> Iterator[None]:
    """What Django does behind each test that commits, done by tests/emptying.py."""
    from django.test import TransactionTestCase

    from tests.emptying import empty

    def teardown(case: TransactionTestCase) -> None:
        for alias in case._databases_names(include_mirrors=False):
            empty(alias)

    with patch.object(TransactionTestCase, "_fixture_teardown", teardown):
        yield


@pytest.fixture
def key_directory(tmp_path: Path, settings: Any) -> Path:
    """A key directory of this test alone, prepared as `andon prepare` does it."""
    from andon.features.ballots import public as ballots

    directory = tmp_path / "keys"
    ballots.prepare_key_directory(directory)
    settings.KEY_DIRECTORY = directory
    return directory


@pytest.fixture(autouse=True)
def _no_language_from_the_test_before() -> Iterator[None]:
    """A page that was read in German leaves German to its thread, as between requests; the next one sets its own."""
    yield
    translation.deactivate()


@pytest.fixture
def anonymous_client(db: None) -> Any:
    """A test client of the anonymous door, usable beside `client` (tests/anonymous_client.py)."""
    from tests.anonymous_client import AnonymousClient

    return AnonymousClient()


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """An organisation with people in every role and rounds in every state (tests/lived_in.py), one a module."""
    from tests.lived_in import lived_in

    with django_db_blocker.unblock(), lived_in(tmp_path_factory.mktemp("lived-in")) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server() -> Path | None:
    """The folder of the PostgreSQL server of this run, or None when the run is on SQLite."""
    return Path(os.environ["ANDON_TEST_POSTGRES"]) if ON_POSTGRES else None


@pytest.fixture(scope="module")
def make_stack(tmp_path_factory: pytest.TempPathFactory, postgres_server: Path | None) -> Iterator[Callable[..., Any]]:
    """Start another stack of real processes: `make_stack(parts=("app",), ANDON_DEMO="1")`; stopped after the module."""
    from tests.stack import Stack

    with ExitStack() as running:

        def make(**options: Any) -> Any:
            stack: AbstractContextManager[Any] = Stack(tmp_path_factory.mktemp("stack"), postgres_server, **options)
            return running.enter_context(stack)

        yield make


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Any:
    """Both doors and the worker as real processes, on free ports and a data directory of their own, one a module."""
    return make_stack()
