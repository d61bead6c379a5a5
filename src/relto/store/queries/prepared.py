"""Queries and rows whose SQL is made once for each connection: what then runs again and again costs little but itself.

Rules: the SQL is Django's own for the query that is given, so meaning, engine and the conversion of values are those of
the ORM; only the values that are marked change from one run to the next. A model's row that was read in part reads the
rest when it is asked for, as Django's `only` does. Nothing read is kept: each run asks the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, BinaryField, BooleanField, CharField, DateTimeField, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.fields import NOT_PROVIDED
from django.db.models.query import ModelIterable

from relto.base.instants import Instant
from relto.store.fields import EncryptedBytes

Row = TypeVar("Row")
RawRows = list[Any]
Made = TypeVar("Made", bound=Model)
_PLACE = "prepared_queries"
_NO_NUMBER = -(1 << 40)
_INSERTIONS = "prepared_insertions"
_MAKINGS = "prepared_makings"
_PLAIN: Mapping[type, type] = {CharField: str, BooleanField: bool, BigIntegerField: int, BinaryField: bytes}
"""Of these fields, what a value's type is when the database takes it as it is."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The statement, its values, where among them the changing ones stand, and how its rows are read."""

    sql: str
    fixed: list[Any]
    places: list[tuple[int, int]]
    read: Callable[[list[Any]], list[Any]]
    stored: Callable[[Any], Any]


class Reads:
    """What was read for one purpose, each query once; so what is made of it is made of these very rows."""

    def __init__(self) -> None:
        """Nothing was read."""
        self._found: dict[tuple[object, ...], RawRows] = {}

    def raw(self, query: Prepared[Any], *values: str | int | Instant) -> RawRows:
        """See `Prepared.raw`."""
        place = (query, *values)
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = query.raw(*values)
        return found

    def rows(self, query: Prepared[Row], *values: str | int | Instant) -> list[Row]:
        """See `Prepared.rows`."""
        return query.read(self.raw(query, *values))

    def first(self, query: Prepared[Row], *values: str | int | Instant) -> Row | None:
        """See `Prepared.first`."""
        found = self.rows(query, *values)
        return found[0] if found else None


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
        return self.read(self.raw(*values))

    def raw(self, *values: str | int | Instant) -> RawRows:
        """The same as the database gives it: equal when nothing of it changed; `read` makes rows of it."""
        own: Any = connections[DEFAULT_DB_ALIAS]
        kept: dict[object, _Compiled] = vars(own).setdefault(_PLACE, {})
        compiled = kept.get(self)
        if compiled is None:
            compiled = kept[self] = self._compile(own)
        given = compiled.fixed.copy()
        for place, number in compiled.places:
            given[place] = compiled.stored(values[number])
        return _execute(own, compiled.sql, given)

    def read(self, raw: RawRows) -> list[Row]:
        """The rows that were read in this process by this very query."""
        return vars(connections[DEFAULT_DB_ALIAS])[_PLACE][self].read(raw) if raw else []

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
        stored = _storing(own)
        adapted = [stored(marker) for marker in markers]
        places = [(place, adapted.index(value)) for place, value in enumerate(made) if value in adapted]
        converters = [
            (place, [_reading(own, one, expression) for one in each])
            for place, (each, expression) in compiler.get_converters([one[0] for one in compiler.select]).items()
        ]
        names = [column[0].target.attname for column in compiler.select] if of_model else []

        def read(found: list[Any]) -> list[Any]:
            rows = [_converted(row, converters) for row in found] if converters else found
            if not of_model:
                return [tuple(row) for row in rows]
            return [model_of(queryset.model, own.alias, names, row) for row in rows]

        return _Compiled(sql, list(made), places, read, stored)


def model_of(model: type[Made], alias: str | None, names: Sequence[str], row: Sequence[Any]) -> Made:
    """As Django's `from_db` makes it, but that no signal is sent: what was not read is read when it is asked for."""
    made = model.__new__(model)
    made.__dict__.update(zip(names, row, strict=True))
    state = made.__dict__["_state"] = ModelState()
    state.adding, state.db = False, alias
    return made


def _converted(row: Sequence[Any], converters: list[tuple[int, list[Callable[[Any], Any]]]]) -> list[Any]:
    read = list(row)
    for place, each in converters:
        for convert in each:
            read[place] = convert(read[place])
    return read


def _reading(own: Any, convert: Callable[[Any, Any, Any], Any], expression: Any) -> Callable[[Any], Any]:
    """One of Django's conversions; that of SQLite's instants, which are the most, at a tenth of its cost."""
    if own.vendor == "sqlite" and own.timezone is UTC and convert == own.ops.convert_datetimefield_value:
        return _instant_of_text
    return lambda value: convert(value, expression, own)


def _instant_of_text(stored: Any) -> Any:
    """As Django reads it where the zone of the database is UTC. A computed column comes as text."""
    if stored is None:
        return None
    moment = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _marker(kind: type[str | int | Instant], number: int) -> str | int | Instant:
    """What stands for a value: nothing that a query would name by itself."""
    if kind is Instant:
        return datetime(1, 1, 1, microsecond=number + 1, tzinfo=UTC)
    return _NO_NUMBER - number if kind is int else f"\x01value {number}\x01"


