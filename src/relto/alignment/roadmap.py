"""The roadmap for carrying the annex out, topic by topic: from two rule books to one rule in force.

Promises: every count comes from the shared record and from the bundle, never from a judgement; a step says how many of
what are done, in its own unit, and never a share of an unknown whole; a topic about which nothing is known says so. The
annex's text is not public: the roadmap shows what the two nations' records say of their own work, and nothing of it is
the annex's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.alignment.coverage import NO_RULE, TopicCoverage
from relto.alignment.divergences import SETTLED, WITHDRAWN
from relto.alignment.places import IN_DISPUTE, ONE_SIDED, ONLY

COMPARED: Final = "compared"
DIFFERENCES: Final = "settled"
PROPOSED: Final = "proposed"
PROVEN: Final = "proven"
SIGNED: Final = "signed"
IN_FORCE: Final = "in_force"
STEPS: Final = (COMPARED, DIFFERENCES, PROPOSED, PROVEN, SIGNED, IN_FORCE)
UNITS: Final[Mapping[str, str]] = {
    COMPARED: "provisions",
    DIFFERENCES: "differences",
    PROPOSED: "proposals",
    PROVEN: "proposals",
    SIGNED: "proposals",
    IN_FORCE: "proposals",
}

NOTHING: Final = "nothing"
"""There is nothing of the step's unit in this topic."""
NONE: Final = "none"
PART: Final = "part"
ALL: Final = "all"
_REACHED: Final[Mapping[str, int]] = {"proven": 1, "signed_by_one": 1, "agreed": 2, "in_force": 3}
"""How far a proposal has come by its state; every other state of an open proposal has reached the table only."""
_GONE: Final = frozenset({"withdrawn", "superseded"})


@dataclass(frozen=True, slots=True)
class TopicMatter:
    """A divergence or a proposal of a topic, and the state in which it stands between both."""

    entry: str
    topic: str
    state: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one topic: `done` of `of`, in the step's unit, and the entries that it is about."""

    code: str
    done: int
    of: int
    entries: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """nothing, none, part or all."""
        if not self.of:
            return NOTHING
        return ALL if self.done == self.of else PART if self.done else NONE


@dataclass(frozen=True, slots=True)
class TopicRoad:
    """A topic and its six steps, in the order of STEPS."""

    topic: str
    steps: tuple[Step, ...]


def roadmap(
    covered: Iterable[TopicCoverage], divergences: Iterable[TopicMatter], proposals: Iterable[TopicMatter]
) -> tuple[TopicRoad, ...]:
    """The topics in the order of their codes."""
    differences = [one for one in divergences if one.state != WITHDRAWN]
    tabled = [one for one in proposals if one.state not in _GONE]
    by_topic = {topic.topic: topic for topic in covered}
    topics = sorted({*by_topic, *(one.topic for one in (*differences, *tabled) if one.topic)})
    return tuple(_road(topic, by_topic.get(topic), differences, tabled) for topic in topics)


def reached(roads: Iterable[TopicRoad]) -> dict[str, int]:
    """For how many topics each step is done for everything that is known there."""
    every = list(roads)
    return {code: sum(road.steps[at].word == ALL for road in every) for at, code in enumerate(STEPS)}


def _road(
    topic: str, covered: TopicCoverage | None, differences: Iterable[TopicMatter], proposals: Iterable[TopicMatter]
) -> TopicRoad:
    own = [one for one in differences if one.topic == topic]
    tabled = [one for one in proposals if one.topic == topic]
    far = {one.entry: _REACHED.get(one.state, 0) for one in tabled}
    settled = sum(one.state == SETTLED for one in own)
    later = [
        Step(code, sum(reach >= least for reach in far.values()), len(far), tuple(far))
        for least, code in enumerate((PROPOSED, PROVEN, SIGNED, IN_FORCE))
    ]
    return TopicRoad(
        topic,
        (_compared(covered), Step(DIFFERENCES, settled, len(own), tuple(one.entry for one in own)), *later),
    )


def _compared(covered: TopicCoverage | None) -> Step:
    """How many provisions both nations read the same way, of those that there is something to compare with.

    A provision that is read in two ways counts under each of them.
    """
    done = of = 0
    entries: list[str] = []
    for cell in covered.cells if covered is not None else ():
        if cell.word == NO_RULE or (cell.word == ONLY and not cell.entry_count):
            continue
        of += cell.provision_count
        entries += cell.entries
        if cell.entry_count and cell.word not in {ONE_SIDED, IN_DISPUTE}:
            done += cell.provision_count
    return Step(COMPARED, done, of, tuple(sorted(entries)))
