"""A concealed foreign source stays concealed: in the roll-up, in every rendering, in every fault."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from relto.labels.batch import answer
from relto.labels.us.document_checks import check_document_marks
from relto.labels.us.faults import RULES, MarkingFaults
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.rolling_up import roll_up
from relto.labels.us.tokens import MarkLevel
from relto.labels.us.values import ConcealedFgi, Foreign, Marking, UnitedStates
from relto.labels.us.writing import render_banner
from tests.unit.labels.us.us_support import markings

OWNED_AT_HOME = st.just(UnitedStates())


@settings(max_examples=60, deadline=None)
@given(st.lists(markings(OWNED_AT_HOME), max_size=3), st.sampled_from(["GBR", "IND", "FRA"]))
def test_one_concealed_source_conceals_all(others: list[Marking], open_source: str) -> None:
    marks = [*others, Marking(Foreign("FGI"), MarkLevel.S), Marking(Foreign(open_source), MarkLevel.C)]
    try:
        banner = roll_up(marks)
    except MarkingFaults:
        return
    assert banner.fgi == ConcealedFgi()
    assert "FGI" in render_banner(banner).split("//")


def test_a_fault_never_repeats_what_was_written() -> None:
    answered: Any = answer(
        {"kind": "banner", "policy": "USA", "text": "UNCLASSIFIED//SAR-BUTTERED POPCORN//FGI ZZQ USA"}
    )
    assert not answered["ok"]
    assert not any(word in str(answered) for word in ("BUTTERED", "POPCORN", "ZZQ"))


def test_no_sentence_of_the_table_has_a_place_for_what_was_found() -> None:
    assert not any("{" in rule.message or "%" in rule.message for rule in RULES.values())


def test_a_check_says_that_a_source_is_concealed_and_not_which() -> None:
    faults = check_document_marks(parse_banner("SECRET//FGI GBR"), [parse_portion("(S)"), parse_portion("(//FGI S)")])
    assert [fault.code for fault in faults] == ["banner_fgi_concealed"]
    assert "GBR" not in repr(faults)
