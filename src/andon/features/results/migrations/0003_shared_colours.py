import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('results', '0002_agreed_steps'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SharedColours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round_id', models.CharField(max_length=32)),
                ('unit_id', models.CharField(max_length=32, unique=True)),
                ('node_id', models.CharField(db_index=True, max_length=32)),
                ('shared_from', models.DateField()),
                ('spread_node', models.CharField(blank=True, max_length=32)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='NotShared',
            fields=[
                ('shared', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='no', serialize=False, to='results.sharedcolours')),
                ('was_seen', models.BooleanField()),
            ],
        ),
    ]
