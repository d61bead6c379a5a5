"""The rehearsal's own documents are plainly for training, and a story tells what came of each step."""

from __future__ import annotations

from pathlib import Path

import docx
import pypdf
import pytest

from relto.base.errors import NotVerified, Refused
from relto.rehearsal.documents import KNOWN_SENTENCE, TRAINING_LINE, make_documents
from relto.rehearsal.story import Step, Story

BANNER = "SECRET//REL TO USA, IND"


def _refuse() -> None:
    raise Refused("opening", reference="dec_1")


def test_every_page_of_the_documents_says_that_its_markings_are_for_training(tmp_path: Path) -> None:
    report, layout, series = make_documents(tmp_path / "documents")

    pages = pypdf.PdfReader(report.path).pages
    assert pages
    for page in pages:
        text = " ".join(page.extract_text().split())
        assert text.count(TRAINING_LINE) == 2
        assert text.count(BANNER) >= 2
    assert KNOWN_SENTENCE in " ".join(pages[0].extract_text().split())

    opened = docx.Document(str(layout.path))
    for part in (opened.sections[0].header, opened.sections[0].footer):
        assert [line.text for line in part.paragraphs] == [BANNER, TRAINING_LINE]
    assert any(KNOWN_SENTENCE in line.text for line in opened.paragraphs)

    head = series.path.read_text(encoding="utf-8").splitlines()[:2]
    assert head == [f"# {TRAINING_LINE}", f"# {BANNER}"]
    assert [document.media_type for document in (report, series)] == ["application/pdf", "text/csv"]


def test_a_story_keeps_what_was_expected_and_what_came_of_it() -> None:
    told: list[Step] = []
    story = Story(told.append)
    with story.step("seals", "engineer", "done"):
        pass
    with story.step("opens", "colleague", "refused"):
        _refuse()

    assert story.as_expected
    assert [step.outcome for step in told] == ["done", "refused"]
    assert told[1].found == "dec_1"
    assert told[0].as_dict().keys() == {"step", "what", "who", "expected", "outcome", "seconds", "entry"}


def test_a_refusal_that_should_not_be_and_a_permission_that_should_not_be_are_both_seen() -> None:
    story = Story(lambda _step: None)
    with pytest.raises(Refused), story.step("opens", "engineer", "permitted"):
        raise Refused("opening", reference="dec_2")
    assert story.steps[0].outcome == "refused"
    assert not story.as_expected

    other = Story(lambda _step: None)
    with other.step("opens", "colleague", "refused") as step:
        step.outcome = "permitted"
    assert not other.as_expected


def test_a_step_that_fails_is_told_as_failed() -> None:
    told: list[Step] = []
    with pytest.raises(NotVerified), Story(told.append).step("verifies", "inspector", "verified"):
        raise NotVerified("ledger", field="ledger", expected="an export that verifies")
    assert told[0].outcome == "failed"
    assert "not_verified.ledger" in told[0].found


def test_a_story_without_steps_is_not_as_expected() -> None:
    assert not Story(lambda _step: None).as_expected
