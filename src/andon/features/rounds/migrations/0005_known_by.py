import hashlib
from typing import Any

from django.db import migrations, models


def name_units(apps: Any, schema_editor: Any) -> None:
    """What units of earlier rounds are known by: the same as `models.known_by`, as it was when this was written."""
    units = apps.get_model("rounds", "RoundUnit").objects.using(schema_editor.connection.alias)
    named = []
    for unit in units.only("id", "node_ids").iterator(chunk_size=1_000):
        unit.known_by = hashlib.sha256("\n".join(sorted(unit.node_ids)).encode()).hexdigest()[:32]
        named.append(unit)
        if len(named) == 1_000:
            units.bulk_update(named, ["known_by"], batch_size=500)
            named = []
    units.bulk_update(named, ["known_by"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("rounds", "0004_groups"),
    ]

    operations = [
        migrations.AddField(
            model_name="roundunit",
            name="known_by",
            field=models.CharField(blank=True, db_index=True, default="", max_length=32),
        ),
        migrations.RunPython(name_units, migrations.RunPython.noop),
    ]
