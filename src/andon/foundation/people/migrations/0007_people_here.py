from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_address_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["is_active", "id"], name="people_here"),
        ),
    ]
