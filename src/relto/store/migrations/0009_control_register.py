"""Copies of items and what happened to each, translations, inventories."""

import django.db.models.deletion
import relto.store.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0008_courier'),
    ]

    operations = [
        migrations.CreateModel(
            name='ItemCopy',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='store.item')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='store.company')),
                ('form', models.CharField(max_length=16)),
                ('number', models.PositiveIntegerField(null=True)),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reproductions', to='store.itemcopy')),
                ('state', models.CharField(max_length=16)),
                ('facility', models.CharField(max_length=64)),
                ('custodian', models.CharField(blank=True, max_length=32)),
                ('location', relto.store.fields.EncryptedText(default=str)),
                ('witness', models.CharField(blank=True, max_length=32)),
                ('recorded_at', models.DateTimeField()),
                ('since', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['company', 'state'], name='copy_by_company')],
                'constraints': [models.UniqueConstraint(fields=('item', 'number'), name='one_copy_a_number')],
            },
        ),
        migrations.CreateModel(
            name='CopyEvent',
            fields=[
                ('number', models.CharField(max_length=96, primary_key=True, serialize=False)),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='store.itemcopy')),
                ('step', models.CharField(max_length=16)),
                ('state', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=32)),
                ('facility', models.CharField(blank=True, max_length=64)),
                ('custodian', models.CharField(blank=True, max_length=32)),
                ('location', relto.store.fields.EncryptedText(default=str)),
                ('details', relto.store.fields.EncryptedJson()),
                ('reason', relto.store.fields.EncryptedText(default=str)),
                ('entry', models.CharField(max_length=32)),
            ],
            options={
                'indexes': [models.Index(fields=['entry'], name='copy_event_by_entry')],
            },
        ),
        migrations.CreateModel(
            name='Translation',
            fields=[
                ('derived', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='translation_of', serialize=False, to='store.item')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='store.item')),
                ('company', models.CharField(max_length=64)),
                ('language', models.CharField(max_length=8)),
                ('translator', models.CharField(max_length=32)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=32)),
                ('entry', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Inventory',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inventories', to='store.company')),
                ('level', models.CharField(blank=True, max_length=32)),
                ('as_of', models.DateTimeField()),
                ('opened_by', models.CharField(max_length=32)),
                ('opened_at', models.DateTimeField()),
                ('signed_by', models.CharField(blank=True, max_length=32)),
                ('signed_at', models.DateTimeField(null=True)),
                ('statement', relto.store.fields.EncryptedBytes(null=True)),
                ('entry', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='InventoryLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('inventory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='store.inventory')),
                ('copy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inventory_lines', to='store.itemcopy')),
                ('result', models.CharField(blank=True, max_length=12)),
                ('note', relto.store.fields.EncryptedText(default=str)),
                ('by', models.CharField(blank=True, max_length=32)),
                ('at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('inventory', 'copy'), name='one_line_a_copy')],
            },
        ),
    ]
