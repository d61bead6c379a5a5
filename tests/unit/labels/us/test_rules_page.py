"""The reference page is the rule table."""

from __future__ import annotations

from relto.labels.us.faults import RULES
from relto.labels.us.rule_reference import rules_page
from tests.support.vectors import PROJECT


def test_the_page_is_written_from_the_table() -> None:
    assert (PROJECT / "docs" / "reference" / "marking-rules.md").read_text(encoding="utf-8") == rules_page()


def test_each_rule_has_its_source_sentence_and_fix() -> None:
    for rule in RULES.values():
        assert rule.rule.startswith(("DoDM-5200.01-V2-E4", "ISM-", "32-CFR-", "relto-request"))
        assert rule.paragraph
        assert rule.message.endswith(".")
        assert rule.fix.endswith(".")
        assert rule.reading in {"all", "strict", "not-lenient"}
        assert rule.covered_by <= set(RULES)
