"""Visits: what a security officer is told before she sends a request, and what each step of a visit demands.

Domain.md capability 3 and needs.md N-08, U-13: lead times on both calendars, amendments, who comes, what is recorded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, Refused, UnknownValue
from relto.base.nations import Nation
from relto.procedures.findings import Weighed
from relto.procedures.forms.reading import read_answers
from relto.procedures.limits import ProcedureLimit, ProcedureLimits
from relto.procedures.packs.visit import PROCEDURE
from relto.procedures.packs.visit.days import latest_day_before, lead_time, longest_last_day, working_days
from relto.procedures.procedure import Taken
from relto.procedures.table import advance, follow
from relto.rules.provisions import Provision
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.visit import clean_amendment, clean_visit
from tests.support.known import FACILITY, IND, NOW, USA, dossier_known, known, pseudonym, shipped_provisions

NATIONS = (USA, IND)
both_ways = pytest.mark.parametrize("asking", NATIONS)


def codes(filed: Filed, *, stopping: bool = True) -> set[str]:
    return {one.finding.code for one in judge(filed) if one.stops or not stopping}


def one(filed: Filed, code: str) -> Weighed:
    return next(weighed for weighed in judge(filed) if weighed.finding.code == code)


def visit(asking: Nation = USA, kind: str = "one_time") -> Filed:
    return clean_visit(seeded(5), asking, kind)


def at_step(filed: Filed, step: str, state: str, steps: tuple[Taken, ...] = (), **answers: Any) -> Filed:
    """The same request at a step of the side whose step it is."""
    side = PROCEDURE.table.transition(step).side
    asking = filed.known.nation
    facts = filed.known
    if side == "answering":
        host = IND if asking == USA else USA
        facts = replace(known(host), partner=asking, side="answering", roster={}, at=filed.known.at)
    return replace(filed, step=step, state=state, steps=steps, side=side or "asking", step_answers=answers, known=facts)


def taken(step: str, **answers: Any) -> Taken:
    return Taken(step, "", NOW, PROCEDURE.table.transition(step).side, "prs_x", answers)


# Before it is sent.


@both_ways
@pytest.mark.parametrize("kind", ["one_time", "recurring", "long_term", "emergency"])
def test_a_careful_request_of_either_nation_passes_and_says_where_no_rule_is_loaded(asking: Nation, kind: str) -> None:
    filed = visit(asking, kind)
    assert codes(filed) == set()
    assert "visit.longest_unknown" in codes(filed, stopping=False)


@both_ways
def test_amending_to_an_earlier_date_is_refused_and_names_the_provision(asking: Nation) -> None:
    filed = clean_amendment(seeded(3 if asking == USA else 4))
    earlier = filed.with_answers(first_day=str(date.fromisoformat(filed.answers["first_day"]) - timedelta(days=7)))
    found = one(earlier, "visit.amends_earlier")
    assert found.stops
    assert {shipped_provisions()[rule].citation for rule in found.finding.rules} >= {"32 CFR 117.19(e)(2)(vii)"}


def test_a_visitor_may_be_exchanged_by_an_amendment_and_nothing_else_may() -> None:
    filed = clean_amendment(seeded(3))
    nation = filed.known.nation
    number = 2 if nation == USA else 12
    other = {**filed.answers["visitors"][0], "person": pseudonym(number), "name": f"PERSON {number}"}
    assert codes(filed.with_answers(visitors=[other])) == set()
    assert codes(filed.with_answers(subject="Something else")) == {"visit.amends_other"}


def test_an_amendment_that_changes_nothing_is_told() -> None:
    filed = clean_amendment(seeded(3))
    earlier = filed.known.dossiers[filed.answers["amends"]]
    same = filed.with_answers(last_day=earlier.data["last_day"])
    assert "visit.amends_nothing" in codes(same)


def test_a_recurring_visit_is_renewed_from_the_day_after() -> None:
    filed = visit(kind="recurring")
    begun = str(date.fromisoformat(filed.answers["first_day"]) - timedelta(days=300))
    ended = str(date.fromisoformat(filed.answers["first_day"]) - timedelta(days=1))
    earlier = replace(
        clean_amendment(seeded(3)).known.dossiers["VIS-2026-0007"],
        data={**filed.answers, "first_day": begun, "last_day": ended},
    )
    renewal = filed.with_answers(request_type="renewal", amends=earlier.number).with_known(
        dossiers={earlier.number: earlier}
    )
    assert codes(renewal) == set()
    gap = replace(earlier, data={**earlier.data, "last_day": begun})
    assert not one(renewal.with_known(dossiers={earlier.number: gap}), "visit.renews_gap").stops
    once = replace(earlier, data={**earlier.data, "kind": "one_time"})
    assert codes(renewal.with_known(dossiers={earlier.number: once})) == {"visit.renews_other"}


def test_a_longer_visit_with_a_reason_is_left_to_the_authorities() -> None:
    filed = visit()
    long = filed.with_answers(last_day=str(date.fromisoformat(filed.answers["first_day"]) + timedelta(days=40)))
    assert one(long, "visit.too_long").stops
    assert codes(long.with_answers(longer_because="Assembly takes six weeks")) == set()


def changed_limit(provision: str, parameter: str, value: Any) -> ProcedureLimits:
    """The shipped limits with one parameter changed, as a draft of the rule book does it."""
    shipped: Provision = shipped_provisions()[provision]
    parameters = shipped.record["parameters"]
    record = {**shipped.record, "parameters": {**parameters, parameter: {**parameters[parameter], "value": value}}}
    return ProcedureLimits({**shipped_provisions(), provision: replace(shipped, record=record)})


def test_changing_a_limit_in_a_draft_changes_what_the_form_says() -> None:
    filed = visit()
    first = date.fromisoformat(filed.answers["first_day"])
    week = filed.with_answers(last_day=str(first + timedelta(days=6)))
    assert codes(week) == set()
    tightened = week.with_known(limits=changed_limit("LIM-01", "max", 5))
    assert codes(tightened) == {"visit.too_long"}


def test_the_indian_lead_time_is_press_only_so_it_warns_and_the_american_is_a_gap() -> None:
    soon = (NOW + timedelta(days=10)).date()
    to_india = visit(USA).with_answers(first_day=str(soon), last_day=str(soon))
    found = one(to_india, "visit.lead_time_short")
    assert (found.stops, found.unconfirmed) == (False, ("IND-31",))
    to_america = visit(IND).with_answers(first_day=str(soon), last_day=str(soon))
    gap = one(to_america, "visit.lead_time_unknown")
    assert (gap.finding.kind, gap.finding.rules) == ("gap", ("LIM-05.USA",))


def test_a_visit_after_its_contract_or_at_a_facility_without_an_assurance_is_told() -> None:
    filed = visit()

    contract = dossier_known("CON-2026-0001", "contract_security", "in_force", data={"ends_on": "2026-12-01"})
    named = filed.with_answers(contract=contract.number)
    assert codes(named.with_known(dossiers={contract.number: contract})) == {"visit.after_contract"}
    assert codes(named) == {"visit.contract_unknown"}
    assert "visit.site_unknown" in codes(filed.with_row("sites", 0, facility="IND-F099"), stopping=False)


def test_indian_restricted_has_no_american_equivalent_and_is_never_guessed() -> None:
    filed = visit(USA).with_answers(highest_level="IND:RESTRICTED", information_type="unclassified_or_restricted")
    assert codes(filed) == set()
    assert "visit.no_equivalent" in codes(filed, stopping=False)


# Between the authorities.


def test_the_authority_certifies_and_agrees_to_an_emergency() -> None:
    emergency = visit(kind="emergency")
    assert codes(at_step(emergency, "forward", "submitted", certified=True, emergency_agreed=True)) == set()
    assert codes(at_step(emergency, "forward", "submitted", certified=True)) == {"visit.emergency_not_agreed"}
    assert codes(at_step(visit(), "forward", "submitted", certified=False)) == {"visit.not_certified"}


REPLY = taken("host_reply", concurs=True, control_plan="in_place")
APPROVAL: dict[str, Any] = {"approval_reference": "A-1", "scope": "The housing drawings"}


def approval(filed: Filed, *steps: Taken, **changes: Any) -> Filed:
    level = filed.answers["highest_level"]
    return at_step(filed, "approve", "considered", steps, **{**APPROVAL, "level": level, **changes})


def test_an_american_host_approves_only_with_the_facilitys_concurrence_and_an_indian_one_is_shown_a_gap() -> None:
    assert codes(approval(visit(IND), REPLY)) == set()
    assert codes(approval(visit(IND))) == {"visit.not_concurred"}
    assert codes(approval(visit(IND), taken("host_reply", concurs=False))) == {"visit.host_objects"}
    indian = one(approval(visit(USA)), "visit.not_concurred")
    assert (indian.stops, indian.finding.kind) == (False, "gap")


def test_a_long_visit_to_the_united_states_needs_a_technology_control_plan() -> None:
    without = taken("host_reply", concurs=True, control_plan="missing")
    assert codes(approval(visit(IND, "long_term"), without)) == {"visit.control_plan"}
    assert codes(approval(visit(IND, "long_term"), REPLY)) == set()


def test_nobody_is_approved_without_an_assurance_that_covers_the_visit() -> None:
    filed = approval(visit(IND), REPLY)
    assert codes(filed.with_known(people={})) == {"visit.assurance_missing"}
    first = filed.answers["visitors"][0]["person"]
    held = filed.known.people[first]
    assert held.valid is not None
    short = replace(held, valid=replace(held.valid, end=NOW + timedelta(days=20)))
    assert codes(filed.with_known(people={**filed.known.people, first: short})) == {"visit.assurance_ends"}
    low = {**filed.known.people, first: replace(held, level="IND:UNCLASSIFIED")}
    assert codes(filed.with_known(people=low)) == {"visit.assurance_low"}


def test_no_more_is_approved_than_was_asked_for() -> None:
    filed = visit(IND)
    more = approval(filed, REPLY, level=f"{filed.answers['highest_level'].partition(':')[0]}:TOP SECRET")
    assert "visit.level_beyond_asked" in codes(more)


def test_what_the_host_lets_be_seen_is_never_shared() -> None:
    """ISA-44: the visitors' side learns the outcome, and neither level, scope nor limits of the access."""
    form = PROCEDURE.steps["approve"].form
    assert form is not None
    assert {field.code for field in form.fields if field.shared} == {"approval_reference"}
    reply = PROCEDURE.steps["host_reply"].form
    assert reply is not None
    assert not any(field.shared for field in reply.fields)


