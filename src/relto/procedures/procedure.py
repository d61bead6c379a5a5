"""A procedure as the nodes run it: table, form, what each step asks for, what it tells the partner, clocks, papers.

One run of a procedure is a dossier. The same dossier stands on the asking node and, from the first step that is sent
on, on the answering node too; each node keeps its own people's steps and follows the other's, in the order in
which they were told (`relto.procedures.table.follow`). What narrows wins: a step that is taken at will ends the
dossier on either node whatever the other does meanwhile.

A procedure is data and pure functions; the services carry it out, and know none of them by name, except in the effects
that a procedure has outside its own dossiers (`Step.effects`), which are verbs of the services, and where they say how
a facility's clearance stands: as its clearance dossier says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from relto.base.errors import MalformedInput
from relto.base.instants import Instant
from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.forms.form import Form, When
from relto.procedures.known import Known
from relto.procedures.table import Table

OWN: Final = "own"
BETWEEN: Final = "between"
REASON_GIVEN: Final = "reason_given"
"""The guard of a step that needs a reason; whoever runs procedures supplies it."""
SECOND_PERSON: Final = "second_person"
"""The guard of a step that must not be its own predecessor's person: who signs is another than who signed before."""
SUPPLIED: Final = frozenset({REASON_GIVEN, SECOND_PERSON})
"""Guards that a procedure names in its table and does not define."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One run, as checks and guards see it. `answers`: the main form as it stands; `steps`: what happened, in order.

    `side`: on which side this node stands ("asking" where the dossier was begun). `signed_by`: who signed the step that
    is being taken before (a step for two persons); `children`: number -> state of the dossiers whose parent it is.
    `by`: the pseudonym of who takes the step, "" when the node does. `company`: whose dossier it is on this node.
    """

    number: str
    procedure: str
    state: str
    side: str
    answers: Mapping[str, Any]
    opened: Instant
    steps: Sequence[Taken] = ()
    parent: str = ""
    signed_by: Sequence[str] = ()
    children: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken. `by`: pseudonym at home, the nation's code of the partner's; `answers`: its own form."""

    step: str
    state: str
    at: Instant
    side: str
    by: str
    answers: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[Mapping[str, Any], Known], Sequence[Finding]]
"""Checks of a whole form: its answers are well formed by then, though some may be missing in a draft."""
Guard = Callable[[Dossier, Mapping[str, Any], Known], Sequence[Finding]]
"""A condition of a step, over the dossier, the answers to the step's own form, and what is known; empty: it holds."""
Prepare = Callable[[Mapping[str, Any], Known], Mapping[str, Any]]
"""What a new dossier is filled with before anybody writes into it: its answers as given -> its answers."""


@dataclass(frozen=True, slots=True)
class Step:
    """What belongs to a transition of the table beside who may take it from where.

    `form`: what is filled in with the step, else None. `check`: its checks. `persons`: how many different people sign;
    the state changes when the last has. `sends`: the other node is told (the first step that sends opens the dossier
    there); `keeps_told`: it is told only when the dossier already stands there. `amends`: the step's answers replace
    fields of the main form of the same codes. `effects`: verbs of `services.dossiers.effects`, run in the same atomic
    step. `final_check`: the main form is checked whole first and nothing that stops may be left.
    """

    form: Form | None = None
    check: Check | None = None
    persons: int = 1
    sends: bool = False
    keeps_told: bool = False
    amends: bool = False
    effects: tuple[str, ...] = ()
    final_check: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a state may last. `limit`: a code of `procedures.limits`; it runs while the dossier is in `states`.

    `limit` "": until the day itself that stands in `counts_from`, which an official set.

    It counts from the step that reached the state, or from the answer `counts_from` (a date or instant of the main
    form); `before` True: the limit is notice to be given before that answer. `side`: whose limit and calendar counts,
    "" for both. `when`: it runs only while the answers of the main form say so.
    `code`: its words are `clock.<procedure>.<code>`.
    """

    code: str
    limit: str
    states: frozenset[str]
    side: str = ""
    counts_from: str = ""
    before: bool = False
    when: When | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper (PDF and data) that a dossier gives. `code`: its words are `paper.<procedure>.<code>` (the title).

    `states`: those in which it is given; `sections`: of the main form, all when empty; `steps`: steps whose answers and
    signatures stand on it; `copies`: how many numbered copies are printed; `sides`: which node gives it; `personal`:
    personal fields stand on it, so that only people who may see the dossier whole are given it; `statement`: catalogue
    code of the text that it carries under its title, "" for none; `each`: rows of the main form, of which the paper is
    made one by one, with each row alone (a packet for each site); `shared_only`: only what the partner is told stands
    on it, because the paper itself goes there.
    """

    code: str
    states: frozenset[str]
    sections: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    copies: int = 1
    sides: frozenset[str] = frozenset({"asking", "answering"})
    personal: bool = True
    statement: str = ""
    rules: tuple[str, ...] = ()
    each: str = ""
    shared_only: bool = False


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure.

    `code`: "visit"; `prefix`: of its numbers, "VIS"; `reach`: "own" (one node) or "between" (two). `begins`: the roles
    that begin one. `partner_field`: the field of the main form that names the other nation. `subjects`: fields (of
    rows too: "visitors/person") by whose codes a dossier is found and related. `related`: procedures whose dossiers
    on the same subjects the checks need. `parent`: the field that names the dossier which this one amends or belongs
    to. Words of states are `state.<procedure>.<state>`, of steps `step.<procedure>.<step>`.
    """

    code: str
    prefix: str
    topic: str
    table: Table
    form: Form
    begins: frozenset[Role]
    steps: Mapping[str, Step]
    check: Check
    guards: Mapping[str, Guard] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    papers: tuple[Paper, ...] = ()
    reach: str = OWN
    partner_field: str = ""
    subjects: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    parent: str = ""
    editable: frozenset[str] = frozenset()
    """The states in which the main form may still be changed by those who begin one; the start state when empty."""
    prepare: Prepare | None = None
    """Fills in what the rule book of the day gives and nobody wrote yet: a checklist, say. Asked at each writing."""
    binds_all: frozenset[str] = frozenset()
    """The states in which its dossiers are known to the checks of every company in the programme, as an approved list
    of cleared facilities is; those in other states are not, however many a partner proposes."""

    def __post_init__(self) -> None:
        """Raises MalformedInput when the parts do not fit each other."""
        names = {transition.name for transition in self.table.transitions}
        guards = {guard for transition in self.table.transitions for guard in transition.guards}
        states = set(self.table.states)
        wrong = (
            set(self.steps) - names
            or guards - set(self.guards) - SUPPLIED
            or self.editable - states
            or {state for clock in self.clocks for state in clock.states} - states
            or {state for paper in self.papers for state in paper.states} - states
            or {step for paper in self.papers for step in paper.steps} - names
            or {paper.each for paper in self.papers} - {""} - {one.code for one in self.form.fields if one.fields}
            or (self.reach == BETWEEN) != bool(self.partner_field)
        )
        if wrong:
            raise MalformedInput("procedure", field=self.code, expected="steps, guards, clocks and papers of its table")

    def step(self, name: str) -> Step:
        """What belongs to the step; a plain one when nothing does. Raises MalformedInput for a step that is none."""
        self.table.transition(name)
        return self.steps.get(name, Step())

    def may_edit(self, state: str) -> bool:
        """Whether the main form may still be changed."""
        return state in (self.editable or {self.table.start})
