"""Rule sets in pieces: what differs between two of them, and the one with some pieces of the other.

Every table and every rule that a decision reads is a piece, but the levels of a nation (which are not compared when
they differ) and the agreement's period (signing renews it). So a rule set with all pieces of another one in the same
period decides as that one does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from relto.base.canonical import Json
from relto.base.instants import instant_text
from relto.rules.engine import Engine
from relto.rules.gates import Gate, GateList, policy_text
from relto.rules.loosenings import Piece
from relto.rules.proving.rule_set import Equivalent, RuleSet
from relto.rules.questions import FOREVER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799
MAX_AGE = "assurance_status_max_age"
_Name = tuple[str, str]
_Row = TypeVar("_Row")


def differences(old: RuleSet, new: RuleSet) -> tuple[Piece, ...]:
    """The pieces in which `new` differs from `old`, as `new` has them, in a stable order."""
    before, after = _by_name(old), _by_name(new)
    found = []
    for name in sorted(before.keys() | after.keys()):
        piece = after.get(name, Piece(*name, None))
        if name not in before or not piece.is_as(before[name]):
            found.append(piece)
    return tuple(found)


def with_pieces(old: RuleSet, new: RuleSet, names: Collection[_Name]) -> RuleSet:
    """`old` with the named pieces as `new` has them. Raises MalformedInput when the rules do not compile together."""
    chosen = set(names)

    def taken(kind: str, key: str) -> bool:
        return (kind, key) in chosen

    gates = _gates(old, new, {key for kind, key in chosen if kind == "gate"})
    parties = frozenset(
        nation
        for nation in old.parties | new.parties
        if nation in (new.parties if taken("party", nation) else old.parties)
    )
    ranks = {**{name: rank for name, rank in new.ranks.items() if taken("party", name[0])}, **old.ranks}
    return dataclasses.replace(
        old,
        gates=gates,
        engine=old.engine if gates is old.gates else _engine(gates, old.schema),
        ranks=ranks,
        equivalents=tuple(_mixed(old.equivalents, new.equivalents, lambda row: taken("equivalent", _row_key(row)))),
        unregistered={
            nation: (new if taken("unregistered_level", nation) else old).unregistered.get(nation, -1)
            for nation in old.unregistered.keys() | {nation for nation, _ in ranks}
        },
        status_max_age=(new if taken("limit", MAX_AGE) else old).status_max_age,
        channels=frozenset(_mixed(old.channels, new.channels, lambda code: taken("channel", code))),
        parties=parties,
        listed=frozenset(_mixed(old.listed, new.listed, lambda row: taken("listing", "/".join(row)))),
        groups=tuple(_mixed(old.groups, new.groups, lambda row: taken("group", f"{row.group}/{row.nation}"))),
    )


def _mixed(old: Iterable[_Row], new: Iterable[_Row], taken: Callable[[_Row], bool]) -> Iterator[_Row]:
    """The rows of `old` that are not taken from `new`, and those of `new` that are."""
    yield from (row for row in old if not taken(row))
    yield from (row for row in new if taken(row))


def _by_name(rules: RuleSet) -> Mapping[_Name, Piece]:
    return {piece.name: piece for piece in pieces_of(rules)}


def pieces_of(rules: RuleSet) -> Iterator[Piece]:
    """All pieces of a rule set, each once, in a stable order."""
    names = {(nation, rank): name for (nation, name), rank in rules.ranks.items()}
    yield Piece("limit", MAX_AGE, rules.status_max_age)
    yield from (Piece("channel", code, value=True) for code in sorted(rules.channels))
    yield from (Piece("party", nation, value=True) for nation in sorted(rules.parties))
    yield from (Piece("listing", "/".join(row), value=True) for row in sorted(rules.listed))
    for nation, rank in sorted(rules.unregistered.items()):
        if rank >= 0:
            yield Piece("unregistered_level", nation, names[nation, rank])
    rows: dict[str, list[Json]] = {}
    for row in sorted(rules.equivalents, key=lambda row: (row.level, row.nation, row.start)):
        level = names[row.nation, row.rank]
        rows.setdefault(_row_key(row), []).append({"level": level, **_period(row.start, row.end)})
    yield from (Piece("equivalent", key, value) for key, value in rows.items())
    periods: dict[str, list[Json]] = {}
    for member in sorted(rules.groups, key=lambda one: (one.group, one.nation, one.start)):
        periods.setdefault(f"{member.group}/{member.nation}", []).append(_period(member.start, member.end))
    yield from (Piece("group", key, value) for key, value in periods.items())
    yield from (Piece("gate", gate.rule, _gate(gate, rules.gates)) for gate in rules.gates.gates)


def _row_key(row: Equivalent) -> str:
    return f"{row.level[0]}:{row.level[1]}>{row.nation}"


def _period(start: int, end: int) -> dict[str, Json]:
    return {"from": _instant(start), "until": None if end >= FOREVER else _instant(end)}


def _instant(seconds: int) -> str:
    return instant_text(_EPOCH + timedelta(seconds=min(max(seconds, 0), _LATEST)))


def _gate(gate: Gate, gates: GateList) -> dict[str, Json]:
    applies: list[Json] = [gates.conditions[code] for code in gate.applies]
    return {"actions": list[Json](sorted(gate.actions)), "applies": applies, "holds": gate.holds}


def _gates(old: RuleSet, new: RuleSet, rules: Collection[str]) -> GateList:
    """The gates of `old` with those of `new` for these rules; a condition that differs gets a name of its own."""
    if not rules:
        return old.gates
    conditions = dict(old.gates.conditions)
    taken = []
    for gate in new.gates.gates:
        if gate.rule in rules:
            names = []
            for code in gate.applies:
                text = new.gates.conditions[code]
                name = code if conditions.get(code, text) == text else f"{code}_as_drafted"
                conditions[name] = text
                names.append(name)
            taken.append(dataclasses.replace(gate, applies=tuple(names)))
    kept = [gate for gate in old.gates.gates if gate.rule not in rules]
    return GateList((*kept, *taken), conditions)


def _engine(gates: GateList, schema: str) -> Engine:
    return Engine(policy_text(gates), schema, gates)
