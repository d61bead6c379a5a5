"""A proposal between two nodes, as stories tell it: what is tabled, read, proved and signed by whom."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from relto.base.nations import Nation
from relto.node.draft_changes import changed_equivalence
from relto.node.draft_consents import with_consents
from relto.services.alignment import proposals_view, proposing, signing
from relto.services.alignment.proposals_view import ProposalDetail, ProposalRow
from tests.support.houses import START, drafted
from tests.support.two_houses import OTHER, TwoHouses

DAY = timedelta(days=1)
CHAIR = "co_chair"
EFFECTIVE = START + 30 * DAY
KEY = "IND:RESTRICTED>USA"
CLAUSES: list[dict[str, Any]] = [
    {"code": "1", "heading": "Scope", "text": {"en": "Indian RESTRICTED items are covered.", "hi": "मदें शामिल हैं।"}},
    {"code": "2", "heading": "Handling", "text": {"en": "The United States handles them as CONFIDENTIAL."}},
]


@cache
def loosened(*, consented: bool = False, after: timedelta = 30 * DAY) -> bytes:
    """A draft made with the usual tools: Indian RESTRICTED is handled as an American level, from then on.

    Its rows are dated as those in force, so that it can be weighed on what is held today.
    """
    rows = changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], START - DAY)
    draft = drafted(2, START + after, equivalence=rows)
    consents = [f"{nation} equivalent {KEY} because both agreed it" for nation in ("IND", "USA")]
    return with_consents(draft, consents) if consented else draft


def tabled(two: TwoHouses, nation: Nation, *, entry: str = "", told: bool = True, **changes: Any) -> str:
    """This nation's co-chair tables a version; it is told unless the story says otherwise."""
    asked: dict[str, Any] = {
        "title": "RESTRICTED handling",
        "topic": "equivalence",
        "clauses": CLAUSES,
        "silence_days": 5,
        **changes,
    }
    identity = two.do(nation, CHAIR, proposing.propose, entry=entry, **asked)
    if told:
        two.deliver()
    return identity


def shown(two: TwoHouses, nation: Nation, entry: str, **which: str) -> ProposalDetail:
    """The proposal as this nation's co-chair reads it."""
    return two.do(nation, CHAIR, proposals_view.proposal, entry, **which)


def row(two: TwoHouses, nation: Nation, entry: str) -> ProposalRow:
    """Its row in this nation's list."""
    return next(one for one in two.do(nation, CHAIR, proposals_view.proposals) if one.entry == entry)


def position(two: TwoHouses, nation: Nation, entry: str, word: str = "no_objection", reason: str = "") -> None:
    """This nation's position on the leading version, told."""
    digest = shown(two, nation, entry).shown.digest
    two.do(nation, CHAIR, proposing.take_position, entry, digest=digest, position=word, reason=reason)
    two.deliver()


def sign(two: TwoHouses, nation: Nation, entry: str, digest: str = "", *, told: bool = True) -> None:
    """This nation's co-chair signs the leading version, or the one of this digest."""
    two.do(nation, CHAIR, signing.sign, entry, digest=digest or shown(two, nation, entry).shown.digest)
    if told:
        two.deliver()


def agreed_by_both(two: TwoHouses, nation: Nation, entry: str) -> str:
    """A joint text on the table is not objected to and signed by both; its digest."""
    digest = shown(two, nation, entry).shown.digest
    position(two, OTHER[nation], entry)
    sign(two, nation, entry, digest)
    sign(two, OTHER[nation], entry, digest)
    return digest
