"""Search: by id, number, programme, facility, nation, day and text of a provision; by title only what opens now.

Promises: a thing that the asker may not see is not found, not counted and not looked at, so that it cannot be told from
one that does not exist, by time or size either: each query is over what she may see, and nothing else is read. What is
sought is bounded, and stands in no address, log line or ledger entry. An id or number typed whole leads to its page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from relto.adapters.words import LANGUAGES, sentence
from relto.base import calendars
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services.house import House
from relto.services.search_kinds import KINDS, MOST, Hit, Sought

SHORTEST: Final = 2
LONGEST: Final = 100
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{1,99}")
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{1,2})[ .]+(\d{1,2}|[^\s\d.]+)[ .]+(\d{4})")
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, the newest first, 8 at most. `more`: there are others; a longer word finds them."""

    kind: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `exact`: the one thing whose id or number was typed, None when none or several are."""

    exact: Hit | None
    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        """How many rows are shown."""
        return sum(len(group.hits) for group in self.groups)


def search(house: House, actor: Actor, text: str, language: str = "en") -> Found:
    """What of hers, and of the rules, has this text. Raises MalformedInput for less than 2 or more than 100 signs."""
    sought = read_sought(house, text, language)
    grouped: dict[str, list[Hit]] = {}
    for hit in (hit for kind in KINDS for hit in kind(house, actor, sought)):
        grouped.setdefault(hit.kind, []).append(hit)
    exact = [hit for hits in grouped.values() for hit in hits if hit.exact]
    return Found(exact[0] if len(exact) == 1 else None, tuple(_group(kind, hits) for kind, hits in grouped.items()))


def read_sought(house: House, text: str, language: str) -> Sought:
    """The text as it is sought: without the spaces around it, in one form of Unicode, as code, nation and day."""
    plain = " ".join(unicodedata.normalize("NFKC", text[: 4 * LONGEST]).split())
    if not SHORTEST <= len(plain) <= LONGEST:
        raise MalformedInput("search", field="text", expected=f"{SHORTEST} to {LONGEST} signs")
    found = Sought(
        plain,
        plain.casefold(),
        plain if _CODE.fullmatch(plain) else "",
        nation=_nation(house, plain),
        language=language,
    )
    day = _day(plain)
    if day is None:
        return found
    zone = calendars.zone_of(Nation(house.nation))
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    return replace(found, day=(start, start + timedelta(days=1, microseconds=-1)))


def _group(kind: str, hits: Iterable[Hit]) -> Group:
    every = sorted(hits, key=lambda hit: not hit.exact)
    return Group(kind, tuple(every[:MOST]), len(every) > MOST)


def _nation(house: House, text: str) -> str:
    """The nation whose code or name, in either language, the text is."""
    for nation in {*calendars.CALENDARS, *house.partners, house.nation}:
        names = {sentence(f"country.{nation}", language).casefold() for language in LANGUAGES}
        if text.casefold() in {str(nation).casefold(), *names}:
            return str(nation)
    return ""


def _day(text: str) -> date | None:
    """The day that is named: 2026-11-13, 13.11.2026, 13 November 2026, or with the month's name in Hindi."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    number = int(month) if month.isdigit() else _month(month)
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def _month(name: str) -> int:
    """The month of a name or of its first three letters; 0 for none."""
    for number in range(1, _MONTHS + 1):
        names = [sentence(f"month.{number}", language).casefold() for language in LANGUAGES]
        if name.casefold() in {*names, names[0][:3]}:
            return number
    return 0
