"""Meetings of the working group as stories tell them: planned, minuted, signed by both nations, with what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from relto.adapters.paper_words import LANGUAGES
from relto.base.nations import Nation
from relto.services.alignment import actions, meeting_papers, meetings, proposing, saying, signing
from tests.support.houses import START, USA
from tests.support.two_houses import OTHER, TwoHouses

PAIR = ["LIM-12", "LIM-34"]
CHAIR = "co_chair"


def question(two: TwoHouses, nation: Nation) -> str:
    """A question that this nation raises and both hold."""
    asked: dict[str, Any] = {"question": "Who counts, and when?", "provisions": PAIR, "owner": str(OTHER[nation])}
    entry = two.do(nation, CHAIR, saying.raise_divergence, **asked)
    two.deliver()
    return entry


def planned(two: TwoHouses, nation: Nation, *, host: Nation | None = None, days: int = 20, **changes: Any) -> str:
    """A meeting that this nation plans and both hold."""
    usual: dict[str, Any] = {
        "host": str(host or nation),
        "place": "New Delhi",
        "starts": START + timedelta(days=days),
        "ends": START + timedelta(days=days, hours=6),
        "zone": "Asia/Kolkata",
        "form": "in_person",
    }
    entry = two.do(nation, CHAIR, meetings.plan, meetings.Plan(**usual | changes))
    two.deliver()
    return entry


def owed(two: TwoHouses, nation: Nation, about: str, **changes: Any) -> str:
    """An action that this nation says, which both hold."""
    usual: dict[str, Any] = {
        "about": about,
        "what": {"en": "Draft the joint text."},
        "owner": str(OTHER[nation]),
        "role": CHAIR,
        "due": date(2026, 12, 18),
    }
    entry = two.do(nation, CHAIR, actions.act, **usual | changes)
    two.deliver()
    return entry


def sign(two: TwoHouses, nation: Nation, entry: str, digest: str) -> None:
    """The nation's co-chair signs the version of this digest, and the partner is told."""
    two.do(nation, CHAIR, signing.sign, entry, digest=digest)
    two.deliver()


CLAUSES = (
    {"code": "1", "heading": "Scope", "text": {"en": "This applies to every register.", "hi": "यह हर पंजी पर लागू है।"}},
    {
        "code": "2",
        "heading": "Count",
        "text": {"en": "Each side counts once a year.", "hi": "हर पक्ष वर्ष में एक बार गिनता है।"},
    },
)
AMENDED = (
    CLAUSES[0],
    {
        "code": "2",
        "heading": "Count",
        "text": {"en": "Each side counts twice a year.", "hi": "हर पक्ष वर्ष में दो बार गिनता है।"},
    },
    {"code": "3", "heading": "Result", "text": {"en": "Both are told the result."}},
)


def proposal(house: Any, actor: Any, about: str) -> str:
    """A joint text in two versions, on the table."""
    usual: dict[str, Any] = {"title": "Counting registers", "topic": "register", "divergences": [about]}
    entry = proposing.propose(house, actor, clauses=CLAUSES, **usual)
    return proposing.propose(house, actor, clauses=AMENDED, entry=entry, **usual)


def every_meeting_paper(two: TwoHouses) -> Iterator[tuple[str, bytes]]:
    """(name, PDF) of each paper of a meeting as draft and as agreed by both, and of the action list."""
    about = question(two, USA)
    text = two.do(USA, CHAIR, proposal, about)
    entry = planned(two, USA)
    two.do(USA, CHAIR, meetings.set_agenda, entry, [(about, "IND"), (text, "USA")])
    owed(two, USA, entry, due=date(2026, 11, 27))
    yield from _papers(two, entry, "draft", "pack", "actions")
    two.forward(days=21)
    said = {"en": "Both explained how they count.", "hi": "दोनों ने बताया कि वे कैसे गिनते हैं।"}
    decided = [(about, {"en": "Each side counts once a year."}), (text, {"hi": "पाठ पर सहमति।"})]
    two.do(USA, CHAIR, meetings.minute, entry, minutes=[(about, said)], decided=decided)
    two.deliver()
    yield from _papers(two, entry, "draft", "minutes")
    for nation in OTHER:
        sign(two, nation, entry, two.do(USA, CHAIR, meetings.meeting, entry).digest)
    yield from _papers(two, entry, "agreed", "minutes", "pack")


def _papers(two: TwoHouses, entry: str, how: str, *codes: str) -> Iterator[tuple[str, bytes]]:
    for code in codes:
        for language in LANGUAGES:
            made = two.do(USA, CHAIR, meeting_papers.meeting_paper, entry, code, language)
            yield f"meeting-{how}-{code}-{language}", made.content
