"""Capability 7 (domain.md section 9): the life of a facility clearance, and what its invalidation does.

Through the services on two nodes: a prime contract at home, a subcontract abroad, a visit, and two assurances.
"""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.errors import Conflict, Refused
from relto.base.nations import Nation
from relto.services import assurances, organisation
from relto.services.dossiers import StepStopped
from relto.services.dossiers.effects_facility import affected_by_clearance
from relto.store.models import Assurance, Facility, LedgerEntry
from tests.story.capabilities.test_03_visits import request as visit_request
from tests.support.clearances import (
    SPONSORED,
    by_two,
    cleared,
    day,
    declared,
    granted,
    in_process,
    package,
)
from tests.support.form_corpus.contract_security import prime_answers
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("nation", [USA, IND])
CONTRACT = "contract_security"
AWARD = {"contract_number": "SC-26-77", "awarded_on": "2026-11-22", "clauses_signed": True}
FILED = {"copied_on": "2026-11-22", "guidance_included": True}
CONSENT = {"customer_reference": "CUST-9", "consented_on": "2026-11-22", "extent": "the first lot only"}
GROUND = {"ground": "inspection", "from_date": day(0)}


def contract(two: TwoHouses, nation: Nation, **changes: Any) -> str:
    """A prime contract at home, ready for its award."""
    level = f"{nation}:SECRET"
    usual = {
        "contractor_country": nation,
        "contractor": FACILITY[nation],
        "places": [{"facility": FACILITY[nation], "kept_there": True}],
        "level_needed": level,
        "clearance_needed": level,
        "safeguarding_needed": level,
        "owners": [{"country": OTHER[nation]}],
        "signatory": two.nodes[nation].people["security_officer"],
    }
    number = two.begin(nation, "security_officer", CONTRACT, prime_answers(**(usual | changes))).number
    two.take(nation, "security_officer", number, "submit")
    two.told(nation, "release_officer", number, "issue" if "partner" in changes else "issue_here")
    return number


def under_way(two: TwoHouses, nation: Nation, number: str) -> None:
    two.told(nation, "security_officer", number, "award", answers=AWARD)
    two.told(nation, "security_officer", number, "file_contract", answers=FILED)
    assert two.state(nation, number) == "performance"


def subcontract(two: TwoHouses, nation: Nation, prime: str) -> str:
    """The partner's facility works for the prime."""
    other, level = OTHER[nation], f"{nation}:SECRET"
    number = contract(
        two,
        nation,
        position="subcontract",
        prime=prime,
        partner=other,
        contractor_country=other,
        contractor=FACILITY[other],
        customer_facility=FACILITY[nation],
        onward_approval="DSA-7",
        places=[{"facility": FACILITY[other], "kept_there": True}],
        level_needed=level,
        owners=[{"country": other}],
    )
    two.told(other, "release_officer", number, "acknowledge", answers={"own_reference": "ACK-1"})
    under_way(two, nation, number)
    return number


@BOTH_WAYS
def test_invalidating_a_prime_lists_flags_blocks_and_notifies(two: TwoHouses, nation: Nation) -> None:
    """Invalidating a prime lists affected programmes, blocks new awards, leaves existing work flagged "customer consent
    needed" and notifies prime and subs."""
    other = OTHER[nation]
    clearance = cleared(two, nation)
    prime = contract(two, nation)
    under_way(two, nation, prime)
    sub = subcontract(two, nation, prime)
    bid = contract(two, nation, reference="NEXT LOT")
    visit = two.begin(nation, "security_officer", "visit", visit_request(two, nation)).number
    two.take(nation, "security_officer", visit, "submit")
    two.told(nation, "release_officer", visit, "forward", answers={"certified": True})

    with two.at(nation) as node:
        affected = affected_by_clearance(node.house, FACILITY[nation])
    assert affected.programmes == (PROGRAMME,)
    assert set(affected.contracts) == {prime, sub, bid}
    assert visit in affected.others
    two.told(nation, "release_officer", clearance, "invalidate", answers=GROUND, reason="Findings not corrected")
    with two.at(nation):
        entries = LedgerEntry.objects.filter(event="dossier:effect")
        (listed,) = [one.details for one in entries if one.details["effect"] == "invalidate"]
    assert listed["programmes"] == [PROGRAMME]
    assert set(listed["contracts"]) == {prime, sub, bid}

    for number in (prime, sub):
        assert two.state(nation, number) == "consent_needed"
    assert two.state(other, sub) == "consent_needed", "the subcontractor's authority and firm are told"
    assert two.state(nation, bid) == "pre_contract"
    for number in (prime, sub, bid, visit):
        assert two.detail(nation, "security_officer", number).view.attention == "facility_invalidated"
    assert two.detail(other, "security_officer", visit).view.attention == "facility_invalidated"

    two.begin(nation, "security_officer", "facility_clearance", package(two, nation))  # a new package changes nothing
    with pytest.raises(StepStopped) as stopped:
        two.take(nation, "security_officer", bid, "award", answers=AWARD)
    assert "contract_security.no_new_award" in {one.finding.code for one in stopped.value.weighed if one.stops}
    with two.at(other):
        told = Assurance.objects.filter(direction="received", issuer=nation).order_by("position")
        assert {one.status for one in told} == {"suspended"}, "the facility and its people: the next decision sees it"


