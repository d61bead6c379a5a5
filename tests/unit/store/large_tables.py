"""Tens of thousands of rows in every large table, made by the server itself: what query plans are read on."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection
from django.db.models import Model

from relto.store.models import (
    Arrival,
    Company,
    DecisionRecord,
    Dossier,
    DossierDue,
    DossierKey,
    Facility,
    Item,
    ItemCopy,
    LedgerEntry,
    Manifest,
    Membership,
    OutboxMessage,
    Person,
    Programme,
    RegisterEntry,
    ReleaseCase,
    ReleaseReader,
    RoleGrant,
)

COMPANIES: Final = 200
MANY: Final = 20_000
COMPANY: Final = "'C' || lpad((1 + n % 200)::text, 3, '0')"
FACILITY: Final = "'F' || lpad((1 + n % 200)::text, 3, '0')"
ITEM: Final = "'itm_' || n"
AT: Final = "timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'"
_PLACES: Final[list[tuple[type[Model], int, dict[str, str]]]] = [
    (Company, COMPANIES, {"code": COMPANY}),
    (Facility, COMPANIES, {"code": FACILITY, "company_id": COMPANY}),
    (Programme, 50, {"code": "'P' || n"}),
    (Person, MANY, {"id": "'prs_' || n", "company_id": COMPANY, "facility_id": FACILITY}),
    (RoleGrant, MANY, {"person_id": "'prs_' || n", "role": "'engineer'"}),
    (Membership, MANY, {"person_id": "'prs_' || n", "programme_id": "'P' || (1 + n % 50)", "until": "NULL"}),
    (
        Item,
        2 * MANY,
        {
            "id": ITEM,
            "uuid": "'u' || n",
            "company_id": f"CASE WHEN n <= {MANY} THEN {COMPANY} END",
            "held_as": f"CASE WHEN n <= {MANY} THEN 'own' ELSE 'received' END",
            "programme": "'P' || (1 + n % 50)",
            "state": "'registered'",
            "registered_at": AT,
        },
    ),
    (
        Manifest,
        2 * MANY,
        {
            "id": "'man_' || n",
            "item_id": ITEM,
            "policy_uuid": "'pol_' || n",
            "withdrawn_at": "NULL",
            "kind": f"CASE WHEN n <= {MANY} THEN 'original' ELSE 'received' END",
        },
    ),
    (
        RegisterEntry,
        MANY,
        {"number": "'USA-2026-' || lpad(n::text, 6, '0')", "item_id": ITEM, "company": COMPANY, "at": AT},
    ),
    (
        ReleaseCase,
        MANY,
        {
            "id": "'rel_' || n",
            "number": "'REL-2026-' || n",
            "item_id": ITEM,
            "company": COMPANY,
            "state": "(ARRAY['asked','delivered','refused','accepted'])[1 + least(n % 8, 3)]",
            "asked_at": AT,
            "manifest_id": "'man_' || n",
            "nation": "'IND'",
            "facility": "'IND-F' || n % 300",
        },
    ),
    (
        Arrival,
        MANY,
        {
            "id": "'arr_' || n",
            "release": "'rel_p' || n",
            "number": "'REL-P-' || n",
            "sender": "'IND'",
            "item_id": f"'itm_' || n + {MANY}",
            "manifest_id": f"'man_' || n + {MANY}",
            "partner_manifest_id": "NULL",
            "facility": FACILITY,
            "state": "CASE WHEN n % 50 = 0 THEN 'arrived' ELSE 'accepted' END",
            "arrived_at": AT,
        },
    ),
    (
        ReleaseReader,
        2 * MANY,
        {
            "case_id": f"CASE WHEN n <= {MANY} THEN 'rel_' || n END",
            "arrival_id": f"CASE WHEN n > {MANY} THEN 'arr_' || n - {MANY} END",
            "pseudonym": "'prs_' || n % 20000",
            "side": "'recipient'",
        },
    ),
    (
        Dossier,
        MANY,
        {
            "id": "'dos_' || n",
            "origin": "'dos_' || n",
            "nation": "'USA'",
            "number": "'VIS-2026-' || lpad(n::text, 5, '0')",
            "company": COMPANY,
            "procedure": "'visit'",
            "stand": "'visit/asking/state' || n % 40",
            "state": "'state' || n % 40",
            "is_open": "n % 40 < 10",
            "changed_at": AT,
            "since": AT,
            "opened_at": AT,
        },
    ),
    (DossierKey, 2 * MANY, {"dossier_id": "'dos_' || 1 + n % 20000", "digest": "md5((n / 3)::text) || md5(n::text)"}),
    (DossierDue, MANY, {"dossier_id": "'dos_' || n", "clock": "'clock'", "at": AT}),
    (DecisionRecord, 2 * MANY, {"id": "'dec_' || n", "actor": "'prs_' || n % 20000", "company": COMPANY, "at": AT}),
    (
        ItemCopy,
        MANY,
        {
            "id": "'cpy_' || n",
            "item_id": ITEM,
            "company_id": COMPANY,
            "source_id": "NULL",
            "number": "1",
            "state": "'held'",
        },
    ),
    (
        LedgerEntry,
        4 * MANY,
        {
            "entry": "'ent_' || n",
            "company": COMPANY,
            "actor": "'prs_' || n % 20000",
            "subject": "'itm_' || n / 4",
            "event": "'item.registered'",
            "recorded_at": AT,
            "index": f"CASE WHEN n < {4 * MANY} - 20 THEN n END",
        },
    ),
    (
        OutboxMessage,
        MANY,
        {"id": "'msg_' || n", "partner": "'IND'", "sequence": "n", "state": "'receipted'", "run_after": AT},
    ),
]
LARGE: Final = frozenset(model._meta.db_table for model, count, _ in _PLACES if count >= MANY)


def _plain(field: Any) -> tuple[str, list[Any]]:
    """What a column holds that no query asks for: an expression and its values."""
    if field.null:
        return "NULL", []
    kind = field.get_internal_type()
    given = {
        "DateTimeField": AT,
        "BooleanField": "true",
        "BigIntegerField": "0",
        "IntegerField": "0",
        "PositiveIntegerField": "0",
        "PositiveSmallIntegerField": "0",
        "PositiveBigIntegerField": "0",
        "JSONField": "'{}'::jsonb",
        "CharField": "''",
        "TextField": "''",
    }
    if kind in given and not type(field).__name__.startswith("Encrypted"):
        return given[kind], []
    word: Any = {} if type(field).__name__ == "EncryptedJson" else "x" if "Text" in type(field).__name__ else b"x"
    return "%s", [field.get_db_prep_save(word, connection=connection)]


def load() -> None:
    """Make all rows and count them for the planner. The field key is set."""
    with connection.cursor() as cursor:
        for model, count, told in _PLACES:
            names, expressions, values = [], [], []
            for field in model._meta.concrete_fields:
                if field.get_internal_type().endswith("AutoField"):
                    continue
                expression, given = (told[field.column], []) if field.column in told else _plain(field)
                names.append(f'"{field.column}"')
                expressions.append(expression.replace("%", "%%") if not given else expression)
                values += given
            rows = f"SELECT {', '.join(expressions)} FROM generate_series(1, {count}) n"  # noqa: S608  our own names
            cursor.execute(f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) {rows}", values)
        cursor.execute("ANALYZE")