def test_names_birth_dates_and_passports_never_cross() -> None:
    rows = PROCEDURE.form.field("visitors").fields
    assert {row.code for row in rows if row.personal} == {"name", "birth_date", "birth_place", "passport", "position"}


# While it stands.


def announced(filed: Filed, arriving: date, now: datetime, steps: tuple[Taken, ...] = ()) -> Filed:
    day = str(arriving)
    people = [{"person": row["person"]} for row in filed.answers["visitors"]]
    step = at_step(
        filed,
        "announce",
        "approved",
        steps,
        site=filed.answers["sites"][0]["facility"],
        arriving_on=day,
        leaving_on=day,
        coming=people,
    )
    return step.with_known(at=now)


def standing(asking: Nation) -> Filed:
    """A recurring visit whose days have begun."""
    return visit(asking, "recurring").with_answers(first_day="2026-11-23", last_day="2027-06-30")


@both_ways
def test_a_visit_is_announced_five_working_days_ahead_on_both_calendars(asking: Nation) -> None:
    """From Monday 23 November 2026: Thanksgiving is no working day in the one, Guru Nanak's day in the other."""
    monday = datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert "visit.notice_short" in codes(announced(standing(asking), date(2026, 11, 30), monday))
    assert "visit.notice_short" not in codes(announced(standing(asking), date(2026, 12, 2), monday))


