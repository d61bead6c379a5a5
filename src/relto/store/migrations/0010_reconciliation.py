"""Reconciliations of the registers with a partner."""

import relto.store.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0009_control_register'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('partner', models.CharField(max_length=3)),
                ('programme', models.CharField(max_length=64)),
                ('side', models.CharField(max_length=8)),
                ('state', models.CharField(max_length=8)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('started_by', models.CharField(blank=True, max_length=32)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('records', models.BigIntegerField(default=0)),
                ('partner_records', models.BigIntegerField(default=0)),
                ('findings', models.PositiveIntegerField(default=0)),
                ('alarms', models.PositiveIntegerField(default=0)),
                ('own_records', relto.store.fields.EncryptedJson(default=list)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('certificate', relto.store.fields.EncryptedBytes(null=True)),
                ('entry', models.CharField(max_length=32)),
            ],
            options={
                'indexes': [models.Index(fields=['programme', 'partner', 'ended_at'], name='reconciled_by_programme')],
            },
        ),
    ]
