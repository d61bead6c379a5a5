"""Amendments and renewals: requests that name an earlier one (32 CFR 117.19(e)(2)(vii); LIM-02).

Rules enforced here:
 1. An amendment changes names of visitors and dates, nothing else, and no date to an earlier one.
 2. A request that was approved or is being processed can be amended; an emergency visit never.
 3. A recurring visit is renewed by a request for the same nation that begins later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.known import DossierKnown, Known
from relto.procedures.packs.visit.concerned import Concerned, day_of
from relto.procedures.packs.visit.table import IN_PROCESS, STANDING

AMENDMENT: Final = "amendment"
RENEWAL: Final = "renewal"
_DAYS: Final = ("first_day", "last_day")
_MAY_CHANGE: Final = frozenset({"visitors", "remarks", "longer_because", "request_type", "amends", *_DAYS})
_RENEWABLE: Final = STANDING | {"expired"}


def check_amendment(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    """What stands against an amendment or renewal."""
    kind, number = answers.get("request_type"), answers.get("amends")
    if kind not in {AMENDMENT, RENEWAL} or number is None:
        return
    earlier = known.dossiers.get(number)
    if earlier is None or earlier.procedure != "visit":
        yield who.found("amends_unknown", "amends", number=number)
    elif kind == AMENDMENT:
        yield from _amends(answers, earlier, who)
    else:
        yield from _renews(answers, earlier, who)


def _amends(answers: Mapping[str, Any], earlier: DossierKnown, who: Concerned) -> Iterator[Finding]:
    before = earlier.data
    if earlier.state not in IN_PROCESS | STANDING:
        yield who.found("amends_ended", "amends", number=earlier.number, state=earlier.state)
    if before.get("kind") == "emergency":
        yield who.found("amends_emergency", "amends", number=earlier.number)
    changed = sorted(code for code in before.keys() | answers.keys() if before.get(code) != answers.get(code))
    for code in changed:
        if code not in _MAY_CHANGE:
            yield who.found("amends_other", code, number=earlier.number)
    for code in _DAYS:
        day, first = day_of(answers, code), day_of(before, code)
        if day is not None and first is not None and day < first:
            yield who.found("amends_earlier", code, number=earlier.number, before=str(first))
    if not {"visitors", *_DAYS}.intersection(changed):
        yield who.found("amends_nothing", "amends", number=earlier.number)


def _renews(answers: Mapping[str, Any], earlier: DossierKnown, who: Concerned) -> Iterator[Finding]:
    same = earlier.data.get("host_nation") == answers.get("host_nation")
    recurring = earlier.data.get("kind") == answers.get("kind") == "recurring"
    if not (same and recurring and earlier.state in _RENEWABLE):
        yield who.found("renews_other", "amends", number=earlier.number)
    first, begun = day_of(answers, "first_day"), day_of(earlier.data, "first_day")
    ends = day_of(earlier.data, "last_day")
    if first is not None and begun is not None and first <= begun:
        yield who.found("renews_earlier", "first_day", number=earlier.number, before=str(begun))
    elif first is not None and ends is not None and (first - ends).days > 1:
        yield who.found("renews_gap", "first_day", number=earlier.number, ends=str(ends))
