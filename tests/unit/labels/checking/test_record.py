"""What is recorded of a check: counts and codes that fit each other, and a digest that tells nothing of the text."""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.errors import MalformedInput
from relto.labels.checking.check import Asked, check_document
from relto.labels.checking.document import Block, DocumentText, Page, Unread
from relto.labels.checking.record import CHECKER_VERSION, MarkingCheck, not_checked, read_check, recorded

BANNER = "SECRET//REL TO USA, IND"
AUTHORITY = "Classified By: A. Trainer, cell\nDerived From: Guide 7\nDeclassify On: 20480101"
PORTION = "(S//REL TO USA, IND) The rotor hums."


def record(*texts: str, unread: tuple[Unread, ...] = (), declared: str | None = BANNER) -> MarkingCheck:
    blocks = tuple(Block("body", place, tuple(text.split("\n"))) for place, text in enumerate(texts, start=1))
    return recorded(check_document(DocumentText("text", (Page(1, blocks, unread),)), Asked(declared)))


def test_a_document_without_faults_is_recorded_as_clean_with_the_checkers_version() -> None:
    found = record(BANNER, PORTION, AUTHORITY, BANNER)
    assert (found.outcome, found.checker, dict(found.faults)) == ("clean", CHECKER_VERSION, {})
    assert read_check(found.as_dict()) == found


def test_faults_are_counted_by_their_code() -> None:
    found = record(BANNER, "Nobody marked this.", "Nor did anybody mark this.", PORTION, AUTHORITY, BANNER)
    assert (found.outcome, dict(found.faults), found.fault_count) == ("faults", {"portion_unmarked": 2}, 2)
    assert read_check(found.as_dict()) == found


def test_what_was_not_read_is_never_clean() -> None:
    found = record(BANNER, PORTION, AUTHORITY, BANNER, unread=(Unread("image", 2),))
    assert (found.outcome, dict(found.not_read)) == ("not_fully_read", {"image": 2})
    uncompared = record(BANNER, PORTION, AUTHORITY, BANNER, declared=None)
    assert (uncompared.outcome, dict(uncompared.not_read)) == ("not_fully_read", {"declared": 1})


def test_the_digest_is_of_places_and_rules_and_not_of_words() -> None:
    one = record(BANNER, "The first secret.", PORTION, AUTHORITY, BANNER)
    other = record(BANNER, "A wholly different one.", PORTION, AUTHORITY, BANNER)
    elsewhere = record(BANNER, PORTION, "The first secret.", AUTHORITY, BANNER)
    assert one.findings_sha256 == other.findings_sha256 != elsewhere.findings_sha256
    assert "secret" not in str(one.as_dict())


CLEAN: dict[str, Any] = {"outcome": "clean", "checker": 1, "findings_sha256": "a" * 64}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "spotless"}, "check.outcome"),
        ({"faults": {"portion_unmarked": 1}}, "check.faults"),
        ({"faults": {"portion_unmarked": 0}}, "check.faults"),
        ({"faults": {"The text of a portion": 1}}, "check.faults"),
        ({"faults": {f"code_{number}": 1 for number in range(200)}}, "check.faults"),
        ({"not_read": {"image": 1}}, "check.not_read"),
        ({"not_read": []}, "check.not_read"),
        ({"outcome": "not_fully_read"}, "check.not_read"),
        ({"outcome": "not_checked"}, "check.why"),
        ({"outcome": "not_checked", "why": "document.form"}, "check.checker"),
        ({"why": "document.form"}, "check.why"),
        ({"checker": 0}, "check.checker"),
        ({"checker": True}, "check.checker"),
        ({"checker": -1}, "check.checker"),
        ({"findings_sha256": ""}, "check.findings_sha256"),
        ({"findings_sha256": "A" * 64}, "check.findings_sha256"),
        ({"text": "a portion"}, "check"),
    ],
    ids=str,
)
def test_a_statement_that_contradicts_itself_is_refused_by_its_member(change: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedInput) as said:
        read_check({**CLEAN, **change})
    assert said.value.field == field


def test_not_checked_says_why_and_nothing_else() -> None:
    found = not_checked("document.encrypted")
    assert read_check(found.as_dict()) == found
    assert (found.checker, found.findings_sha256) == (0, "")
