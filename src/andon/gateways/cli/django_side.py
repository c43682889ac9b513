"""Running something of Django's from the command line, with its expected errors as refusals."""

import argparse
import os
from collections.abc import Callable

from andon.gateways.cli.refusal import Refusal

SETTINGS = "andon.project.settings.app"


def server_part_is_missing() -> Refusal:
    # Names no package to be fetched: one of this name somewhere else need not be ours.
    return Refusal(
        "This command needs the server part of Andon, which is not installed here. Nothing was changed. Install what "
        "dist/requirements.txt lists: docs/operations/install.md. (`andon verify` and `andon steward sign` work "
        "without it.)"
    )


def with_django(run: Callable[[], None], *, settings: str = SETTINGS) -> int:
    """Set Django up and call `run`. Raises: Refusal."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    # Whatever a command writes is for the service's own account only.
    os.umask(0o077)
    try:
        import django
    except ModuleNotFoundError:
        raise server_part_is_missing() from None
    from django.core.exceptions import ImproperlyConfigured
    from django.db.utils import OperationalError, ProgrammingError

    try:
        django.setup()
        run()
    except ImproperlyConfigured as error:
        raise Refusal(str(error)) from None
    except (OperationalError, ProgrammingError) as error:
        raise Refusal(
            f"The database refused: {_first_line(error)}\n"
            "What was not finished was rolled back. Check that the database runs (with SQLite, that this account may "
            "write its files and the folder) and that `andon prepare` has been run with this version."
        ) from None
    return 0


def manage(rest: list[str]) -> int:
    def run() -> None:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["andon manage", *rest])

    return with_django(run)


def run(command: str, names: tuple[str, ...], rest: list[str]) -> int:
    """Run a management command under the name that it has on the command line."""

    def call() -> None:
        from django.core.management import ManagementUtility, get_commands
        from django.core.management.base import CommandError, handle_default_options
        from django.db import connections

        if command not in get_commands():
            raise Refusal(f"This version of Andon cannot do `andon {' '.join(names)}` yet. Nothing was changed.")
        loaded = ManagementUtility().fetch_command(command)
        # Django shows the two as the name in --help and in errors.
        options = vars(loaded.create_parser(" ".join(["andon", *names[:-1]]), names[-1]).parse_args(rest))
        arguments = options.pop("args", ())
        handle_default_options(argparse.Namespace(**options))
        try:
            loaded.execute(*arguments, **options)
        except CommandError as error:
            if options["traceback"]:
                raise
            raise Refusal(str(error), status=error.returncode) from None
        finally:
            connections.close_all()

    return with_django(call)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
