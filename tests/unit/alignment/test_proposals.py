"""A proposal's form: bounded, in clauses, with a change that names what it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relto.alignment.clauses import LONGEST_CLAUSE, MOST_CLAUSES
from relto.alignment.proposals import MOST_BYTES, WITHDRAWN, make_proposal, read_proposal
from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput, ReltoError, TooLarge, UnknownValue
from relto.exchange.schemas import check
from tests.unit.exchange.alignment_bodies import ALIGNMENT_BODIES

FROM = datetime(2026, 12, 1, tzinfo=UTC)
EXECUTABLE: dict[str, Any] = {"base": "a" * 64, "effective_from": FROM, "expires": FROM + timedelta(days=365)}
CHANGE = {"member": "limits.json", "op": "replace", "path": "/limits/link_clock_skew/value", "value": 30}


def clause(code: str = "1", **text: str) -> dict[str, Any]:
    return {"code": code, "heading": "Scope", "text": text or {"en": "It holds."}}


def asked(**changes: Any) -> dict[str, Any]:
    return {"title": "RESTRICTED", "topic": "equivalence", "clauses": [clause()], "silence_days": 14, **changes}


def test_a_proposal_is_read_from_its_statement_as_it_was_made() -> None:
    made = make_proposal(**asked(change=[CHANGE], word=WITHDRAWN, limits=["link_clock_skew"], **EXECUTABLE))
    assert read_proposal(made.body()) == made
    assert made.is_executable
    check("alignment-proposal", made.body())
    golden = ALIGNMENT_BODIES["proposal"]
    assert read_proposal(golden).body() == golden


def test_a_joint_text_alone_names_no_bundle() -> None:
    made = make_proposal(**asked())
    assert not made.is_executable
    check("alignment-proposal", made.body())
    assert read_proposal(made.body()) == made


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"clauses": [clause(str(n)) for n in range(MOST_CLAUSES + 1)]}, TooLarge, "clauses"),
        ({"clauses": [clause(), clause()]}, MalformedInput, "clauses/1/code"),
        ({"clauses": [clause("No spaces")]}, MalformedInput, "clauses/0/code"),
        ({"clauses": [clause(en="x" * (LONGEST_CLAUSE + 1))]}, TooLarge, "clauses/0/text/en"),
        ({"clauses": [clause(en="a\x07b")]}, MalformedInput, "clauses/0/text/en"),
        ({"clauses": [clause(en="a\u200db")]}, MalformedInput, "clauses/0/text/en"),
        ({"clauses": [clause(fr="Il vaut.")]}, MalformedInput, "clauses/0/text"),
        ({"clauses": [clause(en="")]}, MalformedInput, "clauses/0/text"),
        ({"clauses": []}, MalformedInput, "clauses"),
        ({"title": "two\nlines"}, MalformedInput, "title"),
        ({"title": ""}, MalformedInput, "title"),
        ({"change": [CHANGE]}, MalformedInput, "base"),
        ({"effective_from": FROM}, MalformedInput, "base"),
        ({**EXECUTABLE, "expires": FROM}, MalformedInput, "effective_from"),
        ({"base": "a" * 64}, MalformedInput, "effective_from"),
        ({"silence_days": 0}, MalformedInput, "silence_days"),
        ({"silence_days": True}, MalformedInput, "silence_days"),
        ({"silence_count": "moons"}, UnknownValue, "silence_count"),
        ({"word": "decided"}, UnknownValue, "word"),
        ({"provisions": ["LIM-12", "LIM-12"]}, MalformedInput, "provisions"),
        ({"limits": [f"limit{n}" for n in range(65)]}, MalformedInput, "limits"),
    ],
)
def test_what_breaks_a_bound_is_refused_by_its_field(
    changes: dict[str, Any], error: type[ReltoError], field: str
) -> None:
    with pytest.raises(error) as refused:
        make_proposal(**asked(**changes))
    assert refused.value.field == field


def test_clauses_keep_paragraphs_and_the_joiners_of_indian_scripts() -> None:
    made = make_proposal(**asked(clauses=[clause(en="One.\r\n\r\nTwo. ", hi="क्\u200dष")]))
    assert made.clauses[0].text == {"en": "One.\n\nTwo.", "hi": "क्\u200dष"}


def test_a_proposal_is_bounded_as_a_whole() -> None:
    big = [{**CHANGE, "value": "x" * 1400}] * 200
    with pytest.raises(TooLarge, match=r"proposal\.size"):
        make_proposal(**asked(change=big, **EXECUTABLE))
    small = make_proposal(**asked(change=big[:150], **EXECUTABLE))
    assert len(canonical_bytes(small.body())) <= MOST_BYTES
