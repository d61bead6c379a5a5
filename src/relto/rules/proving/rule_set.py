"""A rule set as the prover takes it: the gates and every table of a bundle that a decision reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from relto.base.nations import Nation
from relto.rules.bundle import SCHEMA, Bundle
from relto.rules.engine import Engine
from relto.rules.gates import GateList
from relto.rules.levels import NOTHING_KNOWN
from relto.rules.questions import FOREVER, period_seconds

LevelName = tuple[Nation, str]


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One row: an item of `level` demands `rank` of `nation` from `start` until `end` (seconds since 1970)."""

    level: LevelName
    nation: Nation
    rank: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """A nation stands behind a group's code in an audience from `start` until `end` (seconds since 1970)."""

    group: str
    nation: Nation
    start: int
    end: int


@dataclass(frozen=True)
class RuleSet:
    """What decides: `ranks` of each nation's levels, what is demanded for them, limits, parties, agreed facilities.

    `groups`: which nations the groups stand for in an audience, and when.
    `unregistered`: per nation's policy the highest rank up to which an unregistered container opens at home.
    `listed`: (programme, facility, nation) of the agreed lists. `start`, `end`: the agreement's period in seconds.
    """

    gates: GateList
    schema: str
    engine: Engine
    ranks: Mapping[LevelName, int]
    equivalents: tuple[Equivalent, ...]
    unregistered: Mapping[Nation, int]
    status_max_age: int
    channels: frozenset[str]
    parties: frozenset[Nation]
    listed: frozenset[tuple[str, str, Nation]]
    start: int
    end: int
    groups: tuple[Member, ...] = ()

    def admitted(self, codes: frozenset[str], moment: int) -> frozenset[str]:
        """The codes of an audience, and the members of those that are groups at an instant (seconds since 1970)."""
        found = (one.nation for one in self.groups if one.group in codes and one.start <= moment < one.end)
        return codes.union(found)

    def demanded(self, level: LevelName | None, moment: int) -> dict[Nation, int]:
        """Nation -> the lowest sufficient rank for an item of this level at an instant (seconds since 1970)."""
        if level is None or level not in self.ranks:
            return {}
        rows = [row for row in self.equivalents if row.level == level and row.start <= moment < row.end]
        return {row.nation: row.rank for row in rows} | {level[0]: self.ranks[level]}


def in_the_period_of(own: RuleSet, new: RuleSet) -> RuleSet:
    """The originator's rules in the period of the new agreement: to renew it is what its signatures say."""
    return replace(own, start=new.start, end=new.end)


def rule_set_of(bundle: Bundle) -> RuleSet:
    """The rule set that a bundle carries."""
    agreed = period_seconds(bundle.period)
    levels = {(policy.nation, level.name): level for policy in bundle.policies for level in policy.levels}
    names = {level: name for name, level in levels.items()}
    nations = {policy.oid: policy.nation for policy in bundle.policies}
    rows = []
    for row in bundle.equivalence.rows:
        if row.to_level is not None:
            valid = period_seconds(row.valid)
            rows.append(
                Equivalent(
                    names[row.from_level],
                    nations[row.to_policy_oid],
                    row.to_level.hierarchy,
                    valid["from"],
                    valid["until"],
                )
            )
    highest = {
        nations[code.policy]: levels[nations[code.policy], code.name].hierarchy
        for code in bundle.limits.levels("unregistered_container_max_level")
    }
    return RuleSet(
        gates=bundle.gates,
        schema=bundle.texts[SCHEMA],
        engine=bundle.engine,
        ranks={name: level.hierarchy for name, level in levels.items()},
        equivalents=tuple(rows),
        unregistered={nation: highest.get(nation, NOTHING_KNOWN) for nation in nations.values()},
        status_max_age=bundle.limits.seconds("assurance_status_max_age"),
        channels=frozenset(bundle.limits.codes("approved_channels")),
        parties=frozenset(bundle.parties),
        listed=frozenset(
            (code, facility, nation)
            for code, programme in bundle.programmes.items()
            for facility, nation in programme.facilities.items()
        ),
        start=agreed["from"],
        end=min(agreed["until"], FOREVER),
        groups=tuple(
            Member(row.code, nation, valid["from"], valid["until"])
            for row in bundle.groups.rows
            for nation in sorted(row.nations)
            for valid in (period_seconds(row.valid),)
        ),
    )
