"""A procedure as a table: its states, and who may take it from which state to which, under which guards.

Rules enforced here:
 1. What the table does not name cannot happen: an unknown state or step is a fault of the caller, a step that does not
    start in the present state is a Conflict, and nothing changes.
 2. A step belongs to people with one of its roles, or to the node itself (a message came, a job ran), never to both.
 3. A guard is a named condition that the caller has checked in the same atomic step; a step whose guards are not all
    held is refused by the name of the first that is missing.
 4. A procedure between two nodes has an asking and an answering side. A step of one side is taken by that side's
    people only; the other node follows it when it is told, and never takes it.
 5. A step whose target is STAYS changes no state: something is added, wherever the procedure stands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from relto.base.errors import Conflict, MalformedInput, Refused
from relto.procedures.actors import Actor, Role

ASKING: Final = "asking"
ANSWERING: Final = "answering"
SIDES: Final = (ASKING, ANSWERING)
STAYS: Final = ""
"""The target of a step after which the procedure is in the state in which it was."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step. Without `roles` it is the node's own; `guards` are names of conditions that must hold.

    `at_will`: it may be taken, but nobody waits for it (a withdrawal, a revocation). `side`: of a procedure between
    two nodes, whose step it is ("asking" or "answering"); "" where both have it, or where there is one node only.
    """

    name: str
    sources: frozenset[str]
    target: str
    roles: frozenset[Role] = frozenset()
    guards: tuple[str, ...] = ()
    at_will: bool = False
    side: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A procedure. `start` is the state of what does not exist yet or has just been recorded; `final` ends it."""

    name: str
    start: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...]

    def __post_init__(self) -> None:
        """Raises MalformedInput for a doubled step or one that names a state the table lacks."""
        names = [transition.name for transition in self.transitions]
        known = set(self.states)
        named = {state for transition in self.transitions for state in (*transition.sources, transition.target)} - {
            STAYS
        }
        if len(set(names)) != len(names) or not named | {self.start} <= known or len(known) != len(self.states):
            raise MalformedInput("procedure", field=self.name, expected="each step once, each state listed")

    @property
    def final(self) -> frozenset[str]:
        """The states after which nothing is waited for."""
        left = {state for transition in self.transitions if not transition.at_will for state in transition.sources}
        return frozenset(self.states) - left

    def transition(self, name: str) -> Transition:
        """The step of this name. Raises MalformedInput when the table has none."""
        for transition in self.transitions:
            if transition.name == name:
                return transition
        known = ", ".join(transition.name for transition in self.transitions)
        raise MalformedInput("procedure.step", field=self.name, expected=known)


def advance(
    table: Table, state: str, step: str, *, actor: Actor | None, held: Collection[str] = (), side: str = ""
) -> str:
    """The state after `step`. `actor` None: the node itself acts; `held`: the guards that were checked and hold.

    `side`: the side on which the actor's node stands. Raises Refused("role") for another performer, Refused("side") for
    a step of the other side, Conflict("state") when the step does not start here, Refused("guard") for a guard that
    does not hold, MalformedInput for a state or step that the table does not know.
    """
    transition = table.transition(step)
    if state not in table.states:
        raise MalformedInput("procedure.state", field=table.name, expected=", ".join(table.states))
    if actor is None and transition.roles:
        raise Refused("role", field="role", expected=" or ".join(sorted(transition.roles)))
    if actor is not None and not actor.roles & transition.roles:
        raise Refused("role", field="role", expected=" or ".join(sorted(transition.roles)) or "the node itself")
    if transition.side and transition.side != side:
        raise Refused("side", field="side", found=side, expected=transition.side)
    _require_source(table, transition, state)
    for guard in transition.guards:
        if guard not in held:
            raise Refused("guard", field=table.name, found=step, expected=guard)
    return transition.target or state


def follow(table: Table, state: str, step: str, *, side: str) -> str:
    """The state after a step that the other node took and told of; `side`: the teller's side.

    Raises Refused("side") for a step that the teller's side does not have, Conflict("state"), MalformedInput.
    """
    transition = table.transition(step)
    if transition.side and transition.side != side:
        raise Refused("side", field="side", found=side, expected=transition.side)
    _require_source(table, transition, state)
    return transition.target or state


def _require_source(table: Table, transition: Transition, state: str) -> None:
    if state not in transition.sources:
        expected = " or ".join(sorted(transition.sources))
        raise Conflict("state", field=table.name, found=state, expected=expected, step=transition.name)


def waits_on(table: Table, state: str) -> frozenset[str]:
    """Whom the next step waits for: role codes, "node" for the node's own steps; empty at the end."""
    following = [one for one in table.transitions if state in one.sources and not one.at_will]
    return frozenset(str(role) for transition in following for role in transition.roles or ("node",))
