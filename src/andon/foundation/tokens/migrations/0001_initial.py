import andon.foundation.tokens.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ProgramKey',
            fields=[
                ('id', models.CharField(default=andon.foundation.tokens.models.random_id, max_length=16, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('scopes', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('made_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ProgramRead',
            fields=[
                ('pk', models.CompositePrimaryKey('key_id', 'what', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('what', models.CharField(max_length=120)),
                ('day', models.DateField()),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tokens.programkey')),
            ],
        ),
    ]
