"""What each node's own proof said of a proposal's draft, as the nations told each other.

A node proves for itself and tells the result: which version, which draft (by digest), proved, refuted or unknown, and
of a refuted one the codes of the first case, never a person, a facility or an item. Nobody's proof counts for another
nation: both must have proved the very same draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.shared_record import Entry, Said
from relto.base.instants import Instant
from relto.base.nations import Nation

PROVED: Final = "proved"
REFUTED: Final = "refuted"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Case:
    """The first counterexample in codes. `rules`: of the originator, which refuse it; `needed`: (kind, key) of pieces.

    Consents of the originator to the needed pieces would make it intended.
    """

    action: str
    originator: str
    rules: tuple[str, ...]
    needed: tuple[tuple[str, str], ...]

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "action": self.action,
            "originator": self.originator,
            "rules": list(self.rules),
            "needed": [{"kind": kind, "key": key} for kind, key in self.needed],
        }


@dataclass(frozen=True, slots=True)
class Proven:
    """What one nation's node said. `draft`, `proof`: hex digests; `case`: of a refuted one."""

    nation: Nation
    line: Nation
    number: int
    digest: str
    draft: str
    result: str
    proof: str
    case: Case | None
    at: Instant


def proven_body(about: str, version: Said, *, draft: str, result: str, proof: str, case: Case | None) -> dict[str, Any]:
    """The body of a statement of kind proven."""
    return {
        "about": about,
        "line": str(version.nation),
        "number": version.number,
        "digest": version.digest,
        "draft": draft,
        "result": result,
        "proof": proof,
        "case": {} if case is None else case.body(),
    }


def proofs_of(version: Said, told: Iterable[Entry]) -> dict[Nation, Proven]:
    """Each nation's newest result on this version. `told`: the entries of kind proven about its entry."""
    words = [
        said
        for entry in told
        for line in entry.lines.values()
        for said in line
        if said.body["digest"] == version.digest
    ]
    ordered = sorted(words, key=lambda said: (said.at, said.entry, said.number))
    return {said.nation: _read(said) for said in ordered}


def _read(said: Said) -> Proven:
    body = said.body
    return Proven(
        nation=said.nation,
        line=Nation(body["line"]),
        number=body["number"],
        digest=body["digest"],
        draft=body["draft"],
        result=body["result"],
        proof=body["proof"],
        case=_case(body["case"]),
        at=said.at,
    )


def _case(body: Mapping[str, Any]) -> Case | None:
    if not body:
        return None
    return Case(
        action=body.get("action", ""),
        originator=body.get("originator", ""),
        rules=tuple(body.get("rules", ())),
        needed=tuple((one["kind"], one["key"]) for one in body.get("needed", ())),
    )
