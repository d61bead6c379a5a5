"""Levels as the engine needs them: ranks inside each nation's policy, bridged only by the equivalence table.

Rules enforced here:
 1. A rank counts only in the policy it belongs to; a level of any other policy has no rank there.
 2. The rank that an item demands of a nation is the rank of the level that the table names, at that instant, for that
    direction; where there is no row, or the row says "none", the item demands nothing that could be met: no rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.levels import Level
from relto.labels.mapping import EquivalenceRow, EquivalenceTable
from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy
from relto.rules.facts import LevelCode

NOTHING_KNOWN = -1
BEYOND_ALL = 2**31


def scheme_file(nation: Nation) -> str:
    """The name of the file that carries a nation's classification policy, such as scheme-usa.json."""
    return f"scheme-{nation.lower()}.json"


def read_schemes(texts: Mapping[Nation, str]) -> PolicySet:
    """Each nation's policy. Raises MalformedInput or UnknownValue; also when a file is another nation's policy."""
    policies = []
    for nation, text in sorted(texts.items()):
        policy = load_policy(text.encode("utf-8"))
        if policy.nation != nation:
            raise MalformedInput("bundle.scheme", field=scheme_file(nation), found=policy.nation, expected=nation)
        policies.append(policy)
    return PolicySet(policies)


def read_equivalence(value: Mapping[str, Any], policies: PolicySet) -> EquivalenceTable:
    """The rows of a checked `equivalence.json`.

    Raises MalformedInput or UnknownValue, also for lowered protection, and for a ratchet: a level may be raised once
    on its way to the other nation and back (a level that the other does not know is protected as a higher one), but
    the level that came back must then stay.
    """
    table = EquivalenceTable.from_rows(value["rows"], policies)
    for at in sorted({row.valid.start for row in table.rows}):
        for row in table.rows:
            _check_comes_to_rest(table, row, at)
    return table


def _check_comes_to_rest(table: EquivalenceTable, row: EquivalenceRow, at: Instant) -> None:
    """At this instant the level of this row, sent there and back twice, is raised at most once."""
    returned = _there_and_back(table, row.from_level, row.to_policy_oid, at)
    if returned is None or returned == row.from_level:
        return
    again = _there_and_back(table, returned, row.to_policy_oid, at)
    if again not in (None, returned):
        raise MalformedInput(
            "equivalence.ratchet",
            field=f"equivalence.json/{row.from_level.name}",
            expected="levels that stay as they are on a second round",
        )


def _there_and_back(table: EquivalenceTable, level: Level, policy: str, at: Instant) -> Level | None:
    there = table.row_for(level, policy, at)
    if there is None or there.to_level is None:
        return None
    back = table.row_for(there.to_level, level.policy_oid, at)
    return None if back is None else back.to_level


class Ranks:
    """Ranks of levels under one bundle. Unknown levels never raise here: they get no rank, and no rank is refused."""

    def __init__(
        self, policies: PolicySet, equivalence: EquivalenceTable, unregistered_max: frozenset[LevelCode]
    ) -> None:
        """`unregistered_max`: per policy the highest level up to which an unregistered container opens at home.

        Raises UnknownValue when one of those levels is not a level of the policies, MalformedInput for two of one
        policy: which of them held would differ from process to process.
        """
        self._policies = policies
        self._equivalence = equivalence
        self._unregistered = {level.policy: self._known(level) for level in unregistered_max}
        if len(self._unregistered) != len(unregistered_max):
            raise MalformedInput(
                "limits", field="unregistered_container_max_level", expected="one level for each policy"
            )

    def _known(self, code: LevelCode) -> Level:
        return self._policies.by_oid(code.policy).level(code.name)

    def _level(self, code: LevelCode | None) -> Level | None:
        if code is None:
            return None
        try:
            return self._known(code)
        except UnknownValue:
            return None

    def held(self, nation: Nation, code: LevelCode | None) -> int:
        """The rank of a level that somebody of `nation` holds: only a level of that nation's own policy counts."""
        level = self._level(code)
        if level is None or self._policies.by_oid(level.policy_oid).nation != nation:
            return NOTHING_KNOWN
        return level.hierarchy

    def own(self, code: LevelCode) -> int:
        """The item's rank in its own policy; beyond every rank when the level is not known."""
        level = self._level(code)
        return BEYOND_ALL if level is None else level.hierarchy

    def unregistered_max(self, code: LevelCode) -> int:
        """Up to which rank an unregistered container in this level's policy opens at home."""
        level = self._unregistered.get(code.policy)
        return NOTHING_KNOWN if level is None else level.hierarchy

    def demanded(self, code: LevelCode, at: Instant) -> dict[Nation, int]:
        """Nation -> the lowest sufficient rank in its own policy; nations without an equivalent are left out."""
        return {nation: level.hierarchy for nation, level in self.equivalents(code, at).items()}

    def equivalents(self, code: LevelCode, at: Instant) -> dict[Nation, Level]:
        """Nation -> the level that the table names for it at `at`; the item's own level for its own nation."""
        level = self._level(code)
        if level is None:
            return {}
        found = {}
        for policy in self._policies:
            if policy.oid == level.policy_oid:
                found[policy.nation] = level
                continue
            row = self._equivalence.row_for(level, policy.oid, at)
            if row is not None and row.to_level is not None:
                found[policy.nation] = row.to_level
        return found