def test_who_is_announced_was_approved_and_comes_to_an_approved_site() -> None:
    filed = announced(standing(USA), date(2026, 12, 10), NOW)
    assert codes(filed) == set()
    stranger = filed.with_step_answers(coming=[{"person": pseudonym(999)}])
    assert codes(stranger) == {"visit.person_not_approved"}
    assert codes(filed.with_step_answers(site=FACILITY[USA])) == {"visit.site_not_approved"}
    assert codes(filed.with_step_answers(arriving_on="2026-11-01")) >= {"visit.outside_period"}


def test_an_approved_amendment_counts_instead() -> None:
    filed = announced(standing(USA), date(2026, 12, 10), NOW)
    amendment = replace(
        clean_amendment(seeded(3)).known.dossiers["VIS-2026-0007"],
        number="VIS-2026-0009",
        data={"request_type": "amendment", "amends": filed.number},
    )
    assert codes(filed.with_known(related={"visit": [amendment]})) == {"visit.amended"}


def arrival(filed: Filed, *steps: Taken, checked: bool = True) -> Filed:
    came = [{"person": row["person"], "identity_checked": checked} for row in filed.answers["visitors"]]
    site = filed.answers["sites"][0]["facility"]
    return at_step(filed, "arrive", "approved", steps, site=site, arrived_on="2026-11-23", came=came)


