"""A permit that is found at once is the one that the three forms give apart, on every generated case."""

from __future__ import annotations

from dataclasses import replace

from relto.rules.engine import Engine, Question, Verdict
from relto.rules.facts import Action
from relto.rules.generated_cases import questions
from tests.unit.rules.agreement import bundle


def apart(engine: Engine, question: Question) -> Verdict:
    """The answer of an engine that finds nothing at once."""
    kept = engine._at_once
    engine._at_once = {}
    try:
        return engine.judge(question)
    finally:
        engine._at_once = kept


def test_at_once_and_apart_say_the_same() -> None:
    engine = bundle().engine
    permitted = set()
    for question in questions():
        verdict = engine.judge(question)
        assert verdict == apart(engine, question)
        if verdict.permitted:
            permitted.add(question.action)
    assert permitted == set(Action)


def test_a_context_that_does_not_fit_the_schema_is_refused_after_many_that_fit() -> None:
    engine = bundle().engine
    question = next(one for one in questions() if one.action == Action.OPEN)
    for _ in range(3):
        assert not engine.judge(question).errors
    for name, wrong in (("now", "soon"), ("channels", "link"), ("agreement", {"parties": []}), ("owner", 1)):
        assert engine.judge(replace(question, context={**question.context, name: wrong})).errors
    missing = {name: value for name, value in question.context.items() if name != "node"}
    assert engine.judge(replace(question, context=missing)).errors
