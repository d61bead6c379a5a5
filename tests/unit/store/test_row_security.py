"""Every table that names a company is guarded or says why not, as the reference says; SQLite is left alone."""

from __future__ import annotations

import re
from typing import Any

from django.apps import apps
from django.db.backends.sqlite3 import base as sqlite3
from django.db.models import ForeignKey

from relto.procedures.actors import Actor, Role
from relto.store import scopes
from relto.store.row_security import UNGUARDED, WALLS, guard, stands_before
from tests.support.vectors import PROJECT

PAGE = PROJECT / "docs" / "reference" / "row-security.md"


def _person(company: str | None, *roles: Role) -> Actor:
    return Actor("prs_a", "USA", company, None, frozenset(roles), frozenset())  # type: ignore[arg-type]


def table_name(field: ForeignKey[Any, Any]) -> str:
    return str(field.remote_field.model._meta.model_name)


def test_every_model_that_belongs_to_a_company_is_guarded_or_says_why_not() -> None:
    models = {str(model._meta.model_name): model for model in apps.get_app_config("store").get_models()}
    belongs = {name for name, model in models.items() if {"company"} & {field.name for field in model._meta.fields}}
    hangs = {
        name
        for name, model in models.items()
        for field in model._meta.fields
        if isinstance(field, ForeignKey) and table_name(field) in WALLS
    }
    assert belongs | hangs | {"company", "arrival", "itemcopy"} == set(WALLS) | set(UNGUARDED)
    assert not set(WALLS) & set(UNGUARDED)


def test_the_reference_names_the_very_tables() -> None:
    found = re.findall(r"^\| `store_(\w+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found == [*((name, words) for name, (_, words) in WALLS.items()), *UNGUARDED.items()]


def test_the_authority_sees_the_nation_a_company_itself_and_who_has_neither_nothing() -> None:
    assert scopes.scope_of(_person(None, Role.REGISTRAR)) == scopes.AUTHORITY
    assert scopes.scope_of(_person(None, Role.OPERATOR)) == scopes.AUTHORITY
    assert scopes.scope_of(_person("USA-C1", Role.ENGINEER)) == "USA-C1"
    assert scopes.scope_of(_person(None, Role.ENGINEER)) == scopes.NOBODY


def test_the_embedded_database_has_no_such_wall() -> None:
    embedded = sqlite3.DatabaseWrapper({"NAME": ":memory:", "OPTIONS": {}})
    editor = embedded.SchemaEditorClass(embedded, collect_sql=True)
    guard(editor)
    assert editor.collected_sql == []
    assert not stands_before(embedded)
