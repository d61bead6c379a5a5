"""The rows of each thread, many times, made by the server itself: `INSERT ... SELECT ... FROM generate_series`.

A copy has an identity of its own: what names its rows is new and the same wherever it stands; its company, facility and
people are those of the company to which its turn gives it. One turn in twenty is the large company's. What a row says
beside that is what the services wrote, encrypted columns and labels included.

Not at full size, to keep the database small: the newest 2,000 turns of each thread are rich and have their ledger
entries, decisions, messages and whole signed bytes; the others' signed bytes are cut short (no list reads them). The
copies of what waits lie in the last weeks, all others in the last five years. Proofs and digests of copies do not hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db import connection, models

from relto.store.models import Company, Facility, Membership, Person, Programme, RoleGrant
from tests.support.houses import COMPANY, FACILITY, PROGRAMME, USA
from tests.support.nation_at_size.story import OF_A_THREAD, Row, Stage, Thread, model_of, rows_of

SHARES: Final = {"sealed": 0.45, "released": 0.24, "refused": 0.05, "received": 0.20, "copied": 0.05, "declined": 0.01}
WAITING: Final = {"asked": 5_000, "sent": 5_000, "arrived": 5_000, "third_party": 20_000, "visit": 500}
"""One of so many documents: at 10 million 2,000 cases wait for the release officers, and 20,000 dossiers are open."""
LARGE_SHARE: Final = 20
PROGRAMMES: Final = 200
_RICH: Final = "t <= 2000"
_RICH_ALONE: Final = frozenset({"LedgerEntry", "DecisionRecord", "OutboxMessage", "InboxMessage"})
_SHORT: Final = 64
_ID: Final = re.compile(r"[a-z]{3}_[a-z2-7]{24}\Z")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_NUMBER: Final = re.compile(r"([A-Z0-9-]+-20\d\d-)(\d+)\Z")
_SAME: Final = frozenset({"bundle_digest", "dues_of", "payload_blob"})
_COUNTED: Final = frozenset({"sequence", "index"})
_STAYS: Final = re.compile(r"valid_|until|expires|granted_")
_YEARS: Final = timedelta(days=5 * 365)
_WEEKS: Final = timedelta(days=30)
_FUNCTIONS: Final = """
CREATE OR REPLACE FUNCTION relto_named(kept text, turn bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT left(kept, 4) || left(translate(md5(kept || ' ' || turn), '0189', 'wxyz'), 24) $$
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the nation is."""

    documents: int
    people: int
    companies: int


@dataclass
class _Writing:
    """Counters of what must be numbered, and the people whose place a turn takes."""

    size: Size
    engineers: set[str]
    officers: set[str]
    numbers: dict[str, int] = field(default_factory=dict)
    counted: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def company(self) -> str:
        """Of turn t: 0 is the large one."""
        others = max(1, self.size.companies - 1)
        return f"(CASE WHEN mod(t, {LARGE_SHARE}) = 0 THEN 0 ELSE 1 + mod(t * 7919, {others}) END)"


def multiply(stage: Stage, size: Size) -> dict[str, int]:
    """Fill the database; how many rows each table has then, as the planner counts them."""
    node = stage.node
    engineers = {node.people["engineer"], node.people["colleague"]}
    writing = _Writing(size, engineers, {node.people["security_officer"]})
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        cursor.execute("SET session_replication_role = replica")  # every reference is the copy of one that holds
        _rest_indexes(cursor)
        _organise(cursor, writing)
        for thread in stage.threads:
            _thread(cursor, writing, thread, _turns(thread, size))
        cursor.execute("SET session_replication_role = DEFAULT")
        for name in (*OF_A_THREAD, "Person", "RoleGrant", "Membership"):
            cursor.execute(f"REINDEX TABLE {model_of(name)._meta.db_table}")
        cursor.execute("ANALYZE")
    return {name: model_of(name)._default_manager.count() for name in (*OF_A_THREAD, "Person", "Company")}


def _turns(thread: Thread, size: Size) -> int:
    if thread.name in WAITING:
        return max(2, size.documents // WAITING[thread.name])
    return max(2, int(size.documents * SHARES[thread.name]))


def _rest_indexes(cursor: Any) -> None:
    """Indexes are built once at the end (REINDEX makes them valid again), which takes a tenth of the time."""
    tables = [model_of(name)._meta.db_table for name in (*OF_A_THREAD, "Person", "RoleGrant", "Membership")]
    cursor.execute(
        "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid::regclass::text = ANY(%s)", [tables]
    )


def _organise(cursor: Any, writing: _Writing) -> None:
    """Companies with a facility each, their people with roles and programmes."""
    size = writing.size
    each = max(2, size.people // max(1, size.companies))
    places: tuple[tuple[type[models.Model], str, str], ...] = (
        (Company, "code", COMPANY[USA]),
        (Facility, "code", FACILITY[USA]),
    )
    for model, code, start in places:
        row = next(one for one in rows_of(model) if one[code] == start)
        made = {code: f"'{start[:5]}' || 1000 + t"}
        if "company_id" in row:
            made["company_id"] = f"'{COMPANY[USA][:5]}' || 1000 + t"
        _insert(cursor, model, row, made, f"generate_series(1, {size.companies - 1}) t")
    programme = rows_of(Programme)[0]
    _insert(cursor, Programme, programme, {"code": "'PRG-' || t"}, f"generate_series(0, {PROGRAMMES - 1}) t")
    many = f"generate_series(0, {size.companies - 1}) c, generate_series(0, {each - 1}) k"
    for person in rows_of(Person):
        if person["id"] not in writing.engineers | writing.officers:
            continue
        is_officer = person["id"] in writing.officers
        where = (
            "WHERE c * 1000000 + k > 0"
            + (" AND k < 2" if is_officer else " AND mod(k, 2) = ")
            + ("" if is_officer else str(sorted(writing.engineers).index(person["id"])))
        )
        identity = f"relto_named('{person['id']}', c * 1000000 + k)"
        place = {"company_id": _code(COMPANY[USA], "c"), "facility_id": _code(FACILITY[USA], "c"), "id": identity}
        _insert(cursor, Person, person, place, f"{many} {where}")
        for held in (RoleGrant, Membership):
            for row in rows_of(held):
                if row["person_id"] == person["id"]:
                    made = {"person_id": identity}
                    if "programme_id" in row:
                        made["programme_id"] = f"'PRG-' || mod(c + k, {PROGRAMMES})"
                    _insert(cursor, held, row, made, f"{many} {where}")


def _code(start: str, number: str) -> str:
    return f"(CASE WHEN {number} = 0 THEN '{start}' ELSE '{start[:5]}' || 1000 + {number} END)"


def _thread(cursor: Any, writing: _Writing, thread: Thread, turns: int) -> None:
    names = _names(writing, thread, turns)
    span = (_WEEKS if thread.waits else _YEARS) / turns
    for kind in OF_A_THREAD:
        model = model_of(kind)
        source = f"generate_series(1, {turns}) t" + (f" WHERE {_RICH}" if kind in _RICH_ALONE else "")
        for row in thread.rows.get(kind, ()):
            made = {}
            for column in model._meta.concrete_fields:
                told = _expression(writing, model, column, row[str(column.column)], names, span, turns)
                if told is not None:
                    made[str(column.column)] = told
            _insert(cursor, model, row, made, source)


def _names(writing: _Writing, thread: Thread, turns: int) -> dict[str, str]:
    """What names rows of this thread -> the same of its copy of turn t; company, facility and people likewise."""
    large = max(1, writing.size.people // max(1, writing.size.companies))
    names = {
        COMPANY[USA]: _code(COMPANY[USA], writing.company),
        FACILITY[USA]: _code(FACILITY[USA], writing.company),
    }
    others = f"'PRG-' || mod({writing.company}, {PROGRAMMES})"
    names[PROGRAMME] = f"(CASE WHEN mod(t, 10) = 0 THEN '{PROGRAMME}' ELSE {others} END)"
    for number, person in enumerate(sorted(writing.engineers)):
        turn = f"{writing.company} * 1000000 + {number} + 2 * mod(t, {max(1, large // 2)})"
        names[person] = (
            f"(CASE WHEN mod(t, {5 * LARGE_SHARE}) = 0 THEN '{person}' ELSE relto_named('{person}', {turn}) END)"
        )
    for person in writing.officers:
        own = f"relto_named('{person}', {writing.company} * 1000000)"
        names[person] = f"(CASE WHEN {writing.company} = 0 THEN '{person}' ELSE {own} END)"
    for kind, rows in thread.rows.items():
        for column in model_of(kind)._meta.concrete_fields:
            for value in (row[str(column.column)] for row in rows):
                if isinstance(value, str) and value not in names and column.name not in _SAME:
                    named = _named(writing, column, value, turns)
                    if named:
                        names[value] = named
    return names


def _named(writing: _Writing, column: Any, value: str, turns: int) -> str:
    if _ID.match(value):
        return "" if value.startswith("prs_") else f"relto_named('{value}', t)"
    if _UUID.match(value):
        return f"md5('{value}' || t)::uuid::text"
    if _DIGEST.match(value):
        return f"md5('{value}' || t) || md5(t || '{value}')"
    found = _NUMBER.match(value)
    if found and (column.name in {"number", "control_number"}):
        start = writing.numbers.get(found[1], 100_000)
        writing.numbers[found[1]] = start + turns + 1
        return f"'{found[1]}' || {start} + t"
    return ""


def _expression(
    writing: _Writing,
    model: type[models.Model],
    column: Any,
    value: Any,
    names: dict[str, str],
    span: timedelta,
    turns: int,
) -> str | None:
    """What the column holds at turn t, when it is not what the row says."""
    if isinstance(column, models.DateTimeField):
        if value is None or _STAYS.search(column.name):
            return None
        return f"'{value.isoformat()}'::timestamptz - t * interval '{span.total_seconds():.3f} seconds'"
    if column.name in _COUNTED and value is not None:
        place = model.__name__, column.name
        start = writing.counted.get(place, 1_000_000)
        writing.counted[place] = start + turns + 1
        return f"{start} + t"
    if isinstance(value, str) and column.name not in _SAME:
        return names.get(value)
    return None


def _insert(cursor: Any, model: type[models.Model], row: Row, made: dict[str, str], source: str) -> None:
    """The row as it is, with what `made` says in some of its columns, once for each row of the source."""
    names, expressions, values = [], [], []
    for column in model._meta.concrete_fields:
        if isinstance(column, models.AutoField):
            continue
        name = str(column.column)
        names.append(connection.ops.quote_name(name))
        if name in made:
            expressions.append(made[name].replace("%", "%%"))
            continue
        value = row[name]
        if isinstance(column, models.JSONField):
            expressions.append("%s::jsonb")
            values.append(value)
        elif type(column) is models.BinaryField and value is not None and len(value) > _SHORT and "t" in source.split():
            expressions.append(f"CASE WHEN {_RICH} THEN %s::bytea ELSE %s::bytea END")
            values += [bytes(value), bytes(value)[:_SHORT]]
        else:
            expressions.append("%s")
            values.append(value)
    told = f"({', '.join(names)}) SELECT {', '.join(expressions)} FROM {source}"  # noqa: S608  names of the models alone
    listed = f"INSERT INTO {model._meta.db_table} {told}"
    cursor.execute(listed, values)
