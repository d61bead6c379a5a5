"""On PostgreSQL: row-level security by company on the tables that hold companies' content. Elsewhere nothing."""

from django.db import migrations

from relto.store.row_security import guard


def raise_wall(_apps, schema_editor):
    """Enable it and make the policies."""
    guard(schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0020_identity_and_notices"),
    ]

    operations = [
        migrations.RunPython(raise_wall, migrations.RunPython.noop, elidable=False),
    ]
