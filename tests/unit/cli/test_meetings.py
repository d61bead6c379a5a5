"""Meetings, actions and the roadmap as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.base.errors import MalformedInput, UnknownValue
from tests.unit.cli.desk import Desk

PLAN = ("--host", "IND", "--place", "New Delhi", "--zone", "Asia/Kolkata", "--form", "in_person")
WHEN = ("--starts", "2026-12-02T09:30", "--ends", "2026-12-03T16:00")


def test_a_co_chair_plans_a_meeting_and_says_who_owes_what(desk: Desk, tmp_path: Path) -> None:
    asked = ("--provision", "LIM-12", "--provision", "LIM-34", "--question", "Who counts?", "--owner", "IND")
    about = desk.asks("co_chair", "align", "raise", *asked)["entry"]
    assert desk.asks("inspector", "align", "meeting", "next")["per_year_agreed"] is False
    assert "No meeting is on record." in desk.types("inspector", "align", "meeting", "list")
    entry = desk.asks("co_chair", "align", "meeting", "plan", *PLAN, *WHEN)["entry"]
    assert "One of the oldest open questions." in desk.types("inspector", "align", "meeting", "offers", entry)
    desk.types("co_chair", "align", "meeting", "agenda", entry, "--item", f"{about}:IND")
    owed = ("--about", entry, "--en", "Draft it.", "--hi", "मसौदा बनाएँ।", "--owner", "IND", "--role", "co_chair")
    action = desk.asks("co_chair", "align", "action", "add", *owed, "--due", "2026-12-18")["entry"]
    shown = desk.types("inspector", "align", "meeting", "show", entry)
    assert "1. Who counts? (IND): One of the oldest open questions." in shown
    assert "Draft it. [Proposed; not agreed by both]" in shown
    assert "SHA-256 " in desk.types("inspector", "align", "action", "show", action)
    desk.types("co_chair", "align", "action", "close", action, "--state", "withdrawn", "--en", "Not needed.")
    assert action in desk.types("inspector", "align", "action", "list", "--owner", "IND")
    assert "No decision stands" in desk.types("inspector", "align", "meeting", "decisions")
    roadmap = desk.types("inspector", "align", "roadmap")
    assert "The annex's text is not public." in roadmap
    assert "settled (differences)" in roadmap
    for words, name, first in (
        (("meeting", "paper", entry, "pack", "--language", "hi"), "pack.pdf", b"%PDF-"),
        (("meeting", "calendar", entry), "meeting.ics", b"BEGIN:VCALENDAR"),
        (("action", "paper"), "actions.pdf", b"%PDF-"),
    ):
        desk.types("inspector", "align", *words, "--output", str(tmp_path / name))
        assert (tmp_path / name).read_bytes().startswith(first)


def test_what_does_not_fit_changes_nothing(desk: Desk) -> None:
    wrong = ("--starts", "tomorrow", "--ends", "2026-12-03T16:00")
    with pytest.raises(MalformedInput):
        desk.types("co_chair", "align", "meeting", "plan", *PLAN, *wrong)
    with pytest.raises(UnknownValue):
        desk.types("co_chair", "align", "meeting", "plan", *PLAN[:4], "--zone", "Moon/Base", *PLAN[6:], *WHEN)
    entry = desk.asks("co_chair", "align", "meeting", "plan", *PLAN, *WHEN)["entry"]
    with pytest.raises(MalformedInput):
        desk.types("co_chair", "align", "meeting", "agenda", entry, "--item", "ale_x:IND:more")
    desk.types("co_chair", "align", "meeting", "cancel", entry, "--reason", "The host has another meeting")
    assert "Called off" in desk.types("inspector", "align", "meeting", "list")
    minutes = ("--said", f"{entry}:en:Hello", "--decided", f"{entry}:hi:नमस्ते")
    with pytest.raises(Exception, match=r"conflict\.alignment"):
        desk.types("co_chair", "align", "meeting", "minutes", entry, *minutes)
