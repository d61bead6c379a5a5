"""Provisions: what a rule rests on, with source, citation and evidence; and what is unknown is said.

Rules enforced here (domain.md 0.1, 0.4):
 1. `confirmed` may be true only for evidence "read" and basis "direct", and never for a bilateral record.
 2. A gap (evidence "none") has no requirement: it says "no rule loaded" and never borrows the other nation's number.
 3. A rule is confirmed for a nation only when it rests on at least one provision of that nation and every provision
    of that nation or of both nations together that it rests on is confirmed, in the bundle or by the authorities'
    signed statements (relto.rules.confirmations).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.errors import MalformedInput
from relto.base.nations import Nation

BILATERAL = "bilateral"
WEAKEST_FIRST = ("none", "unverified", "inference", "press", "secondary", "excerpt", "read")


@dataclass(frozen=True, slots=True)
class Provision:
    """One record of the rulebook. `record` keeps every member as it was written."""

    id: str
    nation: str
    topic: str
    title: str
    requirement: str | None
    citation: str | None
    source: str | None
    evidence: str
    confirmed: bool
    basis: str
    record: Mapping[str, Any]

    @property
    def is_gap(self) -> bool:
        """True when no rule is known: the product says "no rule loaded"."""
        return self.evidence == "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """How well a rule is founded for one nation: weakest evidence, unconfirmed or not, and the gaps it rests on."""

    evidence: str
    unconfirmed: bool
    provisions: tuple[str, ...]
    gaps: tuple[str, ...]


def read_provisions(records: Iterable[Mapping[str, Any]]) -> dict[str, Provision]:
    """The records by id. Raises MalformedInput for a doubled id, a wrong `confirmed`, a gap with a text, a circle."""
    provisions: dict[str, Provision] = {}
    for record in records:
        provision = Provision(
            id=record["id"],
            nation=record["nation"],
            topic=record["topic"],
            title=record["title"],
            requirement=record["requirement"],
            citation=record["citation"],
            source=record["source"],
            evidence=record["evidence"],
            confirmed=record["confirmed"],
            basis=record["basis"],
            record=record,
        )
        if provision.id in provisions:
            raise MalformedInput("provisions.id", field=provision.id, expected="each id once")
        may_be_confirmed = (
            provision.evidence == "read" and provision.basis == "direct" and provision.nation != BILATERAL
        )
        if provision.confirmed and not may_be_confirmed:
            raise MalformedInput(
                "provisions.confirmed",
                field=provision.id,
                expected="confirmed only when read, direct and of one nation",
            )
        if provision.is_gap and provision.requirement is not None:
            raise MalformedInput("provisions.gap", field=provision.id, expected="no requirement where nothing is known")
        if provision.id in record.get("related", ()):
            raise MalformedInput("provisions.related", field=provision.id, expected="other provisions than itself")
        provisions[provision.id] = provision
    return provisions


def standing(
    ids: Iterable[str], nation: Nation, provisions: Mapping[str, Provision], stated: Collection[str] = ()
) -> Standing:
    """How well a rule that rests on `ids` is founded for `nation`. Raises MalformedInput for an id not loaded.

    `stated`: provisions that the authorities confirmed by signature; whoever confirms has read the text.
    """
    own: list[Provision] = []
    for identity in ids:
        if identity not in provisions:
            raise MalformedInput("provisions.unknown", field=identity, expected="a provision that the bundle carries")
        if provisions[identity].nation in (nation, BILATERAL):
            own.append(provisions[identity])
    national = [provision for provision in own if provision.nation == nation]
    known = ("read" if provision.id in stated else provision.evidence for provision in own)
    evidence = min(known, key=WEAKEST_FIRST.index, default="none")
    return Standing(
        evidence=evidence if national else "none",
        unconfirmed=not national or not all(provision.confirmed or provision.id in stated for provision in own),
        provisions=tuple(provision.id for provision in own),
        gaps=tuple(provision.id for provision in own if provision.is_gap),
    )
