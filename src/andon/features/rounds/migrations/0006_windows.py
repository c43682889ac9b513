from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rounds', '0005_known_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='round',
            name='questions',
            field=models.JSONField(default=list),
        ),
    ]
