"""The personnel clearance information sheet: one authority asks the other whether a person is cleared (GSO-22).

Rules kept here: the person crosses as a pseudonym, never by name; the answer is as the register has her, at the place
that the request names, for no longer than it asks; it is an assurance by which every gate decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.known import Known, PersonKnown
from relto.procedures.packs.information_sheets import (
    BEGINS,
    CLOCKS,
    Sheet,
    sheet_papers,
    sheet_steps,
    sheet_table,
)
from relto.procedures.procedure import BETWEEN, Dossier, Procedure
from relto.procedures.table import ANSWERING

CODE: Final = "personnel_assurance"
_SHEET: Final = Sheet(CODE, "person")


def check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """What is wrong with a request."""
    findings = [*_SHEET.check_request(answers, known)]
    start, until = answers.get("from_date"), answers.get("until_date")
    if start is not None and until is not None and until < start:
        findings.append(_SHEET.found(known, "period_reversed", "until_date", start=start, until=until))
    elif until is not None and known.side != ANSWERING and date.fromisoformat(until) < known.today(known.nation):
        findings.append(_SHEET.found(known, "period_past", "until_date", until=until))
    person, partner = known.people.get(answers.get("person", "")), answers.get("partner")
    asked = known.nation if known.side == ANSWERING else partner
    if person is not None and asked is not None and person.nation != asked:
        found = _SHEET.found(known, "person_not_partners", "person", person=person.pseudonym, partner=asked)
        findings.append(found)
    return findings


def _as_registered(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    person = _own(dossier, known)
    answers = dossier.answers
    if person is None or not person.level:
        return [_SHEET.found(known, "not_registered", subject=str(answers.get("person", "-")))]
    findings = [*_SHEET.check_answer(given, known, level=person.level, state=_state(person), valid=person.valid)]
    if answers.get("facility") != person.facility:
        registered, facility = person.facility or "-", str(answers.get("facility", "-"))
        findings.append(_SHEET.found(known, "facility_not_persons", registered=registered, facility=facility))
    until, asked = given.get("valid_until"), answers.get("until_date")
    if until is not None and asked is not None and until > asked:
        findings.append(_SHEET.found(known, "longer_than_asked", "valid_until", date=until, until=asked))
    return findings


def _not_in_register(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    person = _own(dossier, known)
    if person is None or not person.level or person.facility != dossier.answers.get("facility"):
        return []
    asked = str(dossier.answers.get("level", ""))
    return _SHEET.check_not_held(known, asked, level=person.level, state=_state(person), valid=person.valid)


def _own(dossier: Dossier, known: Known) -> PersonKnown | None:
    found = known.people.get(dossier.answers.get("person", ""))
    return found if found is not None and found.nation == known.nation else None


def _state(person: PersonKnown) -> str:
    return "suspended" if person.suspended else "valid"


PROCEDURE = Procedure(
    code=CODE,
    prefix="PSC",
    topic="personnel_clearance",
    table=sheet_table(CODE),
    form=load_form(CODE),
    begins=BEGINS,
    steps=sheet_steps(load_form("personnel_assurance_answer")),
    check=check,
    guards={"as_registered": _as_registered, "not_in_register": _not_in_register},
    clocks=CLOCKS,
    papers=sheet_papers(CODE),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("person",),
    related=(CODE,),
)