@pytest.mark.parametrize("nation", [IND])
def test_existing_work_goes_on_when_each_customer_agrees_and_the_clearance_stays_invalidated(
    two: TwoHouses, nation: Nation
) -> None:
    clearance = cleared(two, nation)
    prime = contract(two, nation)
    under_way(two, nation, prime)
    two.told(nation, "registrar", clearance, "invalidate", answers=GROUND, reason="Findings not corrected")
    with pytest.raises((StepStopped, Conflict)):
        by_two(two, nation, clearance, "resume_existing_work")
    two.told(nation, "security_officer", prime, "customer_consents", answers=CONSENT)
    by_two(two, nation, clearance, "resume_existing_work")
    with two.at(nation):
        assert Facility.objects.get(code=FACILITY[nation]).suspended_at is None
    assert two.state(nation, clearance) == "invalidated"
    with two.at(OTHER[nation]):
        assert Assurance.objects.filter(direction="received", subject=FACILITY[nation], status="valid").count() == 0

    by_two(two, nation, clearance, "revalidate", granted(nation))
    assert two.state(nation, clearance) == "final"
    assert two.detail(nation, "security_officer", prime).view.attention == ""


def test_no_firm_applies_for_itself_and_no_one_person_grants(two: TwoHouses) -> None:
    """ISA-14: a sponsor first; issue of procedures, part 2: grants by two people; ISA-13: storage apart."""
    declared(two, USA)
    own = package(two, USA, sponsor_kind="cleared_contractor", sponsor_facility=FACILITY[USA])
    del own["sponsor_office"]
    number = two.begin(USA, "security_officer", "facility_clearance", own).number
    with pytest.raises(StepStopped) as stopped:
        two.take(USA, "registrar", number, "record_sponsorship", answers=SPONSORED)
    assert {one.finding.code for one in stopped.value.weighed} == {"facility_clearance.self_sponsored"}

    number = in_process(two, USA)
    two.take(USA, "registrar", number, "grant_final", answers=granted(USA, level="USA:CONFIDENTIAL", **_NO_STORAGE))
    assert two.state(USA, number) == "in_process"
    with pytest.raises(Conflict):
        two.take(USA, "registrar", number, "grant_final", answers=granted(USA, level="USA:CONFIDENTIAL", **_NO_STORAGE))
    with pytest.raises(Refused):
        two.take(USA, "security_officer", number, "grant_final")
    two.told(USA, "release_officer", number, "grant_final")
    assert two.state(USA, number) == "final"
    with two.at(USA):
        row = Facility.objects.get(code=FACILITY[USA])
        assert (row.level, row.safeguarding_level) == ("CONFIDENTIAL", "")
    (held,) = [one for one in two.do(IND, "registrar", assurances.list_assurances) if _governing(one)]
    assert (held.level, held.safeguarding_level) == ("CONFIDENTIAL", ""), "a narrower grant is told to the partner"

    by_two(two, USA, number, "approve_safeguarding", {"safeguarding_level": "USA:CONFIDENTIAL"})
    with pytest.raises(StepStopped):
        by_two(two, USA, number, "approve_safeguarding", {"safeguarding_level": "USA:SECRET"})
    two.told(USA, "registrar", number, "withdraw_safeguarding", reason="The vault is closed")
    with two.at(USA):
        assert Facility.objects.get(code=FACILITY[USA]).safeguarding_level == ""


_NO_STORAGE: dict[str, Any] = {"safeguarding_level": None}


def _governing(one: assurances.AssuranceView) -> bool:
    return one.direction == "received" and one.subject == FACILITY[USA] and one.governs


def test_a_new_firm_is_registered_by_its_grant_and_a_draft_that_ends_takes_nothing_away(two: TwoHouses) -> None:
    """Terminated before anything was granted: the clearance of the register stays; after it, it ends."""
    declared(two, USA)
    idle = two.begin(USA, "security_officer", "facility_clearance", package(two, USA)).number
    two.told(USA, "registrar", idle, "terminate", reason="Filed twice")
    with two.at(USA):
        assert Facility.objects.get(code=FACILITY[USA]).suspended_at is None

    with two.at(USA) as node:
        organisation.register_company(
            node.house, node.actor("registrar"), code="USA-C077", title="A new firm", kind="private"
        )
    sponsored = package(two, USA, facility="USA-F078", company="USA-C077", sponsor_kind="cleared_contractor")
    sponsored |= {"sponsor_facility": FACILITY[USA]}
    del sponsored["sponsor_office"]
    view = two.begin(USA, "registrar", "facility_clearance", sponsored)
    assert view.company == "USA-C077", "a sponsor does not see the package of the firm that it sponsors"

    declared(two, USA, facility="USA-F077")
    number = in_process(two, USA, facility="USA-F077")
    by_two(two, USA, number, "grant_interim", granted(USA))
    with two.at(USA):
        assert Facility.objects.get(code="USA-F077").company_id == COMPANY[USA]
    two.told(USA, "release_officer", number, "terminate", reason="No contract")
    with two.at(USA) as node:
        row = Facility.objects.get(code="USA-F077")
        assert row.suspended_at is not None
        assert row.valid_until <= node.house.now()
