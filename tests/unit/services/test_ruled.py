"""A decision that is not worked out twice is the decision that would have been made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relto.base.instants import Period
from relto.rules.decide import decide
from relto.rules.facts import Action, DecisionFacts
from relto.services import ruled as module
from relto.services.decisions import Ruled
from relto.services.ruled import lasts_a_second, ruled
from tests.support.replay_at_size import facts_of, prepare
from tests.unit.rules.agreement import bundle


def test_the_same_facts_in_the_same_second_give_what_deciding_them_gives() -> None:
    prepare()
    for number in range(60):
        action, facts, at = facts_of(number)
        for moment in (at, at + timedelta(microseconds=400_000), at + timedelta(seconds=1)):
            found = ruled(bundle(), Action(action), facts, moment)
            assert found == Ruled.of(decide(bundle(), Action(action), facts, moment), facts)
            assert found.decision.at == moment


def test_a_fact_that_changed_within_the_second_is_decided() -> None:
    prepare()
    action, facts, at = next(one for one in map(facts_of, range(200)) if permitted(one))
    assert ruled(bundle(), Action(action), facts, at).decision.permitted
    suspended = replace(facts, people=tuple(replace(one, suspended=True) for one in facts.people))
    assert not ruled(bundle(), Action(action), suspended, at).decision.permitted


def test_what_ends_inside_a_second_is_decided_each_time() -> None:
    prepare()
    action, facts, at = next(one for one in map(facts_of, range(200)) if permitted(one))
    ends = Period(at - timedelta(days=1), at + timedelta(microseconds=300_000))
    short = replace(facts, facility=replace(facts.facility, valid=ends))
    assert not lasts_a_second(bundle(), short)
    before = len(module._kept)
    for moment in (at, at + timedelta(microseconds=500_000)):
        found = ruled(bundle(), Action(action), short, moment)
        assert found == Ruled.of(decide(bundle(), Action(action), short, moment), short)
    assert len(module._kept) == before


def permitted(one: tuple[str, DecisionFacts, datetime]) -> bool:
    action, facts, at = one
    return bool(facts.people) and decide(bundle(), action, facts, at).permitted
