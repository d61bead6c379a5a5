"""Contract security: what a specification may say, what a subcontract passes on, who is awarded, what closes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.findings import Finding, Weighed, weigh
from relto.procedures.known import Known
from relto.procedures.packs.contract_security import PROCEDURE
from relto.procedures.packs.contract_security.checks import check, check_under
from relto.procedures.packs.contract_security.clauses import read_clause_sets, shipped_clause_sets
from relto.procedures.packs.contract_security.flow_down import flow_down_difference
from relto.procedures.procedure import Dossier, Taken
from relto.procedures.table import advance, follow
from tests.support.form_corpus.contract_security import CLAUSES, PRIME, contract_known, prime_answers
from tests.support.known import (
    FACILITY,
    IND,
    NOW,
    USA,
    YEAR,
    SimpleLevels,
    facility,
    known,
    person,
    pseudonym,
    shipped_provisions,
)

BOTH = {"USA", "IND"}


def sub_answers(**changes: Any) -> dict[str, Any]:
    """A subcontract to the Indian facility that asks for nothing that its prime contract lacks."""
    given = prime_answers(
        position="subcontract",
        prime=PRIME,
        partner="IND",
        contractor_country="IND",
        contractor=FACILITY[IND],
        onward_approval="DSA-IND-7",
        places=[{"facility": FACILITY[IND], "kept_there": True}],
    )
    return {code: value for code, value in (given | changes).items() if value is not None}


def told(findings: list[Finding] | tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.code.removeprefix("contract_security."): one for one in findings}


def weighed(findings: list[Finding]) -> dict[str, Weighed]:
    every = weigh(findings, shipped_provisions())
    return {one.finding.code.removeprefix("contract_security."): one for one in every}


def guard(name: str, answers: dict[str, Any], step: dict[str, Any], facts: Known, **changes: Any) -> dict[str, Finding]:
    dossier = Dossier("CSS-2026-0009", "contract_security", "pre_contract", "asking", answers, NOW, **changes)
    return told(list(PROCEDURE.guards[name](dossier, step, facts)))


def test_an_added_access_item_a_raised_level_and_a_foreign_sub_are_each_flagged_with_the_clause_concerned() -> None:
    """Needs U-10, word for word."""
    sub = sub_answers(
        access=["foreign_government_information", "comsec", "restricted_data"],
        level_needed="USA:TOP SECRET",
        clauses=[one for one in CLAUSES if one != "loss_report"],
        ends_on="2030-01-01",
        places=[{"facility": FACILITY[IND]}, {"facility": "IND-F008"}],
        onward_approval=None,
    )
    found = told(flow_down_difference(prime_answers(), sub, True, levels=SimpleLevels(), nations=BOTH))  # noqa: FBT003  the signature of U-10
    assert found["added_access"].values["item"] == "restricted_data"
    assert "ISA-21.H" in found["added_access"].rules
    assert "ISA-15" in found["raised_level"].rules
    assert found["outside_prime"].path == "ends_on"
    assert found["added_place"].values["facility"] == "IND-F008"
    assert found["clause_not_flowed_down"].rules[:2] == ("ISA-21.E", "ISA-21.H"), (
        "the clause that is lost, and flow-down"
    )
    assert "ISA-21.F" in found["foreign_subcontractor"].rules


def test_a_subcontract_like_its_prime_contract_differs_in_nothing_but_being_abroad() -> None:
    """With the authorities' approval the foreign subcontractor is still told: no rule of both nations is loaded."""
    prime = prime_answers()
    assert not flow_down_difference(prime, prime, False, levels=SimpleLevels(), nations=BOTH)  # noqa: FBT003  the signature of U-10
    found = weighed(check(sub_answers(), contract_known()))
    assert set(found) == {"foreign_subcontractor_approved"}
    assert not found["foreign_subcontractor_approved"].stops


