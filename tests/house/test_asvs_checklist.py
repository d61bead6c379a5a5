"""The checklist of the verification standard: every requirement once, an answer that is one, files that are there."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest

from tests.house.conftest import PROJECT

PAGE = PROJECT / "docs" / "reference" / "asvs.md"
REQUIREMENTS = (PROJECT / "tests" / "house" / "asvs_5_0_0_levels_1_and_2.txt").read_text("utf-8").split()
ANSWERS = ("holds", "does not apply", "not met")


class Row(NamedTuple):
    """One line of a chapter's table."""

    chapter: str
    requirement: str
    level: str
    asks: str
    answer: str
    how: str
    evidence: str


def _rows() -> list[Row]:
    found = []
    for chapter in re.split(r"^## (?=V\d+ )", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title = chapter.splitlines()[0]
        for line in re.findall(r"^\| `v5[^\n]*\|$", chapter, re.MULTILINE):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.append(Row(title, cells[0].strip("`"), *cells[1:]))
    return found


ROWS = _rows()


def test_every_requirement_of_both_levels_has_one_line_in_its_chapter() -> None:
    assert len(REQUIREMENTS) == len(set(REQUIREMENTS)) == 253
    assert [row.requirement for row in ROWS] == REQUIREMENTS
    assert Counter(row.level for row in ROWS) == {"1": 70, "2": 183}
    assert [row for row in ROWS if row.requirement.split("-")[1].split(".")[0] != row.chapter.split()[0][1:]] == []


def test_every_answer_is_one_of_three_and_says_how_or_what_is_missing() -> None:
    assert [row for row in ROWS if row.answer not in ANSWERS or not (row.asks and row.how and row.evidence)] == []


def test_what_holds_is_shown_by_something_and_what_is_named_is_there() -> None:
    named = {row.requirement: re.findall(r"`([^`]+)`", row.evidence) for row in ROWS}
    assert [row.requirement for row in ROWS if row.answer == "holds" and not named[row.requirement]] == []
    gone = {path for paths in named.values() for path in paths if not (PROJECT / path).is_file()}
    assert gone == set()


def test_the_counts_are_those_of_the_lines() -> None:
    text = PAGE.read_text("utf-8")
    for chapter in dict.fromkeys(row.chapter for row in ROWS):
        answers = Counter(row.answer for row in ROWS if row.chapter == chapter)
        counts = " | ".join(str(answers[answer]) for answer in ANSWERS)
        assert f"| {chapter} | {counts} | {answers.total()} |" in text
    answers = Counter(row.answer for row in ROWS)
    assert f"| all | {' | '.join(str(answers[answer]) for answer in ANSWERS)} | {len(ROWS)} |" in text


@pytest.mark.parametrize("word", ["certified", "fully compliant", "complies with"])
def test_it_claims_nothing_that_only_others_can_say(word: str) -> None:
    assert word not in PAGE.read_text("utf-8").lower()
