"""Relations between provisions of the shipped rule book, and the picture of what is compared: nothing is invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import pytest

from relto.alignment.coverage import NO_RULE, NOT_COMPARED, coverage
from relto.alignment.places import IN_DISPUTE, ONE_SIDED, ONLY, STRICTER_HERE
from relto.alignment.relations import RELATIONS, Relation, make_relation, read_relation, same_reading
from relto.alignment.shared_record import Entry, Said, entries
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.rules.provisions import Provision, read_provisions

USA, IND = Nation("USA"), Nation("IND")
RECORDS = json.loads(resources.files("relto.rules").joinpath("data", "rulebook.json").read_text("utf-8"))
BOOK = read_provisions(RECORDS)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def relation(of: Nation, to: Nation, named: list[str], word: str, **changes: Any) -> Relation:
    """A reading of the shipped provisions."""
    parts: dict[str, Any] = {"reason": "as read", "confidence": "medium", **changes}
    return make_relation(parts.pop("book", BOOK), of=of, to=to, named=named, relation=word, **parts)


def record(*readings: tuple[str, Nation, Relation]) -> list[Entry]:
    """Entries in which these nations said these readings."""
    said = [
        Said(entry, "relation", nation, 1, "", f"{entry}{nation}", NOW, reading.body())
        for entry, nation, reading in readings
    ]
    return list(entries(said).values())


def cells(found: list[Entry], topic: str, book: dict[str, Provision] | None = None) -> set[tuple[str, str]]:
    """(word, whose) of a topic."""
    every = {one.topic: one for one in coverage(book or BOOK, found, USA, IND)}
    return {(cell.word, cell.nation) for cell in every[topic].cells}


def test_nothing_counts_as_the_same_until_somebody_says_so() -> None:
    every = coverage(BOOK, [], USA, IND)
    assert {cell.word for topic in every for cell in topic.cells} <= {NOT_COMPARED, ONLY, NO_RULE}
    placed = [one for topic in every for cell in topic.cells for one in cell.provisions]
    assert sorted(placed) == sorted(one.id for one in BOOK.values() if one.nation in (USA, IND))


def test_a_topic_without_an_indian_rule_says_whose_rule_is_alone() -> None:
    alone = [
        one for one in coverage(BOOK, [], USA, IND) if one.rules == {USA: one.rules[USA], IND: 0} and one.rules[USA]
    ]
    assert alone
    for one in alone:
        assert {(cell.word, cell.nation) for cell in one.cells} == {(ONLY, "USA")}


def test_stricter_is_looser_from_the_other_side_and_one_reading_is_one_sided() -> None:
    here = relation(USA, IND, ["LIM-12", "LIM-34"], "stricter")
    there = relation(IND, USA, ["LIM-34", "LIM-12"], "looser")
    assert (here.seen_from(IND), there.seen_from(USA)) == ("looser", "stricter")
    assert same_reading(here, there)
    assert read_relation(json.loads(json.dumps(here.body()))) == here
    assert (ONE_SIDED, "USA") in cells(record(("e1", USA, here)), "register")
    assert (STRICTER_HERE, "USA") in cells(record(("e1", USA, here), ("e1", IND, there)), "register")


def test_readings_that_differ_are_in_dispute_and_both_are_kept() -> None:
    here = relation(USA, IND, ["LIM-12", "LIM-34"], "equal")
    there = relation(IND, USA, ["LIM-34", "LIM-12"], "stricter")
    found = record(("e1", USA, here), ("e1", IND, there))
    assert (IN_DISPUTE, "") in cells(found, "register")
    assert {said.body["relation"] for said in found[0].newest.values()} == {"equal", "stricter"}


def test_what_was_said_of_an_older_text_counts_as_not_compared() -> None:
    here = relation(USA, IND, ["LIM-12", "LIM-34"], "equal")
    there = relation(IND, USA, ["LIM-34", "LIM-12"], "equal")
    newer = [dict(one) for one in RECORDS]
    for one in newer:
        if one["id"] == "LIM-34":
            one["title"] = "Another edition"
    changed = read_provisions(newer)
    assert ("equal", "") in cells(record(("e1", USA, here), ("e1", IND, there)), "register")
    assert cells(record(("e1", USA, here), ("e1", IND, there)), "register", changed) == {(NOT_COMPARED, "")}


def test_missing_needs_a_rule_on_one_side_only_and_a_gap_never_compares() -> None:
    gap = next(one for one in BOOK.values() if one.is_gap and one.nation == "IND")
    rule = next(one for one in BOOK.values() if one.topic == gap.topic and one.nation == "USA" and not one.is_gap)
    assert relation(USA, IND, [rule.id, gap.id], "missing").provisions[IND] == (gap.id,)
    for word in RELATIONS:
        if word != "missing":
            with pytest.raises(MalformedInput, match="sides"):
                relation(USA, IND, [rule.id, gap.id], word)
    with pytest.raises(MalformedInput, match="missing"):
        relation(USA, IND, ["LIM-12", "LIM-34"], "missing")


@pytest.mark.parametrize(
    ("named", "word", "changes", "field"),
    [
        (["LIM-12", "LIM-99"], "equal", {}, "provisions"),
        (["LIM-12", "LIM-12"], "equal", {}, "provisions"),
        ([], "equal", {}, "provisions"),
        (["LIM-12", "LIM-34", "LIM-01"], "equal", {}, "provisions"),
        (["LIM-12", "LIM-34"], "better", {}, "relation"),
        (["LIM-12", "LIM-34"], "equal", {"confidence": "certain"}, "confidence"),
        (["LIM-12", "GSO-51"], "equal", {}, "provisions"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_field(
    named: list[str], word: str, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises((MalformedInput, UnknownValue)) as refused:
        relation(USA, IND, named, word, **changes)
    assert refused.value.field == field
