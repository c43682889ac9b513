from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0002_colours_and_groups'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReleasedComment',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('round_id', models.CharField(max_length=32)),
                ('unit_id', models.CharField(max_length=32)),
                ('text', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['round_id', 'unit_id'], name='releases_comments_of_unit')],
            },
        ),
    ]
