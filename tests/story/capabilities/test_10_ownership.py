"""Capability 10 (domain.md section 9): foreign ownership and licence category, and what an agreement makes of them.

Through the services of the node of the United States, whose rule it is (117.11(e)); India's book has none, and says so.
"""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.nations import Nation
from relto.rules.bundle import open_bundle
from relto.rules.training import seed_provisions
from relto.services import active_bundle, dossiers, suspensions
from relto.services.dossiers import StepStopped
from relto.store.models import AgreementBundle
from tests.support.clearances import (
    CONTRACT,
    by_two,
    controlled,
    day,
    declaration,
    declared,
    granted,
    in_process,
    package,
)
from tests.support.houses import IND, NATIONS, START, USA, drafted, nationhood, signed_by
from tests.support.two_houses import TwoHouses

pytestmark = pytest.mark.django_db
LIMITED: dict[str, Any] = {"contract": CONTRACT, "essential": True, "access_proscribed": False}


def without_the_annex(two: TwoHouses, nation: Nation) -> None:
    """An agreement comes into force under which no industrial security annex is signed."""
    left = [one | {"parameters": {}} if one["id"] == "ISA-03" else one for one in seed_provisions()]
    file = signed_by(drafted(2, START, provisions=left))
    pinned = {one: nationhood(one).authority.public for one in NATIONS}
    bundle = open_bundle(file, authorities=pinned, at=START, active_version=1, node_kind="training")
    with two.at(nation) as node:
        AgreementBundle.objects.create(
            agreement=bundle.agreement,
            version=bundle.version,
            digest=bundle.digest,
            file=file,
            effective_from=bundle.effective_from,
            expires=bundle.expires,
            activated_at=node.clock.now(),
        )
        active_bundle.keep(node.house, bundle)


def stopping(stopped: StepStopped) -> set[str]:
    return {one.finding.code for one in stopped.weighed if one.stops}


def test_an_indian_owned_subsidiary_gets_only_a_limited_clearance_and_that_rests_on_the_agreement(
    two: TwoHouses,
) -> None:
    """An Indian-owned US subsidiary can get only a limited FCL, allowed because an ISA profile is in force
    (117.11(e)(1)(ii)); switching the ISA off flips the answer."""
    declared(two, USA, "find_unmitigated")
    number = in_process(two, USA, foreign_interest=True)
    with pytest.raises(StepStopped) as refused:
        two.take(USA, "registrar", number, "grant_final", answers=granted(USA))
    assert stopping(refused.value) == {"facility_clearance.control_unmitigated"}

    limited = granted(USA) | LIMITED
    check = dossiers.check
    allowed = two.do(USA, "registrar", check, number, "grant_limited", answers=limited)
    assert not [one for one in allowed if one.stops]
    two.take(USA, "registrar", number, "grant_limited", answers=limited)
    assert two.state(USA, number) == "in_process"

    without_the_annex(two, USA)
    with pytest.raises(StepStopped) as refused:
        two.take(USA, "release_officer", number, "grant_limited", answers=limited)
    assert stopping(refused.value) == {"facility_clearance.no_industrial_agreement"}
    (cited,) = [one for one in refused.value.weighed if one.stops]
    with two.at(USA) as node:
        provisions = active_bundle.active(node.house, node.house.now()).provisions
        assert "32 CFR 117.11(e)(1)(i)-(iii)" in {provisions[rule].citation for rule in cited.finding.rules}


