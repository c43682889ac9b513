from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rounds', '0007_comments'),
    ]

    operations = [
        migrations.AddField(
            model_name='closerequest',
            name='counted_percent',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
