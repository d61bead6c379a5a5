"""Authority blocks: each rule refuses its fault; every way of writing gives the same value."""

from __future__ import annotations

from datetime import date

import pytest

from relto.base.errors import MalformedInput
from relto.labels.us.authority import AuthorityBlock, check_authority, parse_authority, render_authority
from relto.labels.us.declassification import Declassification, declassification_text
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
        (BY + FROM + "Declassify On: never", ["authority_event"]),
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
        "reason_form", "no_date", "25x_date", "date", "event", "legacy", "unclassified", "missing", "nuclear_date",
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


@pytest.mark.parametrize(
    ("text", "exemptions", "on", "event"),
    [
        ("20480229", (), "2048-02-29", None),
        ("DECEMBER 31, 2050", (), "2050-12-31", None),
        ("20501231 or completion of the exercise", (), "2050-12-31", "completion of the exercise"),
        ("Completion of the exercise or 20501231", (), "2050-12-31", "Completion of the exercise"),
        ("End of trials or December 31, 2050", (), "2050-12-31", "End of trials"),
        ("Upon completion", (), None, "Upon completion"),
        ("25X1, 25X9, 20751231", ("25X1", "25X9"), "2075-12-31", None),
        ("25X4, end of programme", ("25X4",), None, "end of programme"),
        ("25X1, January 5, 2075 or end of trials", ("25X1",), "2075-01-05", "end of trials"),
        ("50X1-HUM", ("50X1-HUM",), None, None),
        ("50X2-WMD", ("50X2-WMD",), None, None),
        ("75X1, 21251231", ("75X1",), "2125-12-31", None),
    ],
)
def test_an_end_is_read_as_it_is_meant(
    text: str, exemptions: tuple[str, ...], on: str | None, event: str | None
) -> None:
    end = parse_authority(f"{BY}{FROM}Declassify On: {text}").declassify_on
    assert (end.exemptions, end.on and end.on.isoformat(), end.event) == (exemptions, on, event)
    assert parse_authority(f"{BY}{FROM}Declassify On: {declassification_text(end)}").declassify_on == end


@pytest.mark.parametrize(
    "text",
    [
        "N/A to RD/FRD portions",
        "N/A to RD portions",
        "Not Applicable (or N/A) to RD/FRD portions See source list for NSI portions",
        "Not Applicable to RD/FRD/TFNI portions. See source list for NSI portions.",
    ],
)
def test_nuclear_portions_have_no_end_of_their_own(text: str) -> None:
    assert parse_authority(f"{BY}{FROM}Declassify On: {text}").declassify_on.not_applicable == "AEA"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            (text, "authority_date")
            for text in (
                "20500229", "205012", "2050", "2050-12-31", "2050/12/31", "31 December 2050", "31 DEC 2050",
                "Dec 31, 2050", "Febuary 30, 2050", "February 30, 2050", "December 31 2050", "20501231, or completion",
                "25X0, 20751231", "25X10, 20751231", "25X1; 20751231", "25X1 20751231", "50X1-WMD",
            )
        ),
        *(
            (text, "authority_event")
            for text in (
                "N/A", "Not Applicable", "none", "Never", "Unknown", "indefinite", "NATO", "AEA", "NATO-AEA", "X9",
                "Manual Review", "25X1, never", "20501231 or never", "See source list for NSI portions",
            )
        ),
        ("50X2-WMD, end of life", "authority_no_date"),
        ("25X9", "authority_25x_date"),
        ("", "authority_text"),
    ],
)  # fmt: skip
def test_what_is_no_end_is_refused(text: str, code: str) -> None:
    assert codes_of(parse_authority, f"{BY}{FROM}Declassify On: {text}") == [code]


@pytest.mark.parametrize("line", ["Downgrade To: CONFIDENTIAL on 20301231", "Declasify On: 2050"])
def test_a_line_with_a_meaning_of_its_own_is_not_taken_into_the_source(line: str) -> None:
    assert codes_of(parse_authority, f"{BY}{FROM}{line}\n{ON}") == ["authority_unreadable"]
    assert codes_of(parse_authority, f"{BY}{FROM}{ON}\nSource list: A, B") == ["authority_unreadable"]


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
