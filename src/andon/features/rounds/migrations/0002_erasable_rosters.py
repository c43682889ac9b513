from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rounds", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="rosterentry",
            name="seat",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
