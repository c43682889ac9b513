from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisation", "0006_revision")]

    operations = [
        migrations.AddField(model_name="peoplefile", name="takes_back", field=models.BooleanField(default=False)),
    ]
