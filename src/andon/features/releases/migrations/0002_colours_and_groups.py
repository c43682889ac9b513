from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LastCounted',
            fields=[
                ('pk', models.CompositePrimaryKey('instrument_id', 'node_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('instrument_id', models.CharField(max_length=64)),
                ('node_id', models.CharField(max_length=32)),
                ('round_id', models.CharField(max_length=32)),
                ('unit_id', models.CharField(max_length=32)),
                ('terms', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='ReleasedGroup',
            fields=[
                ('pk', models.CompositePrimaryKey('round_id', 'node_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('round_id', models.CharField(max_length=32)),
                ('node_id', models.CharField(max_length=32)),
                ('position', models.PositiveIntegerField()),
                ('figures', models.TextField()),
                ('salt', models.BinaryField(max_length=32)),
                ('path', models.BinaryField()),
            ],
        ),
        migrations.AddField(
            model_name='releasedunit',
            name='remembered',
            field=models.TextField(default='{}'),
        ),
    ]
