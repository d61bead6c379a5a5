"""Groups of nations: what a group's code in an audience stands for, on a date (optional file `groups.json`).

Rules enforced here:
 1. A group has its members from this dated table only; a group that the table does not name, or not at that instant,
    stands for nobody.
 2. No group has the code of a party, and no two rows of one group hold at one instant.
 3. A group only ever adds its members to an audience; it takes nobody out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from relto.base.errors import MalformedInput
from relto.base.instants import Instant, Period, read_instant
from relto.base.nations import Nation, read_nation


@dataclass(frozen=True, slots=True)
class Group:
    """One dated row: the nations that the code stands for, and how well that is founded."""

    code: str
    nations: frozenset[Nation]
    valid: Period
    source: str
    citation: str | None
    evidence: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of a bundle; none when it carries no table."""

    rows: tuple[Group, ...] = ()

    def admitted(self, codes: Iterable[str], at: Instant) -> frozenset[str]:
        """The codes of an audience, and the members of those that are groups at `at`."""
        stated = frozenset(codes)
        found = [row.nations for row in self.rows if row.code in stated and row.valid.holds_at(at)]
        return stated.union(*found)


NO_GROUPS = Groups()


def read_groups(value: Mapping[str, Any], parties: frozenset[Nation]) -> Groups:
    """The groups of a checked `groups.json`.

    Raises MalformedInput for a group with a party's code, or with two rows at one instant.
    """
    rows = tuple(_read(entry, position) for position, entry in enumerate(value["groups"]))
    for row in rows:
        if row.code in parties:
            raise MalformedInput("groups.code", field=f"groups.json/{row.code}", expected="no party's code")
    for one, other in combinations(rows, 2):
        if one.code == other.code and _overlap(one.valid, other.valid):
            expected = "one row of a group at any instant"
            raise MalformedInput("groups.doubled", field=f"groups.json/{one.code}", expected=expected)
    return Groups(rows)


def _read(entry: Mapping[str, Any], position: int) -> Group:
    field = f"groups.json/{position}"
    start = read_instant(entry["valid_from"], field=f"{field}/valid_from")
    end = None if entry["valid_to"] is None else read_instant(entry["valid_to"], field=f"{field}/valid_to")
    return Group(
        code=entry["code"],
        nations=frozenset(read_nation(nation, field=field) for nation in entry["nations"]),
        valid=Period(start, end),
        source=entry["source"],
        citation=entry["citation"],
        evidence=entry["evidence"],
        confirmed=entry["confirmed"],
    )


def _overlap(one: Period, other: Period) -> bool:
    starts_in_time = other.end is None or one.start < other.end
    return starts_in_time and (one.end is None or other.start < one.end)