def test_each_of_the_eight_clauses_is_demanded_by_its_own_provision_and_only_where_us_rules_count() -> None:
    letters = {clause.code: clause.provisions for clause in shipped_clause_sets()[1].clauses}
    assert len(letters) == len(CLAUSES) == 8
    for clause in CLAUSES:
        kept = [one for one in CLAUSES if one != clause]
        finding = weighed(check(sub_answers(clauses=kept, prime=None, position="prime"), contract_known()))[
            "clause_missing"
        ]
        assert finding.stops
        assert finding.finding.rules == (*letters[clause], "GAP-IND-contract")
    indian = replace(contract_known(), nation=IND)
    home = sub_answers(partner=None, contractor_country="IND", clauses=[], prime=None, position="prime")
    assert not weighed(check(home, indian))["clause_missing"].stops, "India's book has no clause set: that is said"


def test_the_blank_on_disposition_must_be_filled() -> None:
    assert weighed(check(sub_answers(disposition=None), contract_known()))["disposition_blank"].stops


def test_a_contract_made_under_one_version_still_validates_under_it_after_the_next() -> None:
    clauses = [{"code": one, "letter": "x", "provisions": []} for one in CLAUSES]
    added = {"code": "export", "letter": "I", "provisions": []}
    shipped = {"set": 1, "nation": "USA", "clauses": clauses}
    longer = {"set": 2, "nation": "USA", "clauses": [*clauses, added]}
    sets = read_clause_sets({"sets": [shipped, longer]})
    assert "clause_missing" not in told(check_under(sub_answers(clause_set=1), contract_known(), sets))
    assert told(check_under(sub_answers(clause_set=2), contract_known(), sets))["clause_missing"].values == {
        "clause": "export",
        "version": 2,
    }
    assert "clause_set_unknown" in told(check_under(sub_answers(clause_set=3), contract_known(), sets))


def test_the_level_is_never_above_the_need_and_storage_never_above_the_clearance() -> None:
    high = weighed(check(sub_answers(clearance_needed="USA:TOP SECRET"), contract_known()))
    assert high["clearance_above_need"].stops
    stored = weighed(check(sub_answers(safeguarding_needed="USA:TOP SECRET"), contract_known()))
    assert stored["safeguarding_above_clearance"].stops
    none = sub_answers(stores=False, safeguarding_needed=None, performance=["access_elsewhere"])
    assert not [one for one in weighed(check(none, contract_known())).values() if one.stops], "storage may be none"


def test_item_11_may_not_contradict_item_1b() -> None:
    answers = sub_answers(stores=False, safeguarding_needed=None, performance=["receive", "generate"])
    assert weighed(check(answers, contract_known()))["work_needs_storage"].finding.values == {"work": "receive"}


@pytest.mark.parametrize("state", ["invalidated", "terminated", "revoked", "in_process", "suspended"])
@pytest.mark.parametrize("nation", [USA, IND])
def test_no_new_award_to_a_facility_whose_clearance_does_not_stand(state: str, nation: Nation) -> None:
    facts = contract_known()
    other = IND if nation == USA else USA
    facts = replace(
        facts, nation=other, facilities={**facts.facilities, FACILITY[nation]: facility(nation, state=state)}
    )
    answers = sub_answers(
        partner=nation,
        contractor_country=nation,
        contractor=FACILITY[nation],
        places=[],
        prime=None,
        position="prime",
    )
    refused = guard("contractor_may_be_awarded", answers, {}, facts)["no_new_award"]
    assert refused.values == {"facility": FACILITY[nation], "state": state}
    bids = guard("contractor_may_bid", answers, {}, facts)
    assert ("no_new_award" in bids) == (state != "in_process"), "a bidder without access needs no clearance yet"


def test_an_expired_assurance_counts_as_none() -> None:
    facts = contract_known()
    late = replace(facts, at=NOW + 3 * YEAR)
    assert guard("contractor_may_be_awarded", sub_answers(), {}, late)["no_new_award"].values["state"] == "expired"


def test_access_before_the_award_decides_when_the_clearance_must_be_there() -> None:
    low = {FACILITY[IND]: facility(IND, level="CONFIDENTIAL"), FACILITY[USA]: facility(USA)}
    facts = replace(contract_known(), facilities=low)
    later = sub_answers(
        access_before_award=False, stores=False, safeguarding_needed=None, performance=["access_elsewhere"]
    )
    assert "facility_not_cleared" not in told(check(later, facts))
    assert "facility_not_cleared" in told(check(later | {"access_before_award": True}, facts))
    assert "facility_not_cleared" in guard("contractor_may_be_awarded", later, {}, facts)


