"""Statements that are well signed and hostile: hidden signs, words in another's place, days at the edge of time."""

from __future__ import annotations

from datetime import date
from types import TracebackType
from typing import Any

import pytest

from relto.alignment.proposals import read_proposal
from relto.alignment.readable_texts import require_readable
from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, MalformedInput, Refused, UnknownValue
from relto.services.alignment import actions, proposals_view, proposing, record, saying, signing
from relto.services.alignment.proposal_drafts import draft_file_of
from relto.store.queries import proposals as held_proposals
from relto.store.queries.alignment import entry_of
from tests.support.houses import Node
from tests.support.negotiation import loosened
from tests.support.peer_simulator import Peer
from tests.unit.exchange.alignment_bodies import ALIGNMENT_BODIES
from tests.unit.services.test_alignment import heard, raised, words_of

pytestmark = pytest.mark.django_db
CHAIR = "co_chair"
TURNED = "at most \u202e001\u202c days"
"""Shown as "at most 100 days"."""
JOINED = "क\u094d\u200dष"
"""A joiner within a word of an Indian script, which spells it."""


def entry_id(sign: str) -> str:
    return "ale_" + sign * 24


@pytest.mark.parametrize("hidden", [TURNED, "ten\u200b days", "ten\x00 days", "ten\x1b[2K days", "\u2066ten"])
def test_no_text_hides_what_it_says_from_who_signs_it(usa: Node, india: Peer, hidden: str) -> None:
    """Of what both sign or read; the answer names the member, and nothing is kept."""
    about = raised(usa)
    forms = ALIGNMENT_BODIES
    decision = {"code": "D1", "entry": about, "text": {"en": hidden}}
    said: list[tuple[str, dict[str, Any]]] = [
        ("divergence", words_of(hidden)),
        ("comment", {"about": about, "clause": "", "text": hidden}),
        ("relation", {**forms["relation"], "reason": hidden}),
        ("meeting", {**forms["meeting"], "agenda": [], "minutes": [], "decisions": [decision]}),
        ("action", {**forms["action"], "about": about, "what": {"hi": hidden}}),
        ("law_change", {**forms["law_change"], "citation": hidden}),
        ("template", {**forms["template"], "title": {"en": hidden}}),
        ("proposal", {**forms["proposal"], "title": hidden}),
    ]
    for number, (kind, body) in enumerate(said):
        other = entry_id("bcdefghi"[number])
        assert heard(usa, india, other, body, kind=kind)[0] == "malformed.text", kind
        assert entry_of(other) is None


def test_what_spells_a_word_and_what_a_rule_set_carries_is_said() -> None:
    require_readable({"text": {"hi": JOINED, "en": "one\ntwo"}, "number": 3, "done": None})
    change = {"member": "groups.json", "op": "add", "path": "", "value": {"note": ["a\u00a0b\tc\u200d"]}}
    require_readable({"change": [change]})
    for value in (TURNED, {"\u202e": 1}, [["\x00"]]):
        with pytest.raises(MalformedInput) as caught:
            require_readable({"change": [{**change, "value": value}]})
        assert (caught.value.full_code, caught.value.field) == ("malformed.text", "change")


def test_nobody_speaks_in_the_place_of_a_comment_and_no_word_comes_to_be_about_another_entry(
    usa: Node, india: Peer
) -> None:
    first, second = raised(usa), raised(usa, question="And who pays?")
    remark = saying.comment(usa.house, usa.actor(CHAIR), about=first, text="Why?")
    mine = {"about": first, "clause": "", "text": "In its place"}
    assert heard(usa, india, remark, mine, kind="comment")[0] == "conflict.alignment.about"
    code, digest = heard(usa, india, entry_id("b"), mine, kind="comment")
    assert code == ""
    moved = heard(usa, india, entry_id("b"), {**mine, "about": second}, kind="comment", number=2, previous=digest)
    assert moved[0] == "conflict.alignment.about"
    assert heard(usa, india, entry_id("b"), mine, kind="comment", number=2, previous=digest)[0] == ""


def test_a_signature_cannot_be_moved_away_from_what_it_stands_under(usa: Node, india: Peer) -> None:
    """What both signed stays agreed in every list, whatever the partner says of its signature afterwards."""
    chair, about = usa.actor(CHAIR), raised(usa)
    what: dict[str, object] = {"en": "Count."}
    asked: dict[str, Any] = {"about": about, "owner": "IND", "role": CHAIR, "due": date(2026, 12, 18)}
    owed, other = (actions.act(usa.house, chair, what=what, **asked) for _ in range(2))
    named = [
        {"about": one, "line": "USA", "number": 1, "digest": actions.action(usa.house, chair, one).view.digest}
        for one in (owed, other)
    ]
    code, digest = heard(usa, india, entry_id("b"), {**named[0], "word": "signed"}, kind="signature")
    assert code == ""
    moved = {**named[1], "word": "signed"}
    code, _ = heard(usa, india, entry_id("b"), moved, kind="signature", number=2, previous=digest)
    assert code == "conflict.alignment.about"
    rows = {one.entry: one.waits_for for one in actions.actions(usa.house, chair)}
    assert rows == {owed: ("USA",), other: ("IND", "USA")}


