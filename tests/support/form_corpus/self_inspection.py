"""Self-inspections as security officers file them, and what goes wrong with them."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from relto.base.nations import Nation
from relto.procedures.packs.inspections.checklist import checklist
from relto.procedures.procedure import Taken
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, NOW, USA, known, pseudonym, shipped_provisions

OWN_PERSON = {USA: 1, IND: 11}
_NOT_MET = 3
"""The number of the check that is not met in a report with a finding."""


def answered(random: Random, nation: Nation, profile: str, *, not_met: int = 0) -> dict[str, Any]:
    """A whole inspection: each check answered with its evidence; one of them not met when a number is given."""
    subjects = ["storage", "destruction"] if profile == "by_provision" else []
    rows = checklist(profile, subjects, nation, shipped_provisions())
    for row in rows:
        row["result"] = "not_met" if row["number"] == not_met else random.choice(("met", "met", "not_applicable"))
        row["evidence"] = f"Log {random.randint(1, 99)}, page {row['number']}"
    form: dict[str, Any] = {
        "facility": FACILITY[nation],
        "profile": profile,
        "held_on": (NOW - timedelta(days=random.randint(0, 20))).date().isoformat(),
        "checklist": rows,
        "summary": "Seen with the people who do the work.",
    }
    return form | ({"subjects": subjects} if subjects else {})


def clean(random: Random) -> Filed:
    """A report, a plan, a closed finding, or the certificate."""
    return random.choice((_reported, _planned, _closed, _certified))(random, random.choice((USA, IND)))


def _reported(random: Random, nation: Nation) -> Filed:
    profile = random.choice(("small_company", "readiness", "by_provision"))
    return Filed("self_inspection", answered(random, nation, profile), known(nation))


def _planned(random: Random, nation: Nation) -> Filed:
    action = {"number": _NOT_MET, "action": "A second key.", "due": (NOW + timedelta(days=20)).date().isoformat()}
    form = answered(random, nation, "readiness", not_met=_NOT_MET)
    return Filed("self_inspection", form, known(nation), step="plan", step_answers={"actions": [action]})


def _closed(random: Random, nation: Nation) -> Filed:
    form = answered(random, nation, "readiness", not_met=_NOT_MET)
    given = {"number": _NOT_MET, "outcome": "corrected", "evidence": "Work order 12"}
    return Filed("self_inspection", form, known(nation), step="close_finding", step_answers=given)


def _certified(random: Random, nation: Nation) -> Filed:
    # The corpus runner knows no company: an official without one stands for a company's own.
    person = pseudonym(OWN_PERSON[nation])
    facts = known(nation)
    people = {one: fact for one, fact in facts.people.items() if one != person}
    own = facts.people[person]
    people[person] = type(own)(own.pseudonym, own.nation, "", own.facility, own.level, own.valid, own.suspended)
    form = answered(random, nation, "readiness")
    given = {"official": person, "signed_on": NOW.date().isoformat()}
    return Filed(
        "self_inspection", form, known(nation, people=people), step="certify", step_answers=given, state="concluded"
    )


def _concluded_early(random: Random, filed: Filed) -> Filed:
    form = answered(random, filed.known.nation, "readiness", not_met=_NOT_MET)
    return Filed("self_inspection", form, filed.known, step="conclude", state="correcting")


def _closed_again(random: Random, filed: Filed) -> Filed:
    before = Taken("close_finding", "correcting", NOW, "asking", "prs_a", {"number": _NOT_MET})
    again = _closed(random, filed.known.nation)
    return Filed(
        "self_inspection", again.answers, again.known, step=again.step, step_answers=again.step_answers, steps=(before,)
    )


CLEAN = clean
FAULTS = (
    Fault(
        "partners-facility",
        "The partner's facility is inspected.",
        "self_inspection.facility_not_own",
        lambda _, filed: filed.with_answers(facility=FACILITY[IND if filed.known.nation == USA else USA]),
    ),
    Fault(
        "held-tomorrow",
        "It was held on a day to come.",
        "self_inspection.held_in_future",
        lambda _, filed: filed.with_answers(held_on=(NOW + timedelta(days=2)).date().isoformat()),
    ),
    Fault(
        "check-left-out",
        "A check is taken out of the list.",
        "self_inspection.check_missing",
        lambda random, filed: _reported_as(random, filed, drop=0),
    ),
    Fault(
        "check-twice",
        "A check stands in the list twice.",
        "self_inspection.check_twice",
        lambda random, filed: _reported_as(random, filed, double=1),
    ),
    Fault(
        "invented-provision",
        "A provision is cited that the rule book does not have.",
        "self_inspection.provision_unknown",
        lambda _, filed: filed.with_row("checklist", 0, provisions="USR-9999"),
    ),
    Fault(
        "rewritten-requirement",
        "What the rule book demands is written anew.",
        "self_inspection.requirement_changed",
        lambda random, filed: Filed(
            "self_inspection", answered(random, filed.known.nation, "by_provision"), filed.known
        ).with_row("checklist", 0, requirement="Storage is up to the company."),
    ),
    Fault(
        "no-evidence",
        "A check is met without evidence.",
        "form.missing",
        lambda _, filed: filed.with_row("checklist", 1, evidence=None),
    ),
    Fault(
        "finding-without-plan",
        "A finding has no planned correction.",
        "self_inspection.finding_not_planned",
        lambda random, filed: _planned(random, filed.known.nation).with_step_answers(
            actions=[{"number": 9, "action": "A second key.", "due": "2026-12-24"}]
        ),
    ),
    Fault(
        "correction-due-yesterday",
        "A correction is due on a day that has passed.",
        "self_inspection.action_due_past",
        lambda random, filed: _planned(random, filed.known.nation).with_step_answers(
            actions=[{"number": _NOT_MET, "action": "A second key.", "due": "2026-01-05"}]
        ),
    ),
    Fault(
        "finding-closed-twice",
        "A finding is closed that is closed already.",
        "self_inspection.finding_unknown",
        _closed_again,
    ),
    Fault(
        "concluded-early",
        "The inspection is concluded while a finding is open.",
        "self_inspection.findings_open",
        _concluded_early,
    ),
    Fault(
        "partner-certifies",
        "A person of the partner certifies.",
        "self_inspection.official_unknown",
        lambda random, filed: _certified(random, filed.known.nation).with_step_answers(
            official=pseudonym(OWN_PERSON[IND if filed.known.nation == USA else USA])
        ),
    ),
    Fault(
        "certified-before",
        "The certificate is older than the inspection.",
        "self_inspection.signed_before_inspection",
        lambda random, filed: _certified(random, filed.known.nation).with_step_answers(signed_on="2026-01-05"),
    ),
    Fault(
        "certified-tomorrow",
        "The certificate is signed on a day to come.",
        "self_inspection.signed_in_future",
        lambda random, filed: _certified(random, filed.known.nation).with_step_answers(signed_on="2027-01-05"),
    ),
)


def _reported_as(random: Random, filed: Filed, *, drop: int | None = None, double: int | None = None) -> Filed:
    form = answered(random, filed.known.nation, "small_company")
    rows = form["checklist"]
    if drop is not None:
        rows = rows[:drop] + rows[drop + 1 :]
    if double is not None:
        rows = [*rows, rows[double]]
    return Filed("self_inspection", form | {"checklist": rows}, filed.known)
