"""Capability 17 (domain.md section 9): meetings, decisions, actions with two-side agreement.

Accept: an action is "agreed" only after both co-chairs sign; one-sided edits create a new version.
"""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pypdf
import pytest

from relto.base.errors import Conflict, NotAvailable, Refused
from relto.base.nations import Nation
from relto.services.alignment import actions, meeting_papers, meetings
from tests.support.houses import IND, START, USA
from tests.support.meeting_stories import CHAIR, owed, planned, question, sign
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db


def told(two: TwoHouses, nation: Nation, entry: str) -> actions.ActionDetail:
    return two.do(nation, CHAIR, actions.action, entry)


@pytest.mark.parametrize("first", [USA, IND])
def test_an_action_is_agreed_only_after_both_sign_and_a_one_sided_edit_is_a_new_version(
    two: TwoHouses, first: Nation
) -> None:
    second = OTHER[first]
    entry = owed(two, first, question(two, first))
    digest = told(two, first, entry).view.digest
    sign(two, first, entry, digest)
    for nation in (first, second):
        view = told(two, nation, entry).view
        assert (view.state, view.is_agreed, view.waits_for) == ("proposed", False, (second,))
    sign(two, second, entry, digest)
    assert {told(two, nation, entry).view.state for nation in (first, second)} == {"agreed"}

    # The other side moves the day by itself: a new version on its own line, which both have to sign.
    two.forward(hours=1)
    about = told(two, second, entry).view.about
    owed(two, second, about, entry=entry, due=date(2027, 1, 29), owner=str(second), digest=digest)
    for nation in (first, second):
        found = told(two, nation, entry)
        assert (found.view.state, found.view.is_agreed) == ("amended", False)
        assert found.view.waits_for == (IND, USA)
        assert (found.view.due, found.view.holds and found.view.holds.due) == (date(2027, 1, 29), date(2026, 12, 18))
        assert {line.nation: len(line.versions) for line in found.lines} == {first: 1, second: 1}
    newer = told(two, first, entry).view.digest
    sign(two, second, entry, newer)
    assert told(two, first, entry).view.state == "amended"
    sign(two, first, entry, newer)
    assert told(two, second, entry).view.state == "agreed"
    assert told(two, second, entry).view.holds.due == date(2027, 1, 29)  # type: ignore[union-attr]

    # Done too is a word of both.
    two.forward(days=80)
    late = told(two, first, entry).view.late
    assert late == (two.nodes[first].clock.now().date() - date(2027, 1, 29)).days
    two.do(second, CHAIR, actions.close, entry, state="done", done={"en": "The draft is tabled."}, digest=newer)
    two.deliver()
    assert (told(two, first, entry).view.state, told(two, first, entry).view.late) == ("amended", late)
    closing = told(two, first, entry).view.digest
    for nation in (first, second):
        sign(two, nation, entry, closing)
    assert (told(two, second, entry).view.state, told(two, second, entry).view.late) == ("done", 0)


