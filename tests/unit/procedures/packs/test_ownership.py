"""Ownership and licence category: what a declaration must say, and what the authority may find on it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.limits import ProcedureLimits
from relto.procedures.packs.ownership import PROCEDURE
from tests.support.form_corpus import Filed, judge
from tests.support.form_corpus.ownership import controlled, days_ago, domestic, with_foreign_owner
from tests.support.known import IND, USA, shipped_provisions

RANDOM = Random(19)  # noqa: S311  invents forms


def stopping(one: Filed) -> set[str]:
    return {found.finding.code.removeprefix("ownership.") for found in judge(one) if found.stops}


def warned(one: Filed) -> set[str]:
    return {found.finding.code.removeprefix("ownership.") for found in judge(one) if not found.stops}


def finds(one: Filed, step: str, **given: Any) -> set[str]:
    return stopping(replace(one, step=step, state="submitted", step_answers=given))


def test_the_authority_finds_what_the_declaration_says() -> None:
    assert finds(domestic(RANDOM, USA), "find_no_control") == set()
    assert finds(domestic(RANDOM, USA), "find_unmitigated") == {"control_not_declared"}
    assert finds(controlled(RANDOM, USA), "find_unmitigated") == set()
    assert finds(controlled(RANDOM, USA), "find_no_control") == {"no_interest_but_control"}
    accepted = {"last_certified": days_ago(0), "reference": "A"}
    assert finds(with_foreign_owner(RANDOM, USA), "accept_instrument", **accepted) == set()
    assert finds(domestic(RANDOM, USA), "accept_instrument", **accepted) == {"no_instrument"}
    assert finds(with_foreign_owner(RANDOM, USA), "find_no_control") == {"interest_left_open"}


def test_a_yearly_certificate_that_reports_a_change_opens_the_declaration_instead() -> None:
    given = {"met_on": days_ago(1), "last_certified": days_ago(1), "chair": domestic(RANDOM, USA).answers["signatory"]}
    mitigated = replace(with_foreign_owner(RANDOM, USA), step="certify", state="mitigated")
    assert "changes_reported" in stopping(replace(mitigated, step_answers=given | {"changes": True}))
    assert "changes_reported" not in stopping(replace(mitigated, step_answers=given | {"changes": False}))
    assert PROCEDURE.table.transition("reopen").target == "draft"


def test_the_number_of_outside_directors_is_the_rule_books() -> None:
    """Changing the parameter in a draft changes what is asked for, and nothing in the code."""
    asked = with_foreign_owner(RANDOM, USA).with_answers(
        instrument="security_control_agreement", outside_directors=1, national_interest_determination=None
    )
    assert "outside_directors_missing" not in stopping(asked)
    provisions = shipped_provisions()
    rule = provisions["ISA-19.2"]
    changed = {**rule.record, "parameters": {"outside_directors_min": {"value": 2, "unit": "person"}}}
    draft = ProcedureLimits({**provisions, rule.id: replace(rule, record=changed)})
    assert "outside_directors_missing" in stopping(asked.with_known(limits=draft))


@pytest.mark.parametrize(
    ("edition", "stated", "category", "found"),
    [
        ("edition_2014", "2024-05-01", "c", set()),
        ("edition_2025", "2025-08-01", "b", set()),
        ("edition_2025", "2025-08-01", "c", {"category_not_of_edition"}),
        ("edition_2014", "2025-08-01", "a", {"edition_not_in_force"}),
        ("edition_2025", "2024-05-01", "a", {"edition_not_in_force"}),
    ],
)
def test_the_edition_in_force_on_the_day_decides_which_categories_there_are(
    edition: str, stated: str, category: str, found: set[str]
) -> None:
    """IND-02, IND-03: both unconfirmed, so they warn and never stop."""
    asked = domestic(RANDOM, IND).with_answers(licence_edition=edition, category_date=stated, licence_category=category)
    assert (warned(asked), stopping(asked)) == (found, set())


@pytest.mark.parametrize(("new", "found"), [(True, set()), (False, {"investment_needs_approval"})])
def test_the_share_that_needs_an_approval_depends_on_the_licence(*, new: bool, found: set[str]) -> None:
    """IND-22: sixty percent is automatic for a new licence and not for an existing one."""
    asked = with_foreign_owner(RANDOM, IND, 60).with_answers(new_licence=new, government_approval=False)
    assert warned(asked) & {"investment_needs_approval"} == found
    assert "investment_needs_approval" not in stopping(asked)


@pytest.mark.parametrize("nation", [USA, IND])
def test_what_only_one_nations_book_says_never_stops_the_others_firm(nation: Nation) -> None:
    majority = with_foreign_owner(RANDOM, nation, 60)
    assert ("control_undeclared" in stopping(majority)) == (nation == USA)
    assert ("control_undeclared" in warned(majority)) == (nation == IND)
    licensed = domestic(RANDOM, USA).with_answers(
        licensed=True,
        licence_edition="edition_2025",
        licence_category="c",
        category_date="2025-09-01",
        new_licence=True,
        government_approval=False,
        home_ministry_clearance=False,
    )
    assert warned(licensed) == {"licence_of_other_nation"}
