"""Whatever one node's people do by a procedure's table, the other node can follow it when it is told at once."""

from __future__ import annotations

import pytest

from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import BETWEEN, Procedure
from relto.procedures.table import ANSWERING, ASKING, STAYS, Transition
from relto.services.dossiers.plausible import could_have_come
from tests.unit.services.dossiers.request import PROCEDURE

BETWEEN_NODES = [*(one for one in procedures().values() if one.reach == BETWEEN), PROCEDURE]
NOT_THERE = ""


def told(pack: Procedure, step: str, *, stands: bool) -> bool:
    part = pack.step(step)
    return stands if part.keeps_told else part.sends


def conflicts(pack: Procedure) -> list[str]:
    """Steps that could not be followed, of all pairs of states that the two nodes can come to."""
    found: set[str] = set()
    seen, left = {(pack.table.start, NOT_THERE)}, [(pack.table.start, NOT_THERE)]
    while left:
        asking, answering = left.pop()
        for one in pack.table.transitions:
            for side in (ASKING, ANSWERING):
                own, other = (asking, answering) if side == ASKING else (answering, asking)
                if own not in one.sources or one.side not in {"", side}:
                    continue
                after = one.target or own
                following = followed(pack, one, side, own, other)
                if following is None:
                    found.add(f"{side} takes {one.name} in {own}, the other stands in {other}")
                    continue
                pair = (after, following) if side == ASKING else (following, after)
                if pair not in seen:
                    seen.add(pair)
                    left.append(pair)
    return sorted(found)


def followed(pack: Procedure, one: Transition, side: str, own: str, other: str) -> str | None:
    """The other node's state afterwards; None when it cannot follow."""
    if not told(pack, one.name, stands=side == ANSWERING or other != NOT_THERE):
        return other
    if other == NOT_THERE:
        other = pack.table.start
    elif one.target == STAYS:
        return other
    return (one.target or own) if could_have_come(pack, other, own, side) else None


@pytest.mark.parametrize("pack", BETWEEN_NODES, ids=lambda pack: pack.code)
def test_a_told_step_can_be_followed(pack: Procedure) -> None:
    assert conflicts(pack) == []


@pytest.mark.parametrize("pack", BETWEEN_NODES, ids=lambda pack: pack.code)
def test_the_askers_first_told_step_is_the_askers(pack: Procedure) -> None:
    opening = [one for one in pack.table.transitions if pack.step(one.name).sends and one.side != ANSWERING]
    assert opening, "a procedure between two nodes must be told once"
