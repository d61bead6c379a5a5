"""A decision on record, told to each as much as she may know, with what would mend it tried out on its facts."""

from __future__ import annotations

import pytest

from relto.base.errors import NotAvailable, Refused
from relto.services import decision_views, organisation
from relto.services.actors import actor_of_person
from relto.services.openings import record_obstacle
from relto.services.rule_book import rule_book
from relto.store.models import DecisionRecord
from tests.support.houses import Node, add_company
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, decide_case, seal_item


def _refused_release(usa: Node, india: Peer) -> str:
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, seal_item(usa))
    with pytest.raises(Refused):
        decide_case(usa, case)
    return str(DecisionRecord.objects.get().id)


def _refused_opening(usa: Node) -> str:
    """The engineer's own document, asked for when her clearance has ended."""
    item = seal_item(usa)
    usa.clock.forward(days=370)
    return record_obstacle(usa.house, usa.actor("engineer"), item.id)


def test_the_authority_reads_all_gates_failed_first_and_what_would_mend_each(usa: Node, india: Peer) -> None:
    reference = _refused_release(usa, india)
    for who in ("release_officer", "inspector"):
        found = decision_views.decision(usa.house, usa.actor(who), reference)
        assert (found.view, found.permitted, found.partner_code) == ("authority", False, "")
        outcomes = [gate["outcome"] for gate in found.gates]
        assert outcomes == sorted(outcomes, key=lambda one: one != "fails")
        failed = {gate["rule"] for gate in found.gates if gate["outcome"] == "fails"}
        assert failed == {"R02-disclosure-authorised", "R03-export-authorised"}
        assert {one.remedy: one.left for one in found.remedies} == {
            "grant_disclosure_authorisation": ("R03-export-authorised",),
            "grant_export_authorisation": ("R02-disclosure-authorised",),
        }
        assert all(one.tried and one.mends for one in found.remedies)
        assert found.permitted_with_all is True
        assert all(gate["provisions"] for gate in found.gates if gate["outcome"] == "fails")


def test_the_asker_reads_her_gate_and_no_facts_her_security_officer_reads_them(usa: Node) -> None:
    reference = _refused_opening(usa)
    asker = decision_views.decision(usa.house, usa.actor("engineer"), reference)
    assert (asker.view, asker.full, asker.remedies, asker.facts_digest) == ("asker", False, (), "")
    assert asker.gates
    assert all("facts" not in gate and "provisions" not in gate for gate in asker.gates)
    officer = decision_views.decision(usa.house, usa.actor("security_officer"), reference)
    assert officer.view == "officer"
    assert {gate["rule"] for gate in asker.gates} <= {gate["rule"] for gate in officer.gates}
    assert any(gate["facts"] for gate in officer.gates)
    assert decision_views.decision(usa.house, usa.actor("inspector"), reference).view == "authority"


def test_to_anybody_else_the_decision_does_not_exist(usa: Node, india: Peer) -> None:
    release = _refused_release(usa, india)
    opening = _refused_opening(usa)
    add_company(usa, "USA-C099", "USA-F099")
    person = organisation.add_person(
        usa.house, usa.actor("registrar"), name="N", company="USA-C099", facility="USA-F099", roles=["security_officer"]
    )
    stranger = actor_of_person(usa.house, person.pseudonym)
    told = {
        release: ("engineer", "registrar", "co_chair", "operator", "colleague"),
        opening: ("colleague", "registrar", "co_chair", "operator", "release_officer"),
        "dec_" + "a" * 24: ("engineer", "inspector", "security_officer", "release_officer"),
    }
    for reference, people in told.items():
        for who in people:
            with pytest.raises(NotAvailable) as refused:
                decision_views.decision(usa.house, usa.actor(who), reference)
            assert refused.value.full_code == "not_available.decision"
        with pytest.raises(NotAvailable):
            decision_views.decision(usa.house, stranger, reference)


def test_a_list_names_the_decisions_that_its_reader_may_read(usa: Node, india: Peer) -> None:
    release = _refused_release(usa, india)
    opening = _refused_opening(usa)

    def listed(who: str, **chosen: bool) -> set[str]:
        return {one.reference for one in decision_views.decisions_on_record(usa.house, usa.actor(who), **chosen)}

    assert listed("inspector") == {release, opening}
    assert listed("inspector", refused_only=True) == {release, opening}
    assert listed("release_officer") == {release}
    assert listed("security_officer") == {release, opening}
    assert listed("engineer") == {opening}
    assert listed("colleague") == set()
    (line,) = decision_views.decisions_on_record(usa.house, usa.actor("release_officer"))
    assert (line.permitted, line.rule) == (False, "R02-disclosure-authorised")


def test_everybody_reads_the_book_of_any_accepted_version(usa: Node) -> None:
    assert rule_book(usa.house, usa.actor("engineer")).version == 1
    assert rule_book(usa.house, usa.actor("operator"), 1).agreement == "IND-USA"
    with pytest.raises(NotAvailable):
        rule_book(usa.house, usa.actor("engineer"), 7)