@pytest.mark.parametrize("host", [USA, IND])
def test_a_decision_counts_only_in_minutes_that_both_signed_and_the_host_alternates(
    two: TwoHouses, host: Nation
) -> None:
    guest = OTHER[host]
    about = question(two, guest)
    entry = planned(two, host)
    offers = two.do(guest, CHAIR, meetings.offers, entry)
    assert [(one.entry, one.why, one.owner) for one in offers] == [(about, "divergence_open", host)]
    assert two.do(guest, CHAIR, meetings.meeting, entry).last.agenda == ()  # nothing is taken by default
    two.do(guest, CHAIR, meetings.set_agenda, entry, [(about, str(host))])
    two.deliver()
    with pytest.raises(Conflict):  # the meeting has not begun
        two.do(host, CHAIR, meetings.minute, entry, minutes=[], decided=[])
    two.forward(days=20, hours=7)
    text = {"en": "Each side counts once a year.", "hi": "प्रत्येक पक्ष वर्ष में एक बार गिनती करता है।"}
    before = two.do(host, CHAIR, meetings.meeting, entry).digest
    two.do(
        host,
        CHAIR,
        meetings.minute,
        entry,
        minutes=[(about, {"en": "Both explained how they count."})],
        decided=[(about, text)],
        digest=before,
    )
    two.deliver()
    with pytest.raises(Conflict):  # written on what is no longer the newest
        two.do(guest, CHAIR, meetings.minute, entry, minutes=[], decided=[], digest=before)
    draft = two.do(guest, CHAIR, meetings.meeting, entry)
    assert draft.view.state == "draft_minutes"
    assert two.do(guest, CHAIR, meetings.decisions) == []
    sign(two, host, entry, draft.digest)
    assert two.do(guest, CHAIR, meetings.decisions) == []
    sign(two, guest, entry, draft.digest)
    for nation in (host, guest):
        found = two.do(nation, CHAIR, meetings.decisions, about=about)
        assert [(one.number, one.code, one.text) for one in found] == [(draft.view.number, "D1", text)]
        assert two.do(nation, CHAIR, meetings.meeting, entry).view.state == "agreed_minutes"
        coming = two.do(nation, CHAIR, meetings.next_meeting)
        assert (coming.host, coming.after) == (guest, draft.view.number)
        assert (coming.per_year, coming.per_year_agreed) == (2, False)

    # Each side takes the same minutes away, with both signatures on them.
    for nation in (host, guest):
        paper = two.do(nation, CHAIR, meeting_papers.meeting_paper, entry, "minutes", "both")
        read = pypdf.PdfReader(io.BytesIO(paper.content))
        said = " ".join("".join(one.extract_text() for one in read.pages).split())
        assert paper.digest == draft.digest
        assert "AGREED BY BOTH: both co-chairs signed this text." in said
        assert "DRAFT" not in said
        assert text["en"] in said
        assert len(json.loads(read.attachments[f"{draft.view.number}.json"][0])["statements"]) == 3
        assert draft.digest[:8] in said

    # A newer draft of one side leaves what was agreed as it is, and stands beside it.
    two.forward(hours=1)
    two.do(guest, CHAIR, meetings.minute, entry, minutes=[], decided=[(about, {"en": "Nobody counts."})])
    two.deliver()
    for nation in (host, guest):
        seen = two.do(nation, CHAIR, meetings.meeting, entry)
        assert (seen.view.state, seen.view.waits_for) == ("amended_minutes", (IND, USA))
        assert seen.agreed is not None
        assert seen.agreed.decisions[0].text == text
        assert [one.text for one in two.do(nation, CHAIR, meetings.decisions)] == [text]
        assert meeting_papers.papers_of(seen) == ("pack", "minutes", "draft", "actions")


def test_both_plan_at_once_both_plans_are_kept_and_shown_to_those_who_may_read(two: TwoHouses) -> None:
    for nation in (USA, IND):
        usual = {"place": "New Delhi", "zone": "Asia/Kolkata", "form": "remote"}
        when = {"starts": START + timedelta(days=9), "ends": START + timedelta(days=9, hours=2)}
        two.do(nation, CHAIR, meetings.plan, meetings.Plan(host=str(nation), **usual, **when))  # type: ignore[arg-type]
    two.deliver()
    for nation in (USA, IND):
        rows = two.do(nation, CHAIR, meetings.meetings)
        assert [one.number for one in rows] == ["JWG-2026-1", "JWG-2026-1"]
        assert [one.same_number for one in rows] == [(rows[1].entry,), (rows[0].entry,)]
    with pytest.raises(Conflict):
        planned(two, USA, number="JWG-2026-1")
    two.do(IND, CHAIR, meetings.cancel, rows[0].entry, reason="One meeting is enough")
    two.deliver()
    assert sorted(one.state for one in two.do(USA, CHAIR, meetings.meetings)) == ["cancelled", "planned"]
    with pytest.raises(Conflict):
        two.do(USA, CHAIR, meetings.set_agenda, rows[0].entry, [])

    # Only a co-chair speaks, the authority's people read, companies find nothing.
    entry = rows[1].entry
    for who in ("release_officer", "inspector"):
        with pytest.raises(Refused):
            two.do(IND, who, meetings.cancel, entry, reason="no")
        assert two.do(IND, who, meetings.meeting, entry).view.number == "JWG-2026-1"
    for who in ("security_officer", "engineer", "operator"):
        with pytest.raises(Refused):
            two.do(IND, who, meetings.meeting, entry)
        with pytest.raises(Refused):
            two.do(IND, who, actions.actions)
    with pytest.raises(NotAvailable):
        two.do(IND, CHAIR, meetings.meeting, "ale_" + "q" * 24)
    with pytest.raises(NotAvailable):
        owed(two, USA, "ale_" + "q" * 24)