def _storing(own: Any) -> Callable[[Any], Any]:
    """How a value is written in a statement of this connection."""
    plainly = own.vendor == "sqlite" and own.timezone is UTC

    def stored(value: Any) -> Any:
        if isinstance(value, datetime):
            if plainly and value.tzinfo is UTC:
                return str(value.replace(tzinfo=None))  # as Django writes it, without asking which zone this is
            return own.ops.adapt_datetimefield_value(value)
        return value if type(value) is int else str(value)

    return stored


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that is made and not yet written. `columns`: its fields; `values`: what the database is given for each."""

    model: type[Model]
    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def but(self, column: str, value: Instant | None) -> NewRow:
        """The same row with another instant in one column."""
        own = connections[DEFAULT_DB_ALIAS]
        place = self.columns.index(column)
        given = None if value is None else _storing(own)(value)
        return NewRow(self.model, self.columns, (*self.values[:place], given, *self.values[place + 1 :]))


def new_row(model: type[Model], **values: Any) -> NewRow:
    """Make a row; what is not named has its default."""
    own: Any = connections[DEFAULT_DB_ALIAS]
    kept: dict[object, _Making] = vars(own).setdefault(_MAKINGS, {})
    names = tuple(values)
    making = kept.get((model, names))
    if making is None:
        making = kept[model, names] = _making(own, model, names)
    given = [
        values[name] if plainly is not None and type(values[name]) is plainly else prepared(values[name])
        for name, plainly, prepared in making.given
    ]
    return NewRow(model, making.columns, (*given, *(prepared() for prepared in making.defaults)))


@dataclass(frozen=True, slots=True)
class _Making:
    """How rows of these columns are made.

    `given`: of each that is named, the type that is stored as it is, if any, and what prepares everything else;
    `defaults`: what gives each of the others.
    """

    columns: tuple[str, ...]
    given: Sequence[tuple[str, type | None, Callable[[Any], Any]]]
    defaults: Sequence[Callable[[], Any]]


def _making(own: Any, model: type[Model], names: tuple[str, ...]) -> _Making:
    fields = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001  documented _meta API
    given = [(name, _PLAIN.get(type(fields[name])), _preparing(own, fields[name])) for name in names]
    others = [field for name, field in fields.items() if name not in names and not field.primary_key]
    defaults = [partial(_default_prepared, own, field) for field in others]
    return _Making((*names, *(str(field.attname) for field in others)), given, defaults)


def _preparing(own: Any, field: Any) -> Callable[[Any], Any]:
    """What the field gives the database; of instants Django would give the same, by a longer way."""
    stored = _storing(own)
    if isinstance(field, EncryptedBytes):
        binary = own.Database.Binary

        def sealed(value: Any) -> Any:
            return None if value is None else binary(field.get_prep_value(value))

        return sealed

    def prepared(value: Any) -> Any:
        if type(field) is DateTimeField and isinstance(value, datetime) and value.tzinfo is not None:
            return stored(value)
        return field.get_db_prep_save(value, connection=own)

    return prepared


def _default_prepared(own: Any, field: Any) -> Any:
    return field.get_db_prep_save(_default_of(field), connection=own)


def insert(model: type[Model], **values: Any) -> None:
    """Write one new row; what is not named has its default. No signal is sent and nothing is read back."""
    insert_rows([new_row(model, **values)])


def insert_rows(rows: Sequence[NewRow]) -> None:
    """Write rows, those of one model by one statement, in the order in which they are given."""
    own: Any = connections[DEFAULT_DB_ALIAS]
    together: dict[tuple[type[Model], tuple[str, ...]], list[tuple[Any, ...]]] = {}
    for row in rows:
        together.setdefault((row.model, row.columns), []).append(row.values)
    kept: dict[object, str] = vars(own).setdefault(_INSERTIONS, {})
    for (model, columns), values in together.items():
        sql = kept.get((model, columns))
        if sql is None:
            sql = kept[model, columns] = _insertion(own, model, columns)
        _execute_many(own, sql, values)


def _execute(own: Any, sql: str, values: list[Any]) -> list[Any]:
    """All rows. On SQLite past Django's cursor, whose every statement is rewritten from another style of marks."""
    if own.vendor != "sqlite" or own.execute_wrappers or own.force_debug_cursor:
        with own.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []
    _ready(own)
    try:
        found: list[Any] = own.connection.execute(_with_marks_of_sqlite(sql), values).fetchall()
    except own.Database.Error:
        with own.wrap_database_errors:
            raise
    return found


def _execute_many(own: Any, sql: str, values: list[tuple[Any, ...]]) -> None:
    if own.vendor != "sqlite" or own.execute_wrappers or own.force_debug_cursor:
        with own.cursor() as cursor:
            cursor.executemany(sql, values)
        return
    _ready(own)
    try:
        own.connection.executemany(_with_marks_of_sqlite(sql), values)
    except own.Database.Error:
        with own.wrap_database_errors:
            raise


def _ready(own: Any) -> None:
    if own.connection is None:
        own.ensure_connection()
    if own.needs_rollback:
        own.validate_no_broken_transaction()


@cache
def _with_marks_of_sqlite(sql: str) -> str:
    """Made once for each statement: there are as many as are written in the code."""
    return sql.replace("%s", "?").replace("%%", "%")


def _default_of(field: Any) -> Any:
    return field.get_default() if field.default is not NOT_PROVIDED or field.empty_strings_allowed else None


def _insertion(own: Any, model: type[Model], columns: tuple[str, ...]) -> str:
    name = own.ops.quote_name
    table = name(model._meta.db_table)  # noqa: SLF001  Django's documented _meta API
    column_of = {field.attname: str(field.column) for field in model._meta.concrete_fields}  # noqa: SLF001  likewise
    columns = tuple(column_of[one] for one in columns)
    named, marks = ", ".join(map(name, columns)), ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({named}) VALUES ({marks})"  # noqa: S608  names of the model's own
