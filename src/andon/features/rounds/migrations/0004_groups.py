import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rounds', '0003_sizes_of_units'),
    ]

    operations = [
        migrations.AddField(
            model_name='roundunit',
            name='group_node',
            field=models.CharField(blank=True, default='', max_length=32),
        ),
        migrations.CreateModel(
            name='RoundGroup',
            fields=[
                ('pk', models.CompositePrimaryKey('round_id', 'node_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('node_id', models.CharField(max_length=32)),
                ('parent_node', models.CharField(blank=True, max_length=32)),
                ('above', models.JSONField(default=list)),
                ('name', models.CharField(max_length=200)),
                ('people', models.PositiveIntegerField()),
                ('units', models.PositiveIntegerField()),
                ('position', models.PositiveIntegerField()),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='rounds.round')),
            ],
            options={
                'indexes': [models.Index(fields=['round', 'parent_node'], name='rounds_groups_below')],
            },
        ),
    ]
