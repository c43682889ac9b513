"""Databases without a row, as after `andon prepare`, within milliseconds.

Django's `flush` empties every table and writes what it knows of models and permissions anew: a third of a second for
four databases, after each test that needs rows which other connections see. No test here changes those two, so they
stay, and of all others those that hold something are emptied.
"""

from contextlib import nullcontext
from typing import Any

from django.db import connections, transaction

# What migrating leaves in a database that nobody has used.
OF_MIGRATING = {"django_migrations", "django_content_type", "auth_permission"}


def empty(alias: str) -> None:
    """Delete every row of one database, in one transaction. Numbers that a sequence gives go on from where they are."""
    connection = connections[alias]
    is_sqlite = connection.vendor == "sqlite"
    with connection.constraint_checks_disabled() if is_sqlite else nullcontext(), transaction.atomic(using=alias):
        full = _tables_with_rows(connection)
        with connection.cursor() as cursor:
            if not is_sqlite:
                # Foreign keys are not looked at, as above. TRUNCATE would make every file anew.
                cursor.execute("SET LOCAL session_replication_role = replica")
            for name in full:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")


def _tables_with_rows(connection: Any) -> list[str]:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - OF_MIGRATING
    quote = connection.ops.quote_name
    each = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})" for name in sorted(tables)]
    if not each:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return [name for (name,) in cursor.fetchall()]
