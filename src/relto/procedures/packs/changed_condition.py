"""What a cleared firm reports about itself: ownership, name, key managers, storage, inability to safeguard (USR-02).

Rules kept here: a report is never refused for what is missing elsewhere; what follows from it is settled by the
authority, and not before a change of ownership is declared anew and safeguarding that is gone is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.known import Known
from relto.procedures.packs.own_book import OwnBook, newest
from relto.procedures.procedure import REASON_GIVEN, Clock, Dossier, Paper, Procedure, Step
from relto.procedures.table import Table, Transition

CODE: Final = "changed_condition"
_BOOK: Final = OwnBook(CODE)
_FIRM = frozenset({Role.SECURITY_OFFICER, Role.REGISTRAR})
_AUTHORITY = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})
_OF_OWNERSHIP: Final = frozenset({"ownership", "foreign_interest"})


def check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """What is wrong with a report."""
    findings: list[Finding] = []
    happened = answers.get("happened_on")
    if happened is not None and date.fromisoformat(happened) > known.today(known.nation):
        findings.append(_BOOK.found(known, "happened_in_future", "happened_on", date=happened))
    facility = known.facilities.get(answers.get("facility", ""))
    if facility is not None and facility.nation != known.nation:
        findings.append(_BOOK.found(known, "facility_of_other_nation", "facility", facility=facility.code))
    number = answers.get("clearance")
    if number is not None and "facility" in answers:
        named = known.dossiers.get(number)
        of_it = named is not None and named.procedure == "facility_clearance"
        if named is None or not of_it or named.data.get("facility") != answers["facility"]:
            findings.append(_BOOK.found(known, "clearance_of_other", "clearance", dossier=number))
    return findings


def _acted_on(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    kinds, happened = set(dossier.answers.get("kind", ())), dossier.answers.get("happened_on", "")
    findings: list[Finding] = []
    declared = newest(known.related.get("ownership", ()), without={"closed"})
    renewed = declared is not None and (
        declared.opened.date().isoformat() >= happened or str(declared.data.get("change_date", "")) >= happened
    )
    if kinds & _OF_OWNERSHIP and not renewed and given.get("action") != "invalidated":
        findings.append(_BOOK.found(known, "not_acted_on", "action"))
    facility = known.facilities.get(dossier.answers.get("facility", ""))
    if "inability_to_safeguard" in kinds and facility is not None and facility.safeguarding:
        suspended = facility.state in {"invalidated", "suspended", "revoked"}
        if not suspended:
            found = _BOOK.found(known, "safeguarding_still_there", "action", level=facility.safeguarding)
            findings.append(found)
    return findings


PROCEDURE = Procedure(
    code=CODE,
    prefix="CHG",
    topic="facility_clearance",
    table=Table(
        name=CODE,
        start="draft",
        states=("draft", "reported", "settled", "withdrawn"),
        transitions=(
            Transition("report", frozenset({"draft"}), "reported", _FIRM),
            Transition("settle", frozenset({"reported"}), "settled", _AUTHORITY, guards=("acted_on",)),
            Transition(
                "withdraw", frozenset({"draft", "reported"}), "withdrawn", _FIRM, guards=(REASON_GIVEN,), at_will=True
            ),
        ),
    ),
    form=load_form("changed_condition"),
    begins=_FIRM,
    steps={
        "report": Step(final_check=True),
        "settle": Step(form=load_form("changed_condition_outcome")),
    },
    check=check,
    guards={"acted_on": _acted_on},
    clocks=(Clock("change_report", "foci.change_report", frozenset({"draft"}), counts_from="happened_on"),),
    papers=(Paper("report", frozenset({"reported", "settled"}), steps=("report", "settle"), personal=False),),
    subjects=("facility",),
    related=("ownership", "facility_clearance"),
    parent="clearance",
)
