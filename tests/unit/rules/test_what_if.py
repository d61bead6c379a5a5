"""What if: only what was replayed is told, the smallest sets first, and never a remedy that facts cannot express."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from relto.base.errors import UnknownValue
from relto.base.nations import Nation
from relto.labels.audience import Only
from relto.rules.decide import decide
from relto.rules.facts import DecisionFacts
from relto.rules.remedies import REMEDIES, replay_with
from relto.rules.what_if import named_changes, what_if
from tests.unit.rules.agreement import NOW, bundle, case


def refused(*, badly: bool = False) -> DecisionFacts:
    """A suspended facility with a stale person; `badly`: not releasable and not listed either."""
    facts = case("open")
    person = replace(facts.people[0], status_at=NOW - timedelta(days=9))
    facts = replace(facts, facility=replace(facts.facility, suspended=True), people=(person,))
    if badly:
        item = replace(facts.item, audience=Only(frozenset({Nation("USA")})))
        facts = replace(facts, item=item, listings=())
    return facts


def test_a_permitted_case_needs_nothing() -> None:
    found = what_if(bundle(), "open", case("open"), NOW)
    assert (found.decision.permitted, found.singles, found.enough, found.untried) == (True, (), (), ())


@pytest.mark.parametrize("badly", [False, True])
def test_the_sets_told_are_the_smallest_and_each_of_them_suffices(badly: bool) -> None:  # noqa: FBT001
    facts = refused(badly=badly)
    found = what_if(bundle(), "open", facts, NOW)
    assert found.whole
    assert not any(one.permitted for one in found.singles)
    (enough,) = found.enough
    assert replay_with(bundle(), "open", facts, NOW, enough.remedies).decision.permitted
    for fewer in combinations(enough.remedies, len(enough.remedies) - 1):
        assert not replay_with(bundle(), "open", facts, NOW, fewer).decision.permitted


def test_one_remedy_that_suffices_is_told_alone() -> None:
    facts = replace(case("open"), listings=())
    found = what_if(bundle(), "open", facts, NOW)
    assert [one.remedies for one in found.enough] == [("list_with_reason",)]


def test_a_remedy_that_facts_cannot_express_is_told_as_untried_and_nothing_suffices() -> None:
    facts = case("release")
    facts = replace(facts, item=replace(facts.item, level=replace(facts.item.level, name="NO SUCH LEVEL")))
    found = what_if(bundle(), "release", facts, NOW)
    assert found.untried
    assert not set(found.untried) & set(REMEDIES)
    assert found.enough == ()


def test_named_changes_are_tried_as_they_are_named() -> None:
    facts = refused()
    tried = named_changes(bundle(), "open", facts, NOW, ["renew_facility_assurance"])
    assert (tried.permitted, tried.left) == (False, ("R10-personal-status-fresh",))
    both = named_changes(bundle(), "open", facts, NOW, ["renew_facility_assurance", "refresh_personal_status"])
    assert both.permitted
    with pytest.raises(UnknownValue):
        named_changes(bundle(), "open", facts, NOW, ["activate_agreement"])


def test_everything_unknown_is_searched_within_its_bound() -> None:
    facts = case("supply_share")
    facts = replace(
        facts,
        facility=replace(facts.facility, level=None, safeguarding=None, valid=None, status_at=None, suspended=True),
        people=(replace(facts.people[0], level=None, valid=None, status_at=None, caveats=frozenset()),),
        authorisations=(),
        listings=(),
        channel=None,
        release=None,
    )
    begun = time.process_time()
    found = what_if(bundle(), "supply_share", facts, NOW)
    assert time.process_time() - begun < 5
    assert len(found.decision.failed) > 10
    assert found.enough == ()
    assert not decide(bundle(), "supply_share", facts, NOW).permitted
