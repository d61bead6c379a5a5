"""Intended loosenings: which pieces of a draft permit more with their originator's consent (file `loosenings.json`).

Both authorities sign the bundle's manifest and so this list. The proof of a draft reads it (`relto.rules.proving`):
an originator's own rules are those in force, with exactly the pieces that this originator consented to in the draft's
form. What the draft permits beyond that was meant by nobody who may mean it, and refuses the draft.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import MalformedInput
from relto.base.nations import Nation, read_nation

LOOSENINGS = "loosenings.json"


@dataclass(frozen=True)
class Piece:
    """One piece of a rule set: its kind, its key, and its value; the value None says that the piece is not there.

    equivalent (`IND:RESTRICTED>USA`): the dated levels; limit (`assurance_status_max_age`): seconds; channel, party
    (a code): true; listing (`PROGRAMME/FACILITY/NATION`): true; group (`CODE/NATION`): the periods of membership;
    unregistered_level (a nation): a level's name; gate (a rule id): its actions, when it applies, what must hold.
    """

    kind: str
    key: str
    value: Json

    @property
    def name(self) -> tuple[str, str]:
        """What tells one piece from another."""
        return self.kind, self.key

    def as_dict(self) -> dict[str, Json]:
        """As `loosenings.json` writes it."""
        return {"kind": self.kind, "key": self.key, "value": self.value}

    def is_as(self, other: Piece) -> bool:
        """The same piece with the same value."""
        return canonical_bytes(self.as_dict()) == canonical_bytes(other.as_dict())


@dataclass(frozen=True)
class Consent:
    """One originator's consent that a piece is as the draft has it. `provision`: an id that the bundle carries."""

    originator: Nation
    piece: Piece
    reason: str
    provision: str | None = None
    citation: str | None = None

    def as_dict(self) -> dict[str, Json]:
        """As `loosenings.json` writes it."""
        return {
            "originator": self.originator,
            **self.piece.as_dict(),
            "reason": self.reason,
            "provision": self.provision,
            "citation": self.citation,
        }


def read_consents(
    value: Mapping[str, Any], parties: Collection[Nation], provisions: Collection[str]
) -> tuple[Consent, ...]:
    """The consents of a checked `loosenings.json`.

    Raises MalformedInput for an originator that is no party, a provision that the bundle does not carry, or two
    consents of one originator to one piece.
    """
    consents = tuple(_read(entry) for entry in value["loosenings"])
    for position, consent in enumerate(consents):
        field = f"{LOOSENINGS}/{position}"
        if consent.originator not in parties:
            raise MalformedInput("consents.originator", field=field, expected="a party of the agreement")
        if consent.provision is not None and consent.provision not in provisions:
            raise MalformedInput("provisions.unknown", field=field, expected="a provision that the bundle carries")
    if len({(consent.originator, consent.piece.name) for consent in consents}) != len(consents):
        raise MalformedInput("consents.doubled", field=LOOSENINGS, expected="one consent of an originator to a piece")
    return consents


def _read(entry: Mapping[str, Any]) -> Consent:
    return Consent(
        originator=read_nation(entry["originator"], field=LOOSENINGS),
        piece=Piece(entry["kind"], entry["key"], entry["value"]),
        reason=entry["reason"],
        provision=entry["provision"],
        citation=entry["citation"],
    )


def loosenings_file(consents: Sequence[Consent]) -> dict[str, Json]:
    """The content of `loosenings.json` for these consents."""
    return {"type": "loosenings", "version": 1, "loosenings": [consent.as_dict() for consent in consents]}
