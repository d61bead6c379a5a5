"""Who may be given a thing: everyone, only these nations, or nobody. Three explicit cases, never None or an empty set.

The safe rule of joining: `Everyone` is the identity of intersection and `Nobody` absorbs; an empty intersection is
`Nobody` and is never dropped. (ADatP-4774.1 section 4.4 drops it, which widens; that rule feeds no decision here.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relto.base.errors import MalformedInput
from relto.base.nations import Nation, read_nation


@dataclass(frozen=True, slots=True)
class Everyone:
    """No restriction by nation."""

    def covers(self, nation: Nation) -> bool:
        """True for every nation."""
        del nation
        return True

    def intersect(self, other: Audience) -> Audience:
        """The other audience: everyone is the identity."""
        return other

    def is_subset(self, other: Audience) -> bool:
        """True only within everyone."""
        return isinstance(other, Everyone)


@dataclass(frozen=True, slots=True)
class Only:
    """These nations and no other; at least one."""

    nations: frozenset[Nation]

    def __post_init__(self) -> None:
        """Raises MalformedInput for an empty set (that is `Nobody`) or a malformed nation code."""
        if not self.nations:
            raise MalformedInput("audience", field="release", expected="at least one nation, or nobody")
        for nation in self.nations:
            read_nation(nation, field="release")

    def covers(self, nation: Nation) -> bool:
        """True when the nation is named."""
        return nation in self.nations

    def intersect(self, other: Audience) -> Audience:
        """The nations that both cover."""
        if isinstance(other, Only):
            return only(self.nations & other.nations)
        return other.intersect(self)

    def is_subset(self, other: Audience) -> bool:
        """True when the other audience covers each of these nations."""
        return all(other.covers(nation) for nation in self.nations)


@dataclass(frozen=True, slots=True)
class Nobody:
    """No nation at all: the outcome of an empty intersection, which a person has to resolve."""

    def covers(self, nation: Nation) -> bool:
        """False for every nation."""
        del nation
        return False

    def intersect(self, other: Audience) -> Audience:
        """Nobody: it absorbs."""
        del other
        return self

    def is_subset(self, other: Audience) -> bool:
        """True within any audience."""
        del other
        return True


Audience = Everyone | Only | Nobody


def only(nations: Iterable[Nation]) -> Audience:
    """`Only` these nations, or `Nobody` when there is none."""
    found = frozenset(nations)
    return Only(found) if found else Nobody()
