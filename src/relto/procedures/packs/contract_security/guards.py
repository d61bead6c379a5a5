"""The conditions of the steps of a contract: who may take it on, what an award needs, what closes it.

Rules enforced here:
 1. No new bid or award to a facility whose clearance is invalidated, terminated, revoked or suspended, and no award
    while it is in process (32 CFR 117.9(m)-(o)); at the award each facility is cleared for the work and may store it.
 2. A contractor abroad is reached through its own authority (32 CFR 117.19(b)(4)(iii)).
 3. The signed contract carries the clauses, and goes to the own authority with its guidance (117.19(b)(5)(iii)).
 4. What was done with the material is what the contract says; it is kept no longer than the nation's limit without an
    approval (117.13(d)(5), 117.15(j)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs.contract_security.checks import CODE, check, concerned, facilities_of, is_elsewhere
from relto.procedures.packs.visit.days import added
from relto.procedures.procedure import Dossier

Answers = Mapping[str, Any]
WITHDRAWN_CLEARANCES: Final = frozenset({"invalidated", "terminated", "revoked", "suspended", "expired"})
UNFINISHED_CLEARANCES: Final = frozenset({"in_process"})


def _found(what: str, path: str, **values: Any) -> Finding:
    return founded(CODE).found(what, path, **values)


def contractor_is_abroad(dossier: Dossier, _step: Answers, _known: Known) -> Sequence[Finding]:
    """There is a partner's authority to send it to."""
    return [] if "partner" in dossier.answers else [_found("contractor_at_home", "partner")]


def contractor_is_at_home(dossier: Dossier, _step: Answers, _known: Known) -> Sequence[Finding]:
    """There is none."""
    return [_found("contractor_abroad", "partner")] if "partner" in dossier.answers else []


def contractor_may_bid(dossier: Dossier, _step: Answers, known: Known) -> Sequence[Finding]:
    """No facility's clearance was taken away."""
    return list(_standing(dossier.answers, known, WITHDRAWN_CLEARANCES))


def contractor_may_be_awarded(dossier: Dossier, _step: Answers, known: Known) -> Sequence[Finding]:
    """Every facility's clearance stands, and covers the work."""
    refused = list(_standing(dossier.answers, known, WITHDRAWN_CLEARANCES | UNFINISHED_CLEARANCES))
    fit = [
        finding
        for finding in check({**dossier.answers, "access_before_award": True}, known)
        if finding.code.removeprefix(f"{CODE}.")
        in {"facility_unknown", "facility_not_cleared", "facility_cannot_store"}
    ]
    return [*refused, *fit]


def _standing(answers: Answers, known: Known, refused: frozenset[str]) -> Iterator[Finding]:
    told = set()
    for path, code, _ in facilities_of(answers):
        facility = known.facilities.get(code)
        if facility is None or code in told:
            continue
        told.add(code)
        ended = facility.valid is not None and not facility.valid.holds_at(known.at)
        if facility.state in refused or ended:
            state = facility.state if facility.state in refused else "expired"
            yield _found("no_new_award", path, nations={str(facility.nation)}, facility=code, state=state)


def originator_consented(dossier: Dossier, _step: Answers, known: Known) -> Sequence[Finding]:
    """Where foreign information would reach a third country, its government consented in writing."""
    if not is_elsewhere(dossier.answers, known) and "third_country_control" not in dossier.answers:
        return []
    return [one for one in check(dossier.answers, known) if one.code == f"{CODE}.third_country_without_consent"]


def award_fits(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """The award has happened, within the contract's time, with the clauses in the signed contract."""
    findings = list(_not_later(step, "awarded_on", known))
    if step.get("awarded_on", "") > dossier.answers.get("ends_on", "9999"):
        findings.append(_found("award_outside_dates", "awarded_on"))
    if dossier.answers.get("clauses") and step.get("clauses_signed") is not True:
        findings.append(_found("clauses_not_signed", "clauses_signed", nations=concerned(dossier.answers, known)))
    return findings


def contract_is_filed(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """Copied to the own authority, with the guidance."""
    findings = list(_not_later(step, "copied_on", known))
    if step.get("guidance_included") is not True:
        nations = concerned(dossier.answers, known)
        findings.append(_found("guidance_not_filed", "guidance_included", nations=nations))
    return findings


def revision_fits(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """The form as revised is right, and the revisions are numbered one after the other."""
    last = dossier.answers.get("revision", 0)
    findings = [] if step.get("revision") == last + 1 else [_found("revision_order", "revision", last=last)]
    changed = {code: value for code, value in step.items() if code in {"level_needed", "clearance_needed", "ends_on"}}
    return [*findings, *_not_later(step, "revised_on", known), *check({**dossier.answers, **changed}, known)]


def review_fits(_dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """A review that finds it wrong asks for a revision."""
    misfit = [] if step.get("still_right") is True else [_found("does_not_fit", "still_right")]
    return [*_not_later(step, "reviewed_on", known), *misfit]


def consent_is_dated(_dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """The customer has consented."""
    return list(_not_later(step, "consented_on", known))


def completion_is_dated(_dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """The work has ended."""
    return list(_not_later(step, "completed_on", known))


def bid_is_accounted_for(_dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """It has been done."""
    return list(_not_later(step, "done_on", known))


def final_fits(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """Disposition as agreed; nothing is kept longer than the contractor's nation allows, but with an approval."""
    findings = list(_not_later(step, "done_on", known))
    agreed, done = dossier.answers.get("disposition"), step.get("done")
    if agreed and done and done != agreed:
        nations = concerned(dossier.answers, known)
        findings.append(_found("other_disposition", "done", nations=nations, agreed=agreed, done=done))
    return [*findings, *_kept(dossier, step, known)]


def _kept(dossier: Dossier, step: Answers, known: Known) -> Iterator[Finding]:
    until = step.get("retained_until")
    if until is None or "retention_approval" in step:
        return
    nation = dossier.answers.get("partner") or str(known.nation)
    limit = known.limits.limit("retention.contract", nation)
    if limit is None:
        yield _found("retention_no_rule", "retained_until", nation=nation)
        return
    completed = next((one.answers["completed_on"] for one in dossier.steps if "completed_on" in one.answers), None)
    start = date.fromisoformat(completed) if completed else known.today(known.nation)
    latest = added(start, limit.value, limit.unit).isoformat()
    if until > latest:
        yield _found("kept_too_long", "retained_until", until=latest)


def _not_later(step: Answers, field: str, known: Known) -> Iterator[Finding]:
    if step.get(field, "") > known.today(known.nation).isoformat():
        yield _found("not_yet", field)