ANNOUNCED = taken("announce", arriving_on="2026-11-23", leaving_on="2026-11-24")


def test_an_arrival_was_announced_and_the_identity_checked() -> None:
    assert codes(arrival(standing(IND), ANNOUNCED)) == set()
    assert codes(arrival(standing(IND))) == {"visit.not_announced"}
    assert codes(arrival(standing(IND), ANNOUNCED, checked=False)) == {"visit.identity_not_checked"}


def departure(filed: Filed, **changes: Any) -> Filed:
    steps = (taken("approve", level="USA:CONFIDENTIAL"), taken("arrive", arrived_on="2026-11-23"))
    answers = {"left_on": "2026-11-23", "classified_access": True, "level_given": "USA:CONFIDENTIAL"}
    rest = {"custody": "none", "asked_beyond": False}
    return at_step(filed, "leave", "active", steps, **{**answers, **rest, **changes})


def test_the_record_of_a_visit_says_what_was_seen_and_that_nothing_was_taken_along() -> None:
    filed = standing(IND)
    assert codes(departure(filed)) == set()
    assert codes(departure(filed, level_given="USA:SECRET")) == {"visit.level_beyond_approved"}
    assert codes(departure(filed, custody="official_courier", carriage="HAC-2026-0001")) == {"visit.custody"}
    assert codes(departure(filed, left_on="2026-11-20")) == {"visit.outside_period"}
    assert codes(departure(filed, left_on="2026-12-20")) == {"visit.not_yet"}


def test_a_denied_visitor_sees_what_is_public_and_an_unsponsored_one_needs_an_assurance() -> None:
    filed = visit(IND)
    denied = at_step(filed, "receive_public", "denied", came_on="2026-11-23", public_only=False)
    assert codes(denied) == {"visit.public_only"}
    authorisation = "aut_aaaaaaaaaaaaaaaaaaaaaaaa"
    unsponsored = at_step(
        filed, "receive_unsponsored", "not_sponsored", came_on="2026-11-23", export_authorisation=authorisation
    )
    assert codes(unsponsored) == set()
    assert codes(unsponsored.with_known(people={})) == {"visit.assurance_missing"}


