"""Indexes for what is asked all day: found missing by the plans of PostgreSQL on filled tables."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0021_row_security'),
    ]

    operations = [
        migrations.AddIndex('decisionrecord', models.Index(fields=['actor', 'at'], name='decision_by_actor')),
        migrations.AddIndex('decisionrecord', models.Index(fields=['company', 'at'], name='decision_by_company')),
        migrations.AddIndex('releasecase', models.Index(fields=['company', 'asked_at'], name='case_by_company')),
        migrations.AddIndex('arrival', models.Index(fields=['state', 'arrived_at'], name='arrival_by_state')),
        migrations.AddIndex('arrival', models.Index(fields=['facility', 'state', 'arrived_at'], name='arrival_by_facility')),
        migrations.AddIndex('registerentry', models.Index(fields=['at', 'number'], name='register_by_time')),
        migrations.AddIndex('item', models.Index(fields=['registered_at', 'id'], name='item_by_time')),
        migrations.AddIndex('ledgerentry', models.Index(fields=['actor', 'event'], name='entry_by_actor')),
    ]