def test_a_limited_clearance_is_for_one_essential_contract_and_never_for_proscribed_information(
    two: TwoHouses,
) -> None:
    """ISA-20, ISA-20.3; a manager of the owner's country needs an assurance, the security officer never is one."""
    declared(two, USA, "find_unmitigated", foreign_government=True)
    files = package(two, USA)["key_managers"]
    foreigner = two.nodes[IND].people["engineer"]
    manager = {"position": "director", "person": foreigner, "name": "A name", "citizenship": "IND", "excluded": False}
    number = in_process(two, USA, foreign_interest=True, key_managers=[*files, manager])
    wrong = granted(USA) | {"contract": "CONTRACT 26-2", "essential": False, "access_proscribed": True}
    with pytest.raises(StepStopped) as refused:
        two.take(USA, "registrar", number, "grant_limited", answers=wrong)
    assert stopping(refused.value) == {
        "facility_clearance.limited_not_essential",
        "facility_clearance.limited_other_contract",
        "facility_clearance.proscribed_information",
    }, "the manager is assured by his own authority"
    with two.at(IND) as node:
        suspensions.suspend(
            node.house, node.actor("registrar"), kind="person", subject=foreigner, reason="under review"
        )
    two.deliver()
    found = two.do(USA, "registrar", dossiers.check, number, "grant_limited", answers=granted(USA) | LIMITED)
    assert {one.finding.code for one in found if one.stops} == {"facility_clearance.manager_without_assurance"}
    with two.at(IND) as node:
        suspensions.reinstate(
            node.house, node.actor("registrar"), kind="person", subject=foreigner, reason="cleared up"
        )
    two.deliver()
    by_two(two, USA, number, "grant_limited", granted(USA) | LIMITED)
    assert two.state(USA, number) == "limited"


def test_indian_licence_categories_follow_the_edition_and_where_there_is_no_rule_the_book_says_so(
    two: TwoHouses,
) -> None:
    """Needs N-15: 2014 has A, B and C, 2025 A and B; both unconfirmed, so that they warn."""
    licence = {
        "licensed": True,
        "licence_edition": "edition_2025",
        "licence_category": "c",
        "category_date": "2025-09-01",
        "new_licence": True,
        "government_approval": False,
        "home_ministry_clearance": True,
    }
    asked = declaration(two, IND, **licence)
    newer = {one.finding.code: one for one in two.do(IND, "security_officer", dossiers.check_form, "ownership", asked)}
    assert not newer["ownership.category_not_of_edition"].stops
    older = asked | {"licence_edition": "edition_2014", "category_date": "2024-01-15"}
    assert two.do(IND, "security_officer", dossiers.check_form, "ownership", older) == ()
    mixed = asked | {"licence_edition": "edition_2014"}
    codes = {one.finding.code for one in two.do(IND, "security_officer", dossiers.check_form, "ownership", mixed)}
    assert codes == {"ownership.edition_not_in_force"}

    declared(two, IND, "find_unmitigated")
    number = in_process(two, IND, foreign_interest=True)
    found = two.do(IND, "registrar", dossiers.check, number, "grant_final", answers=granted(IND))
    (told,) = [one for one in found if one.finding.code == "facility_clearance.control_unmitigated"]
    assert (told.stops, told.finding.kind, told.finding.rules) == (False, "gap", ("GAP-IND-facility_clearance",))


def test_an_instrument_is_certified_yearly_and_a_conflict_between_papers_is_told(two: TwoHouses) -> None:
    """ISA-19, LIM-24, need N-02: the clock runs from the last certificate; package and declaration are compared."""
    proxy = {
        "foreign_control": False,
        "controlling_country": None,
        "owners": [
            {"holder_kind": "company", "country": "IND", "percent": 40, "elects_board": True},
            {"holder_kind": "person", "country": "USA", "percent": 60, "elects_board": True},
        ],
        "instrument": "proxy_agreement",
        "instrument_date": day(-30),
        "security_committee": True,
        "technology_control_plan": True,
        "communications_plan": True,
    }
    number = two.begin(USA, "security_officer", "ownership", controlled(two, USA, **proxy)).number
    two.take(USA, "security_officer", number, "submit")
    accepted = {"last_certified": day(-30), "reference": "PROXY 7"}
    two.take(USA, "registrar", number, "accept_instrument", answers=accepted)
    detail = two.take(USA, "release_officer", number, "accept_instrument")
    assert (detail.view.state, [one.clock for one in detail.view.due]) == ("mitigated", ["review"])
    first = detail.view.due[0].at
    certified = {"met_on": day(0), "last_certified": day(0), "chair": two.nodes[USA].people["colleague"]}
    later = two.take(USA, "security_officer", number, "certify", answers=certified | {"changes": False})
    assert first is not None
    assert later.view.due[0].at is not None
    assert later.view.due[0].at > first

    clean = two.do(USA, "security_officer", dossiers.check_form, "facility_clearance", package(two, USA))
    assert {one.finding.code for one in clean if one.stops} == {"facility_clearance.ownership_conflict"}
