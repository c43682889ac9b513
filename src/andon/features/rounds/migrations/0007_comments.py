from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rounds', '0006_windows'),
    ]

    operations = [
        migrations.AddField(
            model_name='round',
            name='asks_comments',
            field=models.BooleanField(default=False),
        ),
    ]
