"""Typed relations between the provisions of two nations: who says so, why, how surely, and about which texts.

A relation is a nation's reading, never a fact of the software: `stricter` means that the provisions of `of` ask for
more than those of `to`. Relations are directed; read from the other side, stricter is looser.

Rules enforced here: every provision named is one that the rule book carries, under the nation that has it; `missing`
names provisions of one nation only, everything else at least one of each; a gap ("no rule loaded") can only be missing.
The digests of the texts stand in the statement: when a text changes, what was said about the old one is shown as about
an older text, and is not carried over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.rules.provisions import Provision

EQUAL: Final = "equal"
EQUIVALENT: Final = "equivalent"
STRICTER: Final = "stricter"
LOOSER: Final = "looser"
INTERSECTS: Final = "intersects"
MISSING: Final = "missing"
CONFLICTS: Final = "conflicts"
RELATIONS: Final = (EQUAL, EQUIVALENT, STRICTER, LOOSER, INTERSECTS, MISSING, CONFLICTS)
CONFIDENCES: Final = ("low", "medium", "high")
_MIRRORED: Final = {STRICTER: LOOSER, LOOSER: STRICTER}
MOST_PROVISIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Relation:
    """A reading: the provisions of `of` stand in `relation` to those of `to`. `texts`: provision id -> SHA-256 hex."""

    topic: str
    of: Nation
    to: Nation
    provisions: Mapping[Nation, tuple[str, ...]]
    relation: str
    reason: str
    confidence: str
    texts: Mapping[str, str]

    def seen_from(self, nation: Nation) -> str:
        """The relation with `nation` as its subject."""
        return self.relation if nation == self.of else _MIRRORED.get(self.relation, self.relation)

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "topic": self.topic,
            "of": str(self.of),
            "to": str(self.to),
            "provisions": {str(nation): list(ids) for nation, ids in sorted(self.provisions.items())},
            "relation": self.relation,
            "reason": self.reason,
            "confidence": self.confidence,
            "texts": dict(sorted(self.texts.items())),
        }


def text_digest(provision: Provision) -> str:
    """Lower-case hex SHA-256 of the canonical record: what a reading is about."""
    return sha256_hex(canonical_bytes(provision.record))


def make_relation(
    provisions: Mapping[str, Provision],
    *,
    of: Nation,
    to: Nation,
    named: Sequence[str],
    relation: str,
    reason: str,
    confidence: str,
) -> Relation:
    """A reading of these provisions (ids of either nation). Raises MalformedInput or UnknownValue by field."""
    if relation not in RELATIONS:
        raise UnknownValue("alignment.relation", field="relation", expected=", ".join(RELATIONS))
    if confidence not in CONFIDENCES:
        raise UnknownValue("alignment.confidence", field="confidence", expected=", ".join(CONFIDENCES))
    if of == to:
        raise MalformedInput("alignment.nations", field="to", expected="another nation")
    if not 1 <= len(named) <= MOST_PROVISIONS or len(set(named)) != len(named):
        raise MalformedInput("alignment.provisions", field="provisions", expected=f"1 to {MOST_PROVISIONS}, each once")
    sides: dict[Nation, list[str]] = {of: [], to: []}
    for identity in named:
        provision = provisions.get(identity)
        if provision is None or provision.nation not in (of, to):
            expected = "provisions of these two nations in the rule book in force"
            raise UnknownValue("alignment.provision", field="provisions", expected=expected)
        sides[Nation(provision.nation)].append(identity)
    topics = {provisions[one].topic for one in named}
    if len(topics) != 1:
        raise MalformedInput("alignment.topic", field="provisions", expected="provisions of one topic")
    _check_sides(provisions, sides, relation)
    return Relation(
        topic=topics.pop(),
        of=of,
        to=to,
        provisions={nation: tuple(sorted(ids)) for nation, ids in sides.items()},
        relation=relation,
        reason=reason,
        confidence=confidence,
        texts={one: text_digest(provisions[one]) for one in named},
    )


def _check_sides(provisions: Mapping[str, Provision], sides: Mapping[Nation, Sequence[str]], relation: str) -> None:
    has_rule = {nation: any(not provisions[one].is_gap for one in ids) for nation, ids in sides.items()}
    both = all(has_rule.values())
    if relation == MISSING and sum(has_rule.values()) != 1:
        raise MalformedInput(
            "alignment.missing", field="relation", expected="a rule of one nation, and none of the other"
        )
    if relation != MISSING and not both:
        raise MalformedInput("alignment.sides", field="provisions", expected="a rule of each nation, no gap")


def read_relation(body: Mapping[str, Any]) -> Relation:
    """A reading from a checked statement."""
    return Relation(
        topic=body["topic"],
        of=Nation(body["of"]),
        to=Nation(body["to"]),
        provisions={Nation(nation): tuple(ids) for nation, ids in body["provisions"].items()},
        relation=body["relation"],
        reason=body["reason"],
        confidence=body["confidence"],
        texts=dict(body["texts"]),
    )


def same_reading(one: Relation, other: Relation) -> bool:
    """Whether two nations read the same provisions the same way; reasons and confidence may differ."""
    return {str(key): set(ids) for key, ids in one.provisions.items()} == {
        str(key): set(ids) for key, ids in other.provisions.items()
    } and one.seen_from(one.of) == other.seen_from(one.of)
