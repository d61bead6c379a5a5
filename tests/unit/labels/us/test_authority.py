"""Authority blocks: each rule refuses its fault; every way of writing gives the same value."""

from __future__ import annotations

from datetime import date

import pytest

from relto.base.errors import MalformedInput
from relto.labels.us.authority import AuthorityBlock, check_authority, parse_authority, render_authority
from relto.labels.us.declassification import Declassification
from relto.labels.us.faults import RULES
from relto.labels.us.profiles import ISM
from relto.labels.us.reading import parse_banner
from tests.unit.labels.us.us_support import codes_of

BY = "Classified By: J. Smith, Director, Agency, Office\n"
FROM = "Derived From: Memorandum of 27 June 2025\n"
ON = "Declassify On: 20501231"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (BY + FROM + ON, []),
        (BY + "Reason: 1.4(a)\n" + ON, []),
        (FROM + ON, ["authority_classifier"]),
        (BY + FROM, ["authority_declassify"]),
        (BY + ON, ["authority_reason"]),
        (BY + FROM + "Reason: 1.4(a)\n" + ON, ["authority_reason_derived"]),
        (BY + "Reason: because\n" + ON, ["authority_reason_form"]),
        ("Hello\n" + BY + FROM + ON, ["authority_unreadable"]),
        (BY + BY + FROM + ON, ["authority_line_twice"]),
        ("Classified By:\n" + FROM + ON, ["authority_text"]),
        (BY + FROM + "Declassify On: 50X1-HUM, 20501231", ["authority_no_date"]),
        (BY + FROM + "Declassify On: 50X1-HUM", []),
        (BY + FROM + "Declassify On: 25X1", ["authority_25x_date"]),
        (BY + FROM + "Declassify On: 25X1, 25X4, 20501231", []),
        (BY + FROM + "Declassify On: 20501331", ["authority_date"]),
        (BY + FROM + "Declassify On: 12/31/2050", ["authority_date"]),
        ("x" * 9000, ["authority_too_long"]),
    ],
)
def test_rules_of_the_block(text: str, codes: list[str]) -> None:
    assert codes_of(parse_authority, text) == codes


@pytest.mark.parametrize(
    ("banner", "text", "codes"),
    [
        ("SECRET", BY + FROM + ON, []),
        ("SECRET", None, ["authority_missing"]),
        ("UNCLASSIFIED", None, []),
        ("UNCLASSIFIED", BY + FROM + ON, ["authority_unclassified"]),
        ("SECRET//RD", BY + FROM + ON, ["authority_nuclear_date"]),
        ("SECRET//RD", BY + FROM + "Declassify On: N/A to RD/FRD portions\nSee source list for NSI portions", []),
        ("SECRET", BY + "Derived From: Multiple Sources\n" + ON, ["authority_source_list"]),
    ],
)
def test_rules_of_the_block_beside_its_banner(banner: str, text: str | None, codes: list[str]) -> None:
    block = None if text is None else parse_authority(text)
    found = check_authority(parse_banner(banner), block, has_source_list=False)
    assert [fault.code for fault in found] == codes


def test_every_rule_of_the_block_has_a_sentence_that_is_used() -> None:
    tested = {
        "unreadable", "line_twice", "too_long", "text", "classifier", "declassify", "reason", "reason_derived",
        "reason_form", "no_date", "25x_date", "date", "legacy", "unclassified", "missing", "nuclear_date",
        "source_list",
    }  # fmt: skip
    assert {f"authority_{name}" for name in tested} == {
        code for code, rule in RULES.items() if rule.group == "authority"
    }


@pytest.mark.parametrize(
    "reason", ["1.4(a), (c)", "1.4(c) and (a)", "E.O. 13526, Section 1.4(a), 1.4(c)", "1.4 (A), 1.4 (C)"]
)
def test_reasons_are_read_in_every_way_of_writing(reason: str) -> None:
    block = parse_authority(f"{BY}Reason: {reason}\n{ON}")
    assert block.reason == ("a", "c")
    assert "Reason: 1.4(a), 1.4(c)" in render_authority(block)


def test_lines_go_on_and_dates_are_written_by_profile() -> None:
    block = parse_authority(
        "Classified by: J. Smith\nAgency, Office\nReason: 1.4(a)\nDeclassify on: January 5, 2050 or end of test"
    )
    assert block.classified_by == "J. Smith, Agency, Office"
    assert block.declassify_on == Declassification(on=date(2050, 1, 5), event="end of test")
    assert render_authority(block).endswith("Declassify On: 20500105 or end of test")
    assert render_authority(block, ISM).endswith("Declassify on: January 5, 2050 or end of test")


@pytest.mark.parametrize("mark", ["OADR", "MR", "X1", "25X1-human", "Source Marked OADR, 5 May 1990"])
def test_marks_of_former_orders_are_read_and_never_written(mark: str) -> None:
    block = parse_authority(f"{BY}{FROM}Declassify On: {mark}")
    assert block.declassify_on.legacy == mark
    assert codes_of(render_authority, block) == ["authority_legacy"]


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"event": "20500101"},
        {"event": "OADR"},
        {"event": "January 5, 2050"},
        {"exemptions": ("25X1", "1234")},
        {"not_applicable": "AEA", "event": "x"},
        {"not_applicable": "EVERYTHING"},
        {"legacy": "whatever"},
    ],
)
def test_an_instruction_that_would_read_differently_cannot_be_made(parts: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        Declassification(**parts)  # type: ignore[arg-type]


def test_a_block_has_a_reason_or_a_source() -> None:
    end = Declassification(on=date(2050, 1, 5))
    for reason, source in (((), None), (("a",), "a source")):
        with pytest.raises(MalformedInput):
            AuthorityBlock("J. Smith", end, source, reason)
