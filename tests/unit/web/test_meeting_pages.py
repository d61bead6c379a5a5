"""The pages of meetings, actions and the roadmap: plan, agenda, minutes, who owes what; nothing is taken by default."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pypdf
import pytest
from icalendar import Calendar

from relto.alignment.shared_record import ACTION, MEETING
from relto.services.alignment import actions, meetings, saying, signing
from relto.services.dossiers import feeds
from relto.store.models import AlignmentStatement
from tests.support.houses import START
from tests.support.meeting_stories import proposal
from tests.unit.web.portal import Portal

PAIR = ("USR-66", "IND-27.1")
PLAN = {
    "host": "IND",
    "form": "in_person",
    "place": "New Delhi",
    "first_day": "2026-12-02",
    "begins": "09:30",
    "last_day": "2026-12-03",
    "closes": "16:00",
    "zone": "Asia/Kolkata",
}
CHAIR = "co_chair"


def chair(portal: Portal) -> tuple[Any, Any]:
    return portal.node.house, portal.node.actor(CHAIR)


def question(portal: Portal) -> str:
    return saying.raise_divergence(*chair(portal), question="Who counts, and when?", provisions=PAIR, owner="IND")


def planned(portal: Portal, **changes: Any) -> str:
    """A meeting planned through the page."""
    answer = portal.as_person(CHAIR).post("/en/meetings/new/", PLAN | changes)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"]).split("/")[3]


def said(kind: str) -> int:
    return AlignmentStatement.objects.filter(kind=kind).count()


@pytest.mark.parametrize(
    ("language", "heading", "default"),
    [
        ("en", "When do both sides meet", "Unconfirmed: a default, no rule"),
        ("hi", "दोनों पक्ष कब मिलते हैं", "अपुष्ट: पूर्वनिर्धारित मान, नियम नहीं"),
    ],
)
def test_how_often_is_a_default_and_says_so(portal: Portal, language: str, heading: str, default: str) -> None:
    page = portal.as_person("inspector").get(f"/{language}/meetings/").content.decode()
    assert heading in page
    assert default in page
    assert "JWG-04" in page
    assert "JWG-2026-1" in page


def test_a_meeting_is_planned_its_agenda_offered_and_nothing_is_on_it_until_it_is_taken(portal: Portal) -> None:
    about = question(portal)
    entry = planned(portal)
    browser = portal.as_person(CHAIR)
    page = browser.get(f"/en/meetings/{entry}/").content.decode()
    assert "Nothing is on the agenda yet." in page
    assert "One of the oldest open questions." in page
    form = browser.get(f"/en/meetings/{entry}/agenda/").content.decode()
    assert "checked" not in form
    left = browser.post(f"/en/meetings/{entry}/agenda/", {})
    assert left.status_code == 302
    assert meetings.meeting(*chair(portal), entry).last.agenda == ()
    assert browser.post(f"/en/meetings/{entry}/agenda/", {about: "IND"}).status_code == 302
    item = meetings.meeting(*chair(portal), entry).last.agenda[0]
    assert (item.entry, item.owner, item.why) == (about, "IND", "divergence_open")
    assert "Who counts, and when?" in browser.get(f"/hi/meetings/{entry}/").content.decode()
    assert browser.get(f"/en/alignment/{entry}/")["Location"] == f"/en/meetings/{entry}/"


def test_minutes_are_a_draft_and_one_language_is_enough(portal: Portal) -> None:
    about = question(portal)
    entry = planned(portal)
    browser = portal.as_person(CHAIR)
    browser.post(f"/en/meetings/{entry}/agenda/", {about: "IND"})
    early = browser.post(f"/en/meetings/{entry}/minutes/", {})
    assert (early.status_code, "once the meeting has begun" in early.content.decode()) == (422, True)
    portal.node.clock.forward(days=12)
    told = {f"said-{about}-hi": "दोनों पक्ष गिनते हैं।", f"decided-0-{about}-en": "Each side counts once a year."}
    assert browser.post(f"/en/meetings/{entry}/minutes/", told).status_code == 302
    found = meetings.meeting(*chair(portal), entry)
    assert (found.view.state, [one.code for one in found.last.decisions]) == ("draft_minutes", ["D1"])
    page = browser.get(f"/en/meetings/{entry}/").content.decode()
    assert '<p class="govuk-body" lang="hi">दोनों पक्ष गिनते हैं।</p>' in page
    assert "Draft minutes" in page
    assert "Waiting for both co-chairs to sign." in page
    again = browser.get(f"/en/meetings/{entry}/minutes/").content.decode()
    assert "Each side counts once a year." in again
    assert f"decided-1-{about}-en" in again
    stale = browser.post(f"/en/meetings/{entry}/minutes/", {**told, "digest": "0" * 64})
    assert (stale.status_code, said(MEETING)) == (422, 3)


def test_who_owes_what_by_when_is_said_on_both_calendars(portal: Portal) -> None:
    entry = planned(portal)
    browser = portal.as_person(CHAIR)
    owed = {"what_en": "Draft the joint text.", "owner": "IND", "role": CHAIR, "due": "2026-12-18"}
    answer = browser.post(f"/en/meetings/{entry}/actions/new/", owed)
    assert answer.status_code == 302
    page = browser.get(answer["Location"]).content.decode()
    assert "Proposed; not agreed by both" in page
    assert "Due Friday 18 December 2026" in page
    assert (
        "United States: 19 working days (Thanksgiving Day); India: 19 working days (Guru Nanak&#x27;s birthday)" in page
    )
    edited = browser.post(answer["Location"], {"what": "edit", **owed, "due": "2027-01-15"})
    assert (edited.status_code, said(ACTION)) == (302, 2)
    wrong = browser.post(answer["Location"], {"what": "close", "state": "done"})
    assert (wrong.status_code, said(ACTION)) == (422, 2)
    closed = browser.post(answer["Location"], {"what": "close", "state": "done", "done_en": "It is tabled."})
    assert (closed.status_code, said(ACTION)) == (302, 3)
    action = answer["Location"].split("/")[5]
    assert actions.action(*chair(portal), action).view.state == "proposed"  # nobody has signed anything
    assert "It is tabled." in browser.get(answer["Location"]).content.decode()
    assert browser.get(f"/en/alignment/{action}/")["Location"] == f"/en/meetings/actions/{action}/"


def test_an_action_may_come_from_a_question_and_the_roadmap_shows_it(portal: Portal) -> None:
    about = question(portal)
    owed = {"what_hi": "पाठ का मसौदा बनाना।", "owner": "USA", "role": "registrar", "due": "2026-12-18"}
    assert portal.as_person(CHAIR).post(f"/en/meetings/{about}/actions/new/", owed).status_code == 302
    page = portal.as_person(CHAIR).get(f"/en/alignment/{about}/").content.decode()
    assert "Who owes what of it" in page
    assert "No meeting has it on its agenda." in page
    for language, words in (
        ("en", ("annex&#x27;s text is not public", "0 of 1 questions", "no proposal", "topics")),
        ("hi", ("अनुलग्नक का पाठ सार्वजनिक नहीं है", "1 में से 0 प्रश्न", "कोई प्रस्ताव नहीं", "विषय")),
    ):
        page = portal.as_person("inspector").get(f"/{language}/roadmap/").content.decode()
        assert [word for word in words if word not in page] == []
        assert '<span lang="hi">पाठ का मसौदा बनाना।</span>' in page
        assert 'role="img"' in page
        assert "%" not in page.partition("<main")[2]


def test_papers_and_the_calendar_entry_are_taken_away(portal: Portal) -> None:
    about = question(portal)
    text = proposal(*chair(portal), about)
    entry = planned(portal)
    browser = portal.as_person(CHAIR)
    browser.post(f"/en/meetings/{entry}/agenda/", {about: "IND", "other": text, "other_owner": "USA"})
    told = browser.get(f"/en/meetings/{entry}/meeting.ics")
    assert told["Content-Type"].startswith("text/calendar")
    event = Calendar.from_ical(told.content).walk("VEVENT")[0]
    assert (str(event["SUMMARY"]), str(event["STATUS"])) == ("JWG-2026-1: Joint working group meeting", "TENTATIVE")
    assert b"DTSTART:20261202T040000Z" in told.content
    assert b"counts" not in told.content
    feed = feeds.read_feed(portal.node.house, feeds.open_feed(*chair(portal)))
    assert str(Calendar.from_ical(feed).walk("VEVENT")[0]["UID"]) == str(event["UID"]) == f"{entry}@relto"
    other = feeds.open_feed(portal.node.house, portal.node.actor("registrar"))
    assert b"JWG" not in feeds.read_feed(portal.node.house, other)
    digest = meetings.meeting(*chair(portal), entry).digest
    signing.sign(*chair(portal), entry, digest=digest)
    answer = portal.as_person("inspector").get(f"/en/meetings/{entry}/papers/pack.both.pdf")
    read = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "DRAFT: this plan is not agreed by both nations." in read
    assert "Who counts, and when?" in read
    assert "[-once-](+twice+)" in "".join(read.split())
    assert "TRAINING" in read
    assert browser.get(f"/en/meetings/{entry}/papers/minutes.en.pdf").status_code == 404


def test_what_does_not_fit_is_said_at_its_field(portal: Portal) -> None:
    browser = portal.as_person(CHAIR)
    for changes, words in (
        ({"last_day": "2026-12-01"}, "after the start"),
        ({"first_day": "soon"}, "Write the date as year-month-day"),
        ({"begins": "9h"}, "Write the time as hours and minutes"),
        ({"number": "Meeting 4"}, "JWG, the year, a number"),
    ):
        answer = browser.post("/en/meetings/new/", PLAN | changes)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert "New Delhi" in answer.content.decode()
    assert said(MEETING) == 0
    entry = planned(portal)
    cancelled = browser.post(f"/en/meetings/{entry}/cancel/", {"reason": "The host has another meeting"})
    assert cancelled.status_code == 302
    assert browser.get(f"/en/meetings/{entry}/plan/").status_code == 404
    assert "Called off" in browser.get("/en/meetings/").content.decode()


def test_companies_and_strangers_find_nothing(portal: Portal) -> None:
    entry = planned(portal)
    owed = actions.act(
        *chair(portal), about=entry, what={"en": "W"}, owner="IND", role=CHAIR, due=date(START.year, 12, 18)
    )
    paths = ("meetings/", f"meetings/{entry}/", f"meetings/{entry}/papers/pack.en.pdf", "meetings/actions/", "roadmap/")
    for who in ("engineer", "security_officer", "operator"):
        for path in (*paths, f"meetings/{entry}/actions/{owed}/", f"meetings/{entry}/meeting.ics"):
            assert portal.as_person(who).get(f"/en/{path}").status_code == 404, (who, path)
    for path in ("meetings/new/", f"meetings/{entry}/agenda/", f"meetings/{entry}/minutes/"):
        assert portal.as_person("inspector").get(f"/en/{path}").status_code == 404
    other = "ale_" + "q" * 24
    assert portal.as_person("inspector").get(f"/en/meetings/{other}/").status_code == 404
    assert portal.as_person("inspector").get(f"/en/meetings/{other}/actions/{owed}/").status_code == 404
