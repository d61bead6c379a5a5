"""Transportation plans and the notices under them: two keys, who may not be a representative, carriers and escorts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.packs.freight import TABLE
from relto.procedures.table import waits_on
from tests.support.crossing_forms import OTHER, REPRESENTATIVE, facts
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.consignment import PLAN, notice
from tests.support.form_corpus.freight import FORWARDER, FORWARDER_PERSON, plan
from tests.support.known import IND, USA

BOTH_WAYS = pytest.mark.parametrize("sender", [USA, IND])


def codes(filed: Filed, *, stopping: bool = True) -> set[str]:
    return {one.finding.code.partition(".")[2] for one in judge(filed) if one.stops or not stopping}


def forwarded(sender: Nation, **changes: Any) -> Filed:
    firm = {
        "forwarder": True,
        "forwarder_name": "A forwarding firm",
        "forwarder_contact": FORWARDER_PERSON,
        "forwarder_contract": True,
        "forwarder_custody": True,
        "forwarder_facility": FORWARDER[sender],
    }
    return plan(seeded(2), sender, "single").with_answers(**(firm | changes))


@BOTH_WAYS
def test_whoever_works_for_the_forwarder_is_no_representative(sender: Nation) -> None:
    assert codes(forwarded(sender)) == set()
    named = forwarded(sender, sender_representative=FORWARDER_PERSON)
    assert "forwarder_is_representative" in codes(named)
    # A colleague of the same firm is found by the firm's facility, without being named as its contact.
    other_contact = named.with_answers(forwarder_contact=None)
    assert "forwarder_is_representative" in codes(other_contact)
    assert "forwarder_is_representative" in codes(forwarded(sender, recipient_representative=FORWARDER_PERSON))


@BOTH_WAYS
def test_a_forwarder_without_custody_needs_no_storage(sender: Nation) -> None:
    filed = forwarded(sender, forwarder_custody=False, forwarder_facility=None)
    assert codes(filed) == set()


@BOTH_WAYS
def test_a_third_nations_carrier_needs_both_exceptions_and_the_urgency(sender: Nation) -> None:
    filed = plan(seeded(2), sender, "single").with_row("route", 1, carrier_nation="QAT")
    both = {"exception_sender": "Letter 7", "exception_recipient": "Letter 8"}
    assert codes(filed.with_answers(**both)) == {"carrier_of_third_nation"}
    assert codes(filed.with_answers(**both, exception_urgency="The test is next week")) == set()


def test_by_air_an_escort_or_the_named_exception_and_by_sea_neither() -> None:
    filed = plan(seeded(2), USA, "single").with_answers(escorts=None)
    assert codes(filed) == {"escort_missing"}
    assert codes(filed.with_answers(escort_exception="Exception 3, letter 9")) == set()
    assert codes(filed.with_row("route", 1, mode="sea")) == set()


def test_above_the_limit_only_a_government_courier_carries_it() -> None:
    filed = plan(seeded(2), USA, "single").with_answers(
        level="USA:TOP SECRET", escort_exception="Letter 9", escorts=None
    )
    filed = filed.with_row("items", 0, line_level="USA:TOP SECRET")
    assert "government_courier_only" in codes(filed)
    assert "government_courier_only" not in codes(filed.with_answers(transport="government_courier"), stopping=False)


@BOTH_WAYS
def test_the_recipients_authority_names_a_representative_who_holds_the_role_there(sender: Nation) -> None:
    other = OTHER[sender]
    there = facts(other, side="answering", partner=sender)
    approval = {"recipient_representative": REPRESENTATIVE[other], "recipient_representative_office": "Office"}
    filed = replace(
        plan(seeded(2), sender, "single"),
        known=there,
        side="answering",
        step="approve_recipient",
        step_answers=approval,
    )
    of_step = {
        "representative_role",
        "representative_missing",
        "representative_of_company",
        "forwarder_is_representative",
    }
    assert not codes(filed, stopping=False) & of_step
    people = {**there.people, REPRESENTATIVE[other]: replace(there.people[REPRESENTATIVE[other]], roles=frozenset())}
    assert "representative_role" in codes(filed.with_known(people=people))


def test_one_approval_opens_nothing_and_after_two_the_representative_is_waited_for() -> None:
    assert waits_on(TABLE, "approved_by_sender") == {"release_officer"}
    starts = {one.name for one in TABLE.transitions if "approved_by_sender" in one.sources}
    assert starts == {"approve_recipient", "refuse_recipient", "withdraw"}
    assert TABLE.transition("approve_recipient").side == "answering"
    assert waits_on(TABLE, "approved") == {"government_representative"}


@BOTH_WAYS
def test_a_notice_keeps_to_its_plan(sender: Nation) -> None:
    filed = notice(seeded(3), sender)
    assert codes(filed) == set()
    held = filed.known.dossiers[PLAN]
    assert codes(filed.with_known(dossiers={PLAN: replace(held, procedure="visit")})) == {"plan_unknown"}
    revoked = filed.with_known(dossiers={PLAN: replace(held, state="withdrawn")})
    assert codes(revoked) == {"plan_not_approved"}
    assert codes(replace(revoked, step="give_notice")) == {"plan_not_approved"}
