"""What all forms say when they are asked at once is what they say apart, on every generated case."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relto.base.canonical import canonical_bytes
from relto.rules.decide import decide
from relto.rules.facts import Action, DecisionFacts
from relto.rules.facts_text import facts_text
from relto.rules.generated_cases import questions
from tests.unit.rules.agreement import NOW, bundle, case, home_case
from tests.unit.rules.plain_facts import plain_facts


def test_at_once_and_apart_say_the_same() -> None:
    engine = bundle().engine
    permitted: set[str] = set()
    refused: set[str] = set()
    for question in questions():
        verdict = engine.judge(question)
        assert verdict == engine.judge_apart(question)
        (permitted if verdict.permitted else refused).add(question.action)
    assert permitted == refused == set(Action)


def test_a_context_that_does_not_fit_the_schema_is_refused_after_many_that_fit() -> None:
    engine = bundle().engine
    question = next(one for one in questions() if one.action == Action.OPEN)
    for _ in range(3):
        assert not engine.judge(question).errors
    for name, wrong in (("now", "soon"), ("channels", "link"), ("agreement", {"parties": []}), ("owner", 1)):
        assert engine.judge(replace(question, context={**question.context, name: wrong})).errors
    missing = {name: value for name, value in question.context.items() if name != "node"}
    assert engine.judge(replace(question, context=missing)).errors


def test_each_of_many_readers_is_decided_as_she_would_be_alone() -> None:
    facts = case("release")
    others = [replace(facts.people[0], pseudonym=f"psn_{place}", suspended=place == 3) for place in range(5)]
    listed = tuple(replace(facts.listings[0], pseudonym=one.pseudonym) for one in others[:4])
    together = decide(bundle(), "release", replace(facts, people=tuple(others), listings=listed), NOW)
    alone = [decide(bundle(), "release", replace(facts, people=(one,), listings=listed), NOW) for one in others]
    assert [one.permitted for one in alone] == [True, True, True, False, False]
    assert set(together.failed_rules) == {rule for one in alone for rule in one.failed_rules}
    people = {gate.rule: gate.facts["people"] for gate in together.failed}
    assert people == {"R09-personal-assurance-valid": "psn_3", "R13-listed-with-reason": "psn_4"}


@given(st.sampled_from([*(case(action.value) for action in Action), home_case()]), st.text(max_size=9), st.booleans())
def test_the_text_of_facts_is_their_canonical_json(facts: DecisionFacts, word: str, flag: bool) -> None:  # noqa: FBT001
    changed = replace(facts, channel=word, item=replace(facts.item, registered=flag, item=f"itm_{word}"))
    assert facts_text(changed) == canonical_bytes(plain_facts(changed))
