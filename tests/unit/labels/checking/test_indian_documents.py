"""An Indian document is checked by Indian rules or not at all: never by American ones, and never clean by mistake."""

from __future__ import annotations

import pytest

from relto.labels.checking.check import Asked, check_document
from relto.labels.checking.document import DocumentText
from relto.labels.checking.home import home_of
from relto.labels.checking.report import Report
from relto.labels.checking.stated import asked_of_label
from relto.labels.controls import Controls, OpenForeignInformation
from tests.unit.labels.checking.test_checking import page
from tests.unit.labels.labels_support import IND, POLICIES, USA, label, to

HOME = home_of(IND)
AMERICAN_STATEMENT = "THIS DOCUMENT CONTAINS UNITED STATES CLASSIFIED INFORMATION"
HINDI_STATEMENT = "इस दस्तावेज़ में संयुक्त राज्य अमेरिका की वर्गीकृत सूचना है"


def report(*texts: str, declared: str | None = None, reason: bool = False) -> Report:
    asked = Asked(declared, HOME, has_compilation_reason=reason)
    return check_document(DocumentText("text", (page(*texts),)), asked)


def codes(*texts: str, declared: str | None = None, reason: bool = False) -> list[str]:
    return [found.code for found in report(*texts, declared=declared, reason=reason).findings]


@pytest.mark.parametrize(
    "texts",
    [
        ["SECRET//FGI USA", AMERICAN_STATEMENT, "(S) It hums.", "(//USA S//REL TO USA, IND) So.", "SECRET//FGI USA"],
        ["गुप्त / SECRET//FGI USA", HINDI_STATEMENT, "(//USA गुप्त / S//REL TO USA, IND) It.", "SECRET//FGI USA"],
        [
            "//USA SECRET//REL TO USA, IND",
            AMERICAN_STATEMENT,
            "(//USA S//REL TO USA, IND) It.",
            "//USA SECRET//REL TO USA, IND",
        ],
        ["//JOINT गुप्त / SECRET IND USA", AMERICAN_STATEMENT, "(//JOINT गुप्त / S IND USA) It.", "//JOINT SECRET IND USA"],
        ["SECRET//FGI", "THIS DOCUMENT CONTAINS FOREIGN GOVERNMENT INFORMATION", "(S//FGI) It hums.", "SECRET//FGI"],
        ["SECRET//REL TO USA, IND", "(S//REL TO USA, GBR, IND) It hums.", "(U) So.", "SECRET//REL TO USA, IND"],
        ["RESTRICTED", "(प्रतिबंधित / R) It hums.", "प्रतिबंधित"],
    ],
)
def test_a_rightly_marked_indian_document_is_clean(texts: list[str]) -> None:
    found = report(*texts, declared=texts[0])
    assert (found.outcome, found.findings) == ("clean", ())


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["SECRET", "(S) It hums.", "And this has no mark.", "SECRET"], "portion_unmarked"),
        (["RESTRICTED", "(R) It hums.", "And this has no mark.", "RESTRICTED"], "portion_unmarked"),
        (["RESTRICTED", "(C) It hums.", "RESTRICTED"], "indian_banner_level"),
        (["SECRET", "(परम गुप्त / TS) It hums.", "SECRET"], "indian_banner_level"),
        (
            ["SECRET//FGI USA", AMERICAN_STATEMENT, "(//USA TS) It.", "(S) So.", "SECRET//FGI USA"],
            "indian_banner_level",
        ),
        (["SECRET", AMERICAN_STATEMENT, "(//USA S) It hums.", "SECRET"], "indian_banner_foreign"),
        (["SECRET//FGI GBR", AMERICAN_STATEMENT, "(S//FGI USA) It.", "SECRET//FGI GBR"], "indian_banner_foreign"),
        (["SECRET//FGI USA", AMERICAN_STATEMENT, "(S//FGI) It.", "SECRET//FGI USA"], "indian_banner_foreign"),
        (["SECRET//REL TO USA, IND", "(S) It hums.", "SECRET//REL TO USA, IND"], "indian_banner_release"),
        (["SECRET//REL TO USA, IND", "(S//REL TO GBR, IND) It.", "SECRET//REL TO USA, IND"], "indian_banner_release"),
        (
            ["//JOINT SECRET IND USA", AMERICAN_STATEMENT, "(S) Ours.", "//JOINT SECRET IND USA"],
            "indian_banner_release",
        ),
        (["SECRET", "(C) It hums.", "SECRET"], "indian_banner_above"),
        (["SECRET//FGI USA", "(S//FGI USA) It hums.", "SECRET//FGI USA"], "indian_statement_missing"),
        (
            ["SECRET//FGI USA", "THIS DOCUMENT CONTAINS JAPAN INFORMATION", "(S//FGI USA) It.", "SECRET//FGI USA"],
            "indian_statement_missing",
        ),
        (["SECRET//FGI", AMERICAN_STATEMENT, "(S//FGI) It hums.", "SECRET//FGI"], "indian_statement_missing"),
        (["SECRET//NOFORN", "(S) It hums.", "SECRET//NOFORN"], "banner_unreadable"),
        (["SECRET", "(S//NF) It hums.", "SECRET"], "portion_unreadable"),
        (["SECRET", "(S) It hums."], "banner_missing_bottom"),
        (["SECRET", "(S) It hums.", "TOP SECRET"], "banner_differs"),
        (["It hums.", "And so."], "document_unmarked"),
    ],
)
def test_no_fault_of_an_indian_document_cites_an_american_rule(texts: list[str], code: str) -> None:
    found = report(*texts).findings
    assert code in {each.code for each in found}
    for each in found:
        assert each.rule.startswith(("relto-IND-", "relto-check"))
        assert each.rule.startswith("relto-IND-") or each.paragraph == "no Indian rule is loaded"
        assert "-00" not in each.rule


