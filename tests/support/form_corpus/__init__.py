"""Clean and faulty forms of every procedure, by seed: what the first-pass checker must catch, and what it must let by.

One module beside this one for each procedure, named as its code, with

    CLEAN(random) -> Filed           a form that a careful officer would file; different at each call
    FAULTS: tuple[Fault, ...]        kinds of faults, each with the code of the finding that must tell it

A form is judged as the services judge it, without them: `read_answers`, the procedure's check, for a step its own form,
check and guards too, all weighed under the provisions that ship with the package.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from relto.procedures.findings import Finding, Weighed, weigh
from relto.procedures.forms.reading import read_answers
from relto.procedures.known import Known
from relto.procedures.packs.registry import procedure, procedures
from relto.procedures.procedure import Dossier, Taken
from tests.support.known import shipped_provisions


@dataclass(frozen=True, slots=True)
class Filed:
    """A form as filed. `step`: the step that is taken with it ("" while the main form is written), with its answers.

    `state`: the dossier's state before the step (any from which the step starts, when empty); `steps`: what happened
    before; `parent`: the dossier that this one amends or belongs to.
    """

    procedure: str
    answers: dict[str, Any]
    known: Known
    parent: str = ""
    step: str = ""
    step_answers: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    side: str = "asking"
    steps: tuple[Taken, ...] = ()
    number: str = "TST-2026-0001"

    def with_answers(self, **changes: Any) -> Filed:
        """The same with other answers; None takes one out. What was filed is not changed."""
        return replace(self, answers=_changed(self.answers, changes))

    def with_row(self, rows: str, number: int, **changes: Any) -> Filed:
        """The same with a row changed ("visitors", 0, level="USA:SECRET"); None takes an answer out of it."""
        every = deepcopy(self.answers[rows])
        every[number] = _changed(every[number], changes)
        return self.with_answers(**{rows: every})

    def with_step_answers(self, **changes: Any) -> Filed:
        """The same with other answers to the step's own form."""
        return replace(self, step_answers=_changed(self.step_answers, changes))

    def with_known(self, **changes: Any) -> Filed:
        """The same with other facts known."""
        return replace(self, known=replace(self.known, **changes))


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. `what`: one sentence for the docs; `finding`: the code that must tell it; `spoil` makes it."""

    code: str
    what: str
    finding: str
    spoil: Callable[[Random, Filed], Filed]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The forms of one procedure."""

    procedure: str
    clean: Callable[[Random], Filed]
    faults: tuple[Fault, ...]


def corpora() -> Iterator[Corpus]:
    """Every module of this package whose procedure the registry has, in the order of their names."""
    for module in sorted({one.name for one in pkgutil.iter_modules(__path__)} & set(procedures())):
        forms = importlib.import_module(f"{__name__}.{module}")
        yield Corpus(module, forms.CLEAN, tuple(forms.FAULTS))


def seeded(seed: int) -> Random:
    """Random draws that are the same in each run."""
    return Random(seed)  # noqa: S311  the same forms each time is the point


def judge(filed: Filed) -> tuple[Weighed, ...]:
    """What the first-pass checker says of a form, what stops first."""
    found = procedure(filed.procedure)
    answers, findings = read_answers(found.form, filed.answers)
    findings += found.check(answers, filed.known)
    if filed.step:
        findings += _judge_step(filed, answers)
    return weigh(findings, shipped_provisions())


def _judge_step(filed: Filed, answers: Mapping[str, Any]) -> list[Finding]:
    found = procedure(filed.procedure)
    transition, step = found.table.transition(filed.step), found.steps.get(filed.step)
    findings: list[Finding] = []
    given: dict[str, Any] = {}
    if step is not None and step.form is not None:
        given, findings = read_answers(step.form, filed.step_answers)
        findings += step.check(given, filed.known) if step.check is not None else ()
    state = filed.state or min(transition.sources)
    dossier = Dossier(
        filed.number, filed.procedure, state, filed.side, answers, filed.known.at, filed.steps, filed.parent
    )
    for guard in transition.guards:
        if guard in found.guards:
            findings += found.guards[guard](dossier, given, filed.known)
    return findings


def _changed(answers: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**deepcopy(dict(answers)), **changes}
    return {code: value for code, value in merged.items() if value is not None}
