import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import andon.features.guide.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0005_peoplefile_language'),
        ('people', '0008_letters_that_did_not_leave'),
    ]

    operations = [
        migrations.CreateModel(
            name='TakenUp',
            fields=[
                ('id', models.CharField(default=andon.features.guide.models.random_id, max_length=32, primary_key=True, serialize=False)),
                ('practice_id', models.CharField(max_length=64)),
                ('on', models.DateField()),
                ('settled_on', models.DateField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('kept', 'kept'), ('ended', 'ended')], default='', max_length=5)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.node')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('settled_on', None)), fields=('team', 'practice_id'), name='guide_taken_up_once_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('settled_on', None)), models.Q(('outcome__gt', ''), ('settled_on__isnull', False)), _connector='OR'), name='guide_settled_with_an_outcome')],
            },
        ),
    ]
