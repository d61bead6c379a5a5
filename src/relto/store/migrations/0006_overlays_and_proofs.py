"""Proofs by the digest of what they read, each bundle's own, and the nation's overlays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables and a column."""

    dependencies = [
        ("store", "0005_custodian_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleProof",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("proved", models.BooleanField()),
                ("result", models.JSONField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="NationalOverlay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agreement", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("file", models.BinaryField()),
                ("effective_from", models.DateTimeField()),
                ("ends", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField()),
                ("entry", models.CharField(max_length=32)),
                ("proof", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("agreement", "version"), name="one_overlay_a_version"),
                ],
            },
        ),
        migrations.AddField(
            model_name="agreementbundle",
            name="proof",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
