"""A declared banner beside its portions: each rule of roll-up finds its fault, at the portion that shows it."""

from __future__ import annotations

import pytest

from relto.labels.us.document_checks import check_document_marks
from relto.labels.us.faults import RULES
from relto.labels.us.reading import parse_banner, parse_portion

# Each case: a banner, the portions, and each fault with the portion that shows it.
CASES: list[tuple[str, list[str | None], list[tuple[str, int | None]]]] = [
    ("CONFIDENTIAL", ["(U)", "(S)"], [("banner_level", 1)]),
    ("UNCLASSIFIED", ["(//IND R)"], [("banner_foreign_level", 0)]),
    ("SECRET", ["(S//NF)"], [("banner_noforn", 0)]),
    ("SECRET", ["(S//OC)"], [("banner_orcon", 0)]),
    ("SECRET//NOFORN", ["(S//NF/IMC)"], [("banner_imcon", 0)]),
    ("SECRET", ["(S//PR)"], [("banner_propin", 0)]),
    ("SECRET", ["(S//RS)"], [("banner_rsen", 0)]),
    ("SECRET", ["(S//DSEN)"], [("banner_dea_sensitive", 0)]),
    ("SECRET", ["(S//FISA)"], [("banner_fisa", 0)]),
    ("SECRET//SAR-BP", ["(S//SAR-BP//WAIVED)"], [("banner_waived", 0)]),
    ("SECRET//TK//NOFORN", ["(S//SI/TK//NF)"], [("banner_sci", 0)]),
    ("SECRET//TK//NOFORN", ["(S//TK-ABC//NF)"], [("banner_sci", 0)]),
    ("SECRET//SAR-BP", ["(S//SAR-BP/GB)"], [("banner_sap", 0)]),
    ("SECRET//RD", ["(S//RD-N)"], [("banner_nuclear", 0)]),
    ("UNCLASSIFIED", ["(U//DCNI)"], [("banner_ucni", 0)]),
    ("SECRET", ["(S)", "(S//DS)"], [("banner_limdis", 1)]),
    ("SECRET//NOFORN", ["(S//NF//ND)"], [("banner_nodis", 0)]),
    ("SECRET//NOFORN", ["(S//NF//XD)"], [("banner_exdis", 0)]),
    ("SECRET", ["(S//ACCM-LEMONADE)"], [("banner_other", 0)]),
    ("UNCLASSIFIED", ["(CUI//PRVCY)"], [("banner_cui", 0)]),
    ("CUI//PRVCY", ["(CUI//SP-CTI)"], [("banner_cui", 0)]),
    ("SECRET//REL TO USA, IND", ["(S//REL TO USA, IND)", "(S)"], [("banner_rel", 1)]),
    ("SECRET//REL TO USA, GBR, IND", ["(S//REL TO USA, IND)"], [("banner_rel_list", None)]),
    ("SECRET//REL TO USA, IND", ["(S//REL TO USA, GBR, IND)"], [("banner_rel_list", None)]),
    ("SECRET//REL TO USA, IND", ["(S//REL TO USA, NATO)"], [("banner_group", None)]),
    ("SECRET", ["(S//REL)"], [("banner_rel_unresolved", 0)]),
    ("SECRET//RELIDO", ["(S//RELIDO)", "(S)"], [("banner_relido", 1)]),
    ("SECRET//DISPLAY ONLY AFG", ["(S//DISPLAY ONLY AFG)", "(S//DISPLAY ONLY NZL)"], [("banner_display", 1)]),
    ("SECRET", ["(S)", "(//IND C)"], [("banner_fgi_open", 1)]),
    ("SECRET//FGI GBR", ["(S)", "(//IND C)"], [("banner_fgi_open", 1)]),
    ("SECRET//FGI GBR", ["(S)", "(//FGI C)"], [("banner_fgi_concealed", 1)]),
    ("SECRET", ["(C)", "(U)"], [("compilation_level", None)]),
    ("SECRET//TK//NOFORN", ["(S//NF)"], [("compilation_sci", None)]),
    ("UNCLASSIFIED//FOUO", ["(U)"], [("compilation_fouo", None)]),
    ("SECRET", [], [("no_portions", None)]),
    ("SECRET", [None, "(S)"], [("portion_unmarked", 0)]),
    ("SECRET//FGI NATO", ["(S)", "(//NS//ATOMAL)"], [("rollup_nato", 1)]),
]


@pytest.mark.parametrize(("banner", "marks", "wanted"), CASES)
def test_a_banner_that_does_not_cover_its_portions(
    banner: str, marks: list[str | None], wanted: list[tuple[str, int | None]]
) -> None:
    portions = [None if mark is None else parse_portion(mark) for mark in marks]
    found = check_document_marks(parse_banner(banner), portions)
    assert [(fault.code, fault.portion) for fault in found] == wanted


def test_every_rule_of_documents_has_its_case() -> None:
    named = {code for code, rule in RULES.items() if rule.group == "document"}
    assert named == {code for _, _, wanted in CASES for code, _ in wanted} | {"rollup_cui"}


@pytest.mark.parametrize(
    ("banner", "marks"),
    [
        ("SECRET", ["(C)", "(U)"]),
        ("SECRET//TK//NOFORN", ["(S//NF)"]),
        ("SECRET//REL TO USA, IND", ["(S//REL TO USA, GBR, IND)"]),
    ],
)
def test_the_reason_for_compilation_allows_a_banner_above_its_portions(banner: str, marks: list[str]) -> None:
    portions = [parse_portion(mark) for mark in marks]
    assert check_document_marks(parse_banner(banner), portions, has_compilation_reason=True) == ()


def test_rel_alone_stands_for_the_banners_list() -> None:
    banner = parse_banner("SECRET//REL TO USA, IND")
    assert check_document_marks(banner, [parse_portion("(S//REL)"), parse_portion("(C//REL TO USA, IND)")]) == ()


def test_fewer_named_sources_than_portions_are_right_when_the_banner_conceals() -> None:
    banner = parse_banner("SECRET//FGI")
    assert check_document_marks(banner, [parse_portion("(//GBR S)"), parse_portion("(//FGI C)")]) == ()
