"""The kept places of the shared record: derived from the statements alone, weighed anew under another rule book."""

from __future__ import annotations

from typing import Any

import pytest

from relto.services.alignment import places, reading, saying
from relto.store.models import AlignmentMention, AlignmentPlace, AlignmentStatement
from relto.store.queries import alignment_places
from tests.support.agreements import draft, edited, place, signed_by
from tests.support.houses import NATIONS, START, Node, nationhood
from tests.support.peer_simulator import Peer
from tests.unit.services.test_alignment import PAIR, heard, raised, related

pytestmark = pytest.mark.django_db


def rows() -> list[dict[str, Any]]:
    """Every kept place and what it mentions."""
    found = AlignmentPlace.objects.order_by("entry").values()
    mentioned = AlignmentMention.objects.order_by("place_id", "provision").values("place_id", "provision", "word")
    return [dict(one) for one in (*found, *mentioned)]


def cells(node: Node, topic: str = "register") -> dict[str, int]:
    """Word -> how many provisions, of a topic."""
    _, topics = reading.covered(node.house, node.actor("inspector"))
    return {cell.word: cell.provision_count for one in topics if one.topic == topic for cell in one.cells}


def follow_another_edition(node: Node) -> None:
    """A bundle in which one of the two provisions has another text."""

    def edit(content: dict[str, Any]) -> None:
        next(one for one in content["provisions"] if one["id"] == "LIM-34")["title"] = "Another edition"

    file = edited(draft(2, effective_from=START), "provisions.json", edit)
    place(node, signed_by(file, *(nationhood(one).authority for one in NATIONS)))


def test_what_the_worker_derives_from_the_statements_is_what_was_kept(usa: Node, india: Peer) -> None:
    raised(usa)
    entry = related(usa)
    said = AlignmentStatement.objects.get(entry=entry).body
    assert heard(usa, india, entry, {**said, "of": "IND", "to": "USA", "relation": "looser"}, kind="relation")[0] == ""
    kept = rows()
    AlignmentMention.objects.all().delete()
    AlignmentPlace.objects.update(state="", word="", whose="", pair="", book="")
    assert places.tend_places(usa.house) == 2
    assert rows() == kept
    assert places.tend_places(usa.house) == 0


def test_under_another_edition_it_counts_as_not_compared_before_and_after_the_worker_came(usa: Node) -> None:
    related(usa)
    before = cells(usa)
    assert before["one_sided"] == len(PAIR)
    follow_another_edition(usa)
    assert "one_sided" not in cells(usa)
    assert reading.record(usa.house, usa.actor("inspector"))[0].older_text
    assert places.tend_places(usa.house) == 1
    assert "one_sided" not in cells(usa)
    assert cells(usa)["not_compared"] == before["not_compared"] + len(PAIR)
    assert reading.not_weighed(usa.house, usa.actor("inspector")) == 0


def test_what_nobody_weighed_yet_is_counted(usa: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        related(usa)
    follow_another_edition(usa)
    monkeypatch.setattr(reading, "WEIGHED_AT_ONCE", 2)
    assert reading.not_weighed(usa.house, usa.actor("inspector")) == 1


def test_a_list_goes_page_by_page_and_narrows(usa: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment_places, "PAGE", 2)
    asked = [raised(usa), raised(usa, provisions=["LIM-12"]), related(usa)]
    chair = usa.actor("co_chair")
    first = reading.record(usa.house, chair)
    rest = reading.record(usa.house, chair, after=first[-1].entry)
    assert sorted(view.entry for view in (*first, *rest)) == sorted(asked)
    assert reading.count(usa.house, chair) == 3
    assert reading.count(usa.house, chair, provision="LIM-34") == 2
    assert [view.entry for view in reading.record(usa.house, chair, word="one_sided", whose="USA")] == [asked[2]]


def test_companies_count_nothing(usa: Node) -> None:
    raised(usa)
    assert alignment_places.sought_places(usa.actor("engineer"), alignment_places.Sought()).count() == 0
    assert alignment_places.counted_cells(usa.actor("engineer"), "IND-USA", ()) == ({}, frozenset())
    saying.comment(usa.house, usa.actor("co_chair"), about=AlignmentPlace.objects.get().entry, text="see chapter 5")
    assert AlignmentPlace.objects.count() == 1