def test_a_line_has_an_end(usa: Node, india: Peer) -> None:
    """Checked before anything is read of the line; the last version that may be is refused for its place alone."""
    entry = raised(usa)
    codes = [heard(usa, india, entry, words_of(), number=number, previous="a" * 64)[0] for number in (500, 501)]
    assert codes == ["conflict.alignment.order", "too_large.alignment.versions"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "3000-01-01"])
def test_a_notice_names_days_that_have_a_next_one(usa: Node, india: Peer, day: str) -> None:
    notice = {**ALIGNMENT_BODIES["law_change"], "consultation_until": day}
    assert heard(usa, india, entry_id("b"), notice, kind="law_change")[0] == "malformed.day"
    old = {**ALIGNMENT_BODIES["law_change"], "published": "1923-04-02"}
    assert heard(usa, india, entry_id("b"), old, kind="law_change")[0] == ""


def test_a_draft_that_is_refused_again_and_again_keeps_nothing_of_who_asked(usa: Node, india: Peer) -> None:
    base = held_proposals.held_bundles()[-1].digest
    body = {**ALIGNMENT_BODIES["proposal"], "base": base, "divergences": []}
    body = {**body, "change": [{"member": "equivalence.json", "op": "remove", "path": "/rows/999"}]}
    code, digest = heard(usa, india, entry_id("b"), body, kind="proposal")
    assert code == ""
    kept = set()
    for _ in range(3):
        assert proposals_view.proposal(usa.house, usa.actor(CHAIR), entry_id("b")).obstacles[0].code
        with pytest.raises(Conflict) as caught:
            draft_file_of(digest, read_proposal(body))
        kept.add(_length(caught.value.__traceback__))
    assert len(kept) == 1


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_signature_over_a_proof_of_another_draft_agrees_nothing(usa: Node, india: Peer, *, ours_first: bool) -> None:
    """The partner says that it proved, and signs; what it proved is not what both would sign."""
    chair = usa.actor(CHAIR)
    entry = proposing.propose(usa.house, chair, title="t", topic="equivalence", silence_days=5, draft=loosened())
    digest = proposals_view.proposal(usa.house, chair, entry).shown.digest
    named = {"about": entry, "line": "USA", "number": 1, "digest": digest}
    proof = {**named, "draft": "d" * 64, "result": "proved", "proof": "", "case": {}}
    ours = {**proof, "draft": sha256_hex(proposing.draft_file(usa.house, chair, entry))}
    assert heard(usa, india, entry_id("b"), proof, kind="proven")[0] == ""
    if ours_first:
        record.say(usa.house, chair, "proven", ours)
    code, _ = heard(usa, india, entry_id("c"), {**named, "word": "signed"}, kind="signature")
    assert code == ("conflict.proposal.unproved" if ours_first else "")
    if not ours_first:
        record.say(usa.house, chair, "proven", ours)
        assert "sign" not in proposals_view.proposal(usa.house, chair, entry).may
        with pytest.raises(Refused, match=r"proposal\.unproved"):
            signing.sign(usa.house, chair, entry, digest=digest)
    assert proposals_view.proposal(usa.house, chair, entry).agreed is None


def test_nobody_signs_a_partners_template_that_claims_to_be_better_known_than_its_rules(usa: Node, india: Peer) -> None:
    chair, form = usa.actor(CHAIR), ALIGNMENT_BODIES["template"]
    clauses = form["clauses"]
    assert isinstance(clauses, list)
    assert isinstance(clauses[0], dict)
    for sign, changes in (("b", {"evidence": "read"}), ("c", {"provisions": ["XYZ-1"]})):
        wrong = {
            **form,
            "code": f"clauses_{sign}",
            "clauses": [{**clauses[0], "provisions": ["GAP-IND-equivalence"], **changes}],
        }
        code, digest = heard(usa, india, entry_id(sign), wrong, kind="template")
        assert code == ""
        with pytest.raises((MalformedInput, UnknownValue)) as caught:
            signing.sign(usa.house, chair, entry_id(sign), digest=digest)
        assert caught.value.field in {"clauses.0.evidence", "clauses.0.provisions"}
        assert not signing.signatures(usa.house, chair, entry_id(sign)).versions[0].signed


def _length(trace: TracebackType | None) -> int:
    count = 0
    while trace is not None:
        trace, count = trace.tb_next, count + 1
    return count
