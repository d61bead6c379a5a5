"""A database that was filled at an older release is brought to the newest: every row is there, as it was. A program."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import django

AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
OLDER = "0010"


def value_of(field: Any, number: int, company: str) -> Any:
    """Something for every column, the same each time."""
    if field.name == "company":
        return company
    if field.null and type(field).__name__ == "DateTimeField":
        return None
    made: dict[str, Any] = {
        "DateTimeField": AT,
        "BooleanField": bool(number % 2),
        "JSONField": {"number": number},
        "EncryptedJson": {"word": f"परीक्षा {number}"},
        "EncryptedText": f"{field.name} परीक्षा {number}",
        "BinaryField": hashlib.sha256(f"{field.name}{number}".encode()).digest(),
        "EncryptedBytes": hashlib.sha256(f"{field.name}{number}".encode()).digest(),
        "CharField": f"{field.name[: (field.max_length or 64) - 1]}{number}",
        "TextField": f"{field.name}{number}",
    }
    return made.get(type(field).__name__, number)


def fill(state: Any, rows: int) -> dict[str, int]:
    """Rows in every table that the older release knows, parents first; how many in each."""
    waiting = list(state.get_models())
    made: dict[str, int] = {}
    while waiting:
        for model in list(waiting):
            relations = [field for field in model._meta.concrete_fields if field.is_relation]
            if any(one.remote_field.model in waiting and one.remote_field.model is not model for one in relations):
                continue
            waiting.remove(model)
            for number in range(1, rows + 1):
                values = {}
                for field in model._meta.concrete_fields:
                    if field.is_relation:
                        parents = field.remote_field.model._default_manager.order_by("pk")
                        values[field.attname] = None if field.remote_field.model is model else parents[number - 1].pk
                    elif not field.get_internal_type().endswith("AutoField"):
                        values[field.attname] = value_of(field, number, f"USA-C{number}")
                model._default_manager.create(**values)
            made[model._meta.model_name] = rows
    return made


def contents(model: Any, names: list[str]) -> list[list[str]]:
    """All rows in these columns, as texts."""
    rows = model._default_manager.order_by("pk").values_list(*names)
    return [[repr(bytes(one) if isinstance(one, memoryview) else one) for one in row] for row in rows]


def main(rows: int = 3) -> None:
    django.setup()
    from django.apps import apps  # noqa: PLC0415  once Django is set up
    from django.core.management import call_command  # noqa: PLC0415  once Django is set up
    from django.db import connection  # noqa: PLC0415  once Django is set up
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415  once Django is set up

    from relto.store import scopes  # noqa: PLC0415  once Django is set up
    from relto.store.fields import use_field_key  # noqa: PLC0415  once Django is set up

    scopes.begin_process(scopes.NODE)
    use_field_key(b"k" * 32)
    call_command("migrate", "store", OLDER, verbosity=0)
    executor = MigrationExecutor(connection)
    (node,) = [one for one in executor.loader.graph.nodes if one[0] == "store" and one[1].startswith(OLDER)]
    older = executor.loader.project_state(node).apps
    state = older.all_models["store"]

    class Older:
        @staticmethod
        def get_models() -> list[Any]:
            return [model for model in state.values() if model._meta.managed and not model._meta.proxy]

    made = fill(Older, rows)
    newer = {model._meta.model_name: model for model in apps.get_app_config("store").get_models()}
    kept = {}
    for name in made:
        if name in newer:
            columns = {field.attname for field in newer[name]._meta.concrete_fields}
            names = [field.attname for field in state[name]._meta.concrete_fields if field.attname in columns]
            kept[name] = (names, contents(state[name], names))
    call_command("migrate", verbosity=0)
    lost = [name for name, (names, before) in kept.items() if contents(newer[name], names) != before]
    walls = []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY relname")
            walls = [name for (name,) in cursor.fetchall()]
    sys.stdout.write(json.dumps({"tables": len(made), "kept": len(kept), "lost": lost, "walls": walls}))


if __name__ == "__main__":
    main()
