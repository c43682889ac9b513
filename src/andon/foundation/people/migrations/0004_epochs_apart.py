"""Members of before 0.2.0 were all given the same epoch: a default is asked once for a whole table."""

import secrets

from django.db import migrations

BATCH = 1_000


def give_each_its_own(apps, schema_editor):
    member = apps.get_model("people", "Member")
    batch = []
    for row in member.objects.only("pk").iterator(chunk_size=BATCH):
        row.epoch = secrets.token_hex(8)
        batch.append(row)
        if len(batch) == BATCH:
            member.objects.bulk_update(batch, ["epoch"])
            batch.clear()
    member.objects.bulk_update(batch, ["epoch"])


class Migration(migrations.Migration):
    dependencies = [("people", "0003_sessions_of_members")]

    operations = [migrations.RunPython(give_each_its_own, migrations.RunPython.noop)]
