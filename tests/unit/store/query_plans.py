"""On PostgreSQL only: on large tables the questions asked all day go by an index, never row by row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from relto.procedures.actors import Actor, Role
from relto.services import search, waiting
from relto.services.dossiers.queues import queue
from relto.services.house import House
from relto.store import row_security, scopes
from relto.store.queries import callers, ledger, opening
from relto.store.queries.items import visible_items, visible_register
from relto.store.queries.registers import stored_entries, visible_copies
from relto.store.queries.releases import visible_arrivals, visible_cases, visible_decisions
from tests.unit.services_exchange.world import activate_agreement, make_world
from tests.unit.store.large_tables import LARGE, load

ROLE = "relto_plans"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
OFFICER = Actor("prs_6", "USA", "C007", "F007", frozenset({Role.SECURITY_OFFICER}), frozenset())  # type: ignore[arg-type]
ENGINEER = Actor("prs_6", "USA", "C007", "F007", frozenset({Role.ENGINEER}), frozenset({"P7"}))  # type: ignore[arg-type]
RELEASER = Actor("prs_9", "USA", None, None, frozenset({Role.RELEASE_OFFICER}), frozenset())  # type: ignore[arg-type]

QUESTIONS: dict[str, Callable[[House], object]] = {
    "queue of a security officer": lambda house: waiting.waiting(house, OFFICER),
    "queue of a release officer": lambda house: waiting.waiting(house, RELEASER),
    "dossiers that wait for a security officer": lambda house: queue(house, OFFICER),
    "search of a security officer, a number": lambda house: search.search(house, OFFICER, "VIS-2026-00007"),
    "search of an engineer, an item": lambda house: search.search(house, ENGINEER, "itm_406"),
    "search of an engineer, words": lambda house: search.search(house, ENGINEER, "vibration"),
    "register of a company": lambda _: list(visible_register(OFFICER).order_by("-at", "-number")[:50]),
    "register of the nation": lambda _: list(visible_register(RELEASER).order_by("-at", "-number")[:50]),
    "copies of a company": lambda _: list(visible_copies(OFFICER).order_by("id")[:50]),
    "one item of a company": lambda _: visible_items(OFFICER).filter(id="itm_206").first(),
    "cases of a company": lambda _: list(visible_cases(OFFICER).order_by("-asked_at")[:50]),
    "arrivals of a company": lambda _: list(visible_arrivals(OFFICER)[:50]),
    "own decisions": lambda _: list(visible_decisions(OFFICER).order_by("-at")[:20]),
    "opening: who calls": lambda _: callers.caller("prs_6", NOW),
    "opening: an own container": lambda _: opening.opened("pol_206"),
    "opening: a received container": lambda _: opening.opened("pol_20206"),
    "opening: what a share is served of": lambda _: opening.SERVED["open"].first("pol_206"),
    "opening: the case that released it": lambda _: opening.CASE_OF_MANIFEST.first("man_206", "IND"),
    "opening: who was named by a case": lambda _: opening.CASE_READERS.rows("rel_206", "recipient"),
    "opening: who was named by an arrival": lambda _: opening.ARRIVAL_READERS.rows("arr_206", "recipient"),
    "ledger: one entry": lambda _: ledger.entry_fact("ent_700", None),
    "ledger: about a thing": lambda _: ledger.entries_about("itm_206", None),
    "ledger: newest of all": lambda _: ledger.newest_entries(None, 20),
    "ledger: newest of a company": lambda _: ledger.newest_entries(ledger.EntryScope("prs_6", "C007"), 20),
    "ledger: kinds of somebody": lambda _: ledger.events_by("prs_6"),
    "ledger: what waits": lambda _: ledger.entry_counts(),
    "ledger: oldest that nobody witnessed": lambda _: ledger.oldest_unwitnessed_at(),
    "ledger: custody of a thing": lambda _: stored_entries(["itm_206"], ["ent_9"]),
}


MANY_AT_THE_WALL = {
    ("search of a security officer, a number", "store_arrival"),
    ("search of an engineer, an item", "store_arrival"),
    ("search of an engineer, words", "store_arrival"),
}
"""Hundreds of items, read at once for their titles: the wall holds them against one walk through the arrivals."""


def rows_one_by_one(plan: dict[str, Any]) -> set[str]:
    """The large tables that a plan walks through whole."""
    found = {plan["Relation Name"]} & LARGE if plan["Node Type"] == "Seq Scan" else set()
    for part in plan.get("Plans", []):
        found |= rows_one_by_one(part)
    return found


def walked_through(ask: Callable[[], object]) -> dict[str, str]:
    """Large tables that a question's plans walk through whole, each with the statement; it is asked for real, too."""
    found: dict[str, str] = {}
    asked = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's signature
        if sql.lstrip("( ").upper().startswith("SELECT"):
            with connection.connection.cursor() as cursor:
                (said,) = cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params).fetchone()
            asked.append(sql)
            found.update(dict.fromkeys(rows_one_by_one(said[0]["Plan"]), sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        ask()
    assert asked
    return found


@pytest.mark.django_db
def test_every_question_goes_by_an_index_before_the_wall_and_behind_it(tmp_path: Path) -> None:
    with connection.schema_editor(atomic=False) as editor:
        row_security.guard(editor)
        editor.execute(f"CREATE ROLE {ROLE}")  # gone with this test's transaction
        row_security.allow(editor, ROLE)
    house = make_world(tmp_path).usa
    activate_agreement()
    load()
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    for scope in ("C007", scopes.NODE):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('relto.company', %s, true)", [scope])
        for question, ask in QUESTIONS.items():
            for table, sql in walked_through(lambda ask=ask: ask(house)).items():  # type: ignore[misc]
                found[question, table] = sql
    assert {place: sql for place, sql in found.items() if place not in MANY_AT_THE_WALL} == {}
    titles = {sql.partition(" WHERE ")[2].partition(" IN (")[0] for sql in found.values()}
    assert titles <= {'"store_item"."id"'}, (
        "which items they are is asked by indexes; the wall stands before their titles"
    )
