"""Rows of every kind, many times: the demo leaves one real object of each kind, and a year holds thousands.

A copy of a row has an identity of its own: its ids, uuids and numbers are new, and it points to the copies of what it
pointed to. Encrypted columns and signed bytes are taken as they are, so the page of a copy says what its first one
says; proofs and digests of copies do not hold and are shown by no list. The copies lie spread over the year before.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, models, transaction

YEAR: Final[Mapping[str, int]] = {
    "Company": 50,
    "Facility": 50,
    "Person": 1_500,
    "Membership": 1_500,
    "Item": 5_000,
    "Manifest": 7_500,
    "RegisterEntry": 10_000,
    "ReleaseCase": 3_000,
    "ReleaseReader": 5_000,
    "Arrival": 1_500,
    "ThirdPartyRequest": 300,
    "ItemCopy": 3_000,
    "CopyEvent": 3_000,
    "Inventory": 200,
    "InventoryLine": 200,
    "DecisionRecord": 30_000,
    "LedgerEntry": 100_000,
    "Assurance": 3_000,
    "Authorisation": 300,
    "OutboxMessage": 5_000,
    "InboxMessage": 5_000,
    "Dossier": 25_000,
    "DossierStep": 25_000,
    "DossierDue": 25_000,
    "DossierKey": 25_000,
    "AlignmentStatement": 1_200,
    "AlignmentPlace": 1_500,
    "AlignmentMention": 3_000,
    "AlignmentNote": 500,
    "Reconciliation": 500,
    "CustodianRecord": 50,
    "PortalSession": 5_000,
    "CalendarFeed": 200,
    "RoleChange": 100,
}
"""Model -> rows that a year holds, about: 50 companies, 25,000 dossiers, 5,000 items."""

_ID: Final = re.compile(r"[a-z]{3}_[a-z2-7]{24}\Z")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NUMBER: Final = re.compile(r"(.*-20\d\d-)(\d+)\Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_CODE: Final = re.compile(r"(?:USA|IND)-[CF]\d{3}\Z")
_OWN: Final = re.compile(f"{_ID.pattern}|{_UUID.pattern}|{_DIGEST.pattern}|{_NUMBER.pattern}|{_CODE.pattern}")
_ID_LENGTH: Final = 28
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_OWN_DIGESTS: Final = frozenset({"statement", "digest", "previous"})
_STAY: Final = re.compile(r"valid_|until|expires|due_at|granted_|_from\Z")
_NUMBERED: Final = frozenset({"sequence", "index", "size"})
_DAYS: Final = 365
_OPEN: Final = 10
"""One of so many copies of what waits for somebody still waits; the others came to their end."""
_ENDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ReleaseCase": {"state": "refused"},
    "Arrival": {"state": "refused"},
    "ThirdPartyRequest": {"state": "declined"},
    "RoleChange": {"state": "done"},
    "Dossier": {"is_open": False, "state": "closed", "stand": ""},
}


@dataclass
class _Renaming:
    """New names for the ids of the rows that are copied, the same wherever they stand."""

    copies: dict[str, int] = field(default_factory=dict)
    """Id -> how many times the row that bears it is there, with the first."""

    def of(self, value: str, turn: int) -> str:
        """The name of the copy of this turn; the value itself when nothing of that name is copied."""
        many = self.copies.get(value)
        if many is None:
            return value
        return _named(value, turn % many)


def multiply(now: datetime, sizes: Mapping[str, int] = YEAR) -> dict[str, int]:
    """Copy the rows that are there up to so many of each kind; how many there are then. Only kinds that are there."""
    from django.apps import apps  # noqa: PLC0415  Django is set up by then

    kinds = {name: apps.get_model("store", name) for name in sizes}
    present = {name: _rows(model) for name, model in kinds.items()}
    times = dict(_parents(kinds, {one: max(1, sizes[one] // len(rows)) for one, rows in present.items() if rows}))
    renaming = _Renaming()
    for name, many in times.items():
        model = kinds[name]
        for row in present[name]:
            for column in model._meta.concrete_fields:
                value = row[str(column.column)]
                if _names_the_row(column) and isinstance(value, str) and _OWN.match(value):
                    renaming.copies[value] = max(many, renaming.copies.get(value, 0))
    with transaction.atomic():
        for name, many in times.items():
            _write(kinds[name], _copies(kinds[name], present[name], many, renaming, now))
    return {name: model._default_manager.count() for name, model in kinds.items() if present[name]}


def _parents(kinds: Mapping[str, type[models.Model]], times: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """No row that stands once for each of its parent's is copied more often than its parent."""
    settled = dict(times)
    for name in (one for one in kinds if one in times):
        for names in _together(kinds[name]):
            columns = [kinds[name]._meta.get_field(one) for one in names]
            if not any(_names_itself(one) for one in columns):
                parents = [one.related_model.__name__ for one in columns if one.is_relation and one.related_model]
                settled[name] = min(settled[name], max((settled.get(one, 1) for one in parents), default=1))
        yield name, settled[name]


