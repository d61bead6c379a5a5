"""Where relations and divergences stand: a place for each, so that lists and counts read no statement.

What stands already gets a place with what plain columns tell, and no rule book: the worker derives the rest.
"""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def place_what_stands(apps: Any, schema_editor: Any) -> None:
    """One place for each entry, with its opener, its instants and its topic."""
    del schema_editor
    statements = apps.get_model("store", "AlignmentStatement").objects.filter(kind__in=("relation", "divergence"))
    place = apps.get_model("store", "AlignmentPlace")
    found: dict[str, Any] = {}
    columns = ("entry", "kind", "nation", "number", "topic", "at")
    for entry, kind, nation, number, topic, at in statements.order_by("at", "nation").values_list(*columns).iterator():
        held = found.get(entry)
        if held is None and number == 1:
            found[entry] = place(
                entry=entry, kind=kind, topic=topic, opened_by=nation, opened=at, changed=at, state="", book=""
            )
        elif held is not None:
            held.changed = max(held.changed, at)
    place.objects.bulk_create(found.values(), batch_size=500)


class Migration(migrations.Migration):
    """Two tables, filled from plain columns."""

    dependencies = [("store", "0015_alignment")]

    operations = [
        migrations.CreateModel(
            name="AlignmentPlace",
            fields=[
                ("entry", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16)),
                ("topic", models.CharField(blank=True, max_length=32)),
                ("opened_by", models.CharField(max_length=3)),
                ("opened", models.DateTimeField()),
                ("changed", models.DateTimeField()),
                ("state", models.CharField(blank=True, max_length=16)),
                ("word", models.CharField(blank=True, max_length=16)),
                ("whose", models.CharField(blank=True, max_length=3)),
                ("pair", models.CharField(blank=True, max_length=7)),
                ("book", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "opened", "entry"], name="alignment_place_by_age"),
                    models.Index(fields=["kind", "state", "opened"], name="alignment_place_by_state"),
                    models.Index(fields=["topic", "opened"], name="alignment_place_by_topic"),
                    models.Index(fields=["pair", "topic", "word", "whose", "entry"], name="alignment_place_by_word"),
                    models.Index(fields=["book", "entry"], name="alignment_place_by_book"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlignmentMention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provision", models.CharField(max_length=64)),
                ("topic", models.CharField(blank=True, max_length=32)),
                ("word", models.CharField(blank=True, max_length=16)),
                ("whose", models.CharField(blank=True, max_length=3)),
                ("pair", models.CharField(blank=True, max_length=7)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="store.alignmentplace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["pair", "topic", "word", "whose", "provision"], name="alignment_mention_by_word"
                    ),
                    models.Index(fields=["provision", "place"], name="alignment_mention_by_text"),
                ],
            },
        ),
        migrations.RunPython(place_what_stands, migrations.RunPython.noop),
    ]
