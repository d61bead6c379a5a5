"""Tell the partner's node of a step, in the step itself: the shared fields of the step's form and of the main form.

Rules enforced here:
 1. Only fields that a form shares cross, and never a personal one (`procedures.forms.sharing`).
 2. The asking side sends the main form with the first step that it tells, and again whenever what is shared of it
    changed since; the answering side changes it only by the answers of a step that amends.
 3. Without an agreement in force nothing is told but what narrows: a step that is taken at will.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.forms.sharing import shared_answers
from relto.procedures.procedure import BETWEEN, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Transition
from relto.services.dossiers.changing import digest_of
from relto.services.dossiers.known import Rules
from relto.services.house import House
from relto.services.sending import queue_message
from relto.store.models import Dossier, DossierStep

KIND = "dossier-step"


def is_told(part: Step) -> bool:
    """Whether a step of this kind can come from the other node."""
    return part.sends or part.keeps_told


def stands_there(row: Dossier) -> bool:
    """Whether the partner's node has this dossier too, as far as this one knows."""
    return row.side == ANSWERING or bool(row.told_form)


def tell(  # noqa: PLR0917  the house and its rules, the dossier, its step
    house: House,
    rules: Rules,
    pack: Procedure,
    row: Dossier,
    step: DossierStep,
    part: Step,
    transition: Transition,
) -> None:
    """Queue the message of a step that is told, and note on step and row what was told. Inside a step.

    Raises MalformedInput("answers") when the form names no partner, Conflict("no_agreement").
    """
    if pack.reach != BETWEEN or not is_told(part) or (part.keeps_told and not stands_there(row)):
        return
    if not row.partner:
        raise MalformedInput("answers", field=pack.partner_field, expected="form.missing")
    in_force = rules.bundle.period.holds_at(step.at) and row.partner in rules.bundle.parties
    if not in_force and not transition.at_will:
        raise Conflict("no_agreement", field="bundle", expected="an agreement in force with the partner")
    row.told += 1
    step.count = row.told
    body: dict[str, Json] = {
        "origin": row.origin,
        "nation": row.nation,
        "number": row.number,
        "procedure": pack.code,
        "form_version": row.form_version,
        "step": step.step,
        "before": step.before,
        "count": step.count,
        "heard": row.heard,
        "taken_at": instant_text(step.at),
        "role": step.role,
        "answers": shared_answers(part.form, step.answers),
    }
    if row.parent:
        body["parent"] = row.parent
    form = shared_answers(pack.form, row.answers)
    digest = form_digest(form)
    if row.side == ASKING and row.told_form != digest:
        body["form"] = form
        row.told_form = digest
    step.message = queue_message(house, Nation(row.partner), KIND, body, at=step.at)
    row.told_at, row.told_message = step.at, step.message


def form_digest(form: Mapping[str, Any]) -> str:
    """What names the shared main form that both nodes know."""
    return digest_of(form)
