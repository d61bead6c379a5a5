"""A copy of an item in a company's register: recorded, moved, and ended, each step with what it must state.

Item lifecycle of domain.md section 7 (held, transmitted, reproduced, returned, destroyed, lost), for one copy.
Rules enforced here:
 1. What ended (destroyed, returned) does not come back; the only way out of a suspected loss is to find the copy again.
 2. A destruction that two must sign is not done until the other one signed: until then it waits, and shows as waiting.
    The first person signs and names the second, who is not herself (USR-06, ISA-27; how many: `register_rules`).
 3. What a rule of the holder's nation demands and is not stated is refused by the name of the field. Where no rule is
    loaded nothing is demanded, and the record says so.
 4. A suspected loss is a state and an entry. The inquiry that follows is the incident's procedure, not the register's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relto.base.errors import MalformedInput
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.register_rules import Demand
from relto.procedures.table import Table, Transition, advance

UNRECORDED = "unrecorded"
HELD = "held"
IN_TRANSIT = "in_transit"
DESTROYING = "destroying"
DESTROYED = "destroyed"
RETURNED = "returned"
SUSPECTED_LOST = "suspected_lost"

PRESENT: Final = frozenset({HELD, IN_TRANSIT, DESTROYING, SUSPECTED_LOST})
FORMS: Final = ("physical", "digital", "working_paper")
MEDIA: Final = ("courier", "freight", "electronic")
METHODS: Final = ("burning", "shredding", "pulping", "melting", "chemical", "pulverising", "erasure")

_OFFICER = frozenset({Role.SECURITY_OFFICER})

COPY = Table(
    name="copy",
    start=UNRECORDED,
    states=(UNRECORDED, HELD, IN_TRANSIT, DESTROYING, DESTROYED, RETURNED, SUSPECTED_LOST),
    transitions=(
        Transition("record", frozenset({UNRECORDED}), HELD, _OFFICER, guards=("number_stated",)),
        Transition("reproduce", frozenset({UNRECORDED}), HELD, _OFFICER, guards=("number_stated", "consent_stated")),
        Transition("hand_over", frozenset({HELD}), HELD, _OFFICER, at_will=True),
        Transition("dispatch", frozenset({HELD}), IN_TRANSIT, _OFFICER, at_will=True),
        Transition("arrive", frozenset({IN_TRANSIT}), HELD, _OFFICER),
        Transition("destroy", frozenset({HELD}), DESTROYED, _OFFICER, guards=("one_signs",), at_will=True),
        Transition("destroy_before", frozenset({HELD}), DESTROYING, _OFFICER, guards=("witness_named",), at_will=True),
        Transition(
            "witness",
            frozenset({DESTROYING}),
            DESTROYED,
            frozenset({Role.ENGINEER, Role.SECURITY_OFFICER}),
            guards=("is_named_witness",),
        ),
        Transition("give_back", frozenset({HELD}), RETURNED, _OFFICER, at_will=True),
        Transition("suspect", frozenset({HELD, IN_TRANSIT}), SUSPECTED_LOST, _OFFICER, at_will=True),
        Transition("find", frozenset({SUSPECTED_LOST}), HELD, _OFFICER),
    ),
)


@dataclass(frozen=True, slots=True)
class StepForm:
    """What a step must state (`needs`) and may state (`may`), and the event it leaves."""

    event: LeafEvent
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All that it takes."""
        return self.needs + self.may


STEPS: Final[Mapping[str, StepForm]] = {
    "hand_over": StepForm(LeafEvent.COPY_HANDED_OVER, ("custodian", "location"), ("reason",)),
    "dispatch": StepForm(LeafEvent.COPY_DISPATCHED, ("facility", "medium"), ("reference", "reason")),
    "arrive": StepForm(LeafEvent.COPY_ARRIVED, ("custodian", "location"), ("reason",)),
    "destroy": StepForm(LeafEvent.COPY_DESTROYED, ("method", "done_on"), ("witness", "reason")),
    "witness": StepForm(LeafEvent.COPY_DESTROYED, ()),
    "give_back": StepForm(LeafEvent.COPY_RETURNED, ("recipient", "done_on"), ("reference", "reason")),
    "suspect": StepForm(LeafEvent.COPY_SUSPECTED_LOST, ("reason",)),
    "find": StepForm(LeafEvent.COPY_FOUND, ("custodian", "location"), ("reason",)),
}
"""The steps that people take with a copy that is on record."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that may be taken: the state it leads to and the event that it leaves."""

    state: str
    event: LeafEvent


def take(
    state: str, step: str, *, actor: Actor, given: Mapping[str, str], signatories: Demand, named_witness: str = ""
) -> Taken:
    """The step of this name by this actor. `given`: what she states, "" for what she leaves out.

    `signatories`: how many must sign a destruction; `named_witness`: whom the first of two named. Raises MalformedInput
    for an unknown step or a field that is missing, not taken, or demanded by a rule; Refused("role"), Refused("guard"),
    Conflict("state").
    """
    form = STEPS.get(step)
    if form is None:
        raise MalformedInput("procedure.step", field="step", expected=", ".join(STEPS))
    _check_fields(form, given)
    chosen = "destroy_before" if step == "destroy" and given.get("witness") else step
    advance(COPY, state, chosen, actor=actor, held=_every_guard())
    if step == "destroy":
        _check_signatories(actor, given, signatories)
    if step == "witness" and actor.person != named_witness:
        advance(COPY, state, step, actor=actor)
    event = LeafEvent.COPY_DESTRUCTION_SIGNED if chosen == "destroy_before" else form.event
    return Taken(COPY.transition(chosen).target, event)


def demanded(demand: Demand, value: object, *, field: str, expected: str) -> None:
    """Raise MalformedInput("register_demand") when the rule demands the field and it is empty."""
    if demand.value and not value:
        raise MalformedInput(
            "register_demand", field=field, expected=expected, rule=demand.provision, citation=demand.citation
        )


def steps_open_to(state: str, actor: Actor, named_witness: str = "") -> tuple[str, ...]:
    """The steps that this actor may take with a copy in this state."""
    found = []
    for name in STEPS:
        transition = COPY.transition(name)
        if state in transition.sources and actor.roles & transition.roles:
            if name == "witness" and actor.person != named_witness:
                continue
            found.append(name)
    return tuple(found)


def _check_fields(form: StepForm, given: Mapping[str, str]) -> None:
    for name in form.needs:
        if not given.get(name):
            raise MalformedInput("register_field", field=name, expected="a value for this step")
    for name, value in given.items():
        if value and name not in form.fields:
            raise MalformedInput("register_field", field=name, expected=", ".join(form.fields) or "nothing more")


def _check_signatories(actor: Actor, given: Mapping[str, str], signatories: Demand) -> None:
    witness = given.get("witness", "")
    if signatories.value is not None and signatories.value > 1:
        demanded(signatories, witness, field="witness", expected=f"{signatories.value} signatories: name the second")
    if witness == actor.person:
        raise MalformedInput("register_witness", field="witness", expected="another person than the one who signs")


def _every_guard() -> frozenset[str]:
    return frozenset(guard for transition in COPY.transitions for guard in transition.guards)
