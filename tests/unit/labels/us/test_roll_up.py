"""The banner that portions demand: nothing is dropped, nobody is added, and doubt goes to a person."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.labels.us.codes import expand
from relto.labels.us.document_checks import check_document_marks
from relto.labels.us.faults import MarkingFaults
from relto.labels.us.reading import parse_portion
from relto.labels.us.rolling_up import roll_up
from relto.labels.us.shared_release import home_of
from relto.labels.us.values import Marking
from relto.labels.us.writing import render_banner
from tests.unit.labels.us.us_support import codes_of, markings


def portions(*texts: str) -> list[Marking]:
    return [parse_portion(text) for text in texts]


@pytest.mark.parametrize(
    ("marks", "banner"),
    [
        (["(U)", "(U)"], "UNCLASSIFIED"),
        (["(U)", "(C)", "(S)"], "SECRET"),
        (["(S//NF)", "(S//REL TO USA, IND)"], "SECRET//NOFORN"),
        (["(S//REL TO USA, IND)", "(S//REL TO USA, IND)", "(U)"], "SECRET//REL TO USA, IND"),
        (["(S//REL TO USA, IND)", "(S)"], "SECRET"),
        (["(S//REL TO USA, FVEY)", "(S//REL TO USA, GBR, IND)"], "SECRET//REL TO USA, GBR"),
        (["(S//REL TO USA, GBR)", "(S//REL TO USA, IND)"], "SECRET"),
        (["(S//REL TO USA, NATO)", "(C//REL TO USA, NATO)"], "SECRET//REL TO USA, NATO"),
        (["(S//REL TO USA, IND)", "(U//SBU-NF)"], "SECRET//NOFORN"),
        (
            ["(//JOINT S GBR IND//REL TO FRA, GBR, IND)", "(//JOINT S GBR IND//REL TO USA, GBR, IND)"],
            "//JOINT SECRET GBR IND",
        ),
        (["(S//REL TO USA, GBR, IND)", "(//IND S//REL TO USA, IND)"], "SECRET//FGI IND//REL TO USA, IND"),
        (["(S//REL TO USA, GBR, IND)", "(//IND S//REL TO GBR, IND)"], "SECRET//FGI IND"),
        (["(S//RELIDO)", "(C//RELIDO)"], "SECRET//RELIDO"),
        (["(S//RELIDO)", "(C//OC)"], "SECRET//ORCON"),
        (["(S//REL TO USA, IND)", "(S//DISPLAY ONLY IND)"], "SECRET//DISPLAY ONLY IND"),
        (["(TS//SI-G//OC/NF)", "(S//TK//NF)"], "TOP SECRET//SI-G/TK//ORCON/NOFORN"),
        (["(S//TK-ABC X//NF)", "(S//TK-ABC Y//NF)"], "SECRET//TK-ABC X Y//NOFORN"),
        (["(S//SAR-A/B)", "(S//SAR-D/E/F)"], "SECRET//SAR-MULTIPLE PROGRAMS"),
        (["(S//RD-SG 14)", "(S//RD-N)"], "SECRET//RD-N-SIGMA 14"),
        (["(S)", "(U//DCNI)"], "SECRET"),
        (["(U)", "(U//DCNI)"], "UNCLASSIFIED//DOD UCNI"),
        (["(S)", "(//IND C)"], "SECRET//FGI IND"),
        (["(U)", "(//IND R)"], "CONFIDENTIAL//FGI IND"),
        (["(S//FGI GBR)", "(//IND C)", "(//NS)"], "SECRET//FGI GBR IND NATO"),
        (["(//GBR S)", "(//FGI C)", "(U)"], "SECRET//FGI"),
        (["(//IND R)", "(//IND C)"], "//IND CONFIDENTIAL"),
        (["(//JOINT S IND USA)", "(S)"], "SECRET//FGI IND"),
        (["(S//XD)", "(S//ND)"], "SECRET//NODIS"),
        (["(S//DS)", "(S//ACCM-LEMONADE)"], "SECRET//LIMDIS/ACCM-LEMONADE"),
        (["(S)", "(U//SBU)"], "SECRET"),
        (["(CUI//SP-CTI)", "(CUI//PRVCY//NF)", "(U)"], "CUI//SP-CTI/PRVCY//NOFORN"),
        (["(CUI//REL TO USA, IND)", "(U)"], "CUI//REL TO USA, IND"),
        (["(S//REL TO USA, IND)", "(CUI//NF)"], "SECRET//NOFORN"),
    ],
)
def test_the_banner_that_portions_demand(marks: list[str], banner: str) -> None:
    given = portions(*marks)
    assert render_banner(roll_up(given)) == banner
    assert check_document_marks(roll_up(given), given) == ()


@pytest.mark.parametrize(
    ("marks", "codes"),
    [
        ([], ["no_portions"]),
        (["(S//REL TO USA, NATO)", "(S//REL TO USA, IND)"], ["banner_group"]),
        (["(S//REL)"], ["banner_rel_unresolved"]),
        (["(//NS//ATOMAL)", "(S)"], ["rollup_nato"]),
        (["(S)", "(CUI//FEDCON)"], ["rollup_cui"]),
        (["(S//TK//REL TO USA, IND)", "(S//TK//REL TO USA, GBR)"], ["sci_release"]),
    ],
)
def test_what_only_a_person_can_decide_is_a_fault(marks: list[str], codes: list[str]) -> None:
    assert codes_of(roll_up, portions(*marks)) == codes


@settings(max_examples=60, deadline=None)
@given(st.lists(markings(), min_size=1, max_size=4))
def test_a_rolled_up_banner_covers_every_portion(marks: list[Marking]) -> None:
    try:
        banner = roll_up(marks)
    except MarkingFaults:
        return
    assert check_document_marks(banner, marks, has_compilation_reason=True) == ()
    assert render_banner(roll_up([*reversed(marks), *marks])) == render_banner(banner)
    assert roll_up([banner]).level == banner.level
    if banner.rel_to:
        reached = expand(banner.rel_to)
        allowed = [expand([*mark.rel_to, *home_of(mark.owner)]) for mark in marks if mark.is_classified]
        if reached is not None and None not in allowed:
            assert reached <= reduce(frozenset.intersection, [nations for nations in allowed if nations is not None])
