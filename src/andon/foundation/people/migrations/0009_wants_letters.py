from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0008_letters_that_did_not_leave"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="wants_letters",
            field=models.BooleanField(default=True),
        ),
    ]
