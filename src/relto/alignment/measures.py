"""How the working group's loop does, in counts and days: what can be shown without saying whose question it was.

Promises (design brief, sections 7 and 9.3):
 1. Nothing goes in but instants, nations, codes of rules and of kinds: no title, text, name, facility or id comes out.
 2. A count that is so small that it would name a case is not shown, nor a median made of so few; where the one hidden
    part of a total could be found by subtracting the others, a second part is hidden with it.
 3. Days are whole days, counted up, on no calendar; the median and the ninth of ten are values that occurred.
 4. What began before the period counts with its whole length in the period in which it ended.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.statistics import FEWEST, Count, hidden_where_few

RAISED_TO_ANSWERED: Final = "raised_to_answered"
RAISED_TO_DECIDED: Final = "raised_to_decided"
RAISED_TO_ENFORCED: Final = "raised_to_enforced"
TABLED_TO_ANSWERED: Final = "tabled_to_answered"
TABLED_TO_DECIDED: Final = "tabled_to_decided"
DECIDED_TO_ENFORCED: Final = "decided_to_enforced"
GIVEN_TO_DONE: Final = "given_to_done"
SPANS: Final = (
    RAISED_TO_ANSWERED,
    RAISED_TO_DECIDED,
    RAISED_TO_ENFORCED,
    TABLED_TO_ANSWERED,
    TABLED_TO_DECIDED,
    DECIDED_TO_ENFORCED,
    GIVEN_TO_DONE,
)
QUESTION: Final = "divergence"
DRAFT: Final = "proposal"
TASK: Final = "action"
KINDS: Final = (QUESTION, DRAFT, TASK)
AGES: Final = ((30, "month"), (91, "quarter"), (182, "half_year"), (365, "year"), (None, "older"))
"""(days up to which, code) of the ages of what is open."""
_NINE_OF_TEN: Final = 9, 10


@dataclass(frozen=True, slots=True)
class Thing:
    """A divergence, proposal or action as measures see it.

    `opened_by`: who said the first word; `answered`: each other nation's first word; `decided`: when every party's word
    agreed on it; `enforced`: from when a bundle in force carries it, or an action was done; `is_open`: nothing is
    settled yet.
    """

    kind: str
    opened_by: Nation
    opened: Instant
    answered: Mapping[Nation, Instant]
    decided: Instant | None
    enforced: Instant | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as measures see it: the rules that refused it, and whether it rested on an unconfirmed rule."""

    permitted: bool
    refused_by: tuple[str, ...]
    rested_on_unconfirmed: bool


@dataclass(frozen=True, slots=True)
class Span:
    """How long one stretch took. `side`: the nation that answered, "" for both; None where too few ended."""

    code: str
    side: str
    ended: Count
    median: int | None
    nine_of_ten: int | None


@dataclass(frozen=True, slots=True)
class Ageing:
    """What of a kind is open: how many, and how old."""

    kind: str
    open: Count
    ages: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class Refusals:
    """Of the newest `weighed` decisions: how many were refused, by which rules, how many rested on unconfirmed ones."""

    weighed: int
    refused: Count
    by_rule: Mapping[str, Count]
    on_unconfirmed: Count


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of the period from `since` until `until`."""

    since: Instant
    until: Instant
    spans: tuple[Span, ...]
    ageing: tuple[Ageing, ...]
    refusals: Refusals


def measures(
    things: Iterable[Thing], decided: Iterable[Decided], parties: Sequence[Nation], since: Instant, until: Instant
) -> Measures:
    """The measures of a period; what is open is counted at its end."""
    known = [one for one in things if one.opened <= until]
    lengths: dict[tuple[str, str], list[int]] = defaultdict(list)
    for thing in known:
        for code, side, begun, ended in _stretches(thing, parties):
            if since <= ended <= until and begun <= ended:
                lengths[code, side].append((ended - begun).days)
    order = {code: number for number, code in enumerate(SPANS)}
    return Measures(
        since=since,
        until=until,
        spans=tuple(_span(*key, lengths[key]) for key in sorted(lengths, key=lambda key: (order[key[0]], key[1]))),
        ageing=tuple(
            _ageing(kind, [one for one in known if one.kind == kind and one.is_open], until) for kind in KINDS
        ),
        refusals=_refusals(list(decided)),
    )


def _stretches(thing: Thing, parties: Sequence[Nation]) -> Iterable[tuple[str, str, Instant, Instant]]:
    """(code, side, begun, ended) of each stretch of it that has ended."""
    names = {
        QUESTION: (RAISED_TO_ANSWERED, RAISED_TO_DECIDED),
        DRAFT: (TABLED_TO_ANSWERED, TABLED_TO_DECIDED),
    }
    if thing.kind == TASK:
        if thing.enforced is not None:
            yield GIVEN_TO_DONE, "", thing.opened, thing.enforced
        return
    answered, decided = names[thing.kind]
    for nation, at in thing.answered.items():
        if nation in parties:
            yield answered, str(nation), thing.opened, at
    if thing.decided is not None:
        yield decided, "", thing.opened, thing.decided
    if thing.enforced is not None and thing.kind == QUESTION:
        yield RAISED_TO_ENFORCED, "", thing.opened, thing.enforced
    if thing.enforced is not None and thing.decided is not None and thing.kind == DRAFT:
        yield DECIDED_TO_ENFORCED, "", thing.decided, thing.enforced


def _span(code: str, side: str, lengths: list[int]) -> Span:
    if len(lengths) < FEWEST:
        return Span(code, side, _count(len(lengths)), None, None)
    ordered = sorted(lengths)
    part, whole = _NINE_OF_TEN
    nine = ordered[math.ceil(len(ordered) * part / whole) - 1]
    return Span(code, side, _count(len(ordered)), ordered[(len(ordered) - 1) // 2], nine)


def _ageing(kind: str, things: Sequence[Thing], until: Instant) -> Ageing:
    found = [one for one in things if one.kind == kind and one.is_open]
    counted = Counter(_age((until - one.opened).days) for one in found)
    codes = [code for _, code in AGES]
    return Ageing(
        kind, _count(len(found)), dict(zip(codes, hidden_where_few([counted[c] for c in codes]), strict=True))
    )


def _age(days: int) -> str:
    return next(code for most, code in AGES if most is None or days <= most)


def _refusals(decided: Sequence[Decided]) -> Refusals:
    refused = [one for one in decided if not one.permitted]
    by_rule = Counter(rule for one in refused for rule in sorted(set(one.refused_by)))
    resting = sum(one.rested_on_unconfirmed for one in decided)
    return Refusals(
        weighed=len(decided),
        refused=hidden_where_few([len(refused), len(decided) - len(refused)])[0],
        by_rule={rule: _count(count) for rule, count in sorted(by_rule.items(), key=lambda one: (-one[1], one[0]))},
        on_unconfirmed=hidden_where_few([resting, len(decided) - resting])[0],
    )


def _count(count: int) -> Count:
    return Count(None if 0 < count < FEWEST else count)