def _together(model: type[models.Model]) -> list[tuple[str, ...]]:
    listed = [tuple(one.fields) for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    single = [(one.name,) for one in model._meta.concrete_fields if one.unique]
    return [*listed, *single]


def _names_itself(column: Any) -> bool:
    """Whether a copy's value in this column is another one."""
    is_counted = isinstance(column, models.AutoField) or column.name in _NUMBERED
    return is_counted or (
        not column.is_relation and isinstance(column, models.CharField) and (column.max_length or 0) >= _ID_LENGTH
    )


def _alone(model: type[models.Model], column: Any) -> bool:
    return any(column.name in names for names in _together(model))


def _rows(model: type[models.Model]) -> list[dict[str, Any]]:
    """The rows as the database has them, encrypted columns included."""
    columns = [str(one.column) for one in model._meta.concrete_fields]
    with connection.cursor() as cursor:
        listed = ", ".join(connection.ops.quote_name(one) for one in columns)
        cursor.execute(f"SELECT {listed} FROM {model._meta.db_table}")  # noqa: S608  names of the models alone
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _names_the_row(column: Any) -> bool:
    return not column.is_relation and (_alone(column.model, column) or column.name == "entry")


def _copies(
    model: type[models.Model], rows: list[dict[str, Any]], many: int, renaming: _Renaming, now: datetime
) -> Iterator[dict[str, Any]]:
    name = model.__name__
    span = timedelta(days=_DAYS) / many
    top = {one: max((row[one] or 0 for row in rows), default=0) + 1 for one in _NUMBERED if rows and one in rows[0]}
    for turn in range(1, many):
        for row in rows:
            made = {
                str(column.column): _value(column, row[str(column.column)], turn, renaming, now, span * turn)
                for column in model._meta.concrete_fields
                if not isinstance(column, models.AutoField)
            }
            for one, highest in top.items():
                if made[one] is not None:
                    made[one] += highest * turn
            if turn % _OPEN and name in _ENDS:
                made.update({one: value for one, value in _ENDS[name].items() if one in made})
            yield made


def _value(  # noqa: PLR0911  one return for each kind of column
    column: Any, value: Any, turn: int, renaming: _Renaming, now: datetime, back: timedelta
) -> Any:
    if isinstance(column, models.DateTimeField):
        if value is None or _STAY.search(column.name):
            return value if value is None else str(value)
        return str(min(value, now.replace(tzinfo=None)) - back)  # as SQLite keeps instants
    if not isinstance(value, str) or isinstance(column, models.JSONField):
        return value
    if value in renaming.copies:
        return renaming.of(value, turn)
    if column.name in {"number", "control_number"} and (found := _NUMBER.match(value)):
        return f"{found[1]}{turn * 1000 + int(found[2])}"
    if column.unique or column.name in _OWN_DIGESTS:
        return _named(value, turn)
    return value


def _named(value: str, turn: int) -> str:  # noqa: PLR0911  one return for each form
    """Another name of the same form."""
    if not turn or not value:
        return value
    if _ID.match(value):
        letters = ""
        for _ in range(6):
            turn, digit = divmod(turn, 32)
            letters = _LETTERS[digit] + letters
        return value[:-6] + letters if letters != value[-6:] else value[:-7] + "a" + letters
    if _UUID.match(value):
        return str(uuid.uuid5(uuid.UUID(value), str(turn)))
    if _DIGEST.match(value):
        return hashlib.sha256(f"{value}{turn}".encode()).hexdigest()
    if _CODE.match(value):
        return f"{value[:5]}{500 + turn % 500}"
    if found := _NUMBER.match(value):
        return f"{found[1]}{turn * 1000 + int(found[2])}"
    return f"{value}-{turn}"


def _write(model: type[models.Model], rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows, None)
    if first is None:
        return
    columns = list(first)
    quoted = ", ".join(connection.ops.quote_name(one) for one in columns)
    places = ", ".join(["%s"] * len(columns))
    command = f"INSERT INTO {model._meta.db_table} ({quoted}) VALUES ({places})"  # noqa: S608  as above
    with connection.cursor() as cursor:
        batch = [tuple(first.values())]
        for row in rows:
            batch.append(tuple(row.values()))
            if len(batch) >= 1000:
                cursor.executemany(command, batch)
                batch = []
        cursor.executemany(command, batch)
