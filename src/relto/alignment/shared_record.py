"""The shared record of the working group: what each nation said about an entry, version after version, never merged.

An entry (a relation between provisions, a divergence, a proposal, a comment) has one line of versions for each nation.
A nation writes only its own line; each version names the digest of the one before it, so a line is a chain that its
author signed. Both nodes hold all lines.

Promises: the record is the same whatever order the versions came in and however often; nothing that was said is lost by
saying something else later; where the newest words of two nations differ, both are shown and none is preferred; a
version that does not follow from the one before it is refused, and two different versions of one number by one nation
are evidence against it, not a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.base.nations import Nation

RELATION: Final = "relation"
DIVERGENCE: Final = "divergence"
COMMENT: Final = "comment"
PROPOSAL: Final = "proposal"
"""A joint text and what it changes of the bundle: relto.alignment.proposals."""
MEETING: Final = "meeting"
ACTION: Final = "action"
LAW_CHANGE: Final = "law_change"
TEMPLATE: Final = "template"
SIGNATURE: Final = "signature"
"""A nation's signature under one version of an entry: relto.alignment.signatures."""
POSITION: Final = "position"
"""What a nation says of a version under a silence procedure: it objects, or it does not."""
RESOLUTION: Final = "resolution"
"""What became of a comment."""
PROVEN: Final = "proven"
"""What a node's own proof said of a proposal's draft."""
REHEARSED: Final = "rehearsed"
"""What a rehearsal of a proposal's draft showed."""
MOST_VERSIONS: Final = 500
"""Of one nation's line of one entry; whoever has more to say of the matter opens another entry."""
ABOUT: Final[Mapping[str, frozenset[str]]] = {
    COMMENT: frozenset(),
    SIGNATURE: frozenset({PROPOSAL, MEETING, ACTION, LAW_CHANGE, TEMPLATE}),
    POSITION: frozenset({PROPOSAL, LAW_CHANGE, TEMPLATE}),
    RESOLUTION: frozenset({COMMENT}),
    PROVEN: frozenset({PROPOSAL}),
    REHEARSED: frozenset({PROPOSAL}),
}
"""The kinds that speak of another entry, and the kinds they may speak of; none named: of any."""


@dataclass(frozen=True, slots=True)
class Said:
    """One version of one nation's line. `digest`: of what was signed; `previous`: that of the version before, or ""."""

    entry: str
    kind: str
    nation: Nation
    number: int
    previous: str
    digest: str
    at: Instant
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `lines`: nation -> its versions, the first first. `opened`: who said the first word, and when."""

    entry: str
    kind: str
    opened_by: Nation
    opened: Instant
    lines: Mapping[Nation, tuple[Said, ...]]

    @property
    def newest(self) -> Mapping[Nation, Said]:
        """Each nation's newest word."""
        return {nation: line[-1] for nation, line in self.lines.items()}

    @property
    def changed(self) -> Instant:
        """When somebody last said something."""
        return max(said.at for said in self.newest.values())


def next_version(line: Iterable[Said], said: Said) -> bool:
    """Whether `said` is new and follows the line; False when it is held already, byte for byte.

    Raises Conflict("alignment.contradicted") for another version under a number that is held, and
    Conflict("alignment.order") for one that does not follow.
    """
    held = tuple(line)
    if said.number <= len(held):
        if held[said.number - 1].digest == said.digest:
            return False
        raise Conflict("alignment.contradicted", field="number", found=said.number, expected="one version of a number")
    expected = (len(held) + 1, held[-1].digest if held else "")
    if (said.number, said.previous) != expected or any(one.kind != said.kind for one in held):
        raise Conflict("alignment.order", field="number", found=said.number, expected=f"version {expected[0]}")
    return True


def one_subject(held: Entry, said: Said) -> bool:
    """Whether what is said about an entry goes on as it began: its first speaker speaks, about the same entry.

    Words that came to be about something else would leave a list of what was said about the first.
    """
    before = held.newest.get(said.nation)
    return before is not None and before.body.get("about") == said.body.get("about")


def entries(said: Iterable[Said]) -> dict[str, Entry]:
    """The entries of all that was said, by id, the oldest first. The order of `said` does not matter."""
    lines: dict[str, dict[Nation, dict[int, Said]]] = {}
    for one in said:
        lines.setdefault(one.entry, {}).setdefault(one.nation, {})[one.number] = one
    found = [_entry(identity, by_nation) for identity, by_nation in lines.items()]
    return {one.entry: one for one in sorted(found, key=lambda one: (one.opened, one.entry))}


def _entry(identity: str, lines: Mapping[Nation, Mapping[int, Said]]) -> Entry:
    ordered = {nation: tuple(line[number] for number in sorted(line)) for nation, line in sorted(lines.items())}
    first = min((line[0] for line in ordered.values()), key=lambda one: (one.at, one.nation))
    return Entry(identity, first.kind, first.nation, first.at, ordered)
