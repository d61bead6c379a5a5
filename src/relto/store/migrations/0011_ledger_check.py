"""What the full re-checks of the ledger found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0010_reconciliation"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finished_at", models.DateTimeField()),
                ("size", models.BigIntegerField()),
                ("counts", models.JSONField(default=dict)),
                ("named", models.JSONField(default=list)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("entry", models.CharField(blank=True, max_length=32)),
            ],
        ),
    ]
