"""What the pages of one dossier show: whose turn it is, both sides' steps, what runs, what may be done next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from relto.adapters.dossier_words import told
from relto.base.nations import Nation
from relto.procedures.findings import Weighed
from relto.procedures.forms.form import Form
from relto.procedures.packs.registry import procedure as procedure_of
from relto.procedures.procedure import REASON_GIVEN, Procedure
from relto.procedures.table import ANSWERING, ASKING
from relto.rules.bundle import Bundle
from relto.services.dossiers.views import DossierDetail, DossierView, Signed, TakenView
from relto.services.house import House
from relto.web.dossier_answers import ReadSection, read_sections
from relto.web.dossier_fields import Offers, offered, sections
from relto.web.dossier_posts import Written
from relto.web.dossier_rows import DueRow, Found, due_row, found
from relto.web.words import language, said


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step that was taken. `words`: what it is called; `state`: where it led; `answers`: what was stated with it.

    `effect`: "", "overtaken" or "refused": the step is kept, and had no effect.
    """

    taken: TakenView
    words: str
    state: str
    answers: tuple[ReadSection, ...]
    effect: str


@dataclass(frozen=True, slots=True)
class SideRow:
    """One side of a dossier: whose it is, and its steps, newest first."""

    nation: str
    words: str
    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class Next:
    """A step that the reader may take. `signed`: who signed it already, where more than one must."""

    step: str
    words: str
    awaited: bool
    persons: int
    signed: tuple[Signed, ...]


def one_dossier(own: House, detail: DossierDetail, bundle: Bundle | None) -> dict[str, Any]:
    """The context of a dossier's page."""
    view = detail.view
    pack = procedure_of(view.procedure)
    provisions = bundle.provisions if bundle is not None else {}
    findings = told(detail.findings, (pack.form,), provisions, language())
    return {
        **heading(view),
        "detail": detail,
        "turn": turn(own, view),
        "dues": dues_in_words(own, view, bundle),
        "sides": _sides(own, detail, pack),
        "sections": read_sections(pack.form, detail.answers, own.nation),
        "found": found(findings, pack.form, provisions, linked=False),
        "next": [one for one in _next(detail, pack) if one.awaited],
        "at_will": [one for one in _next(detail, pack) if not one.awaited],
        "signing": [(step_words(pack, step), signed) for step, signed in detail.signed_by.items()],
        "papers": [(code, said("paper", f"{view.procedure}.{code}")) for code in detail.papers],
        "paper_languages": [("en", "English"), ("hi", "हिन्दी"), ("both", gettext("both languages"))],
        "related": [
            (one, said("procedure", one.procedure), said("state", f"{one.procedure}.{one.state}"))
            for one in detail.related
        ],
        "provisional": pack.form.based_on,
    }


def step_page(  # noqa: PLR0917  what stands on a step's page
    own: House,
    detail: DossierDetail,
    step: str,
    bundle: Bundle | None,
    stands: Written,
    weighed: Sequence[Weighed],
    offers: Offers,
) -> dict[str, Any]:
    """The context of a step's page: its form, what its guards find, and what signing does."""
    view = detail.view
    pack = procedure_of(view.procedure)
    transition, asked = pack.table.transition(step), pack.step(step)
    proposed = detail.proposed.get(step)
    provisions = bundle.provisions if bundle is not None else {}
    forms: list[Form] = [one for one in (asked.form, pack.form) if one is not None]
    in_words = told(weighed, forms, provisions, language())
    signed = detail.signed_by.get(step, ())
    fills = asked.form if proposed is None else None
    return {
        **heading(view),
        "detail": detail,
        "step": step,
        "step_words": step_words(pack, step),
        "leads_to": said("state", f"{view.procedure}.{transition.target or view.state}"),
        "found": step_findings(pack, step, bundle, weighed, linked=fills is not None),
        "form_sections": sections(fills, stands, offers, in_words) if fills is not None else (),
        "lists": offered(fills, offers) if fills is not None else {},
        "proposed": read_sections(asked.form, proposed, own.nation) if asked.form is not None and proposed else (),
        "sections": read_sections(pack.form, detail.answers, own.nation),
        "persons": asked.persons,
        "signed": signed,
        "sends": asked.sends and bool(view.partner or pack.partner_field),
        "partner": view.partner,
        "may_write": detail.may_write,
        "reason_needed": REASON_GIVEN in transition.guards,
        "dues": dues_in_words(own, view, bundle),
    }