def test_the_record_is_kept_as_long_as_the_host_nation_says() -> None:
    filed = standing(IND)
    steps = (taken("arrive", arrived_on="2026-11-23"), taken("leave", left_on="2026-11-24"))
    kept = at_step(filed, "release_record", "expired", steps)
    found = one(kept, "visit.record_kept")
    assert (found.stops, found.finding.values["until"]) == (True, "2028-06-30")
    indian = at_step(standing(USA), "release_record", "expired", steps)
    assert not one(indian, "visit.record_unknown").stops


def test_a_visit_ends_when_its_last_day_is_over_in_both_nations() -> None:
    filed = visit().with_answers(first_day="2026-11-23", last_day="2026-11-23")
    evening = at_step(filed, "expire", "approved").with_known(at=datetime(2026, 11, 24, 2, tzinfo=UTC))
    assert "visit.still_running" in codes(evening), "it is still Monday in Washington"
    after = evening.with_known(at=datetime(2026, 11, 24, 6, tzinfo=UTC))
    assert "visit.still_running" not in codes(after)


# The table.


def test_a_withdrawal_reaches_the_visit_wherever_the_other_side_stands() -> None:
    for state in ("forwarded", "at_host", "considered", "queried", "approved", "active"):
        assert follow(PROCEDURE.table, state, "cancel", side="asking") == "cancelled"
    with pytest.raises(Conflict):
        follow(PROCEDURE.table, "denied", "cancel", side="asking")


def test_the_visitors_side_never_approves() -> None:
    with pytest.raises(Refused, match="side"):
        follow(PROCEDURE.table, "forwarded", "approve", side="asking")
    with pytest.raises(Refused, match="role"):
        advance(PROCEDURE.table, "forwarded", "approve", actor=None, side="answering")


# Days.


def limit(amount: int, unit: str, nation: Nation = IND) -> ProcedureLimit:
    return ProcedureLimit("visit.lead_time", nation, amount, unit, "X-1", None, "read", confirmed=True)


def test_the_last_day_to_submit_counts_both_calendars_across_diwali_and_thanksgiving() -> None:
    """U-13: Diwali closes one authority on 9 November 2026, Thanksgiving the other on the 26th."""
    visit_day, today = date(2026, 12, 1), date(2026, 11, 2)
    lead = lead_time(visit_day, today, limit(15, "working_day"), IND, NATIONS)
    assert lead.last_day is not None
    assert working_days(lead.last_day, visit_day, USA) >= 15
    assert working_days(lead.last_day, visit_day, IND) >= 15
    following = lead.last_day + timedelta(days=1)
    assert min(working_days(following, visit_day, nation) for nation in NATIONS) < 15
    assert lead.left == {nation: working_days(today, lead.last_day, nation) for nation in NATIONS}
    assert not lead.late
    assert lead_time(visit_day, visit_day, limit(15, "working_day"), IND, NATIONS).late


def test_without_a_rule_there_is_no_day_and_beyond_a_calendar_none_is_guessed() -> None:
    assert lead_time(date(2026, 12, 1), date(2026, 11, 2), None, USA, NATIONS).last_day is None
    assert lead_time(date(2036, 12, 1), date(2036, 11, 2), limit(15, "working_day"), IND, NATIONS).last_day is None


def test_months_and_years_end_with_the_month() -> None:
    assert longest_last_day(date(2028, 2, 29), limit(1, "year")) == date(2029, 2, 27)
    assert longest_last_day(date(2027, 1, 31), limit(1, "month")) == date(2027, 2, 27)
    assert longest_last_day(date(2027, 1, 1), limit(30, "day")) == date(2027, 1, 30)
    assert latest_day_before(date(2026, 12, 14), limit(6, "week"), NATIONS) == date(2026, 11, 2)
    with pytest.raises(UnknownValue):
        longest_last_day(date(2027, 1, 1), limit(1, "fortnight"))


def test_a_draft_may_be_incomplete_and_the_check_still_answers() -> None:
    answers, _ = read_answers(PROCEDURE.form, {"kind": "recurring"}, whole=False)
    assert PROCEDURE.check(answers, known(USA)) == []
    assert PROCEDURE.check({}, known(IND)) == []
