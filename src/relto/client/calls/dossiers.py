"""Procedures and dossiers: begin, write, check without keeping, take a step, what waits for me."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from relto.client.answers.dossiers import (
    Amendment,
    Dossier,
    DossierWhole,
    Findings,
    Procedure,
    ProcedureSummary,
    QueueRow,
)
from relto.client.answers.reading import read_answer
from relto.client.session import part
from relto.client.steps import Call, Request, get, listed, post


def procedures() -> Call[list[ProcedureSummary]]:
    """The procedures of my node."""
    return listed("/procedures", ProcedureSummary)


def procedure(code: str) -> Call[Procedure]:
    """One procedure with its form, its states and its steps."""
    return get(f"/procedures/{part(code)}", Procedure)


def dossiers(
    *,
    procedure: str = "",
    state: str = "",
    subject: str = "",
    programme: str = "",
    open_only: bool = False,
    after: str = "",
) -> Call[list[Dossier]]:
    """The dossiers that I may see, the newest change first, 100 at most; `after`: the last one of the page before."""
    asked = {"procedure": procedure, "state": state, "subject": subject, "programme": programme, "after": after}
    query = {name: value for name, value in asked.items() if value} | ({"open_only": "true"} if open_only else {})
    return listed(f"/dossiers?{urlencode(query)}" if query else "/dossiers", Dossier)


def dossier_queue(*, procedure: str = "") -> Call[list[QueueRow]]:
    """What waits for me, the most urgent first; then what of mine waits at the partner."""
    return listed(f"/queue?{urlencode({'procedure': procedure})}" if procedure else "/queue", QueueRow)


def begin_dossier(procedure: str, answers: Mapping[str, Any]) -> Call[Dossier]:
    """Begin a dossier; a draft may be incomplete."""
    return post("/dossiers", Dossier, procedure=procedure, answers=dict(answers))


def check_dossier_form(procedure: str, answers: Mapping[str, Any], *, parent: str = "") -> Call[Findings]:
    """What is wrong with a form; nothing is kept. `parent`: the dossier that it would belong to."""
    return post("/dossiers/check", Findings, procedure=procedure, answers=dict(answers), parent=parent)


def dossier(dossier: str) -> Call[DossierWhole]:
    """One dossier, by its id or its number."""
    return get(f"/dossiers/{part(dossier)}", DossierWhole)


def dossier_amendments(dossier: str) -> Call[list[Amendment]]:
    """What changed in the main form from one step to a later one, the newest first."""
    return listed(f"/dossiers/{part(dossier)}/amendments", Amendment)


def write_dossier(dossier: str, answers: Mapping[str, Any]) -> Call[Dossier]:
    """Replace the main form, whole, while it may still be changed."""
    request = Request("PUT", f"/dossiers/{part(dossier)}", json={"answers": dict(answers)})
    return Call(request, lambda value: read_answer(Dossier, value))


def dossier_findings(dossier: str, *, step: str = "") -> Call[Findings]:
    """What is found in a dossier now and, with a step, what stands against taking it."""
    asked = f"?{urlencode({'step': step})}" if step else ""
    return get(f"/dossiers/{part(dossier)}/findings{asked}", Findings)


def take_dossier_step(
    dossier: str, step: str, *, answers: Mapping[str, Any] | None = None, reason: str = ""
) -> Call[DossierWhole]:
    """Take a step, or sign it where more than one must; the second person leaves `answers` out and signs the first's.

    A refusal's `findings` tell everything that was found.
    """
    given = {} if answers is None else {"answers": dict(answers)}
    return post(f"/dossiers/{part(dossier)}/steps/{part(step)}", DossierWhole, reason=reason, **given)
