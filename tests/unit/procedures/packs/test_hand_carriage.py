"""Hand carriage: what the officer is told of courier, journey and notices, and what each step asks.

ISA-39 and LIM-07 to LIM-10 of domain.md; needs.md N-09: certificate, route, seals, the receipt and its chase.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, Refused
from relto.base.instants import instant_text, read_instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.procedures.findings import Weighed
from relto.procedures.limits import ProcedureLimits
from relto.procedures.packs.hand_carriage import PROCEDURE, TABLE
from relto.procedures.procedure import Taken
from relto.procedures.table import advance, follow
from tests.support.crossing_forms import COURIER, OTHER
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.hand_carriage import request
from tests.support.known import IND, NOW, USA, shipped_provisions

BOTH_WAYS = pytest.mark.parametrize("sender", [USA, IND])


def codes(filed: Filed, *, stopping: bool = True) -> set[str]:
    return {one.finding.code.partition(".")[2] for one in judge(filed) if one.stops or not stopping}


def one(filed: Filed, what: str) -> Weighed:
    return next(weighed for weighed in judge(filed) if weighed.finding.code == f"hand_carriage.{what}")


def at_step(filed: Filed, step: str, **answers: Any) -> Filed:
    return replace(filed, step=step, step_answers=answers)


def leaving(filed: Filed, departure: str) -> Filed:
    leaves = read_instant(departure)
    return filed.with_answers(
        departure=departure,
        arrival=instant_text(leaves + timedelta(days=1)),
        **{"return": instant_text(leaves + timedelta(days=4))},
    )


def drafted(provision: str, parameter: str, value: Any) -> ProcedureLimits:
    """The shipped limits with one parameter changed, as a draft of the rule book does it."""
    shipped = shipped_provisions()[provision]
    parameters = shipped.record["parameters"]
    record = {**shipped.record, "parameters": {**parameters, parameter: {**parameters[parameter], "value": value}}}
    return ProcedureLimits({**shipped_provisions(), provision: replace(shipped, record=record)})


@BOTH_WAYS
def test_top_secret_is_stopped_by_the_rule_that_was_read_and_the_excerpt_is_named_as_unconfirmed(
    sender: Nation,
) -> None:
    filed = request(seeded(1), sender).with_answers(level=f"{sender}:TOP SECRET")
    above = one(filed.with_row("items", 0, line_level=f"{sender}:TOP SECRET"), "above_limit")
    assert above.stops
    assert set(above.finding.rules) == {"ISA-39", "IND-16"}
    assert above.unconfirmed == ("IND-16",)


def test_a_level_without_an_equivalent_is_within_no_limit_of_the_other_nation() -> None:
    filed = (
        request(seeded(1), IND).with_answers(level="IND:RESTRICTED").with_row("items", 0, line_level="IND:RESTRICTED")
    )
    assert "level_not_comparable" in codes(filed)


def test_a_limit_that_is_lowered_in_a_draft_stops_what_it_let_pass() -> None:
    filed = request(seeded(1), USA).with_answers(level="USA:SECRET")
    filed = filed.with_answers(items=[{**filed.answers["items"][0], "line_level": "USA:SECRET"}])
    assert codes(filed) == set()
    lowered = filed.with_known(limits=drafted("ISA-39", "max_level", "CONFIDENTIAL"))
    assert codes(lowered) == {"above_limit"}


def test_without_a_rule_of_the_sender_the_form_says_so_and_goes_on() -> None:
    filed = request(seeded(1), IND)
    warnings = codes(filed, stopping=False)
    assert "no_agency_notice_loaded" in warnings
    assert codes(filed) == set()
    gap = one(filed, "no_agency_notice_loaded")
    assert (gap.finding.kind, gap.finding.values["nation"]) == ("gap", "IND")


def test_five_working_days_are_counted_over_thanksgiving() -> None:
    """NOW is Monday 23 November 2026; the 26th is a holiday in the USA, so five working days end on the 1st."""
    filed = request(seeded(1), USA)
    assert "agency_notice_short" in codes(leaving(filed, "2026-11-30T20:00:00Z"))
    assert "agency_notice_short" not in codes(leaving(filed, "2026-12-01T20:00:00Z"))


def test_twenty_four_working_hours_are_not_two_days_of_a_weekend() -> None:
    friday = replace(request(seeded(1), USA).known, at=read_instant("2026-12-04T22:00:00Z"))
    filed = replace(leaving(request(seeded(1), USA), "2026-12-05T09:00:00Z"), known=friday)
    for arrival, short in (("2026-12-07T12:00:00Z", True), ("2026-12-08T12:00:00Z", False)):
        told = codes(at_step(filed.with_answers(arrival=arrival), "issue"))
        assert ("receiver_notice_short" in told) == short, arrival


def test_a_couriers_clearance_is_asked_again_before_she_leaves() -> None:
    filed = request(seeded(1), USA).with_answers(courier=COURIER[USA], courier_of="sender", courier_name="Person 1")
    people = dict(filed.known.people)
    people[COURIER[USA]] = replace(people[COURIER[USA]], suspended=True)
    given = {"courier_receipt_signed": True, "dispatched": instant_text(NOW)}
    departing = at_step(filed, "depart", **given)
    assert codes(departing) == set()
    assert "courier_suspended" in codes(departing.with_known(people=people))


def test_an_employee_of_the_receiver_may_be_the_courier_by_her_own_authoritys_assurance() -> None:
    filed = request(seeded(1), USA).with_answers(courier=COURIER[IND], courier_of="recipient", courier_name="ANY NAME")
    assert codes(filed) == set()
    assert codes(filed.with_answers(courier_of="sender")) == {"courier_of_the_other_firm"}


def test_a_flight_may_stop_in_a_third_country_and_a_train_may_not_pass_it() -> None:
    filed = request(seeded(1), USA)
    first, last = filed.answers["route"]
    stop = [
        first,
        {**last, "to_place": "Doha", "to_country": "QAT"},
        {**last, "from_place": "Doha", "from_country": "QAT"},
    ]
    contacts = [*filed.answers["contacts"], {"country": "QAT", "office": "The embassy", "telephone": "000"}]
    assert codes(filed.with_answers(route=stop, contacts=contacts)) == set()
    assert codes(filed.with_answers(route=stop)) == {"contact_missing"}
    by_sea = [*stop[:2], {**stop[2], "mode": "sea"}]
    assert codes(filed.with_answers(route=by_sea, contacts=contacts)) == {"surface_through_third_country"}


def test_an_opening_by_officials_is_told_to_employer_and_representative() -> None:
    filed = request(seeded(1), USA)
    opened = {"country": "IND", "opened": instant_text(NOW), "office": "Customs", "verification": False}
    without = at_step(filed, "record_inspection", **opened, told=["employer"])
    assert codes(without) == {"verification_missing", "inspection_not_told"}
    whole = at_step(
        filed, "record_inspection", **opened, why_no_verification="They would not", told=["employer", "representative"]
    )
    assert codes(whole) == set()


def test_the_receiver_asks_after_the_courier_when_she_is_expected_and_not_before() -> None:
    filed = request(seeded(1), USA)
    given = {"told_at": instant_text(NOW)}
    assert "not_yet_expected" in codes(at_step(filed, "alert", **given))
    past = replace(filed.known, at=read_instant(filed.answers["arrival"]) + timedelta(hours=1))
    assert "not_yet_expected" not in codes(replace(at_step(filed, "alert", **given), known=past))


def test_broken_seals_need_a_report_and_other_seals_are_told() -> None:
    put_on = Taken("seal", "sealed", NOW, "asking", "USA", {"seals": [{"number": "A 1"}, {"number": "A 2"}]})
    filed = replace(request(seeded(1), USA), side="answering", steps=(put_on,))
    given: dict[str, Any] = {"packages": filed.answers["packages"], "seals": [{"number": "a 2"}, {"number": "A 1"}]}
    assert codes(at_step(filed, "take_over", **given, seals_intact=True)) == set()
    other = {**given, "seals": [{"number": "A 1"}]}
    assert "seals_differ" in codes(at_step(filed, "take_over", **other, seals_intact=True))
    assert "broken_without_report" in codes(at_step(filed, "take_over", **other, seals_intact=False))
    assert codes(at_step(filed, "take_over", **other, seals_intact=False, report="One was cut by customs")) == set()


@BOTH_WAYS
def test_no_certificate_travels_unread_or_unsealed_and_none_travels_twice(sender: Nation) -> None:
    def by(role: Role) -> Actor:
        return Actor("prs_a", sender, "C", None, frozenset({role}), frozenset())

    def take(state: str, step: str, role: Role, side: str = "asking") -> str:
        return advance(TABLE, state, step, actor=by(role), held=TABLE.transition(step).guards, side=side)

    with pytest.raises(Conflict):
        take("issued", "depart", Role.SECURITY_OFFICER)
    with pytest.raises(Conflict):
        take("read_and_initialled", "depart", Role.SECURITY_OFFICER)
    with pytest.raises(Refused):
        take("read_and_initialled", "seal", Role.SECURITY_OFFICER)
    assert take("read_and_initialled", "seal", Role.GOVERNMENT_REPRESENTATIVE) == "sealed"
    with pytest.raises(Refused):
        take("travelling", "take_over", Role.GOVERNMENT_REPRESENTATIVE)
    for step in ("depart", "seal", "initial"):
        with pytest.raises(Conflict):
            take("voided", step, min(TABLE.transition(step).roles))
    assert follow(TABLE, "travelling", "take_over", side="answering") == "taken_over"


def test_what_is_personal_stays_at_home() -> None:
    personal = {one.code for one in PROCEDURE.form.fields if one.personal}
    assert {"courier_name", "courier_born", "travel_document"} <= personal
    assert not {one.code for one in PROCEDURE.form.fields if one.shared} & personal
    lines = PROCEDURE.form.field("items")
    assert not {one.code for one in lines.fields if one.shared} & {"item", "authorisation", "cover"}


@BOTH_WAYS
def test_a_request_of_either_nation_stands_under_the_same_checks(sender: Nation) -> None:
    filed = request(seeded(4), sender)
    assert codes(filed) == set()
    assert codes(filed.with_answers(partner=sender)) >= {"partner_is_own"}
    assert codes(filed.with_answers(recipient_facility=filed.answers["sender_facility"])) >= {
        "recipient_facility_not_theirs"
    }
    assert OTHER[OTHER[sender]] == sender
