"""On PostgreSQL: what is written wakes the worker's round that it is for (relto.store.presence). Elsewhere nothing.

Not on the ledger's entries: each notification takes a lock of the whole database at its commit, which openings of
documents would then wait for; the one sequencer looks by itself.
"""

from django.db import migrations

WAKES = {
    "store_outboxmessage": ("INSERT", "deliver"),
    "store_releasecase": ("INSERT OR UPDATE OF state", "prepare"),
    "store_courierbundle": ("INSERT OR UPDATE OF state", "courier"),
    "store_checkpoint": ("INSERT", "cosign"),
}
FUNCTION = """
CREATE OR REPLACE FUNCTION relto_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('relto_work', TG_ARGV[0]);
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER relto_wake AFTER {when} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION relto_wake('{round}')
"""


def wake(_apps, schema_editor):
    """Make the function and its triggers."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(FUNCTION)
    for table, (when, round_) in WAKES.items():
        schema_editor.execute(TRIGGER.format(when=when, table=table, round=round_))


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0018_portal_looks'),
    ]

    operations = [
        migrations.RunPython(wake, migrations.RunPython.noop, elidable=False),
    ]
