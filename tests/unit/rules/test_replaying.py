"""Ten thousand recorded decisions come out as they were, and an altered record is found."""

from __future__ import annotations

import pytest

from relto.adapters.replaying.answering import RuleSet
from relto.adapters.replaying.processes import ReplayProcesses
from relto.base.errors import MalformedInput, Unreachable
from relto.rules.confirmations import NOBODY_CONFIRMED
from relto.rules.decide import decide
from relto.rules.facts import Action
from relto.rules.recorded_facts import facts_from_dict
from relto.rules.replaying import Recorded, replay
from relto.services.decisions import facts_as_dict
from tests.support.replay_at_size import ALTERED, facts_of, replayed
from tests.unit.rules.agreement import bundle, signed, unsigned

DECISIONS = 10_000


def records(how_many: int) -> list[Recorded]:
    """Decisions as they were recorded."""
    found = []
    for number in range(how_many):
        action, facts, at = facts_of(number)
        made = decide(bundle(), action, facts, at)
        found.append(Recorded(f"dec_{number}", action, facts.item.item, at, made.as_dict(), facts_as_dict(facts)))
    return found


def test_ten_thousand_recorded_decisions_replay_without_a_difference() -> None:
    found = replayed(DECISIONS)
    assert (found.decisions, found.differ, found.missed) == (DECISIONS, 0, 0)
    assert found.altered == DECISIONS // ALTERED
    assert 0.2 < found.permitted / DECISIONS < 0.8


def test_the_generated_cases_ask_every_action_and_fail_most_rules() -> None:
    failed = set()
    for number in range(400):
        action, facts, at = facts_of(number)
        failed |= {(action, rule) for rule in decide(bundle(), action, facts, at).failed_rules}
    assert {action for action, _ in failed} == set(Action)
    assert len({rule for _, rule in failed}) > 12


def test_processes_answer_in_order_what_is_answered_here() -> None:
    given = RuleSet(signed(unsigned()), NOBODY_CONFIRMED)
    chunks = [[(0, one) for one in records(60)[start : start + 20]] for start in (0, 20, 40)]
    with ReplayProcesses([given], 2) as apart, ReplayProcesses([given], 0) as here:
        told = list(apart.replayed(chunks))
        assert told == list(here.replayed(chunks))
    assert [one.reference for part in told for one in part] == [f"dec_{number}" for number in range(60)]
    assert all(one.same and one.change == "none" for part in told for one in part)


def test_facts_that_are_no_record_are_refused_and_a_process_that_ended_is_told() -> None:
    (record,) = records(1)
    for wrong in (
        {},
        {**record.facts, "item": None},
        {**record.facts, "people": "x"},
        {**record.facts, "facility": {}},
    ):
        with pytest.raises(MalformedInput):
            facts_from_dict(wrong)
    bad = Recorded(record.reference, record.action, record.item, record.at, record.decision, {})
    given = RuleSet(signed(unsigned()), NOBODY_CONFIRMED)
    with ReplayProcesses([given], 1) as apart:
        with pytest.raises(MalformedInput):
            list(apart.replayed([[(0, bad)]]))
        apart._children[0].kill()
        with pytest.raises(Unreachable):
            list(apart.replayed([[(0, record)]]))


def test_a_record_of_other_reasons_is_told_by_its_rules() -> None:
    record = next(one for one in records(60) if not one.decision["permitted"] and not one.decision["errors"])
    gates = [dict(gate) for gate in record.decision["gates"]]
    was = next(gate for gate in gates if gate["outcome"] == "fails")
    was["outcome"] = "holds"
    again = replay(
        bundle(), Recorded("dec_a", record.action, "", record.at, {**record.decision, "gates": gates}, record.facts)
    )
    assert (again.same, again.change, again.stops) == (False, "other_reasons", (was["rule"],))
