import andon.features.cadence.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0005_peoplefile_language'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('pk', models.CompositePrimaryKey('round_id', 'kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('round_id', models.CharField(max_length=32)),
                ('kind', models.CharField(choices=[('opened', 'Opened'), ('ends soon', 'Ends Soon'), ('result', 'Result')], max_length=9)),
                ('zones', models.JSONField(default=list)),
                ('is_done', models.BooleanField(db_index=True, default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.CharField(default=andon.features.cadence.models.random_id, max_length=32, primary_key=True, serialize=False)),
                ('instrument_id', models.CharField(max_length=64)),
                ('first_on', models.DateField()),
                ('weeks', models.PositiveSmallIntegerField()),
                ('open_days', models.PositiveSmallIntegerField()),
                ('look_on', models.DateField(db_index=True, null=True)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('node', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.node')),
            ],
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('pk', models.CompositePrimaryKey('round_id', 'kind', 'member_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('round_id', models.CharField(max_length=32)),
                ('kind', models.CharField(choices=[('opened', 'Opened'), ('ends soon', 'Ends Soon'), ('result', 'Result')], max_length=9)),
                ('zone', models.CharField(blank=True, max_length=64)),
                ('is_leaving', models.BooleanField(default=False)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('pk', models.CompositePrimaryKey('schedule_id', 'due_on', blank=True, editable=False, primary_key=True, serialize=False)),
                ('due_on', models.DateField()),
                ('round_id', models.CharField(blank=True, max_length=32)),
                ('refusal', models.CharField(blank=True, max_length=32)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='cadence.schedule')),
            ],
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('schedule', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pause', serialize=False, to='cadence.schedule')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ScheduleEnding',
            fields=[
                ('schedule', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='ending', serialize=False, to='cadence.schedule')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
