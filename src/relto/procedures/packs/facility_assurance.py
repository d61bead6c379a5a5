"""The facility information sheet: one authority asks the other whether a facility is cleared, and may store (ISA-12).

Rules kept here: clearance and storage are two answers (ISA-13); a positive answer is as the register has it, is an
assurance by which every gate decides, and names what limits it; a copy of the clearance file is never sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.known import FacilityKnown, Known
from relto.procedures.packs.information_sheets import (
    BEGINS,
    CLOCKS,
    Sheet,
    sheet_papers,
    sheet_steps,
    sheet_table,
)
from relto.procedures.procedure import BETWEEN, Dossier, Procedure

CODE: Final = "facility_assurance"
_SHEET: Final = Sheet(CODE, "facility")
_NAMED: Final[Mapping[str, str]] = {"interim": "interim", "limited": "limited"}
"""State of a clearance -> the condition that the answer names."""


def check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """What is wrong with a request."""
    findings = [*_SHEET.check_request(answers, known)]
    level, hold = answers.get("level"), answers.get("hold_level")
    if level is not None and hold is not None and known.levels.covers(level, hold) is False:
        findings.append(_SHEET.found(known, "hold_above_level", "hold_level", hold=hold, level=level))
    if answers.get("generate") and answers.get("hold") is False:
        findings.append(_SHEET.found(known, "storage_for_generation", "hold"))
    own = known.facilities.get(answers.get("own_facility", ""))
    if own is not None and own.nation != known.nation:
        findings.append(_SHEET.found(known, "own_facility_not_own", "own_facility", facility=own.code))
    return findings


def _as_registered(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    facility = _own(dossier, known)
    if facility is None:
        return [_SHEET.found(known, "not_registered", subject=str(dossier.answers.get("facility", "-")))]
    findings = [*_SHEET.check_answer(given, known, level=facility.level, state=facility.state, valid=facility.valid)]
    said = given.get("storage_level", "") if given.get("storage") else ""
    if "storage" in given and said != facility.safeguarding:
        registered = facility.safeguarding or "-"
        path = "storage_level" if given["storage"] and facility.safeguarding else "storage"
        findings.append(_SHEET.found(known, "storage_not_as_registered", path, said=said or "-", registered=registered))
    condition = _NAMED.get(facility.state)
    if condition is not None and condition not in given.get("conditions", ()):
        findings.append(_SHEET.found(known, "condition_missing", "conditions", state=facility.state))
    return findings


def _not_in_register(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    facility = _own(dossier, known)
    if facility is None:
        return []
    asked = str(dossier.answers.get("level", ""))
    return _SHEET.check_not_held(known, asked, level=facility.level, state=facility.state, valid=facility.valid)


def _own(dossier: Dossier, known: Known) -> FacilityKnown | None:
    found = known.facilities.get(dossier.answers.get("facility", ""))
    return found if found is not None and found.nation == known.nation else None


PROCEDURE = Procedure(
    code=CODE,
    prefix="FIS",
    topic="facility_clearance",
    table=sheet_table(CODE),
    form=load_form(CODE),
    begins=BEGINS,
    steps=sheet_steps(load_form("facility_assurance_answer")),
    check=check,
    guards={"as_registered": _as_registered, "not_in_register": _not_in_register},
    clocks=CLOCKS,
    papers=sheet_papers(CODE),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("facility",),
    related=(CODE,),
)
