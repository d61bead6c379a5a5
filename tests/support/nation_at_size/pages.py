"""The pages that lists grow on, as everybody who sees them: how many statements, how long, and which plan was slow."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.test import Client

from relto.store import scopes
from relto.store.models import Arrival, Assurance, Dossier, Item, ReleaseCase
from tests.support.houses import COMPANY, USA
from tests.support.nation_at_size.story import Stage
from tests.unit.web.portal import Portal

PAGE_MILLISECONDS: Final = 200.0
IMPACT_MILLISECONDS: Final = 5_000.0
_SLOW_STATEMENT: Final = 20.0
_MOST_STATEMENTS: Final = 6
_MOST_ASKED: Final = 1_500
_LONGEST: Final = 10_000.0
_ONCE: Final = 2_000.0
"""A page that takes so long is not asked again."""
_STOPPED: Final = 500


@dataclass(frozen=True, slots=True)
class Timed:
    """A page as one person. Milliseconds of the wall, of the processor of this process; statements; where slow."""

    who: str
    page: str
    status: int
    statements: int
    p50: float
    p95: float
    worst: float
    processor: float
    database: float
    bytes: int
    slow: list[dict[str, Any]] = field(default_factory=list)


class _TooMuchError(Exception):
    """A page asked too many statements, or for too long: it is not waited for."""


class _Statements:
    """What a page asks, and how long each statement took. Raises _TooMuchError beyond what is waited for."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's
        begun = time.perf_counter()
        if len(self.taken) > _MOST_ASKED or sum(one[0] for one in self.taken) > _LONGEST:
            raise _TooMuchError
        try:
            return execute(sql, params, many, context)
        finally:
            self.taken.append(((time.perf_counter() - begun) * 1000, sql, params))


def addresses() -> Iterator[tuple[str, str, dict[str, str] | None]]:
    """(who, path, form or None): a large company's officer and engineer, and each of the authority's people."""
    own = Item.objects.filter(company_id=COMPANY[USA], held_as="own").order_by("-registered_at")[5]
    case = ReleaseCase.objects.filter(company=COMPANY[USA], state="accepted").order_by("-asked_at")[5]
    waiting = ReleaseCase.objects.filter(state="asked").order_by("asked_at")[0]
    arrival = Arrival.objects.filter(state="arrived").order_by("arrived_at")[0]
    visit = Dossier.objects.filter(company=COMPANY[USA]).order_by("changed_at")[0]
    given = Assurance.objects.filter(direction="received")[0]
    sought = (case.number, own.id, "REL-2026-1004", "PRG-77", "India", "seeker", "2026-11-20", "nothing has this")
    first, custody, item = ("today/",), f"custody/{own.id}/", f"company/register/items/{own.id}/"
    company = (*first, "documents/", "requests/", f"documents/{own.id}/", "dossiers/")
    authority = (*first, "register/", "company/register/", custody, "ledger/", "dossiers/")
    held = ("company/", "register/", "company/register/", item, "company/inventories/", custody)
    desk = ("desk/", "desk/queue/", "desk/queue/?queue=2", f"cases/{waiting.id}/", f"arrivals/{arrival.id}/")
    standing = ("people/", "assurances/", "authorisations/", "programmes/", f"assurances/{given.id}/affected/")
    looked = {
        "engineer": company,
        "security_officer": (
            *company,
            *held,
            f"cases/{case.id}/",
            f"dossiers/{visit.id}/",
            "dossiers/statistics/",
            "decisions/",
        ),
        "release_officer": (*desk, "third-party/", f"custody/{case.item_id}/", *authority),
        "registrar": (*standing, *authority),
        "inspector": (*authority, "decisions/", "register/?lines=2", "register/?lines=1000"),
    }
    for who, paths in looked.items():
        yield from ((who, path, None) for path in paths)
        yield from ((who, "search/", {"text": text}) for text in sought)


def timed(stage: Stage, tries: int, only: str = "") -> Iterator[Timed]:
    """Every page so many times, after once to warm up."""
    browsers: dict[str, Client] = {}
    portal = Portal(stage.node)
    seen = set()
    with scopes.for_the_node():
        every = list(addresses())
    for who, path, form in every:
        place = who, path, json.dumps(form)
        if only not in f"{who} {path}" or place in seen:
            continue
        seen.add(place)
        browser = browsers.setdefault(who, portal.as_person(who))
        yield _timed(browser, who, path, form, tries)


def _timed(browser: Client, who: str, path: str, form: dict[str, str] | None, tries: int) -> Timed:
    times, processor = [], []
    listened = _Statements()
    for turn in range(tries + 1):
        listened = _Statements()
        begun, used = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(listened):
            status, weight = _asked(browser, path, form)
        took = (time.perf_counter() - begun) * 1000
        if turn or took > _ONCE:
            times.append(took)
            processor.append((time.process_time() - used) * 1000)
        if took > _ONCE:
            break
    times.sort()
    slow = sorted((one for one in listened.taken if one[0] > _SLOW_STATEMENT), key=lambda one: -one[0])
    return Timed(
        who=who,
        page=path + (f" {form['text']}" if form else ""),
        status=status,
        statements=len(listened.taken),
        p50=round(times[len(times) // 2], 1),
        p95=round(times[min(len(times) - 1, int(len(times) * 0.95))], 1),
        worst=round(times[-1], 1),
        processor=round(min(processor), 1),
        database=round(sum(one[0] for one in listened.taken), 1),
        bytes=weight,
        slow=[
            {"ms": round(took, 1), "sql": sql, "plan": _plan(sql, params)}
            for took, sql, params in slow[:_MOST_STATEMENTS]
        ],
    )


def _asked(browser: Client, path: str, form: dict[str, str] | None) -> tuple[int, int]:
    """Status and bytes of a page; 500 and 0 of one that was not waited for."""
    try:
        answer = browser.post(f"/en/{path}", form) if form is not None else browser.get(f"/en/{path}")
    except (_TooMuchError, OperationalError):  # the latter: the server's own limit of a statement
        return _STOPPED, 0
    return answer.status_code, len(answer.content)


def _plan(sql: str, params: Any) -> list[str]:
    """What the server would do, for whom it was asked; nothing of what only its request could ask."""
    scope, mark, asked = sql.partition("; ") if sql.startswith("SELECT set_config(") else ("", "", sql)
    if not asked.lstrip("( ").upper().startswith("SELECT"):
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        if mark:
            cursor.execute(scope)
        cursor.execute("EXPLAIN " + asked, params)
        return [row[0] for row in cursor.fetchall()]
