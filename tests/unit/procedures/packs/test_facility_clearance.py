"""A facility's clearance: who may sponsor, who must be named, and what a grant may say."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.procedures.packs.facility_clearance import GRANTS, PROCEDURE
from relto.procedures.table import waits_on
from tests.support.form_corpus import Filed, judge
from tests.support.form_corpus.facility_clearance import PRIME, clean_package, declaration, known_beside
from tests.support.known import FACILITY, IND, USA, dossier_known, facility, pseudonym

RANDOM = Random(17)  # noqa: S311  invents forms
TABLE = PROCEDURE.table


def filed(nation: Nation = USA, **changes: Any) -> Filed:
    return clean_package(RANDOM, nation).with_answers(**changes)


def told(one: Filed) -> set[str]:
    return {found.finding.code.removeprefix("facility_clearance.") for found in judge(one)}


def stopping(one: Filed) -> set[str]:
    return {found.finding.code.removeprefix("facility_clearance.") for found in judge(one) if found.stops}


def granting(nation: Nation = USA, *declared: Any, **given: Any) -> Filed:
    asked = clean_package(RANDOM, nation).with_answers(level=f"{nation}:SECRET", needed_level=f"{nation}:SECRET")
    usual = {"level": f"{nation}:SECRET", "valid_until": "2028-01-31"}
    return replace(
        asked,
        known=known_beside(nation, *(declared or (declaration(),))),
        step="grant_final",
        step_answers=usual | given,
        state="in_process",
    )


def test_nothing_is_submitted_before_the_authority_recorded_a_sponsor() -> None:
    """ISA-14: no self-application."""
    assert TABLE.transition("submit").sources == {"sponsored", "returned"}
    assert Role.SECURITY_OFFICER not in TABLE.transition("record_sponsorship").roles
    own = filed(sponsor_kind="cleared_contractor", sponsor_office=None, sponsor_facility=FACILITY[USA])
    assert "self_sponsored" in stopping(own)
    assert "self_sponsored" not in stopping(filed(IND, sponsor_kind="cleared_contractor", sponsor_office=None)), (
        "no rule"
    )


def test_what_widens_takes_two_people_and_what_narrows_takes_one() -> None:
    two = {*GRANTS, "revalidate", "revalidate_limited", "approve_safeguarding", "resume_existing_work"}
    assert all(PROCEDURE.step(name).persons == 2 for name in two)
    for name in ("invalidate", "withdraw_safeguarding", "terminate"):
        assert PROCEDURE.step(name).persons == 1
        assert TABLE.transition(name).at_will


def test_a_clearance_at_rest_waits_for_nobody_and_an_invalidated_one_for_the_authority() -> None:
    assert waits_on(TABLE, "final") == waits_on(TABLE, "limited") == frozenset()
    assert waits_on(TABLE, "invalidated") == {"registrar", "release_officer"}
    assert TABLE.transition("revoke").sources == {"invalidated"}


def test_a_prime_is_cleared_at_least_as_high_as_its_subcontractor() -> None:
    """ISA-15."""
    usual = clean_package(RANDOM, USA).known
    low = facility(USA, code=PRIME[USA], company="USA-C020", level="CONFIDENTIAL")
    asked = filed(
        level="USA:SECRET",
        needed_level="USA:SECRET",
        sponsor_kind="cleared_contractor",
        sponsor_office=None,
        sponsor_facility=PRIME[USA],
    )
    recorded = {"reference": "A", "received_on": "2026-11-01"}
    step = replace(asked, step="record_sponsorship", step_answers=recorded, state="draft")
    assert "sponsor_below" not in told(step)
    assert "sponsor_below" in stopping(step.with_known(facilities={**usual.facilities, PRIME[USA]: low}))


def test_the_small_company_profile_lets_one_person_hold_several_offices() -> None:
    small = filed(small_company=True)
    first = small.answers["officials"][0]
    small = small.with_row("officials", 1, person=first["person"], name=first["name"])
    assert told(small) == set()
    assert told(small.with_answers(small_company=False)) == {"one_person_two_offices"}
    assert stopping(small.with_answers(small_company=False)) == set()


@pytest.mark.parametrize("nation", [USA, IND])
def test_another_nations_offices_are_never_demanded(nation: Nation) -> None:
    """No country is home: each nation's officials are its own; of a third nation none is demanded."""
    office = {"USA": "company_chief_security_officer", "IND": "facility_security_officer"}[nation]
    assert "official_of_other_nation" in stopping(filed(nation).with_row("officials", 0, office=office))
    stranger = replace(filed(nation).known, nation=Nation("FRA"))
    assert "offices_not_loaded" in told(replace(filed(nation, signed_on=None), known=stranger))


def test_officials_are_cleared_before_the_grant_and_the_grant_stays_within_the_request() -> None:
    assert stopping(granting()) == set()
    people = {**granting().known.people, pseudonym(2): replace(granting().known.people[pseudonym(2)], level="")}
    small = granting().with_known(people=people)
    officers = {row["person"] for row in small.answers["officials"]}
    assert ("official_not_cleared" in stopping(small)) == (pseudonym(2) in officers)
    assert "grant_above_request" in stopping(granting(level="USA:TOP SECRET"))
    assert "safeguarding_above_clearance" in stopping(
        granting(level="USA:CONFIDENTIAL", safeguarding_level="USA:SECRET")
    )
    assert "validity_past" in stopping(granting(valid_until="2026-01-01"))


def test_foreign_control_is_settled_before_a_final_clearance_in_the_united_states() -> None:
    """ISA-20; India's book has no such rule, and says so."""
    unmitigated = declaration("unmitigated", foreign_control=True, controlling_country="IND")
    assert "control_unmitigated" in stopping(granting(USA, unmitigated))
    assert "control_unmitigated" in told(granting(IND, unmitigated))
    assert "control_unmitigated" not in stopping(granting(IND, unmitigated))
    assert "ownership_not_decided" in stopping(granting(USA, declaration("submitted")))


def test_a_manager_may_be_a_citizen_of_the_owners_country_only_beside_an_agreement() -> None:
    """ISA-20.1: all but the security officer; and only while the industrial annex is in force."""
    controlled = declaration("unmitigated", foreign_interest=True, foreign_control=True, controlling_country="IND")
    asked = filed(foreign_interest=True).with_known(related={"ownership": [controlled]})
    senior = asked.with_row("officials", 0, citizenship="IND")
    assert "official_citizenship" not in told(senior)
    assert "official_citizenship" in stopping(senior.with_known(industrial_annex_in_force=False))
    assert "official_citizenship" in stopping(asked.with_row("officials", 1, citizenship="IND"))


def test_existing_work_waits_for_each_customer() -> None:
    """ISA-17."""
    waiting = dossier_known("CSS-2026-0001", "contract_security", "consent_needed")
    resumed = replace(filed(), step="resume_existing_work", state="invalidated")
    assert "consent_lacking" not in told(resumed)
    related = {"ownership": [declaration()], "contract_security": [waiting]}
    assert "consent_lacking" in stopping(resumed.with_known(related=related))
