"""Every form that a person meets, sent empty and full of nonsense: an answer in words, never a fault."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from lxml import html

from tests.support.portal_survey.stage import Person
from tests.support.portal_survey.walking import Page

_NONSENSE = (
    "",
    "x",
    "0",
    "-1",
    "\u0905\u0902\u0924",
    "A" * 5000,
    "../../etc/passwd",
    "2026-02-30",
    "<script>",
    "\u202e",
    "%00",
    "1e309",
)
_LEAVES = ("sign-out", "language")


@dataclass(frozen=True, slots=True)
class Sent:
    """One form sent, and the answer's status."""

    who: str
    page: str
    action: str
    fields: tuple[str, ...]
    status: int


def send_every_form(person: Person, pages: list[Page], chance: random.Random) -> Iterator[Sent]:
    """Send each distinct form (by route and fields) of these pages empty once, and twice with nonsense."""
    done: set[tuple[str, tuple[str, ...]]] = set()
    for page in pages:
        if not page.text:
            continue
        for form in _forms(page.text):
            action = urljoin(f"{person.origin}{page.path}", form.get("action") or page.path)
            names = tuple(sorted({str(one) for one in form.xpath(".//@name")} - {"csrfmiddlewaretoken"}))
            if (
                (page.route, names) in done
                or not action.startswith(person.origin)
                or any(one in action for one in _LEAVES)
            ):
                continue
            done.add((page.route, names))
            for attempt in range(3):
                token = person.session.cookies.get("csrftoken") or _token(form)
                values = {name: chance.choice(_NONSENSE) if attempt else "" for name in names}
                answer = person.session.post(
                    action,
                    data={**values, "csrfmiddlewaretoken": _token(form) or token},
                    headers={"Referer": action, "Origin": person.origin},
                )
                yield Sent(person.who, page.path, action.removeprefix(person.origin), names, answer.status_code)


def _forms(text: str) -> Any:
    return html.fromstring(text).xpath("//form[translate(@method,'POST','post')='post']")


def _token(form: Any) -> str:
    found = form.xpath(".//input[@name='csrfmiddlewaretoken']/@value")
    return str(found[0]) if found else ""
