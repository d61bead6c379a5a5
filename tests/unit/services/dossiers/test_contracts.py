"""Contracts through the services: a prime contract at home, a subcontract abroad, an award that is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.findings import Weighed
from relto.procedures.packs.contract_security import REQUIRE_CONSENT
from relto.services import active_bundle, dossiers, suspensions
from relto.services.dossiers.known import Rules
from relto.services.dossiers.taking import take_own
from relto.store.models import Dossier, LedgerEntry, OutboxMessage
from tests.support.form_corpus.contract_security import prime_answers
from tests.support.houses import FACILITY, IND, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
CONTRACT = "contract_security"
BOTH_WAYS = pytest.mark.parametrize("prime_nation", [USA, IND])
AWARD = {"contract_number": "SC-26-77", "awarded_on": "2026-11-22", "clauses_signed": True}
FILED = {"copied_on": "2026-11-22", "guidance_included": True}


@pytest.fixture
def two(db: None, tmp_path: Path) -> Iterator[TwoHouses]:
    """Both nodes, at work."""
    with TwoHouses(tmp_path) as made:
        yield made


def stops(found: Sequence[Weighed]) -> set[str]:
    return {one.finding.code.removeprefix("contract_security.") for one in found if one.stops}


def prime_contract(two: TwoHouses, nation: Nation) -> str:
    """A prime contract whose work is under way at home."""
    level = f"{nation}:SECRET"
    answers = prime_answers(
        contractor_country=nation,
        contractor=FACILITY[nation],
        places=[{"facility": FACILITY[nation], "kept_there": True}],
        level_needed=level,
        clearance_needed=level,
        safeguarding_needed=level,
        owners=[{"country": OTHER[nation]}],
        signatory=two.nodes[nation].people["security_officer"],
    )
    number = two.begin(nation, "security_officer", CONTRACT, answers).number
    for who, step, given in (
        ("security_officer", "submit", None),
        ("release_officer", "issue_here", None),
        ("security_officer", "award", AWARD),
        ("security_officer", "file_contract", FILED),
    ):
        two.told(nation, who, number, step, answers=given)
    assert two.state(nation, number) == "performance"
    return number


def subcontract(two: TwoHouses, nation: Nation, prime: str, **changes: Any) -> Mapping[str, Any]:
    """What the prime contractor asks for with the other nation's facility."""
    other = OTHER[nation]
    level = f"{nation}:SECRET"
    given = prime_answers(
        position="subcontract",
        prime=prime,
        partner=other,
        contractor_country=other,
        contractor=FACILITY[other],
        customer_facility=FACILITY[nation],
        onward_approval="DSA-7",
        places=[{"facility": FACILITY[other], "kept_there": True}],
        level_needed=level,
        clearance_needed=level,
        safeguarding_needed=level,
        owners=[{"country": other}],
        signatory=two.nodes[nation].people["security_officer"],
    )
    return given | changes


def issued(two: TwoHouses, nation: Nation) -> str:
    """A subcontract that the contractor's authority has acknowledged."""
    number = two.begin(
        nation, "security_officer", CONTRACT, subcontract(two, nation, prime_contract(two, nation))
    ).number
    two.take(nation, "security_officer", number, "submit")
    two.told(nation, "release_officer", number, "issue")
    two.told(OTHER[nation], "release_officer", number, "acknowledge", answers={"own_reference": "ACK-1"})
    return number


@BOTH_WAYS
def test_a_subcontract_abroad_passes_both_authorities_and_its_end_is_told(two: TwoHouses, prime_nation: Nation) -> None:
    """The prime contract at home was sent nowhere; who certified stays at home; each told step has its entry there."""
    other = OTHER[prime_nation]
    number = issued(two, prime_nation)
    with two.at(prime_nation):
        assert OutboxMessage.objects.filter(kind="dossier-step").count() == 1
    with two.at(other):
        assert Dossier.objects.count() == 1
    assert two.state(prime_nation, number) == two.state(other, number) == "pre_contract"
    there = two.detail(other, "security_officer", number)
    assert there.answers["clauses"] == prime_answers()["clauses"]
    assert not {"signatory", "remarks"} & set(there.answers)
    for who, step, given in (
        ("security_officer", "award", AWARD),
        ("security_officer", "file_contract", FILED),
        ("security_officer", "complete", {"completed_on": "2026-11-22"}),
        ("release_officer", "finalise", {"done": "return", "done_on": "2026-11-22", "retains": False}),
    ):
        two.told(prime_nation, who, number, step, answers=given)
        assert two.state(prime_nation, number) == two.state(other, number)
    assert two.state(other, number) == "closed"
    with two.at(other):
        assert LedgerEntry.objects.filter(event="dossier:received").count() == 1 + 4


def test_what_a_subcontract_adds_is_told_before_it_is_submitted(two: TwoHouses) -> None:
    """Needs U-10 through the services: each difference with the clause concerned; the submission is stopped."""
    asked = dict(subcontract(two, USA, prime_contract(two, USA)))
    asked |= {
        "access": ["foreign_government_information", "comsec", "restricted_data"],
        "level_needed": "USA:TOP SECRET",
        "clearance_needed": "USA:TOP SECRET",
    }
    del asked["onward_approval"]
    found = two.do(USA, "security_officer", dossiers.check_form, CONTRACT, asked)
    told = {one.finding.code.removeprefix("contract_security."): one.finding for one in found}
    assert "ISA-21.H" in told["added_access"].rules
    assert "ISA-15" in told["raised_level"].rules
    assert "ISA-21.F" in told["foreign_subcontractor"].rules
    number = two.begin(USA, "security_officer", CONTRACT, asked).number
    with pytest.raises(dossiers.StepStopped) as stopped:
        two.take(USA, "security_officer", number, "submit")
    assert {"added_access", "raised_level", "foreign_subcontractor"} <= stops(stopped.value.weighed)


def test_a_suspension_stops_the_award_and_work_waits_for_the_customers_consent(two: TwoHouses) -> None:
    number = issued(two, USA)
    with two.at(IND) as node:
        officer = node.actor("registrar")
        suspensions.suspend(node.house, officer, kind="facility", subject=FACILITY[IND], reason="storage not inspected")
    two.deliver()
    with pytest.raises(dossiers.StepStopped) as stopped:
        two.take(USA, "security_officer", number, "award", answers=AWARD)
    assert "no_new_award" in stops(stopped.value.weighed)
    with two.at(IND) as node:
        again = {"kind": "facility", "subject": FACILITY[IND], "reason": "inspected"}
        suspensions.reinstate(node.house, node.actor("registrar"), **again)
    two.deliver()
    two.told(USA, "security_officer", number, "award", answers=AWARD)
    two.told(USA, "security_officer", number, "file_contract", answers=FILED)
    with two.at(IND) as node:
        now = node.house.now()
        rules = Rules.of(active_bundle.active(node.house, now))

        def ask() -> bool:
            row = Dossier.objects.select_for_update().get()
            return take_own(node.house, rules, row, REQUIRE_CONSENT, now)

        assert node.house.commit(ask)
    two.deliver()
    assert two.state(USA, number) == two.state(IND, number) == "consent_needed"
    consent = {"customer_reference": "CUST-9", "consented_on": "2026-11-22", "extent": "the first lot only"}
    two.told(USA, "security_officer", number, "customer_consents", answers=consent)
    assert two.state(USA, number) == two.state(IND, number) == "performance"
