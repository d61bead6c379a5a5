"""Change of law: a nation tells that a text of its own has a new edition, what changes, and until when it consults.

Rules enforced here (domain.md GSO-06, GSO-11: a party notifies changes of its law that affect protection, consultation
follows, until then protection continues as it was):
 1. A nation records its own law alone: the text that is replaced is one that its own provisions rest on, and every
    provision that is named is its own. Nobody records another nation's law.
 2. Nothing unread is confirmed: `confirmed` needs evidence "read". What was not read is named, not described.
 3. Until the changes stand in a bundle that both nations signed, the rules in force stay what they are: a notice
    changes no rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.rules.provisions import WEAKEST_FIRST, Provision

CONSULTING: Final = "consulting"
CLOSED: Final = "closed"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (CONSULTING, CLOSED, WITHDRAWN)
CHANGED: Final = "changed"
REPEALED: Final = "repealed"
NEW: Final = "new"
WORDS: Final = (CHANGED, REPEALED, NEW)
EVIDENCE: Final = WEAKEST_FIRST[1:]
"""Weakest first; a change of which nothing at all is known is none."""
MOST_PROVISIONS: Final = 64
LONGEST_TEXT: Final = 1000
_FEWEST_PARTS: Final = 2
_MOST_PARTS: Final = 3
_FIRST_YEAR: Final = 1800
_LAST_YEAR: Final = 2999
"""A day at the edge of the calendar has no next one, and leaves it in other zones; a text may be older than a state."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID: Final = re.compile(r"[A-Z][A-Z0-9]{1,15}-[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, slots=True)
class ProvisionChange:
    """What the new edition does to one provision: `word` changed, repealed or new; `text` in own words, "" unread."""

    provision: str
    word: str
    topic: str
    text: str

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {"provision": self.provision, "word": self.word, "topic": self.topic, "text": self.text}


@dataclass(frozen=True, slots=True)
class LawChange:
    """A new edition of a nation's own text. Days are calendar days of that nation; `published` is None when unknown.

    `replaces`: the text as the rule book names it (its edition, else its source), "" for a wholly new law.
    `consultation_until`: the last day on which the partner's words count as part of the consultation.
    """

    nation: Nation
    source: str
    edition: str
    replaces: str
    published: date | None
    in_force_from: date
    citation: str
    evidence: str
    confirmed: bool
    provisions: tuple[ProvisionChange, ...]
    consultation_until: date
    state: str

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "nation": str(self.nation),
            "source": self.source,
            "edition": self.edition,
            "replaces": self.replaces,
            "published": self.published.isoformat() if self.published else "",
            "in_force_from": self.in_force_from.isoformat(),
            "citation": self.citation,
            "evidence": self.evidence,
            "confirmed": self.confirmed,
            "provisions": [one.body() for one in self.provisions],
            "consultation_until": self.consultation_until.isoformat(),
            "state": self.state,
        }

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the provisions that it names."""
        return tuple(sorted({one.topic for one in self.provisions}))


def texts_of(provision: Provision) -> tuple[str, ...]:
    """The texts that a provision rests on: its edition where it names one, else each source of its list."""
    edition = provision.record.get("edition")
    if edition:
        return (str(edition),)
    return tuple(part for one in (provision.source or "").split(";") if (part := one.strip()))


def known_texts(provisions: Iterable[Provision], nation: Nation) -> dict[str, tuple[str, ...]]:
    """The texts of a nation in the rule book, each with its provisions, in the order of their names."""
    found: dict[str, list[str]] = {}
    for one in provisions:
        if one.nation == nation and not one.is_gap:
            for text in texts_of(one):
                found.setdefault(text, []).append(one.id)
    return {text: tuple(sorted(found[text])) for text in sorted(found)}


def make_change(
    provisions: Mapping[str, Provision], provision: str, word: str, *, topic: str = "", text: str = ""
) -> ProvisionChange:
    """What a new edition does to a provision. `topic`: of a new one that the rule book does not carry yet.

    Raises MalformedInput or UnknownValue by field.
    """
    if word not in WORDS:
        raise UnknownValue("alignment.law.word", field="provisions", expected=", ".join(WORDS))
    held = provisions.get(provision)
    if held is not None:
        return ProvisionChange(provision, word, held.topic, text)
    if word != NEW:
        expected = "a provision of the rule book in force"
        raise UnknownValue("alignment.provision", field="provisions", expected=expected)
    if not _ID.fullmatch(provision):
        raise MalformedInput(
            "alignment.law.new", field="provisions", expected="an id of the own rule book for a new one"
        )
    if topic not in {one.topic for one in provisions.values()}:
        raise UnknownValue("alignment.topic", field="provisions", expected="a topic of the rule book")
    return ProvisionChange(provision, word, topic, text)


def make_law_change(  # noqa: PLR0913  one argument for each member of the notice
    provisions: Mapping[str, Provision],
    *,
    nation: Nation,
    source: str,
    edition: str,
    replaces: str,
    published: date | None,
    in_force_from: date,
    citation: str,
    evidence: str,
    confirmed: bool,
    changes: Sequence[ProvisionChange],
    consultation_until: date,
    state: str = CONSULTING,
) -> LawChange:
    """A notice of this nation. `provisions`: of the rule book in force. Raises MalformedInput or UnknownValue."""
    if replaces and replaces not in known_texts(provisions.values(), nation):
        raise UnknownValue("alignment.law.text", field="replaces", expected="a text that the own provisions rest on")
    if edition == replaces:
        raise MalformedInput("alignment.law.edition", field="edition", expected="another edition than the replaced one")
    made = LawChange(
        nation=nation,
        source=source,
        edition=edition,
        replaces=replaces,
        published=published,
        in_force_from=in_force_from,
        citation=citation,
        evidence=evidence,
        confirmed=confirmed,
        provisions=tuple(sorted(changes, key=lambda one: one.provision)),
        consultation_until=consultation_until,
        state=state,
    )
    check_law_change(made, provisions)
    return made


def check_law_change(change: LawChange, provisions: Mapping[str, Provision]) -> None:
    """What holds for the own notice and the partner's alike. Raises MalformedInput, UnknownValue or Conflict."""
    if change.evidence not in EVIDENCE:
        raise UnknownValue("alignment.law.evidence", field="evidence", expected=", ".join(EVIDENCE))
    if change.confirmed and change.evidence != "read":
        raise MalformedInput("alignment.law.confirmed", field="confirmed", expected="only when the text was read")
    if change.state not in STATES:
        raise UnknownValue("alignment.state", field="state", expected=", ".join(STATES))
    named = [one.provision for one in change.provisions]
    if len(named) > MOST_PROVISIONS or len(set(named)) != len(named):
        expected = f"at most {MOST_PROVISIONS}, each once"
        raise MalformedInput("alignment.provisions", field="provisions", expected=expected)
    if not change.replaces and not named:
        expected = "the text that is replaced, or the provisions that are new"
        raise MalformedInput("alignment.law.nothing", field="replaces", expected=expected)
    if any(one in provisions and provisions[one].nation != change.nation for one in named):
        raise Conflict("alignment.law.nation", field="provisions", expected="provisions of the own nation")


