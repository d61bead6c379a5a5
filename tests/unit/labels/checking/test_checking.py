"""What a person is told about the marks of her document, and what she is never told: that an unread page is clean."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.base.errors import MalformedInput
from relto.labels.checking.check import Asked, check_document
from relto.labels.checking.document import (
    Block,
    DocumentText,
    Page,
    Unread,
    Where,
    document_as_dict,
    document_from_dict,
)
from relto.labels.checking.home import home_of
from relto.labels.checking.report import Report
from relto.labels.checking.rules import RULES, UNREAD_RULES
from relto.labels.policy_data import load_policy

BANNER = "SECRET//REL TO USA, IND"
AUTHORITY = "Classified By: A. Trainer, cell\nDerived From: Guide 7\nDeclassify On: 20480101"
RIGHT = [BANNER, "(U) Title of it", "(S//REL TO USA, IND) The rotor hums.", AUTHORITY, BANNER]


def page(*texts: str, number: int = 1, unread: tuple[Unread, ...] = (), where: Where = "body") -> Page:
    blocks = tuple(Block(where, place, tuple(text.split("\n"))) for place, text in enumerate(texts, start=1))
    return Page(number, blocks, unread)


def report(*pages: Page, asked: Asked | None = None) -> Report:
    return check_document(DocumentText("text", pages), asked)


def codes(*texts: str, asked: Asked | None = None) -> list[str]:
    return [found.code for found in report(page(*texts), asked=asked).findings]


def test_a_rightly_marked_document_is_clean_and_says_what_it_comes_to() -> None:
    found = report(page(*RIGHT))
    assert (found.outcome, found.banner, found.high_water) == ("clean", BANNER, BANNER)
    assert found.pages[0].portions == ("(U)", "(S//REL TO USA, IND)")


@pytest.mark.parametrize("kind", sorted(UNREAD_RULES))
def test_a_page_that_was_not_wholly_read_is_never_clean(kind: str) -> None:
    found = report(page(*RIGHT, unread=(Unread(kind),)))  # type: ignore[arg-type]
    assert found.outcome == "not_fully_read"
    assert found.as_dict()["not_read"]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([*RIGHT[:2], "The rotor hums.", *RIGHT[2:]], "portion_unmarked"),
        ([*RIGHT[:2], "(S/NF) The rotor hums.", *RIGHT[2:]], "portion_unreadable"),
        ([*RIGHT[:2], "S//NF) The rotor hums.", *RIGHT[2:]], "portion_unreadable"),
        (RIGHT[1:], "banner_missing_top"),
        (RIGHT[:-1], "banner_missing_bottom"),
        ([*RIGHT[:-1], "SECRET//NOFORN"], "banner_differs"),
        (["SECRET//REL TO IND, USA", *RIGHT[1:]], "banner_unreadable"),
        ([*RIGHT[:2], "(TS//REL TO USA, IND) The rotor hums.", *RIGHT[2:]], "banner_level"),
        ([*RIGHT[:2], "(S//REL TO USA, GBR) The rotor hums.", *RIGHT[2:]], "banner_rel_list"),
        ([*RIGHT[:2], "(C) The rotor hums.", *RIGHT[2:]], "banner_rel"),
        ([*RIGHT[:3], RIGHT[4]], "authority_missing"),
        ([*RIGHT[:3], AUTHORITY.replace("20480101", "20481301"), RIGHT[4]], "authority_date"),
    ],
)
def test_one_mistake_is_one_fault_with_its_place_rule_and_fix(texts: list[str], code: str) -> None:
    found = report(page(*texts)).findings
    assert [each.code for each in found] == [code]
    assert all((found[0].rule, found[0].message, found[0].fix))
    assert found[0].page == 1


def test_foreign_information_needs_its_statement_on_the_front_page() -> None:
    banner = "SECRET//FGI IND//REL TO USA, IND"
    texts = [banner, "(//IND S//REL TO USA, IND) The rotor hums.", AUTHORITY, banner]
    assert codes(*texts) == ["statement_missing"]
    assert codes(banner, "THIS DOCUMENT CONTAINS INDIA INFORMATION", *texts[1:]) == []
    assert codes(banner, "THIS DOCUMENT CONTAINS JAPAN INFORMATION", *texts[1:]) == ["statement_country"]


def test_a_concealed_source_is_not_named_by_a_statement() -> None:
    banner = "SECRET//FGI"
    texts = ["(//FGI S) The rotor hums.", AUTHORITY, banner]
    assert codes(banner, "THIS DOCUMENT CONTAINS FOREIGN GOVERNMENT INFORMATION", *texts) == []
    assert codes(banner, "THIS DOCUMENT CONTAINS INDIA INFORMATION", *texts) == ["statement_concealed"]


def test_a_declared_label_is_compared_with_banner_and_portions() -> None:
    assert codes(*RIGHT, asked=Asked(declared=BANNER)) == []
    lower = codes(*RIGHT, asked=Asked(declared="CONFIDENTIAL//REL TO USA, IND"))
    assert sorted(lower) == ["declared_differs", "declared_lower"]
    assert codes(*RIGHT, asked=Asked(declared="SECRET/NOFORN")) == ["declared_unreadable"]


def test_the_training_line_is_due_on_every_page_when_one_has_it() -> None:
    line = "MARKINGS ARE FOR TRAINING PURPOSES ONLY, OTHERWISE UNCLASSIFIED"
    second = page(BANNER, "(U) More of it.", BANNER, number=2)
    found = report(page(BANNER, line, *RIGHT[1:]), second)
    assert [(each.code, each.page) for each in found.findings] == [("training_line_missing", 2)]


def test_every_item_of_a_list_is_a_portion() -> None:
    text = f"(U) The list:\n• {RIGHT[2]}\n• It hums, and the sound is\n2 dB louder.\n1. {RIGHT[2]}\n2. It hums."
    found = report(page(BANNER, text, AUTHORITY, BANNER)).findings
    assert [(each.code, each.text) for each in found] == [
        ("portion_unmarked", "• It hums, and the sound is 2 dB louder."),
        ("portion_unmarked", "2. It hums."),
    ]


def test_enumerations_page_numbers_and_prose_are_no_marks() -> None:
    text = "1. (S//REL TO USA, IND) The (C) value: (a) first,\n(C). It hums (see annex B).\n(b) second"
    assert codes(BANNER, text, AUTHORITY, "Page 1 of 1", BANNER) == []
    assert codes(BANNER, *RIGHT[1:3], "SECRETARIES met. CONFIDENTIAL talks were held.", *RIGHT[3:]) == [
        "portion_unmarked"
    ]


def test_a_paragraph_that_goes_on_over_the_page_is_one_portion() -> None:
    first = page(BANNER, "(S//REL TO USA, IND) The rotor hums and goes on to hum over the", BANNER)
    second = page(BANNER, "page until the very end of it.", AUTHORITY, BANNER, number=2)
    assert report(first, second).findings == ()


def test_a_slide_is_no_continuation_of_the_slide_before() -> None:
    slides = (
        page(BANNER, "(S//REL TO USA, IND) The rotor hums and goes on to hum over the", AUTHORITY, BANNER),
        page(BANNER, "and this line has no mark", BANNER, number=2),
    )
    found = check_document(DocumentText("pptx", slides)).findings
    assert [(each.code, each.page) for each in found] == [("portion_unmarked", 2)]


def test_a_page_may_have_the_banner_of_its_own_portions() -> None:
    second = page("UNCLASSIFIED", "(U) Nothing here.", "UNCLASSIFIED", number=2)
    third = page("CONFIDENTIAL//NOFORN", "(U) Nothing here.", "CONFIDENTIAL//NOFORN", number=3)
    found = report(page(*RIGHT), second, third)
    assert [(each.code, each.page) for each in found.findings] == [("banner_page_differs", 3)]


def test_an_unclassified_document_needs_no_portion_marks_and_an_unmarked_one_is_one_fault() -> None:
    assert codes("UNCLASSIFIED", "The rotor hums.", "UNCLASSIFIED") == []
    assert codes("The rotor hums.", "And hums.") == ["document_unmarked"]


def test_what_a_header_gives_to_many_pages_is_told_once() -> None:
    def of(number: int) -> Page:
        header = Block("header", 1, ("SECRET/NOFORN",), origin="header of section 1")
        footer = Block("footer", 2, (BANNER,), origin="footer of section 1")
        body = Block("body", 1, ("(S//REL TO USA, IND) The rotor hums.",))
        return Page(number, (header, footer, body))

    found = [each.code for each in report(of(1), of(2), of(3)).findings]
    assert found.count("banner_unreadable") == 1


def test_an_indian_document_is_read_in_both_languages() -> None:
    policy = load_policy(resources.files("relto.labels").joinpath("data", "ind.json").read_bytes())
    asked = Asked(home=home_of(policy))
    texts = ["गुप्त / SECRET", "(गुप्त / S) The rotor hums.", "(R) So it does.", "SECRET"]
    found = report(page(*texts), asked=asked)
    assert found.outcome == "clean", found.findings
    assert found.high_water == "//IND SECRET"
    assert codes("RESTRICTED", "(S) The rotor hums.", "RESTRICTED", asked=asked) == ["indian_banner_level"]


def test_every_rule_has_words_and_a_source() -> None:
    for row in (*RULES.values(), *UNREAD_RULES.values()):
        assert row.message.endswith(".")
        assert row.fix.endswith(".")
        assert row.rule


@given(st.lists(st.text(max_size=60), max_size=12))
def test_any_text_gives_a_report_and_travels_unchanged(texts: list[str]) -> None:
    plain = [text.encode("utf-8", "replace").decode() for text in texts]
    document = DocumentText("text", (page(*plain),))
    assert document_from_dict(document_as_dict(document)) == document
    assert check_document(document).outcome in {"clean", "faults"}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        {"form": "pdf", "unread": [], "pages": [{}]},
        {"form": "pdf", "unread": [{"kind": "moon", "count": 1}], "pages": []},
        {"form": "\ud800", "unread": [], "pages": []},
    ],
)
def test_what_is_no_text_of_a_document_is_refused(wrong: object) -> None:
    with pytest.raises(MalformedInput):
        document_from_dict(wrong)


def test_a_marked_portion_outside_the_banners_counts_like_one_between_them() -> None:
    found = report(page(*RIGHT, "(TS//NF) And this below the banner."))
    assert found.high_water == "TOP SECRET//NOFORN"
    assert "(TS//NF)" in found.pages[0].portions
    assert report(page("(TS//NF) And this above it.", *RIGHT)).high_water == "TOP SECRET//NOFORN"
    assert report(page("Example Works, report 7", *RIGHT, "Page 1 of 1")).outcome == "clean"  # running heads


def test_an_empty_document_is_not_clean_and_a_scan_is_not_called_unmarked() -> None:
    assert codes() == ["document_unmarked"]
    assert codes(asked=Asked("SECRET//NOFORN")) == ["document_unmarked"]
    assert codes(asked=Asked("UNCLASSIFIED")) == []
    scanned = report(page(unread=(Unread("scan"),)))
    assert (scanned.findings, scanned.outcome) == ((), "not_fully_read")


def test_an_attachment_has_an_authority_block_of_its_own() -> None:
    attached = Page(1, page(*RIGHT).blocks, part="attachment 1")
    assert report(page(*RIGHT), attached).outcome == "clean"
    broken = Page(1, page(*RIGHT[:3], AUTHORITY.replace("20480101", "20481301"), BANNER).blocks, part="attachment 1")
    assert [(found.part, found.rule) for found in report(page(*RIGHT), broken).findings] == [
        ("attachment 1", "32-CFR-2001.21")
    ]


def test_an_empty_page_of_a_pdf_needs_its_banner_and_a_scan_is_only_listed() -> None:
    def of(*pages: Page) -> list[tuple[str, int]]:
        return [(found.code, found.page) for found in check_document(DocumentText("pdf", pages)).findings]

    assert of(page(*RIGHT), page(number=2)) == [("banner_missing", 2)]
    assert of(page(*RIGHT), page(number=2, unread=(Unread("scan"),))) == []
