from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cadence', '0002_windows'),
    ]

    operations = [
        migrations.AddField(
            model_name='schedule',
            name='asks_comments',
            field=models.BooleanField(default=False),
        ),
    ]
