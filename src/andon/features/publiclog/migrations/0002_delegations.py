from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publiclog", "0001_initial")]

    operations = [
        migrations.AddConstraint(
            model_name="logentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["bundle", "delegation"]), _negated=True),
                fields=("kind", "round_id"),
                name="publiclog_once_a_round",
            ),
        ),
        migrations.RemoveConstraint(model_name="logentry", name="publiclog_once_per_round"),
    ]
