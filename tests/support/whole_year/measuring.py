"""Every page that each person of a node reaches: how many queries it asks, its processor time, its weight."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
from django.conf import settings
from django.db import connection

from tests.support.portal_survey.stage import Person
from tests.support.portal_survey.walking import route_of, walk

_TRIES: Final = 3
_OF_EACH: Final = 2
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """One page as one person: numbers of the quickest of three times."""

    who: str
    route: str
    path: str
    status: int
    queries: int
    processor_ms: float
    wall_ms: float
    bytes: int


class _Counter:
    """Counts what the database is asked, sums up and remembers the statements."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's
        self.statements.append(sql)
        return execute(sql, params, many, context)


def people(transport: httpx.WSGITransport, nation: str) -> Iterator[Person]:
    """Everybody with an account, in a browser of her own."""
    from relto.store.models import Account  # noqa: PLC0415  Django is set up by then
    from tests.unit.web.portal import signed_in  # noqa: PLC0415  the same

    for account in Account.objects.select_related("person").order_by("username"):
        roles = sorted(account.person.role_grants.values_list("role", flat=True))
        cookies = {name: one.value for name, one in signed_in(account).cookies.items()}
        origin = str(getattr(settings, "RELTO_PORTAL_URL", "")).rstrip("/")
        session = httpx.Client(transport=transport, follow_redirects=True, cookies=cookies)
        yield Person(f"{account.username} ({', '.join(roles)}), {nation}", origin, session)


def measure(person: Person, language: str, tries: int = _TRIES) -> Iterator[Measured]:
    """A page or two of each route that she reaches; a download that is no page is left out."""
    for page in walk(person, language, _OF_EACH):
        if page.text and page.status == _OK:
            yield min((_once(person, page.path) for _ in range(tries)), key=lambda one: one.processor_ms)


def statements(person: Person, path: str) -> list[str]:
    """What a page asks of the database, in order."""
    counter = _Counter()
    with connection.execute_wrapper(counter):
        person.session.get(f"{person.origin}{path}")
    return counter.statements


def _once(person: Person, path: str) -> Measured:
    counter = _Counter()
    begun, used = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counter):
        answer = person.session.get(f"{person.origin}{path}")
    return Measured(
        who=person.who,
        route=route_of(path),
        path=path,
        status=answer.status_code,
        queries=len(counter.statements),
        processor_ms=round((time.process_time() - used) * 1000, 1),
        wall_ms=round((time.perf_counter() - begun) * 1000, 1),
        bytes=len(answer.content),
    )
