from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisation", "0004_counted_by_index")]

    operations = [
        migrations.AddField(
            model_name="peoplefile", name="language", field=models.CharField(blank=True, default="", max_length=12)
        ),
    ]
