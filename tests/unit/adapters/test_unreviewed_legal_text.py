"""What people sign or are bound by says in Hindi that its translation was not reviewed, until a native reader did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from relto.adapters.paper_words import LANGUAGES, PaperValue, paper_data
from relto.adapters.record_papers import Coded, RecordPaper, _data
from relto.adapters.words import catalogue, legal_sentence, sentence
from relto.procedures.findings import Finding, Weighed
from relto.procedures.packs.registry import procedures
from tests.support.sample_procedure import ANSWERS, PROCEDURE

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TAG = "अनुवाद की समीक्षा नहीं हुई"
STATEMENTS = sorted({paper.statement for one in procedures().values() for paper in one.papers if paper.statement})


def test_the_tag_has_words_in_both_languages() -> None:
    assert sentence("paper.unreviewed", "hi") == TAG
    assert sentence("paper.unreviewed", "en") == "translation not reviewed"


@pytest.mark.parametrize("code", STATEMENTS)
def test_each_statement_of_a_paper_carries_the_tag_as_its_entry_says(code: str) -> None:
    said = legal_sentence(code, "hi")
    assert said.endswith(f"[{TAG}]") is not catalogue("hi")[code].reviewed
    assert legal_sentence(code, "en") == sentence(code, "en")


def test_a_paper_of_a_dossier_shows_it_beside_its_statement_and_its_findings() -> None:
    paper = replace(PROCEDURE.papers[0], statement=STATEMENTS[0])
    finding = Weighed(Finding("form.missing", "first_day"), stops=True)
    value = PaperValue(PROCEDURE, paper, "SMP-2026-0001", "USA", "sent", ANSWERS, NOW, "ab" * 32, findings=(finding,))
    made = paper_data(value, LANGUAGES["both"])
    for english, hindi in (made["statement"], made["sheets"][0]["findings"][0]["text"]):
        assert hindi.endswith(f"[{TAG}]")
        assert TAG not in english
        assert "not reviewed" not in english


def test_a_paper_of_the_shared_record_shows_it_beside_its_statement() -> None:
    paper = RecordPaper("1", "Title", (), (), NOW, "ab" * 32, statement=Coded("template_paper.agreed"))
    english, hindi = _data(paper, LANGUAGES["both"])["statement"]
    assert hindi.endswith(f"[{TAG}]")
    assert "not reviewed" not in english
