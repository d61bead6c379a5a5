"""A file of the alignment at a node: weighed before anything is said, said row by row, never in the partner's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.base.errors import Conflict, Refused, TooLarge, UnknownValue
from relto.services.alignment import exporting, importing, reading, saying
from relto.store.models import AlignmentStatement, OutboxMessage
from tests.support.houses import Node
from tests.support.peer_simulator import Peer
from tests.unit.services.test_alignment import PAIR, heard, raised, related, words_of

pytestmark = pytest.mark.django_db


def taken(node: Node, form: str = "json", who: str = "co_chair", **asked: str) -> bytes:
    """The file as this person takes it away."""
    return b"".join(exporting.export_alignment(node.house, node.actor(who), form, **asked).chunks)


def told(node: Node, file: bytes, form: str = "json", *, apply: bool = False) -> importing.ImportTold:
    return importing.import_alignment(node.house, node.actor("co_chair"), file, form, apply=apply)


def edited(file: bytes, member: str, **changes: Any) -> bytes:
    """The file with its first row of this member changed."""
    content = json.loads(file)
    content[member][0] |= changes
    return json.dumps(content).encode()


@pytest.mark.parametrize("form", ["json", "xlsx", "oscal"])
def test_what_is_taken_away_says_nothing_new_when_it_comes_back(usa: Node, india: Peer, form: str) -> None:
    entry = raised(usa, options=["=HYPERLINK(1)", "accept both"])
    assert heard(usa, india, entry, words_of())[0] == ""
    related(usa)
    found = told(usa, taken(usa, form), form, apply=True)
    assert (found.counts["same"], found.rows, found.said) == (3, (), ())
    assert AlignmentStatement.objects.count() == 3


def test_a_file_is_told_row_by_row_and_said_only_when_asked(usa: Node) -> None:
    entry = related(usa)
    file = edited(taken(usa), "relations", reason="read once more")
    content = json.loads(file)
    content["relations"].append({**content["relations"][0], "entry": "", "reason": "another one"})
    file = json.dumps(content).encode()
    found = told(usa, file)
    assert [(one.place, one.outcome, one.entry) for one in found.rows] == [
        ("relations 1", "changed", entry),
        ("relations 2", "new", ""),
    ]
    assert (AlignmentStatement.objects.count(), OutboxMessage.objects.filter(kind="alignment").count()) == (1, 1)
    said = told(usa, file, apply=True).said
    assert said[0] == entry
    assert AlignmentStatement.objects.filter(nation="USA").count() == 3
    detail = reading.entry(usa.house, usa.actor("inspector"), entry)
    assert [word.body["reason"] for word in detail.words] == ["monthly", "read once more"]
    assert told(usa, taken(usa)).counts["same"] == 2


def test_one_refused_row_keeps_the_whole_file_from_being_said(usa: Node, india: Peer) -> None:
    entry = raised(usa)
    assert heard(usa, india, entry, words_of())[0] == ""
    content = json.loads(taken(usa))
    theirs = next(one for one in content["divergences"] if one["nation"] == "IND")
    ours = next(one for one in content["divergences"] if one["nation"] == "USA")
    theirs["question"] = "In your name?"
    ours["provisions"] = [*PAIR, "LIM-99"]
    file = json.dumps(content).encode()
    found = told(usa, file)
    assert {(one.reason, one.column) for one in found.rows} == {
        ("import_row.partner_line", "nation"),
        ("unknown.alignment.provision", "provisions"),
    }
    with pytest.raises(Conflict, match="import_refused"):
        told(usa, file, apply=True)
    assert AlignmentStatement.objects.count() == 2


def test_provisions_in_a_file_change_nothing(usa: Node) -> None:
    related(usa)
    before = taken(usa)
    content = json.loads(before)
    content["provisions"][0]["title"] = "Another text"
    assert told(usa, json.dumps(content).encode(), apply=True).counts["same"] == 1
    assert json.loads(taken(usa))["provisions"] == json.loads(before)["provisions"]


def test_a_file_of_one_topic_and_a_form_that_there_is_not(usa: Node) -> None:
    related(usa)
    content = json.loads(taken(usa, topic="visit"))
    assert content["relations"] == []
    assert {one["topic"] for one in content["provisions"]} == {"visit"}
    with pytest.raises(UnknownValue):
        taken(usa, "csv")
    with pytest.raises(Conflict, match="oscal_empty"):
        taken(usa, "oscal", topic="visit")


def test_so_many_statements_are_not_made_from_one_file(usa: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = related(usa)
    monkeypatch.setattr(importing, "MOST_SAID", 0)
    with pytest.raises(TooLarge):
        told(usa, edited(taken(usa), "relations", reason="again", entry=entry), apply=True)


def test_who_does_not_speak_reads_nothing_in_and_companies_take_nothing_away(usa: Node) -> None:
    saying.note(usa.house, usa.actor("co_chair"), entry=raised(usa), text="our fallback")
    assert b"fallback" not in taken(usa, who="inspector")
    with pytest.raises(Refused):
        importing.import_alignment(usa.house, usa.actor("inspector"), b"{}", "json")
    for who in ("engineer", "security_officer", "operator"):
        with pytest.raises(Refused):
            taken(usa, who=who)
