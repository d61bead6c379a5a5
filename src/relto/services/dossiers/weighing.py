"""What stands against a form or a step, weighed under the active bundle: unconfirmed rules warn, confirmed ones stop.

A draft may lack answers: its checks run on what is there, and what is missing stops it only when it is to be taken
further (`Step.final_check`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from relto.procedures.findings import Finding, Weighed, weigh
from relto.procedures.forms.form import Form
from relto.procedures.forms.reading import read_answers
from relto.procedures.forms.sharing import shared_form
from relto.procedures.known import Known
from relto.procedures.procedure import SECOND_PERSON, SUPPLIED, Dossier, Procedure, Step, Taken
from relto.procedures.table import ANSWERING
from relto.services.dossiers.known import Rules
from relto.services.dossiers.stopped import answers_refused
from relto.store import models

_NO_FORM = Form("none", 1, (), ())
"""Of a step that asks nothing: any answer is an unknown field."""


def readable(pack: Procedure, given: Mapping[str, Any]) -> dict[str, Any]:
    """A draft's answers as they are kept. Raises AnswersRefused that names the first field which cannot be read."""
    answers, findings = read_answers(pack.form, given, whole=False)
    if findings:
        raise answers_refused(findings)
    return answers


def readable_step(step: Step, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to a step's own form, whole. Raises AnswersRefused."""
    answers, findings = read_answers(step.form or _NO_FORM, given, whole=True)
    if findings:
        raise answers_refused(findings)
    return answers


def form_findings(rules: Rules, pack: Procedure, given: Mapping[str, Any], known: Known) -> tuple[Weighed, ...]:
    """Everything about a main form: what is missing or cannot be read, and what its checks find.

    On the answering node only what is shared is there, and only that is asked for.
    """
    form = shared_form(pack.form) if known.side == ANSWERING else pack.form
    answers, findings = read_answers(form, given, whole=True)
    return weighed(rules, [*findings, *pack.check(answers, known)])


def weighed(rules: Rules, findings: Sequence[Finding]) -> tuple[Weighed, ...]:
    """Findings under the active bundle."""
    return weigh(findings, rules.bundle.provisions, rules.stated)


def guard_findings(  # noqa: PLR0917  the rules, the guard, and what it asks
    rules: Rules, pack: Procedure, guard: str, dossier: Dossier, answers: Mapping[str, Any], known: Known
) -> tuple[Weighed, ...]:
    """What a guard of the procedure's own says. The guards that the engine supplies are asked in `supplied_holds`."""
    return weighed(rules, pack.guards[guard](dossier, answers, known))


def supplied_holds(guard: str, dossier: Dossier, reason: str, persons: int) -> bool:
    """Whether a guard holds that every procedure may name: a reason is given; a second person signs.

    The second person is another than who signed the step before her or, of a step that one signs, than who brought the
    dossier into its state.
    """
    if guard == SECOND_PERSON:
        if persons > 1:
            return bool(dossier.signed_by) and dossier.by not in dossier.signed_by
        own = (one for one in reversed(dossier.steps) if one.side == dossier.side)
        in_state = list(takewhile(lambda one: one.state == dossier.state, own))
        return not in_state or dossier.by != in_state[-1].by
    return guard in SUPPLIED and bool(reason)


def seen_dossier(
    row: models.Dossier,
    steps: Sequence[models.DossierStep],
    signed_by: Sequence[str] = (),
    by: str = "",
    children: Mapping[str, str] | None = None,
) -> Dossier:
    """The dossier as guards see it: steps that were overtaken or refused are left out."""
    return Dossier(
        number=row.number,
        procedure=row.procedure,
        state=row.state,
        side=row.side,
        answers=row.answers,
        opened=row.opened_at,
        steps=tuple(
            Taken(one.step, one.state, one.at, one.side, one.by, one.answers)
            for one in steps
            if not one.overtaken and not one.refused
        ),
        parent=row.parent,
        signed_by=tuple(signed_by),
        children=dict(children or {}),
        by=by,
        company=row.company,
    )
