from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_node_retired_on_peoplefile")]

    operations = [
        migrations.AddField(
            model_name="peoplefile", name="team", field=models.CharField(blank=True, default="", max_length=1000)
        ),
    ]