@pytest.mark.parametrize(
    "mark", ["(//USA S//OC)", "(//USA S//SI//NF)", "(//NS)", "(//FGI S)", "(//GBR S//DISPLAY ONLY USA)"]
)
def test_a_mark_in_another_grammar_is_not_checked_and_the_document_not_clean(mark: str) -> None:
    found = report("SECRET", "(S) It hums.", f"{mark} So.", "SECRET")
    assert (found.outcome, found.findings) == ("not_fully_read", ())
    assert [each.kind for each in found.not_read] == ["foreign_mark"]
    higher = report("CONFIDENTIAL", "(C) It hums.", f"{mark} So.", "CONFIDENTIAL")
    assert [each.code for each in higher.findings] == ["indian_banner_level"]


def test_an_indian_document_checked_as_an_american_one_is_told_where_it_belongs() -> None:
    document = DocumentText("text", (page("गुप्त", "(गुप्त) यंत्र गूँजता है।", "गुप्त"),))
    found = check_document(document).findings
    assert [each.code for each in found] == ["document_other_nation"]
    assert "--nation IND" in found[0].fix
    mixed = DocumentText("text", (page("गुप्त / SECRET", "(S) It hums.", "गुप्त / SECRET"),))
    assert "document_other_nation" in [each.code for each in check_document(mixed).findings]
    plain = check_document(DocumentText("text", (page("यंत्र गूँजता है।"),))).findings
    assert [each.code for each in plain] == ["document_unmarked"]


def test_a_declared_label_of_what_india_holds_is_compared_as_such() -> None:
    held = label(IND, "SECRET", to("USA", "IND"), owner=(USA.nation,))
    asked = asked_of_label(held, "IND", POLICIES)
    right = ["//USA SECRET//REL TO USA, IND", AMERICAN_STATEMENT, "(//USA S//REL TO USA, IND) It."]
    text = DocumentText("text", (page(*right, right[0]),))
    assert check_document(text, asked).outcome == "clean"
    own = DocumentText(
        "text", (page("SECRET//REL TO USA, IND", "(S//REL TO USA, IND) It.", "SECRET//REL TO USA, IND"),)
    )
    assert [each.code for each in check_document(own, asked).findings] == ["declared_differs", "declared_lower"]
    sourced = label(IND, "SECRET", to("IND"), controls=Controls(fgi=OpenForeignInformation(frozenset({"USA"}))))
    assert asked_of_label(sourced, "IND", POLICIES).declared == "गुप्त / SECRET//FGI USA"
    assert asked_of_label(label(USA, "SECRET", to("USA")), "IND", POLICIES).declared == "//USA SECRET//NOFORN"


def test_a_declared_label_below_a_portion_is_told() -> None:
    assert codes("SECRET", "(S) It hums.", "SECRET", declared="RESTRICTED") == ["declared_differs", "declared_lower"]
    assert codes("SECRET", "(C) It hums.", "SECRET", reason=True) == []