def test_foreign_information_reaches_a_third_country_only_with_the_originators_written_consent() -> None:
    answers = sub_answers(partner=None, contractor_country="FRA", contractor="FRA-F001", places=[])
    stopped = weighed(check(answers, contract_known()))["third_country_without_consent"]
    assert stopped.stops
    assert {"ISA-29.1", "GSO-13"} <= set(stopped.finding.rules)
    assert guard("originator_consented", answers, {}, contract_known())
    consent = {"consent_reference": "IND-DSA-2026-11", "consented_on": "2026-11-01"}
    assert "third_country_without_consent" not in told(check(answers | consent, contract_known()))
    assert "consent_later" in told(check(answers | consent | {"consented_on": "2027-01-01"}, contract_known()))


def test_what_is_kept_is_kept_no_longer_than_the_contractors_nation_allows() -> None:
    done = (Taken("complete", "completion", NOW, "asking", pseudonym(1), {"completed_on": "2026-11-20"}),)
    kept = {"done": "return", "done_on": "2026-11-21", "retains": True, "retained_until": "2028-11-20"}
    home = sub_answers(partner=None, contractor_country="USA", contractor=FACILITY[USA])
    assert not guard("final_fits", home, kept, contract_known(), steps=done)
    longer = kept | {"retained_until": "2028-11-21"}
    assert guard("final_fits", home, longer, contract_known(), steps=done)["kept_too_long"].values == {
        "until": "2028-11-20"
    }
    assert not guard("final_fits", home, longer | {"retention_approval": "GCA-1"}, contract_known(), steps=done)
    gap = guard("final_fits", sub_answers(), longer, contract_known(), steps=done)["retention_no_rule"]
    assert (gap.kind, gap.rules) == ("gap", ("GAP-IND-retention",)), "the US number is not India's"


def test_a_revision_follows_the_last_one_and_is_checked_like_the_first() -> None:
    revised = {
        "revision": 1,
        "revised_on": "2026-11-20",
        "level_needed": "USA:SECRET",
        "clearance_needed": "USA:SECRET",
    }
    assert "revision_order" not in guard("revision_fits", sub_answers(), revised, contract_known())
    assert "revision_order" in guard("revision_fits", sub_answers(revision=1), revised, contract_known())
    raised = revised | {"level_needed": "USA:TOP SECRET", "clearance_needed": "USA:TOP SECRET"}
    assert "raised_level" in guard("revision_fits", sub_answers(), raised, contract_known())


def test_dealings_outside_the_channels_are_reported_before_the_contract_goes_on() -> None:
    assert weighed(check(sub_answers(dealings_outside=True), contract_known()))["dealings_not_reported"].stops


def test_who_certifies_is_of_the_own_register_and_signs_by_role() -> None:
    assert "signatory_unknown" in told(check(sub_answers(signatory=pseudonym(11)), contract_known()))
    assert "signatory_role" in told(check(sub_answers(signatory=pseudonym(2)), contract_known()))
    facts = replace(contract_known(), people={pseudonym(2): person(2, roles=frozenset({"release_officer"}))})
    assert "signatory_role" not in told(check(sub_answers(signatory=pseudonym(2)), facts))


def test_the_node_asks_for_the_customers_consent_and_work_goes_on_only_with_it() -> None:
    table = PROCEDURE.table
    for state in ("awarded", "performance"):
        assert advance(table, state, "require_consent", actor=None) == "consent_needed"
        assert follow(table, state, "require_consent", side="answering") == "consent_needed"
    after = {one.name for one in table.transitions if "consent_needed" in one.sources}
    assert after == {"customer_consents", "customer_stops"}


def test_a_contract_at_home_is_sent_nowhere() -> None:
    home = sub_answers(partner=None, contractor_country="USA", contractor=FACILITY[USA])
    assert "contractor_at_home" in guard("contractor_is_abroad", home, {}, known())
    assert not guard("contractor_is_at_home", home, {}, known())
    assert "contractor_abroad" in guard("contractor_is_at_home", sub_answers(), {}, known())
    assert [name for name, step in PROCEDURE.steps.items() if step.sends] == ["issue"]