def step_findings(
    pack: Procedure, step: str, bundle: Bundle | None, weighed: Sequence[Weighed], *, linked: bool = False
) -> Found:
    """What stands against a step, in words."""
    asked = pack.step(step)
    forms: list[Form] = [one for one in (asked.form, pack.form) if one is not None]
    provisions = bundle.provisions if bundle is not None else {}
    return found(told(weighed, forms, provisions, language()), forms[0], provisions, linked=linked)


def heading(view: DossierView) -> dict[str, Any]:
    """What every page of a dossier is headed with."""
    return {
        "view": view,
        "title": said("procedure", view.procedure),
        "state": said("state", f"{view.procedure}.{view.state}"),
    }


def step_words(pack: Procedure, step: str) -> str:
    """The verb on the button."""
    return said("step", f"{pack.code}.{step}")


def turn(own: House, view: DossierView) -> dict[str, Any]:
    """On whom it waits, in words. `partner`: it is the other side's turn."""
    here = [said("role", one) for one in view.waits_on if one not in {"partner", "node"}]
    return {
        "here": here,
        "node": "node" in view.waits_on,
        "partner": view.partner if "partner" in view.waits_on else "",
        "since": view.since,
        "own": own.nation,
    }


def dues_in_words(own: House, view: DossierView, bundle: Bundle | None) -> tuple[DueRow, ...]:
    """The limits that run, earliest first; where no rule is loaded it says so."""
    provisions = bundle.provisions if bundle is not None else {}
    now = own.now()
    return tuple(
        due_row(one, said("clock", f"{view.procedure}.{one.clock}"), provisions, now, Nation(str(own.nation)))
        for one in view.due
    )


def _next(detail: DossierDetail, pack: Procedure) -> Iterable[Next]:
    for step in detail.may_take:
        transition = pack.table.transition(step)
        yield Next(
            step,
            step_words(pack, step),
            not transition.at_will,
            pack.step(step).persons,
            detail.signed_by.get(step, ()),
        )


def _sides(own: House, detail: DossierDetail, pack: Procedure) -> list[SideRow]:
    """The own side first; one column only where no partner is named."""
    view = detail.view
    other = ANSWERING if view.side == ASKING else ASKING
    rows = [_step_row(one, pack, own.nation) for one in reversed(detail.steps)]
    here = SideRow(own.nation, said("dossier_side", view.side), _of(rows, view.side))
    if not view.partner:
        return [SideRow(own.nation, "", tuple(rows))]
    return [here, SideRow(view.partner, said("dossier_side", other), _of(rows, other))]


def _of(rows: Iterable[StepRow], side: str) -> tuple[StepRow, ...]:
    return tuple(row for row in rows if row.taken.side == side)


def _step_row(taken: TakenView, pack: Procedure, own: Nation) -> StepRow:
    form = pack.step(taken.step).form if taken.step in _names(pack) else None
    answers: Mapping[str, Any] = taken.answers
    return StepRow(
        taken,
        step_words(pack, taken.step),
        said("state", f"{pack.code}.{taken.state}"),
        read_sections(form, answers, own) if form is not None else (),
        "overtaken" if taken.overtaken else "refused" if taken.refused else "",
    )


def _names(pack: Procedure) -> frozenset[str]:
    return frozenset(one.name for one in pack.table.transitions)
