"""Divergences: where the two rule books pull apart, who owns the question, what could be done, and since when.

A divergence is raised by one nation and answered by the other on its own line (`relto.alignment.shared_record`); it is
settled when the newest words of both say so, and settled one-sidedly it stays open. Days are counted from the first
word, on no calendar: an age, not a deadline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.shared_record import Entry
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules.provisions import Provision

OPEN: Final = "open"
IN_REVIEW: Final = "in_review"
SETTLED: Final = "settled"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (OPEN, IN_REVIEW, SETTLED, WITHDRAWN)
MOST_OPTIONS: Final = 12
MOST_PROVISIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Divergence:
    """One nation's words: the question, the provisions it is about, who owns it, the options, and how it stands."""

    question: str
    topic: str
    provisions: tuple[str, ...]
    owner: Nation
    options: tuple[str, ...]
    state: str

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "question": self.question,
            "topic": self.topic,
            "provisions": list(self.provisions),
            "owner": str(self.owner),
            "options": list(self.options),
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How a divergence stands between both: `state` is open until the newest words agree; `days` since it was raised.

    `owner`: None while the nations name different ones.
    """

    state: str
    owner: Nation | None
    days: int
    disputed: bool


def make_divergence(
    provisions: Mapping[str, Provision],
    parties: Sequence[Nation],
    *,
    question: str,
    named: Sequence[str],
    owner: Nation,
    options: Sequence[str],
    state: str = OPEN,
) -> Divergence:
    """A divergence about these provisions of the rule book. Raises MalformedInput or UnknownValue by field."""
    if not 1 <= len(named) <= MOST_PROVISIONS or len(set(named)) != len(named):
        raise MalformedInput("alignment.provisions", field="provisions", expected=f"1 to {MOST_PROVISIONS}, each once")
    unknown = [one for one in named if one not in provisions]
    if unknown:
        expected = "provisions of the rule book in force"
        raise UnknownValue("alignment.provision", field="provisions", expected=expected)
    topics = {provisions[one].topic for one in named}
    if len(topics) != 1:
        raise MalformedInput("alignment.topic", field="provisions", expected="provisions of one topic")
    if owner not in parties:
        raise UnknownValue("nation", field="owner", expected=", ".join(sorted(parties)))
    if len(options) > MOST_OPTIONS:
        raise MalformedInput("alignment.options", field="options", expected=f"at most {MOST_OPTIONS}")
    if state not in STATES:
        raise UnknownValue("alignment.state", field="state", expected=", ".join(STATES))
    return Divergence(question, topics.pop(), tuple(sorted(named)), owner, tuple(options), state)


def read_divergence(body: Mapping[str, Any]) -> Divergence:
    """A nation's words from a checked statement."""
    return Divergence(
        question=body["question"],
        topic=body["topic"],
        provisions=tuple(body["provisions"]),
        owner=Nation(body["owner"]),
        options=tuple(body["options"]),
        state=body["state"],
    )


def standing(entry: Entry, parties: Sequence[Nation], at: Instant) -> Standing:
    """How the divergence stands at `at`. Settled, or withdrawn, counts only when every party's newest word says so.

    One that its raiser alone spoke of may be withdrawn by her alone.
    """
    newest = {nation: read_divergence(said.body) for nation, said in entry.newest.items()}
    states = {one.state for one in newest.values()}
    owners = {one.owner for one in newest.values()}
    spoken = set(newest) >= set(parties) or states == {WITHDRAWN}
    state = states.pop() if len(states) == 1 and spoken else IN_REVIEW if len(newest) > 1 else OPEN
    return Standing(
        state=state,
        owner=owners.pop() if len(owners) == 1 else None,
        days=max(0, (at - entry.opened).days),
        disputed=len({(one.state, one.owner, one.question) for one in newest.values()}) > 1,
    )
