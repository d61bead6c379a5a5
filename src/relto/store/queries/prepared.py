"""Queries and rows whose SQL is made once for each connection: what then runs again and again costs little but itself.

Rules: the SQL is Django's own for the query that is given, so meaning, engine and the conversion of values are those of
the ORM; only the values that are marked change from one run to the next. A model's row that was read in part reads the
rest when it is asked for, as Django's `only` does. Nothing read is kept: each run asks the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.fields import NOT_PROVIDED
from django.db.models.query import ModelIterable

from relto.base.instants import Instant

Row = TypeVar("Row")
_PLACE = "prepared_queries"
_NO_NUMBER = -(1 << 40)
_INSERTIONS = "prepared_insertions"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The statement, its values, where among them the changing ones stand, and how its rows are read."""

    sql: str
    fixed: list[Any]
    places: list[tuple[int, int]]
    read: Callable[[list[Any]], list[Any]]


class Prepared(Generic[Row]):
    """One query: `build` gives it for markers in place of the values that `rows` is then called with.

    Each marker stands once in a condition, as it is; texts, numbers and instants are what a value may be.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *kinds: type[str | int | Instant]) -> None:
        """`kinds`: of each value, `str`, `int` or `Instant`."""
        self._build = build
        self._kinds = kinds

    def rows(self, *values: str | int | Instant) -> list[Row]:
        """What the query gives for these values now."""
        own = connections[DEFAULT_DB_ALIAS]
        kept: dict[object, _Compiled] = vars(own).setdefault(_PLACE, {})
        compiled = kept.get(self)
        if compiled is None:
            compiled = kept[self] = self._compile(own)
        given = list(compiled.fixed)
        for place, number in compiled.places:
            value = values[number]
            given[place] = _as_stored(own, value)
        found = _execute(own, compiled.sql, given)
        return compiled.read(found) if found else []

    def first(self, *values: str | int | Instant) -> Row | None:
        """The first row of it; say so in the query too (`[:1]`)."""
        found = self.rows(*values)
        return found[0] if found else None

    def _compile(self, own: Any) -> _Compiled:
        markers = [_marker(kind, number) for number, kind in enumerate(self._kinds)]
        queryset = self._build(*markers)
        of_model = issubclass(queryset._iterable_class, ModelIterable)  # noqa: SLF001  rows, or values
        compiler = queryset.query.get_compiler(connection=own)
        sql, made = compiler.as_sql()
        adapted = [_as_stored(own, marker) for marker in markers]
        places = [(place, adapted.index(value)) for place, value in enumerate(made) if value in adapted]
        converters = compiler.get_converters([column[0] for column in compiler.select])
        names = [column[0].target.attname for column in compiler.select] if of_model else []

        def read(found: list[Any]) -> list[Any]:
            rows = compiler.apply_converters(found, converters) if converters else found
            if not of_model:
                return [tuple(row) for row in rows]
            return [queryset.model.from_db(own.alias, names, row) for row in rows]

        return _Compiled(sql, list(made), places, read)


def _marker(kind: type[str | int | Instant], number: int) -> str | int | Instant:
    """What stands for a value: nothing that a query would name by itself."""
    if kind is Instant:
        return datetime(1, 1, 1, microsecond=number + 1, tzinfo=UTC)
    return _NO_NUMBER - number if kind is int else f"\x01value {number}\x01"


def _as_stored(own: Any, value: str | int | Instant) -> Any:
    if isinstance(value, datetime):
        return own.ops.adapt_datetimefield_value(value)
    return value if type(value) is int else str(value)


def insert(model: type[Model], **values: Any) -> None:
    """Write one new row; what is not named has its default. No signal is sent and nothing is read back."""
    fields = [
        field
        for field in model._meta.concrete_fields  # noqa: SLF001  Django's documented _meta API
        if field.attname in values or not field.primary_key
    ]
    own = connections[DEFAULT_DB_ALIAS]
    given = [
        field.get_db_prep_save(values[field.attname] if field.attname in values else _default_of(field), connection=own)
        for field in fields
    ]
    columns = tuple(str(field.column) for field in fields)
    kept: dict[object, str] = vars(own).setdefault(_INSERTIONS, {})
    sql = kept.get((model, columns))
    if sql is None:
        sql = kept[model, columns] = _insertion(own, model, columns)
    _execute(own, sql, given)


def _execute(own: Any, sql: str, values: list[Any]) -> list[Any]:
    """All rows. On SQLite past Django's cursor, whose every statement is rewritten from another style of marks."""
    if own.vendor != "sqlite" or own.execute_wrappers or own.queries_logged:
        with own.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []
    own.ensure_connection()
    own.validate_no_broken_transaction()
    with own.wrap_database_errors:
        found: list[Any] = own.connection.execute(_with_marks_of_sqlite(sql), values).fetchall()
        return found


@cache
def _with_marks_of_sqlite(sql: str) -> str:
    """Made once for each statement: there are as many as are written in the code."""
    return sql.replace("%s", "?").replace("%%", "%")


def _default_of(field: Any) -> Any:
    return field.get_default() if field.default is not NOT_PROVIDED or field.empty_strings_allowed else None


def _insertion(own: Any, model: type[Model], columns: tuple[str, ...]) -> str:
    name = own.ops.quote_name
    table = name(model._meta.db_table)  # noqa: SLF001  Django's documented _meta API
    named, marks = ", ".join(map(name, columns)), ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({named}) VALUES ({marks})"  # noqa: S608  names of the model's own
