"""Everything that a person can reach by following links, in both languages, with what each page weighs and takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from django.urls import Resolver404, get_resolver, resolve
from django.utils import translation
from lxml import html

from relto.web.language import language_of_path
from tests.support.portal_survey.stage import Person

MOST_PAGES = 400
"""Of one person in one language; the first of each route come before more of the same."""
DOORS = ("", "search/", "account/factors/", "account/step-up/?next=/en/", "account/confirm/")
"""Where people come in: her first page, and pages that are reached by a form or on the way to another page."""
PER_ROUTE = 6
_LEAVES = frozenset({"account_logout", "sign_in_link"})
_FILES = frozenset({"ledger_export", "container"})
"""Downloads as large as what they hold: asked for by the stories about them, and no pages."""
_HTTP_ERROR = 400
_URLS = "tests.support.portal_urls"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `bytes`: of the page alone; `parts`: addresses of its style sheets, scripts, fonts and pictures."""

    who: str
    route: str
    language: str
    path: str
    status: int
    seconds: float
    bytes: int
    parts: tuple[str, ...]
    text: str = field(repr=False)
    linked_from: str = ""


def routes() -> frozenset[str]:
    """The names of all pages that the portal has."""
    return frozenset(_names(get_resolver(_URLS)))


def walk(person: Person, language: str, of_each: int = PER_ROUTE) -> Iterator[Page]:
    """Every page that she reaches from her first page, breadth first; so many of each route."""
    waiting: list[tuple[str, str]] = [(f"/{language}/{door}", "") for door in DOORS]
    seen: set[str] = set()
    of_route: dict[str, int] = {}
    count = 0
    while waiting and count < MOST_PAGES:
        path, source = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        route = route_of(path)
        if route in _LEAVES | _FILES or of_route.get(route, 0) >= of_each:
            continue
        of_route[route] = of_route.get(route, 0) + 1
        count += 1
        page = _fetch(person, language, path, route, source)
        yield page
        if page.text:
            waiting += [(found, path) for found in _links(page, person, language) if found not in seen]


def route_of(path: str) -> str:
    """The name of the portal's page behind a path; "" for none."""
    where = urlsplit(path).path
    with translation.override(language_of_path(where)):  # a path resolves in its own language alone
        try:
            return resolve(where, _URLS).view_name
        except Resolver404:
            return ""


def is_broken(page: Page) -> bool:
    """Whether a link led nowhere, or into a fault."""
    return page.status >= _HTTP_ERROR


def _fetch(person: Person, language: str, path: str, route: str, source: str) -> Page:
    begun = time.perf_counter()
    answer = person.session.get(f"{person.origin}{path}", headers={"Accept": "text/html"})
    taken = time.perf_counter() - begun
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    return Page(
        who=person.who,
        route=route,
        language=language,
        path=path,
        status=answer.status_code,
        seconds=taken,
        bytes=len(answer.content),
        parts=_parts(answer) if is_page else (),
        text=answer.text if is_page else "",
        linked_from=source,
    )


def _parts(answer: httpx.Response) -> tuple[str, ...]:
    tree: Any = html.fromstring(answer.content)
    found = [*tree.xpath("//link[@rel='stylesheet' or @rel='icon']/@href"), *tree.xpath("//script/@src | //img/@src")]
    return tuple(dict.fromkeys(urljoin(str(answer.url), one) for one in found if not one.startswith("data:")))


def _links(page: Page, person: Person, language: str) -> Iterator[str]:
    tree: Any = html.fromstring(page.text)
    for href in tree.xpath("//a/@href"):
        whole = urlsplit(urljoin(f"{person.origin}{page.path}", href))
        if f"{whole.scheme}://{whole.netloc}" == person.origin and whole.path.startswith(f"/{language}/"):
            yield whole.path + (f"?{whole.query}" if whole.query else "")


def _names(resolver: object) -> Iterator[str]:
    for pattern in getattr(resolver, "url_patterns", ()):
        if hasattr(pattern, "url_patterns"):
            yield from _names(pattern)
        elif pattern.name:
            yield pattern.name
