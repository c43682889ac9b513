"""PostgreSQL samples the values of a column for its planner and keeps them when the rows are gone. Not of these."""

from typing import Any

from django.db import migrations

TABLE = "issuance_issuedslip"
COLUMNS = ("row_key", "round_id", "blinded_sha256")


def set_target(schema_editor: Any, target: int) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            schema_editor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN {column} SET STATISTICS {target}")


def keep_none(apps: Any, schema_editor: Any) -> None:
    set_target(schema_editor, 0)


def keep_as_usual(apps: Any, schema_editor: Any) -> None:
    set_target(schema_editor, -1)


class Migration(migrations.Migration):
    dependencies = [("issuance", "0001_initial")]

    operations = [migrations.RunPython(keep_none, keep_as_usual)]
