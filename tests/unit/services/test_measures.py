"""Measures of a node, and the annual report: numbers alone, in which nothing of the store can be found."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pypdfium2
import pytest
from pypdf import PdfReader

from relto.base.errors import MalformedInput, Refused
from relto.services.alignment import saying
from relto.services.alignment.annual_report import REPORT, annual_report
from relto.services.alignment.measures import work_measured
from relto.services.alignment.measures_file import COLUMNS, as_csv, as_json
from relto.signing.statements import read_statement
from relto.store.models import AlignmentStatement, Company, Facility, Item, Person
from tests.support.houses import START, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import authorise, released
from tests.unit.services.test_alignment import heard, raised, related, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(usa: Node, india: Peer) -> Node:
    """Three divergences answered after some days, one not; a relation; an item that was released, with decisions."""
    india.vouch(usa.house, "reader")
    authorise(usa)
    released(usa, india)
    for days in (2, 3, 9):
        entry = raised(usa, question=f"Canary question {days}?")
        usa.clock.forward(days=days)
        assert heard(usa, india, entry, words_of(), at=usa.clock.now())[0] == ""
    raised(usa, question="Canary alone?")
    saying.note(usa.house, usa.actor("co_chair"), entry=related(usa, reason="canary reason"), text="canary note")
    return usa


def test_days_are_counted_from_the_statements_and_decisions_from_the_store(busy: Node) -> None:
    found = as_json(work_measured(busy.house, busy.actor("inspector")))
    answered = next(one for one in found["spans"] if one["span"] == "raised_to_answered")
    assert (answered["side"], answered["ended"], answered["median_days"], answered["nine_of_ten_days"]) == (
        "IND",
        3,
        3,
        9,
    )
    open_ones = next(one for one in found["ageing"] if one["kind"] == "divergence")
    assert (open_ones["open"], open_ones["ages"]["month"]) == (4, 4)
    assert found["decisions"]["weighed"] > 0
    rows = list(csv.reader(io.StringIO(as_csv(work_measured(busy.house, busy.actor("co_chair"))).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert ["days", "raised_to_answered", "IND", "3", "3", "9"] in rows


def test_companies_measure_nothing_and_only_the_co_chair_and_the_inspector_take_the_report(usa: Node) -> None:
    for who in ("engineer", "security_officer", "operator"):
        with pytest.raises(Refused):
            work_measured(usa.house, usa.actor(who))
    for who in ("engineer", "release_officer", "registrar"):
        with pytest.raises(Refused):
            annual_report(usa.house, usa.actor(who), START.year)
    with pytest.raises(MalformedInput):
        annual_report(usa.house, usa.actor("inspector"), START.year + 1)
    with pytest.raises(MalformedInput):
        annual_report(usa.house, usa.actor("inspector"), START.year, "fr")


def secrets_of_the_store() -> Iterator[str]:
    """Pseudonyms, names, ids, titles, facility codes and texts: whatever could say whose case it was."""
    for person in Person.objects.all():
        yield from (person.id, person.name)
    for item in Item.objects.all():
        yield from (item.id, item.title)
    yield from Facility.objects.values_list("code", flat=True)
    yield from Company.objects.values_list("code", flat=True)
    for company in Company.objects.all():
        yield company.title
    for said in AlignmentStatement.objects.all():
        yield said.entry
        yield from (str(said.body[name]) for name in ("question", "reason") if name in said.body)
    yield "canary"


@pytest.mark.parametrize("language", ["en", "both"])
def test_nothing_of_the_store_is_in_the_report(busy: Node, language: str) -> None:
    report = annual_report(busy.house, busy.actor("co_chair"), START.year, language)
    document = pypdfium2.PdfDocument(report.content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    attached = PdfReader(io.BytesIO(report.content)).attachments
    (numbers,) = [content for name, held in attached.items() for content in held if name.endswith(".json")]
    own = busy.house.node_key.public
    told = read_statement(numbers, kind=REPORT, versions=(1,), trusted=[own])
    assert (told.body["ageing"][0]["open"], told.digest) == (4, report.digest)  # type: ignore[index, call-overload]
    assert "What was left out" in text
    assert report.digest[:16] in text.replace("\r\n", "").replace("\n", "").replace(" ", "")
    everything = (text + json.dumps(told.body)).casefold()
    assert [one for one in secrets_of_the_store() if one and one.casefold() in everything] == []
    if language == "both":
        assert "क्या छोड़ा गया" in text or "छोड़ा" in text
