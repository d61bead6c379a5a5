"""Levels are bound to a policy: the same word in two nations' policies is two levels (labels.md, trap T10).

Order exists only inside one policy; comparing across policies is a TypeError, because only a signed equivalence table
can answer that question, and its answer may be "none".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PolicyId:
    """A policy's identity: object identifier and version. The name is for people and for looking up."""

    oid: str
    name: str
    version: int

    def __eq__(self, other: object) -> bool:
        """Equal by object identifier and version; the name takes no part."""
        return isinstance(other, PolicyId) and (self.oid, self.version) == (other.oid, other.version)

    def __hash__(self) -> int:
        """Consistent with equality."""
        return hash((self.oid, self.version))


@dataclass(frozen=True, slots=True)
class Level:
    """A classification level of one policy; a higher `hierarchy` needs more protection."""

    policy_oid: str
    name: str
    hierarchy: int

    def __lt__(self, other: object) -> bool:
        """True when this level needs less protection. Raises TypeError across policies."""
        return self.hierarchy < self._comparable(other).hierarchy

    def __le__(self, other: object) -> bool:
        """True when this level needs no more protection. Raises TypeError across policies."""
        return self.hierarchy <= self._comparable(other).hierarchy

    def __gt__(self, other: object) -> bool:
        """True when this level needs more protection. Raises TypeError across policies."""
        return self.hierarchy > self._comparable(other).hierarchy

    def __ge__(self, other: object) -> bool:
        """True when this level needs no less protection. Raises TypeError across policies."""
        return self.hierarchy >= self._comparable(other).hierarchy

    def _comparable(self, other: object) -> Level:
        if not isinstance(other, Level) or other.policy_oid != self.policy_oid:
            raise TypeError("levels of different policies have no order; map one by a signed equivalence table")
        return other
