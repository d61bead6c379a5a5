"""A stamped document carries its banner on every page, and its label bound inside; a stamp never contradicts."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pikepdf
import pytest
import typst

from relto.cli.main import run
from relto.labels.nato.carriers import read_xmp
from relto.labels.nato.ooxml_binding import read_package
from relto.labels.nato.policy_label import PolicyLabel
from tests.support.marked_documents import check_file

BANNER = "SECRET//REL TO USA, IND"
Relto = Callable[..., int]
Make = Callable[[Path], Path]
BIND = ("--originator", "urn:example:node:usa", "--review-by", "2036-01-01T00:00:00Z")


@pytest.fixture
def relto(monkeypatch: pytest.MonkeyPatch) -> Relto:
    def call(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["relto", *map(str, words)])
        try:
            run()
        except SystemExit as leaving:
            return int(leaving.code or 0)
        return 0

    return call


def _pdf(place: Path) -> Path:
    text = "(S\\/\\/REL TO USA, IND) It hums.\n#pagebreak()\n(U) On.\n#page(flipped: true)[(U) Wide.]"
    place.write_bytes(typst.compile(text.encode()))
    return place


def _word(place: Path) -> Path:
    written = docx.Document()
    written.sections[0].different_first_page_header_footer = True
    written.sections[0].header.paragraphs[0].text = "Example office"
    written.add_paragraph("(S//REL TO USA, IND) It hums.")
    written.add_section()
    written.add_paragraph("(U) On.")
    written.save(str(place))
    return place


@pytest.mark.parametrize("make", [_pdf, _word])
def test_every_page_is_stamped_and_the_label_bound(make: Make, relto: Relto, tmp_path: Path) -> None:
    source = make(tmp_path / ("a.pdf" if make is _pdf else "a.docx"))
    place = tmp_path / f"b{source.suffix}"
    before = source.read_bytes()
    assert relto("label", "apply", source, "--banner", BANNER, "--training", *BIND, "--output", place) == 0
    assert source.read_bytes() == before
    report = check_file(place)
    assert {page.top for page in report.pages} == {page.bottom for page in report.pages} == {BANNER}
    assert [found.code for found in report.findings] == ["authority_missing"]
    if make is _pdf:
        with pikepdf.open(place) as opened:
            binding = read_xmp(opened.Root.Metadata.read_bytes())
    else:
        with zipfile.ZipFile(place) as archive:
            held = read_package(archive.namelist(), archive.read)
        assert held is not None
        assert (held.faults, held.uncovered_content) == ((), ())
        binding = held.binding
    assert binding is not None
    assert isinstance(binding.bindings[0].metadata[0], PolicyLabel)


def test_a_document_with_another_banner_is_not_stamped(relto: Relto, tmp_path: Path) -> None:
    place = tmp_path / "b.pdf"
    assert relto("label", "apply", _pdf(tmp_path / "a.pdf"), "--banner", BANNER, "-o", place) == 0
    assert relto("label", "apply", place, "--banner", "SECRET//NOFORN", "-o", tmp_path / "c.pdf") == 8
    assert relto("label", "apply", place, "--banner", "SECRET/NOFORN", "-o", tmp_path / "c.pdf") == 2
    assert not (tmp_path / "c.pdf").exists()


def test_the_status_says_clean_faults_or_unread(
    relto: Relto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = tmp_path / "clean.txt"
    block = "Classified By: A. Trainer\nDerived From: Guide 7\nDeclassify On: 20480101"
    clean.write_text(f"{BANNER}\n\n(S//REL TO USA, IND) It hums.\n\n{block}\n\n{BANNER}\n")
    empty = tmp_path / "empty.pdf"
    empty.touch()
    assert relto("label", "check", clean) == 0
    assert relto("label", "check", clean, "--declared", "SECRET//NOFORN") == 1
    assert relto("label", "check", clean, empty) == 2
    capsys.readouterr()
    assert relto("label", "check", clean, empty, "--json") == 2
    answers = json.loads(capsys.readouterr().out)
    assert [each["outcome"] for each in answers] == ["clean", "unreadable"]
    assert answers[1]["error"] == {
        "code": "malformed.document.empty", "field": "document", "expected": "a document with at least one byte",
    }  # fmt: skip


def test_further_lines_for_a_page_that_has_its_banner_are_refused_and_not_lost(relto: Relto, tmp_path: Path) -> None:
    source, marked, other = _pdf(tmp_path / "a.pdf"), tmp_path / "b.pdf", tmp_path / "c.pdf"
    assert relto("label", "apply", source, "--banner", BANNER, "--output", marked) == 0
    for more in (("--training",), ("--statement", "THIS DOCUMENT CONTAINS INDIA INFORMATION")):
        assert relto("label", "apply", marked, "--banner", BANNER, "--output", other, *more) == 8
    assert not other.exists()
