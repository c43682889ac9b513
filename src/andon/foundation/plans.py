"""Having PostgreSQL plan a question for the values that are asked about."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def for_these_values() -> Iterator[None]:
    """Inside, every statement on the app's database is planned anew.

    A statement that was asked some ten times on a connection is planned once for whatever it may be asked, which is
    right for one row by its key, and slower for words that nobody has (`bench/pages.py`, "Searched: nobody"). Costs one
    statement, and a transaction or a savepoint. Does nothing on SQLite.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        yield
