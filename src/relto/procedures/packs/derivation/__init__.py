"""Derivative classification: the level of something new, from its sources; who derived it, and what was challenged.

Rules enforced here (32 CFR 2001.22(b)-(e), 2001.26(a)(6), 117.13(e)(4), 117.14(n)):
 1. A record is whole: who derived, every source by its number, the highest level, the longest duration.
 2. Below another government's information only with its written approval, dated.
 3. A challenge is answered; unanswered, it goes on when the nation's limits have passed.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs.derivation import checks
from relto.procedures.packs.derivation.checks import CODE
from relto.procedures.procedure import Clock, Paper, Procedure, Step
from relto.procedures.table import Table, Transition

__all__ = ["PROCEDURE"]
_WRITERS: Final = frozenset({Role.ENGINEER, Role.SECURITY_OFFICER})
_ANSWERS: Final = frozenset({Role.RELEASE_OFFICER})
_LOWERS: Final = frozenset({Role.SECURITY_OFFICER})

TABLE: Final = Table(
    name=CODE,
    start="draft",
    states=("draft", "recorded", "challenged", "withdrawn"),
    transitions=(
        Transition("record", frozenset({"draft"}), "recorded", _WRITERS),
        Transition("lower", frozenset({"recorded"}), "recorded", _LOWERS, ("originator_approved",), at_will=True),
        Transition("challenge", frozenset({"recorded"}), "challenged", _WRITERS, at_will=True),
        Transition("answer_challenge", frozenset({"challenged"}), "recorded", _ANSWERS),
        Transition("withdraw", frozenset({"draft"}), "withdrawn", _WRITERS, at_will=True),
    ),
)

PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="DRC",
    topic="classification",
    table=TABLE,
    form=load_form(CODE),
    begins=_WRITERS,
    steps={
        "record": Step(final_check=True),
        "lower": Step(form=load_form("derivation_lowering"), amends=True),
        "challenge": Step(form=load_form("derivation_challenge")),
        "answer_challenge": Step(form=load_form("derivation_answer")),
    },
    check=checks.check,
    guards={"originator_approved": checks.originator_approved},
    clocks=(
        Clock("agency_help", "classification.challenge_help", frozenset({"challenged"})),
        Clock("appeal", "classification.challenge_appeal", frozenset({"challenged"})),
    ),
    papers=(
        Paper("source_list", frozenset({"recorded", "challenged"}), statement=f"paper.{CODE}.source_list.statement"),
    ),
    subjects=("programme", "item"),
)
