"""Rows out of the shared record and in again: nothing is lost, nothing is claimed that was not said, no cell runs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator

from relto.adapters.alignment_workbook import (
    cell_text,
    read_provision_cells,
    read_workbook,
    text_of_cell,
    write_workbook,
)
from relto.alignment.exchange_file import About, exchange_file, read_exchange_file, standing_of
from relto.alignment.exchange_rows import (
    ANSWERS,
    CHANGED,
    COLUMNS,
    NEW,
    REFUSED,
    SAME,
    Row,
    rows_of,
    weigh,
)
from relto.alignment.oscal import NAMESPACE, ROOT, mapping_collection, read_mapping_collection
from relto.alignment.provision_rows import provisions_of_cells, provisions_of_file, with_provisions
from relto.alignment.relations import RELATIONS, make_relation
from relto.alignment.shared_record import Said, entries
from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict, MalformedInput, ReltoError, TooLarge
from relto.rules.manifest import read_proposed
from relto.rules.provisions import standing
from tests.support.houses import drafted, signed_by
from tests.unit.alignment.test_relations_and_coverage import BOOK, IND, USA

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ABOUT = About(USA, "IND-USA", 3, AT)
SIDES = {one.id: one.nation for one in BOOK.values() if not one.is_gap}
SCHEMA = json.loads(Path(__file__).with_name("oscal_mapping_1_2_3.json").read_text("utf-8"))
"""The schema that NIST publishes with OSCAL 1.2.3; a work of the US government, in the public domain."""
for _definition in SCHEMA["definitions"].values():
    _definition.pop("$id", None)  # names of places in draft 7, which a reader may take for documents of their own
GAP = next(one for one in BOOK.values() if one.is_gap and one.nation == IND)
ALONE = next(one for one in BOOK.values() if one.topic == GAP.topic and one.nation == USA and not one.is_gap)


def _id(letter: str) -> str:
    return "ale_" + letter * 24


def _record() -> list[Said]:
    """A relation of each word, one of them answered, and a divergence."""
    said = []
    for number, word in enumerate(RELATIONS):
        named = [ALONE.id, GAP.id] if word == "missing" else ["LIM-12", "LIM-34"]
        reading = make_relation(BOOK, of=USA, to=IND, named=named, relation=word, reason=f"={word}", confidence="low")
        said.append(Said(_id("abcdefgh"[number]), "relation", USA, 1, "", f"d{number}", AT, reading.body()))
    answer = make_relation(
        BOOK, of=IND, to=USA, named=["LIM-12", "LIM-34"], relation="looser", reason="yes", confidence="high"
    )
    said.append(Said(_id("c"), "relation", IND, 1, "", "answer", AT, answer.body()))
    question = {
        "question": "-who counts?",
        "topic": "register",
        "provisions": ["LIM-12", "LIM-34"],
        "owner": "IND",
        "options": ["@both", "one\nof them"],
        "state": "open",
    }
    return [*said, Said(_id("z"), "divergence", USA, 2, "p", "q", AT, question)]


RECORD = entries(_record())
ROWS = rows_of(RECORD.values())


def _plain(rows: list[Row]) -> list[dict[str, Any]]:
    return sorted((row.as_json() for row in rows), key=canonical_bytes)


def _as_json() -> bytes:
    return b"".join(exchange_file(ABOUT, (one.record for one in BOOK.values()), ROWS))


def _as_workbook() -> bytes:
    return write_workbook({"Agreement": "IND-USA"}, (one.record for one in BOOK.values()), ROWS)


def _as_oscal() -> bytes:
    return canonical_bytes(mapping_collection(ABOUT, ROWS, SIDES))


FORMS: list[tuple[Callable[[], bytes], Callable[[bytes], list[Row]]]] = [
    (_as_json, read_exchange_file),
    (_as_workbook, read_workbook),
    (_as_oscal, read_mapping_collection),
]


@pytest.mark.parametrize(("write", "read"), FORMS)
def test_what_is_taken_away_is_read_in_again_as_the_same(
    write: Callable[[], bytes], read: Callable[[bytes], list[Row]]
) -> None:
    rows = read(write())
    assert _plain(rows) == _plain(ROWS)
    assert {one.outcome for one in weigh(rows, RECORD, USA)} == {SAME}


def test_oscal_says_no_more_than_was_said_and_fits_the_published_schema() -> None:
    document = json.loads(_as_oscal())
    assert [str(error) for error in Draft7Validator(SCHEMA).iter_errors(document)] == []
    maps = {
        (one.get("ns", ""), one["relationship"]) for mapping in document[ROOT]["mappings"] for one in mapping["maps"]
    }
    assert maps == {
        ("", "equal-to"),
        ("", "equivalent-to"),
        ("", "intersects-with"),
        (NAMESPACE, "stricter"),
        (NAMESPACE, "looser"),
        (NAMESPACE, "conflicts"),
    }
    assert {word for _, word in maps}.isdisjoint({"subset-of", "superset-of"})
    note = document[ROOT]["metadata"]["props"][0]
    assert (note["name"], note["value"]) == ("left-out", "2")
    gaps = [mapping["source-gap-summary"] for mapping in document[ROOT]["mappings"] if "source-gap-summary" in mapping]
    assert [one["unmapped-controls"] for one in gaps] == [[{"with-ids": [ALONE.id]}]]


def test_a_mapping_of_nothing_is_none() -> None:
    with pytest.raises(Conflict, match="oscal_empty"):
        mapping_collection(ABOUT, [row for row in ROWS if row.kind == "divergence"], SIDES)


def test_another_authors_mapping_is_no_word_of_a_nation() -> None:
    document = json.loads(_as_oscal())
    for mapping in document[ROOT]["mappings"]:
        for one in mapping["maps"]:
            one.pop("props")
    document[ROOT]["metadata"].pop("props")
    found = weigh(read_mapping_collection(canonical_bytes(document)), RECORD, USA)
    assert found
    assert {one.outcome for one in found} == {REFUSED}


def _changed(place: str, **values: str | tuple[str, ...]) -> Row:
    row = next(one for one in ROWS if one.text("entry") == _id("c") and one.text("nation") == "USA")
    return Row("relation", {**row.values, **values}, place)


@pytest.mark.parametrize(
    ("row", "outcome", "reason", "column"),
    [
        (_changed("1", entry=""), NEW, "", ""),
        (_changed("1", reason="read again"), CHANGED, "", ""),
        (_changed("1", nation="", reason="read again"), CHANGED, "", ""),
        (_changed("1", nation="IND", to="USA", relation="equal"), REFUSED, "partner_line", "nation"),
        (_changed("1", entry=_id("y")), REFUSED, "entry_unknown", "entry"),
        (_changed("1", relation="better"), REFUSED, "word", "relation"),
        (_changed("1", confidence=""), REFUSED, "word", "confidence"),
        (_changed("1", provisions=()), REFUSED, "provisions", "provisions"),
        (_changed("1", reason=""), REFUSED, "empty", "reason"),
        (_changed("1", to="USA"), REFUSED, "nation", "to"),
        (_changed("1", to="India"), REFUSED, "nation", "to"),
    ],
)
def test_each_row_is_told_for_itself(row: Row, outcome: str, reason: str, column: str) -> None:
    found = weigh([row], RECORD, USA)
    assert [(one.outcome, one.reason, one.column) for one in found] == [(outcome, reason, column)]


def test_an_entry_that_stands_twice_is_refused_and_a_partners_question_is_answered() -> None:
    twice = weigh([_changed("1", reason="a"), _changed("2", reason="b")], RECORD, USA)
    assert [one.outcome for one in twice] == [CHANGED, REFUSED]
    first = next(one for one in ROWS if one.text("entry") == _id("a"))
    answer = Row("relation", {**first.values, "nation": "IND", "to": "USA"}, "1")
    assert weigh([answer], RECORD, IND)[0].outcome == ANSWERS


@given(st.text(max_size=60))
def test_no_cell_is_a_formula_and_each_text_comes_back(text: str) -> None:
    assert not cell_text(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    if cell_text(text).lstrip("'") == text.lstrip("'"):
        assert text_of_cell(cell_text(text)) == text


def test_a_workbook_shows_what_is_unconfirmed_and_a_gap_as_a_gap() -> None:
    records = [{**one.record, "standing": standing_of(one, confirmed=one.confirmed)} for one in BOOK.values()]
    sheet = openpyxl.load_workbook(BytesIO(write_workbook({}, records, ROWS)))["Provisions"]
    shown = {str(cells[1].value): str(cells[0].value) for cells in sheet.iter_rows(min_row=2)}
    for one in BOOK.values():
        expected = "no_rule_loaded" if one.is_gap else "confirmed" if one.confirmed else "unconfirmed"
        assert shown[cell_text(one.id)] == expected
    assert standing(["LIM-34"], IND, BOOK).unconfirmed


def _with_part(name: str, content: bytes = b"x") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(_as_workbook())) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


def _with_formula() -> bytes:
    book = openpyxl.load_workbook(BytesIO(_as_workbook()))
    book["Relations"]["F2"] = "=1+1"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _without_column() -> bytes:
    book = openpyxl.load_workbook(BytesIO(_as_workbook()))
    book["Relations"]["A1"] = "something"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"no workbook", "workbook"),
        (lambda: _with_part("xl/vbaProject.bin"), "workbook.parts"),
        (lambda: _with_part("xl/externalLinks/externalLink1.xml"), "workbook.parts"),
        (lambda: _with_part("xl/media/one.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), "workbook.parts"),
        (_with_formula, "workbook.formula"),
        (_without_column, "workbook.columns"),
    ],
)
def test_a_workbook_that_could_do_something_is_not_read(make: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        read_workbook(make())
    assert refused.value.reason == reason


def test_very_many_rows_go_topic_by_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.adapters.alignment_workbook.MOST_ROWS", 2)
    with pytest.raises(TooLarge):
        _as_workbook()


@given(st.binary(max_size=200))
def test_no_bytes_break_a_reader(data: bytes) -> None:
    for _, read in FORMS:
        with pytest.raises(ReltoError):
            read(data)


def test_provisions_go_into_a_draft_and_nowhere_else() -> None:
    draft = drafted(2)
    records = [dict(one.record) for one in BOOK.values()]
    changed = [{**one, "title": "=Another title"} if one["id"] == "LIM-34" else one for one in records]
    told = [{**one, "standing": "confirmed"} for one in changed]
    workbook = provisions_of_cells(read_provision_cells(write_workbook({}, told, [])))
    for taken in (provisions_of_file(canonical_bytes({"provisions": told})), workbook):
        made = with_provisions(draft, taken)
        (before, old), (after, new) = read_proposed(draft), read_proposed(made)
        held = {one["id"]: one for one in json.loads(new["provisions.json"])["provisions"]}
        assert held["LIM-34"]["title"] == "=Another title"
        assert {name for name in old if old[name] != new[name]} == {"provisions.json"}
        assert {name for name in before if before[name] != after[name]} == {"files"}
        assert [one["id"] for one in records if held[one["id"]] != one] == ["LIM-34"]
    with pytest.raises(MalformedInput, match="confirmed"):
        with_provisions(draft, [{**one, "confirmed": True} for one in records])
    with pytest.raises(Conflict, match="signed_bundle"):
        with_provisions(signed_by(draft), records)


def test_every_column_of_a_kind_is_in_its_rows() -> None:
    assert all(set(row.values) == set(COLUMNS[row.kind]) for row in ROWS)


def test_nothing_of_a_workbook_stands_in_a_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        pytest.fail("a temporary file")

    for name in ("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(f"tempfile.{name}", refused)
    assert write_workbook({"Agreement": "IND-USA"}, (one.record for one in BOOK.values()), ROWS)
