from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_members_by_name"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["is_active", "id"], name="people_here"),
        ),
    ]
