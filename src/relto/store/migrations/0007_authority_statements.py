"""Statements of the authorities: confirmed rules, new keys, how fresh the agreement is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0006_overlays_and_proofs'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuthorityStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16)),
                ('nation', models.CharField(max_length=3)),
                ('subject', models.CharField(blank=True, max_length=160)),
                ('number', models.PositiveBigIntegerField(default=0)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('key_id', models.CharField(max_length=32)),
                ('stated_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField()),
                ('entry', models.CharField(max_length=32)),
                ('file', models.BinaryField()),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'nation'], name='authority_statement_by_kind')],
            },
        ),
    ]
