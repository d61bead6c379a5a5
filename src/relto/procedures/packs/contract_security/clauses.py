"""Clause sets, versioned: what a contract must carry, as data with the provisions behind each clause.

Promises: a contract made under version n is judged by version n whatever is published later; a version that was never
published judges nothing. The shipped set is the eight provisions of 32 CFR 117.19(b)(5)(vi)(A)-(H), in relto's words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput

FLOW_DOWN: Final = "flow_down"
DISPOSITION: Final = "disposition"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its code, its letter in the provision, the provisions it comes from."""

    code: str
    letter: str
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClauseSet:
    """A version of the set, and whose rule book demands it."""

    version: int
    nation: str
    clauses: tuple[Clause, ...]

    def clause(self, code: str) -> Clause | None:
        """The clause of this code."""
        return next((one for one in self.clauses if one.code == code), None)

    def missing(self, given: Collection[str]) -> tuple[Clause, ...]:
        """The clauses that a contract with `given` lacks."""
        return tuple(one for one in self.clauses if one.code not in given)


ClauseSets = Mapping[int, ClauseSet]


def read_clause_sets(value: Mapping[str, Any]) -> ClauseSets:
    """The sets by version. Raises MalformedInput for a version or clause that stands there twice."""
    sets: dict[int, ClauseSet] = {}
    for entry in value["sets"]:
        clauses = tuple(Clause(one["code"], one["letter"], tuple(one["provisions"])) for one in entry["clauses"])
        version = entry["set"]
        if version in sets or len({one.code for one in clauses}) != len(clauses):
            raise MalformedInput("procedure", field="clauses", expected="each version and each clause once")
        sets[version] = ClauseSet(version, entry["nation"], clauses)
    return sets


@lru_cache(maxsize=1)
def shipped_clause_sets() -> ClauseSets:
    """The sets that ship."""
    file = resources.files("relto.procedures").joinpath("data", "clauses.json")
    return read_clause_sets(read_object(file.read_bytes(), field="clauses.json"))
