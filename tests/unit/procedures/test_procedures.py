"""Every step a procedure names works for its performer, and every other one is refused and changes nothing."""

from __future__ import annotations

from itertools import product

import pytest

from relto.base.errors import Conflict, MalformedInput, Refused
from relto.base.nations import Nation
from relto.procedures.acceptance import ACCEPTANCE
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import ASSURANCE
from relto.procedures.copies import COPY
from relto.procedures.item import ITEM
from relto.procedures.membership import MEMBERSHIP
from relto.procedures.release import RELEASE
from relto.procedures.table import Table, Transition, advance, waits_on

TABLES = (ITEM, RELEASE, ACCEPTANCE, ASSURANCE, MEMBERSHIP, COPY)
EVERY = [(table, state, step) for table in TABLES for state, step in product(table.states, table.transitions)]
NAMES = [f"{table.name}: {step.name} from {state}" for table, state, step in EVERY]


def somebody(*roles: Role) -> Actor:
    return Actor("prs_a", Nation("USA"), "ACME", None, frozenset(roles), frozenset())


def performer(step: Transition) -> Actor | None:
    return somebody(next(iter(step.roles))) if step.roles else None


@pytest.mark.parametrize(("table", "state", "step"), EVERY, ids=NAMES)
def test_a_step_starts_only_where_its_table_says(table: Table, state: str, step: Transition) -> None:
    if state in step.sources:
        assert advance(table, state, step.name, actor=performer(step), held=step.guards) == step.target
    else:
        with pytest.raises(Conflict) as refused:
            advance(table, state, step.name, actor=performer(step), held=step.guards)
        assert refused.value.found == state


@pytest.mark.parametrize(("table", "state", "step"), EVERY, ids=NAMES)
def test_a_step_is_taken_only_by_its_performer(table: Table, state: str, step: Transition) -> None:
    for role in Role:
        if role not in step.roles:
            with pytest.raises(Refused) as refused:
                advance(table, state, step.name, actor=somebody(role), held=step.guards)
            assert refused.value.full_code == "refused.role"
    if step.roles:
        with pytest.raises(Refused):
            advance(table, state, step.name, actor=None, held=step.guards)


@pytest.mark.parametrize(("table", "state", "step"), EVERY, ids=NAMES)
def test_each_guard_is_needed(table: Table, state: str, step: Transition) -> None:
    if state not in step.sources:
        return
    for missing in step.guards:
        with pytest.raises(Refused) as refused:
            advance(table, state, step.name, actor=performer(step), held=set(step.guards) - {missing})
        assert refused.value.expected == missing


def test_what_is_not_in_the_table_is_a_fault_of_the_caller() -> None:
    with pytest.raises(MalformedInput):
        advance(RELEASE, "asked", "teleport", actor=somebody(Role.RELEASE_OFFICER))
    with pytest.raises(MalformedInput):
        advance(RELEASE, "lost", "release", actor=somebody(Role.RELEASE_OFFICER))


@pytest.mark.parametrize(
    "transitions",
    [
        (Transition("go", frozenset({"here"}), "nowhere"),),
        (Transition("go", frozenset({"here"}), "there"), Transition("go", frozenset({"there"}), "here")),
    ],
    ids=["an unlisted state", "a step named twice"],
)
def test_a_table_that_does_not_close_is_refused(transitions: tuple[Transition, ...]) -> None:
    with pytest.raises(MalformedInput):
        Table("walk", "here", ("here", "there"), transitions)


def test_a_case_says_whom_it_waits_for() -> None:
    assert waits_on(RELEASE, "asked") == {"release_officer"}
    assert waits_on(RELEASE, "released") == {"node"}
    assert waits_on(RELEASE, "accepted") == frozenset()
    assert RELEASE.final == {"refused", "accepted", "returned", "withdrawn"}