def read_law_change(body: Mapping[str, Any]) -> LawChange:
    """A notice from a statement whose form was checked. Raises MalformedInput for a day that is none."""
    return LawChange(
        nation=Nation(body["nation"]),
        source=body["source"],
        edition=body["edition"],
        replaces=body["replaces"],
        published=read_day(body["published"], field="published") if body["published"] else None,
        in_force_from=read_day(body["in_force_from"], field="in_force_from"),
        citation=body["citation"],
        evidence=body["evidence"],
        confirmed=body["confirmed"],
        provisions=tuple(
            ProvisionChange(one["provision"], one["word"], one["topic"], one["text"]) for one in body["provisions"]
        ),
        consultation_until=read_day(body["consultation_until"], field="consultation_until"),
        state=body["state"],
    )


def read_day(text: str, *, field: str) -> date:
    """A calendar day, such as 2025-07-03. Raises MalformedInput."""
    expected = "a day such as 2025-07-03"
    if not _DAY.fullmatch(text):
        raise MalformedInput("day", field=field, expected=expected)
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise MalformedInput("day", field=field, expected=expected) from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise MalformedInput("day", field=field, expected=expected)
    return found


def consultation_is_open(change: LawChange, today: date) -> bool:
    """Whether words of the partner on this day (of the recording nation) are part of the consultation."""
    return change.state == CONSULTING and today <= change.consultation_until


def read_change_line(text: str) -> dict[str, str]:
    """What somebody wrote of one provision in a line: "ID changed|repealed|new [TOPIC]: own words".

    As `make_change` takes it; the own words may be left out. Raises MalformedInput("alignment.law.line").
    """
    head, _, said = text.partition(":")
    parts = head.split()
    if not _FEWEST_PARTS <= len(parts) <= _MOST_PARTS:
        raise MalformedInput(
            "alignment.law.line", field="provisions", expected="an id, changed, repealed or new, and own words"
        )
    topic = parts[2] if len(parts) == _MOST_PARTS else ""
    return {"provision": parts[0], "word": parts[1], "topic": topic, "text": said.strip()}


def change_line(change: ProvisionChange) -> str:
    """The line that `read_change_line` reads as this change."""
    return f"{change.provision} {change.word} {change.topic}" + (f": {change.text}" if change.text else "")
