"""The chain of custody: every event once and in order, and what was expected and is not seen (GSO-17, USR-06).

Promises:
 1. No event is lost, doubled or invented: the links of a chain are the given events in the order of their instants, and
    of their entries where instants are equal.
 2. A gap stands exactly where an event is not followed, in the same thread, by one of those that it makes one expect.
    The expectations are rows of one table below. A limit of days says only since when a gap is late, never whether it
    is one; where no rule is loaded there is no limit.
 3. What speaks against the chain is part of it: an event whose evidence does not hold, a line of the register whose
    ledger entry is not there.

A thread is the thing that an event is about: the item, one release, one arrival, one copy, one request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.base.instants import Instant

HOLDS, FAILS, NONE_KEPT = "holds", "fails", "none_kept"
EVIDENCE_FAILS, ENTRY_MISSING = "evidence_fails", "entry_missing"
ANY_OUTCOME = "*"
Kind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CustodyEvent:
    """Something that is on record. `kind`: the ledger event, `outcome` narrows it ("" where it has none).

    `nation`: in whose custody or office it happened; `signer`: the pseudonym or node behind it; `entry` and `index`:
    its place in this node's ledger; `state`: recorded, sequenced, witnessed, agreed, or "missing" when the ledger has
    no such entry; `entry_evidence`: whether leaf and commitment hold; `signature`: whether the signed statement behind
    it verifies, none_kept where the entry alone speaks. `count`: how many alike it stands for.
    """

    thread: str
    kind: str
    outcome: str
    at: Instant
    nation: str
    signer: str
    entry: str
    index: int | None
    state: str
    order: int
    entry_evidence: str = HOLDS
    signature: str = NONE_KEPT
    place: str = ""
    detail: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Expectation:
    """After an event of `after` one of `seen` is expected in the same thread, by `limit` (a demand's name) if any.

    `other_side`: it comes from the partner, so a missing one is drawn in the partner's lane.
    """

    code: str
    after: frozenset[Kind]
    seen: frozenset[Kind]
    limit: str = ""
    other_side: bool = False


def _any(*kinds: str) -> frozenset[Kind]:
    return frozenset((kind, ANY_OUTCOME) for kind in kinds)


_PLACED: Final = frozenset(
    {("copy:handed_over", ""), ("copy:arrived", ""), ("copy:found", ""), ("copy:recorded", ""), ("copy:reproduced", "")}
)
_ENDED: Final = _any("copy:destroyed", "copy:returned", "copy:suspected_lost")
EXPECTATIONS: Final[tuple[Expectation, ...]] = (
    Expectation("registration", _any("item:announced"), _any("item:registered")),
    Expectation(
        "technical_receipt",
        _any("release:prepared"),
        _any("transfer:receipted", "transfer:refused", "acceptance:receipted"),
        other_side=True,
    ),
    Expectation(
        "custody_receipt",
        _any("release:prepared"),
        _any("acceptance:receipted", "transfer:refused", "release:withdrawn"),
        limit="receipt_days",
        other_side=True,
    ),
    Expectation(
        "acceptance",
        _any("transfer:received"),
        frozenset({("acceptance:decided", "accept"), ("acceptance:decided", "refuse")}) | _any("arrival:withdrawn"),
    ),
    Expectation(
        "disposition",
        frozenset({("release:withdrawn", "asked"), ("arrival:withdrawn", "asked")}),
        _any("disposition:received", "disposition:recorded"),
    ),
    Expectation("arrival_of_copy", _any("copy:dispatched"), _any("copy:arrived", "copy:suspected_lost")),
    Expectation("second_signature", _any("copy:destruction_signed"), _any("copy:destroyed")),
    Expectation(
        "location",
        frozenset({("copy:recorded", "no_location"), ("copy:reproduced", "no_location")}),
        _PLACED | _ENDED,
    ),
    Expectation("found_again", _any("copy:suspected_lost"), _any("copy:found")),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An event with its number in the chain, from 1."""

    number: int
    event: CustodyEvent


@dataclass(frozen=True, slots=True)
class Gap:
    """Expected and not seen, or there and not as it was signed.

    `after`: the number of the link that makes one expect it; `since`: its instant; `day`: whole days since then;
    `limit`: the days that a loaded rule allows, None without one; `late`: the day is past the limit.
    """

    code: str
    thread: str
    after: int
    since: Instant
    day: int
    limit: int | None
    late: bool
    other_side: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Links and gaps. `is_unbroken` speaks of what this node holds; about the partner's inside it says nothing."""

    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]

    @property
    def is_unbroken(self) -> bool:
        """True when nothing expected is missing and nothing on record contradicts itself."""
        return not self.gaps


def build_chain(events: Iterable[CustodyEvent], *, now: Instant, limits: Mapping[str, int]) -> Chain:
    """The chain at `now`. `limits`: days by demand name, from the rules loaded for the own nation."""
    ordered = sorted(events, key=lambda event: (event.at, event.order, event.thread, event.kind))
    links = tuple(Link(number, event) for number, event in enumerate(ordered, start=1))
    threads: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        threads[link.event.thread].append(link)
    gaps = [
        _gap(expected.code, waiting, now, limits.get(expected.limit), other_side=expected.other_side)
        for found in threads.values()
        for expected in EXPECTATIONS
        if (waiting := _unanswered(expected, found)) is not None
    ]
    for link in links:
        if link.event.state == "missing":
            gaps.append(_gap(ENTRY_MISSING, link, now, None, other_side=False))
        elif FAILS in {link.event.entry_evidence, link.event.signature}:
            gaps.append(_gap(EVIDENCE_FAILS, link, now, None, other_side=False))
    return Chain(links, tuple(sorted(gaps, key=lambda gap: (gap.after, gap.code))))


def matches(event: CustodyEvent, kinds: frozenset[Kind]) -> bool:
    """True when the event is one of these kinds."""
    return (event.kind, ANY_OUTCOME) in kinds or (event.kind, event.outcome) in kinds


def _unanswered(expected: Expectation, thread: list[Link]) -> Link | None:
    """The last event of the thread that makes one expect something which no later event of it is."""
    waiting: Link | None = None
    for link in thread:
        if matches(link.event, expected.seen):
            waiting = None
        if matches(link.event, expected.after):
            waiting = link
    return waiting


def _gap(code: str, link: Link, now: Instant, limit: int | None, *, other_side: bool) -> Gap:
    day = max(0, (now - link.event.at).days)
    late = limit is not None and day > limit
    return Gap(code, link.event.thread, link.number, link.event.at, day, limit, late, other_side)
