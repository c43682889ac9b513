from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisation", "0007_peoplefile_takes_back")]

    operations = [
        migrations.AddField(
            model_name="peoplefile", name="name", field=models.CharField(blank=True, default="", max_length=200)
        ),
    ]
