"""What a partner's node may say of meetings and actions, and what of it changes nothing here."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relto.services.alignment import actions, meetings
from tests.support.houses import Node
from tests.support.peer_simulator import Peer
from tests.unit.exchange.alignment_bodies import ALIGNMENT_BODIES
from tests.unit.services.test_alignment import heard, raised

pytestmark = pytest.mark.django_db
ENTRY, ACTION = "ale_" + "b" * 24, "ale_" + "c" * 24


def body(kind: str, **changes: Any) -> dict[str, Any]:
    return {**ALIGNMENT_BODIES[kind], **changes}


def test_a_partners_meeting_is_kept_and_what_it_may_not_say_is_refused(usa: Node, india: Peer) -> None:
    wrong: list[dict[str, Any]] = [
        {"host": "XYZ"},
        {"ends": "2026-12-01T04:30:00Z"},
        {"starts": "soon"},
        {"number": "JWG-2026-1\n"},
        {"zone": "../../etc/passwd"},
        {"decisions": [{"code": "D7", "entry": ENTRY, "text": {"en": "x"}}]},
        {"per_year": 400},
        {"minutes": [{"entry": ENTRY, "text": {"fr": "x"}}]},
    ]
    codes = [heard(usa, india, ENTRY, body("meeting", **one), kind="meeting")[0] for one in wrong]
    assert all(code.startswith(("malformed.", "unknown.")) for code in codes), codes
    assert meetings.meetings(usa.house, usa.actor("co_chair")) == []
    known = body("meeting", zone="Moon/Base", starts="2026-11-20T04:30:00Z", ends="2026-11-20T10:30:00Z")
    assert heard(usa, india, ENTRY, known, kind="meeting")[0] == ""
    found = meetings.meetings(usa.house, usa.actor("inspector"))
    assert [(one.number, one.state, one.waits_for) for one in found] == [
        ("JWG-2026-1", "draft_minutes", ("IND", "USA"))
    ]
    assert meetings.decisions(usa.house, usa.actor("inspector")) == []


def test_a_partners_action_names_an_entry_that_is_held_and_its_owner_has_a_calendar(usa: Node, india: Peer) -> None:
    about = raised(usa)
    said = body("action", about=about, state="open", done={}, owner="USA", due="2026-11-20")
    wrong: list[dict[str, Any]] = [
        {"about": ENTRY},
        {"owner": "XYZ"},
        {"due": "2026-11-31"},
        {"state": "done"},
        {"what": {}},
    ]
    codes = [heard(usa, india, ACTION, {**said, **one}, kind="action")[0] for one in wrong]
    assert codes == [
        "not_available.alignment",
        "unknown.calendar",
        "malformed.day",
        "malformed.alignment.done",
        "malformed.schema",
    ]
    assert heard(usa, india, ACTION, said, kind="action")[0] == ""
    row = actions.action(usa.house, usa.actor("co_chair"), ACTION).view
    assert (row.state, row.due, row.late, row.about) == ("proposed", date(2026, 11, 20), 0, about)
    nested = heard(usa, india, "ale_" + "d" * 24, {**said, "about": ACTION}, kind="action")[0]
    assert nested == "conflict.alignment.kind"
