from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_people_here"),
    ]

    operations = [
        migrations.AddField(
            model_name="addresschange",
            name="letter_due",
            field=models.DateTimeField(null=True),
        ),
    ]
