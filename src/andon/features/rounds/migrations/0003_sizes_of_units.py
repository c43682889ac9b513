from typing import Any

from django.db import migrations, models


def count(apps: Any, schema_editor: Any) -> None:
    """A unit knows its roster as a list; how long that is was not kept until now."""
    units = apps.get_model("rounds", "RoundUnit").objects.using(schema_editor.connection.alias)
    counted = []
    for unit in units.only("id", "members").iterator(chunk_size=1_000):
        unit.size = len(unit.members)
        counted.append(unit)
        if len(counted) == 1_000:
            units.bulk_update(counted, ["size"], batch_size=500)
            counted = []
    units.bulk_update(counted, ["size"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("rounds", "0002_erasable_rosters"),
    ]

    operations = [
        migrations.AddField(
            model_name="roundunit",
            name="size",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
