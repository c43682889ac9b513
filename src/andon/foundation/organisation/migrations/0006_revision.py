"""The table of the revision, whose triggers are made after each migration: see `organisation.revision`."""

from typing import Any

from django.db import migrations

SLOT = {"sqlite": "integer PRIMARY KEY", "postgresql": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"}
RANDOM = {"sqlite": "hex(randomblob(16))", "postgresql": "gen_random_uuid()::text"}


def make_table(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    schema_editor.execute(f"CREATE TABLE organisation_revision (slot {SLOT[vendor]}, value text NOT NULL)")
    schema_editor.execute(f"INSERT INTO organisation_revision (value) VALUES ({RANDOM[vendor]})")  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("organisation", "0005_peoplefile_language")]

    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
