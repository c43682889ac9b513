from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cadence', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='schedule',
            name='kind',
            field=models.CharField(default='full', max_length=6),
        ),
    ]
