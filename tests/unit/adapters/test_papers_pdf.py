"""A paper says what the dossier says, in the languages asked for, with its marking, its data and its proof inside."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pypdfium2
import pytest
from pypdf import PdfReader

from relto.adapters.paper_words import Attachment, PaperValue, SignedStep
from relto.adapters.papers_pdf import paper_pdf
from relto.base.errors import MalformedInput
from relto.procedures.findings import Finding, Weighed
from tests.support.known import NOW, shipped_provisions
from tests.support.sample_procedure import ANSWER_FORM, ANSWERS, PROCEDURE

REQUEST, RECEIPT = PROCEDURE.papers
DATA = '{"number": "SMP-2026-0001"}'
VALUE = PaperValue(
    PROCEDURE,
    REQUEST,
    "SMP-2026-0001",
    "USA",
    "sent",
    ANSWERS,
    NOW,
    "ab" * 32,
    steps=(
        SignedStep("send", NOW, "USA", "prs_" + "a" * 24, "security_officer"),
        SignedStep("answer", form=ANSWER_FORM),
    ),
    findings=(Weighed(Finding("form.missing", "first_day", rules=("LIM-01",)), stops=True),),
    provisions=shipped_provisions(),
    entries=("ent_" + "c" * 24,),
    attachments=(Attachment("SMP-2026-0001.json", "application/json", DATA, "paper.attached.data"),),
    is_training=True,
)


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def in_one_line(pages: list[str]) -> str:
    return " ".join(" ".join(pages).replace("\u200b", "").split())


@pytest.mark.parametrize("language", ["en", "hi", "both"])
def test_it_is_tagged_titled_and_in_its_language_and_the_same_each_time(language: str) -> None:
    pdf = paper_pdf(VALUE, language)
    assert pdf == paper_pdf(VALUE, language)
    reader = PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == ("hi" if language == "hi" else "en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.metadata.creation_date == NOW
    stated = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in stated
    assert "<pdfaid:part>3</pdfaid:part>" in stated


def test_an_instant_of_the_register_is_a_date_of_whole_seconds() -> None:
    precise = NOW.replace(microsecond=123456).astimezone(timezone(timedelta(hours=5, minutes=30)))
    reader = PdfReader(io.BytesIO(paper_pdf(replace(VALUE, dated=precise))))
    assert reader.metadata is not None
    assert reader.metadata.creation_date == NOW


def test_each_page_carries_the_marking_the_number_and_how_many_pages_there_are() -> None:
    for value, marking in (
        (VALUE, "MARKINGS ARE FOR TRAINING PURPOSES ONLY"),
        (replace(VALUE, is_training=False), "OFFICIAL FORM · UNCLASSIFIED"),
    ):
        pages = text_of(paper_pdf(value))
        for number, page in enumerate(pages, 1):
            assert page.count(marking) == 2
            assert "No classified content in this form" in page
            assert "SMP-2026-0001" in page
            assert f"{number} / {len(pages)}" in page


def test_answers_stand_in_words_and_instants_in_the_time_of_each_nation() -> None:
    said = in_one_line(text_of(paper_pdf(VALUE)))
    for expected in (
        "2027-01-11T04:30:00Z",
        "2027-01-11 10:00 India",
        "2027-01-10 23:30 United States (Washington)",
        "Security officer, USA",
        "Not signed yet",
        "This is missing. Fill it in.",
        "LIM-01: One-time visit, 32 CFR 117.19(e)(2)(i)(A)",
        "GAP-IND-visit: No rule loaded",
        "no form number is claimed",
        "abababab abababab",
        "ent_" + "c" * 24,
    ):
        assert expected in said
    both = in_one_line(text_of(paper_pdf(VALUE, "both")))
    assert "No / नहीं" in both
    assert "Field" in both
    hindi = in_one_line(text_of(paper_pdf(VALUE, "hi")))
    assert "Not signed yet" not in hindi


def test_text_is_never_read_as_markup() -> None:
    said = in_one_line(text_of(paper_pdf(VALUE)))
    assert "Łukasz #let O'Brien *Sañjay*" in said
    hostile = {**ANSWERS, "purpose": '#read("/etc/passwd") $x$ = Title\n/ term: [a] \\u{41} <label> @ref `raw`'}
    said = in_one_line(text_of(paper_pdf(replace(VALUE, answers=hostile))))
    assert '#read("/etc/passwd") $x$ = Title / term: [a] \\u{41} <label> @ref `raw`' in said


def test_a_character_that_the_fonts_lack_is_spelled_out_and_not_dropped() -> None:
    answers = {**ANSWERS, "purpose": "協定 visit 🚀 क्षेत्र"}
    said = in_one_line(text_of(paper_pdf(replace(VALUE, answers=answers))))
    assert "visit [U+1F680]" in said
    assert "[U+5354][U+5B9A]" in said


def test_the_data_travels_inside_as_it_was_given() -> None:
    reader = PdfReader(io.BytesIO(paper_pdf(VALUE, "both")))
    assert {name: files[0] for name, files in reader.attachments.items()} == {"SMP-2026-0001.json": DATA.encode()}


def test_numbered_copies_each_say_which_they_are_and_hold_no_personal_data() -> None:
    pages = text_of(paper_pdf(replace(VALUE, paper=RECEIPT, steps=(), state="answered")))
    assert [f"Copy {number} / 3" for number in (1, 2, 3)] == [
        next(f"Copy {number} / 3" for number in (1, 2, 3) if f"Copy {number} / 3" in page) for page in pages
    ]
    said = in_one_line(pages)
    assert "prs_" + "a" * 24 in said.replace(" ", "")
    assert "Łukasz" not in said
    assert "Personal data" not in said


def test_a_row_with_many_columns_becomes_a_list_that_fits_the_sheet() -> None:
    form = PROCEDURE.form
    people = form.field("people")
    many = replace(people, fields=people.fields + tuple(replace(people.fields[1], code=f"more_{n}") for n in range(4)))
    changed = replace(form, fields=(*form.fields[:-1], many))
    rows = [{**ANSWERS["people"][0], **{f"more_{n}": f"extra {n}" for n in range(4)}}]
    value = replace(VALUE, procedure=replace(PROCEDURE, form=changed), answers={**ANSWERS, "people": rows})
    said = in_one_line(text_of(paper_pdf(value)))
    assert "form.sample.people 1" in said
    assert "form.sample.people.more_3 extra 3" in said


def test_another_language_is_refused() -> None:
    with pytest.raises(MalformedInput):
        paper_pdf(VALUE, "fr")
