"""Which tables PostgreSQL guards by company, and how: the policies of the second wall (relto.store.scopes).

A row is seen, changed or written when it belongs to the company that asks, or when the authority or the node itself
asks; without a scope there is none. Rows that hang on another row are seen with it. The wall stands for roles that
neither own the tables nor pass row security by: a superuser and the owner see everything (PostgreSQL 15, section 5.8).
"""

from __future__ import annotations

from typing import Final

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from relto.store.scopes import SETTING, WHOLE

POLICY: Final = "relto_company"
_ASKING: Final = f"current_setting('{SETTING}', true)"
_WHOLE: Final = f"{_ASKING} IN ({', '.join(repr(scope) for scope in WHOLE)})"
_OWN_FACILITY: Final = f"(SELECT code FROM store_facility WHERE company_id = {_ASKING})"  # noqa: S608  our own names


def _of_company(column: str) -> str:
    return f"{column} = {_ASKING}"


def _with(table: str, column: str, key: str = "id") -> str:
    """Seen when the row that it hangs on is seen."""
    return f"EXISTS (SELECT 1 FROM {table} held WHERE held.{key} = {column})"  # noqa: S608  our own names


WALLS: Final[dict[str, tuple[str, str]]] = {
    "item": (
        f"{_of_company('company_id')} OR {_with('store_arrival', 'store_item.id', 'item_id')}",
        "its company; of a received one, who sees an arrival of it",
    ),
    "manifest": (_with("store_item", "item_id"), "who sees its item"),
    "registerentry": (_of_company("company"), "its company"),
    "itemcopy": (_of_company("company_id"), "its company"),
    "copyevent": (_with("store_itemcopy", "copy_id"), "who sees its copy"),
    "translation": (_of_company("company"), "its company"),
    "inventory": (_of_company("company_id"), "its company"),
    "inventoryline": (_with("store_inventory", "inventory_id"), "who sees its inventory"),
    "dossier": (_of_company("company"), "its company; of the authority's own, no company"),
    "dossierstep": (_with("store_dossier", "dossier_id"), "who sees its dossier"),
    "dossiersignature": (_with("store_dossier", "dossier_id"), "who sees its dossier"),
    "dossierkey": (_with("store_dossier", "dossier_id"), "who sees its dossier"),
    "dossierdue": (_with("store_dossier", "dossier_id"), "who sees its dossier"),
    "dossieredition": (_with("store_dossier", "dossier_id"), "who sees its dossier"),
    "dossiertakenover": (_with("store_dossier", "dossier_id"), "who sees its dossier"),
    "releasecase": (_of_company("company"), "the company that asked for it"),
    "arrival": (f"facility IN {_OWN_FACILITY}", "the company whose facility it is for"),
    "releasereader": (
        f"{_with('store_releasecase', 'case_id')} OR {_with('store_arrival', 'arrival_id')}",
        "who sees its case or arrival",
    ),
    "decisionrecord": (_of_company("company"), "the asker's company"),
    "thirdpartyrequest": (_of_company("company"), "its company"),
    "authorisation": (f"company = '' OR {_of_company('company')}", "its company; the authority's own, everybody"),
}
"""By model: the condition under which a company's scope meets a row, and the same in words."""

UNGUARDED: Final[dict[str, str]] = {
    "company": "who signs in is found by it, before anybody is known",
    "facility": "likewise; the policies of arrivals read it",
    "person": "likewise",
    "ledgerentry": "the log is the node's: it holds salted digests, and details under the field key",
}
"""Models that name a company and are not guarded, and why."""


def guard(editor: BaseDatabaseSchemaEditor) -> None:
    """Raise the wall on every table of it that is there; twice is once. Elsewhere than on PostgreSQL: nothing."""
    if editor.connection.vendor != "postgresql":
        return
    there = set(editor.connection.introspection.table_names())
    for model, (condition, _) in WALLS.items():
        table = f"store_{model}"
        if table in there:
            editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            editor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
            editor.execute(f"CREATE POLICY {POLICY} ON {table} USING ({_WHOLE} OR {condition})")


def table_of(model: str) -> str:
    """The table of a guarded model. Raises LookupError for a model that does not exist."""
    return str(apps.get_model("store", model)._meta.db_table)  # noqa: SLF001  Django's documented _meta API


def allow(editor: BaseDatabaseSchemaEditor, role: str) -> None:
    """Let a role that owns nothing work with all tables of the present schema: read, write, no change of structure."""
    name = editor.quote_name(role)
    editor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    editor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    editor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")


def stands_before(connection: BaseDatabaseWrapper) -> bool:
    """Whether the wall stands before the role of this connection."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active('store_item')")
        (active,) = cursor.fetchone()
    return bool(active)
