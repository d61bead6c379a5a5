"""Proposals between two nodes: nothing said is lost, nothing is agreed by one, and nothing becomes a rule by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.alignment.comment_matrix import resolution_body
from relto.alignment.signatures import body_of
from relto.base.canonical import read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, ReltoError, TooLarge, UnknownValue
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.services.alignment import proposals_view, proposing, record, saying, signing
from relto.signing.envelope import read_envelope
from relto.store.models import AgreementBundle, AlignmentStatement, OutboxMessage
from relto.store.queries.alignment import entry_of
from tests.support.agreements import place
from tests.support.houses import FACILITY, IND, START, USA, Node, drafted, signed_by
from tests.support.negotiation import (
    CHAIR,
    CLAUSES,
    DAY,
    EFFECTIVE,
    agreed_by_both,
    loosened,
    position,
    row,
    shown,
    sign,
    tabled,
)
from tests.support.peer_simulator import Peer
from tests.support.rehearsed import report_of
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.exchange.alignment_bodies import ALIGNMENT_BODIES
from tests.unit.services.test_alignment import heard

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("first", [USA, IND])


@pytest.fixture
def two(db: None, tmp_path: Path) -> Iterator[TwoHouses]:
    """Both nodes, at work."""
    with TwoHouses(tmp_path, vouched=False) as made:
        yield made


@BOTH
def test_both_nodes_read_the_same_and_draw_the_same_bytes(two: TwoHouses, first: Nation) -> None:
    entry = tabled(two, first, draft=loosened())
    here, there = (shown(two, nation, entry) for nation in (first, OTHER[first]))
    assert (here.row, here.redline, here.changes) == (there.row, there.redline, there.changes)
    assert here.silence == there.silence, "the days run from the receipt that both hold"
    level = next(one for one in here.changes if one.change.path == "/rows/8/to_level")
    assert (level.change.member, level.before, level.change.value) == ("equivalence.json", None, "CONFIDENTIAL")
    drafts = [two.do(nation, CHAIR, proposing.draft_file, entry) for nation in (USA, IND)]
    assert drafts == [loosened(), loosened()], "what she made with the usual tools comes out of the change again"
    assert here.draft is not None
    assert (here.draft.digest, here.draft.final) == (sha256_hex(loosened()), False)
    assert here.row.blocking == ("silence", "unproved", "unsigned")
    assert {(one.nation, one.act) for one in here.turns} == {(OTHER[first], "answer"), (USA, "prove"), (IND, "prove")}


@BOTH
def test_comments_are_resolved_by_the_line_they_are_about_and_a_counter_draft_stands_beside(
    two: TwoHouses, first: Nation
) -> None:
    other = OTHER[first]
    entry = tabled(two, first)
    digest = shown(two, other, entry).shown.digest
    comment = two.do(other, CHAIR, saying.comment, about=entry, text="Only some?", clause="2", version=digest)
    two.deliver()
    assert row(two, first, entry).state == "commented"
    with pytest.raises(Conflict, match="resolver"):
        two.do(other, CHAIR, proposing.resolve_comment, comment, resolution="rejected", reason="mine")
    changed = [CLAUSES[0], {**CLAUSES[1], "text": {"en": "The United States handles some as CONFIDENTIAL."}}]
    tabled(two, first, entry=entry, clauses=changed)
    two.do(first, CHAIR, proposing.resolve_comment, comment, resolution="accepted")
    two.deliver()
    for nation in (USA, IND):
        found = shown(two, nation, entry)
        (remark,) = found.remarks
        assert remark.resolution is not None
        assert (remark.number, remark.resolution.taken_in) == (1, found.shown.digest)
        assert (found.shown.number, found.compared and found.compared.number) == (2, 1)
        assert [one.change for one in found.redline] == ["same", "changed"]
        inserted = [run.text for _, runs in found.redline[1].texts for run in runs if run.kind == "inserted"]
        assert inserted == ["some"]
    two.forward(minutes=1)
    tabled(two, other, entry=entry, title="Our own words")
    found = shown(two, first, entry)
    assert (found.row.disputed, found.row.line, len(found.versions)) == (True, other, 3)
    assert found.compared is not None
    assert found.compared.line == first, "a first version is compared with the other nation's newest"


@BOTH
def test_partition_and_double_edit_both_are_kept_and_shown_and_neither_is_preferred(
    two: TwoHouses, first: Nation
) -> None:
    other = OTHER[first]
    entry = tabled(two, first)
    for wire in two.wires.values():
        wire.cut = True
    for nation in (first, other):
        tabled(two, nation, entry=entry, title=f"As {nation} says", told=False)
    digest = shown(two, first, entry, digest="").shown.digest
    alone = shown(two, first, entry)
    assert ("not_received", str(other)) in {(one.code, one.nation) for one in alone.obstacles}
    two.forward(days=40)
    with pytest.raises(Refused, match=r"proposal\.not_received"):
        sign(two, first, entry, digest, told=False)
    for wire in two.wires.values():
        wire.cut = False
    two.forward(days=1)
    two.deliver()
    for nation in (USA, IND):
        found = shown(two, nation, entry)
        assert found.row.disputed
        assert {(one.line, one.number) for one in found.versions} == {(first, 1), (first, 2), (other, 1)}
        assert {one.state for one in found.versions} == {"tabled", "superseded"}
        assert not found.agreed
    assert row(two, USA, entry) == row(two, IND, entry)
    two.forward(days=40)
    assert row(two, first, entry).state == "tabled", "who answered with her own draft was not silent"


@BOTH
def test_one_signature_activates_nothing_and_may_be_taken_back(two: TwoHouses, first: Nation) -> None:
    entry = tabled(two, first)
    with pytest.raises(Refused, match=r"proposal\.silence"):
        sign(two, first, entry)
    two.forward(days=6)
    sign(two, first, entry)
    for nation in (USA, IND):
        found = shown(two, nation, entry)
        assert (found.row.state, found.row.signed, found.agreed) == ("signed_by_one", (first,), None)
        assert [(one.nation, one.act) for one in found.turns] == [(OTHER[first], "sign")]
    assert "take_back" in shown(two, first, entry).may
    two.do(first, CHAIR, signing.sign, entry, digest=found.shown.digest, word="taken_back")
    two.deliver()
    assert row(two, OTHER[first], entry).state == "ripe"
    assert AgreementBundle.objects.count() == 0


@BOTH
def test_a_signature_over_a_superseded_text_agrees_nothing(two: TwoHouses, first: Nation) -> None:
    other = OTHER[first]
    entry = tabled(two, first)
    position(two, other, entry)
    old = shown(two, other, entry).shown.digest
    sign(two, first, entry, old)
    two.wires[first].cut = True
    tabled(two, first, entry=entry, title="Newer words", told=False)
    two.forward(minutes=5)
    two.wires[other].cut = True
    sign(two, other, entry, old, told=False)
    assert shown(two, other, entry).agreed is not None, "as far as this node knows yet"
    for wire in two.wires.values():
        wire.cut = False
    two.deliver()
    for nation in (USA, IND):
        found = shown(two, nation, entry)
        assert (found.agreed, found.row.number, found.row.signed) == (None, 2, ())
        states = {one.number: (one.state, sorted(one.signed)) for one in found.versions}
        assert states == {1: ("superseded", ["IND", "USA"]), 2: ("tabled", [])}
    with pytest.raises(Conflict, match="superseded"):
        sign(two, other, entry, old, told=False)


@BOTH
def test_what_both_signed_stays_agreed_and_takes_no_further_version(two: TwoHouses, first: Nation) -> None:
    entry = tabled(two, first)
    digest = agreed_by_both(two, first, entry)
    for nation in (USA, IND):
        found = shown(two, nation, entry)
        assert found.agreed is not None
        assert (found.row.state, found.agreed.digest, found.obstacles) == ("agreed", digest, ())
        with pytest.raises(Conflict, match="agreed"):
            tabled(two, nation, entry=entry)
        with pytest.raises(Conflict, match="agreed"):
            two.do(nation, CHAIR, proposing.withdraw, entry)


@BOTH
def test_a_withdrawn_version_is_off_the_table_and_an_objection_stands_in_the_way(two: TwoHouses, first: Nation) -> None:
    other = OTHER[first]
    entry = tabled(two, first)
    position(two, other, entry, "objects", "too wide")
    assert row(two, first, entry).state == "objected"
    two.forward(days=30)
    with pytest.raises(Refused, match=r"proposal\.objection"):
        sign(two, first, entry)
    two.do(first, CHAIR, proposing.withdraw, entry)
    two.deliver()
    assert [row(two, nation, entry).state for nation in (USA, IND)] == ["withdrawn", "withdrawn"]
    with pytest.raises(Refused, match=r"proposal\.withdrawn"):
        sign(two, other, entry)
    with pytest.raises(Conflict, match="no_version"):
        two.do(other, CHAIR, proposing.withdraw, entry)
    tabled(two, other, entry=entry)
    assert row(two, first, entry).state == "tabled"


def test_a_partner_that_signs_without_a_proof_or_under_a_withdrawn_version_is_not_believed(two: TwoHouses) -> None:
    entry = tabled(two, USA, draft=loosened())
    with two.at(IND) as node:
        held = entry_of(entry)
        assert held is not None
        body = body_of(entry, held.newest[USA], "signed")
        with pytest.raises(Conflict, match=r"proposal\.unproved"):
            record.say(node.house, node.actor(CHAIR), "signature", body)
    assert not AlignmentStatement.objects.filter(kind="signature").exists()


def test_the_base_must_be_the_newest_bundle_and_a_change_must_apply(two: TwoHouses) -> None:
    entry = tabled(two, USA, draft=loosened())
    renewed = signed_by(drafted(2, START))
    for nation in (USA, IND):
        with two.at(nation) as node:
            place(node, renewed)
    two.forward(minutes=1)
    found = shown(two, USA, entry)
    assert ("base_superseded", "USA") in {(one.code, one.nation) for one in found.obstacles}
    assert found.draft is not None
    assert (found.draft.base_is_newest, bool(found.draft.digest)) == (False, True)
    for verb in (proposing.prove,):
        with pytest.raises(Conflict, match=r"proposal\.base"):
            two.do(USA, CHAIR, verb, entry)
    change = [{"member": "equivalence.json", "op": "test", "path": "/rows/8/to_level", "value": "SECRET"}]
    dates: dict[str, Any] = {"effective_from": EFFECTIVE, "expires": EFFECTIVE + 100 * DAY}
    with pytest.raises(Conflict, match=r"proposal\.test"):
        tabled(two, USA, change=change, **dates)
    bad = [{"member": "equivalence.json", "op": "replace", "path": "/rows/8/to_level", "value": "NEVER HEARD OF"}]
    with pytest.raises(Conflict, match=r"proposal\.lint") as refused:
        tabled(two, USA, change=bad, **dates)
    assert (refused.value.field, str(refused.value.found).split(".")[0]) == ("level", "unknown")
    gone = [{"member": "limits.json", "op": "remove", "path": ""}]
    with pytest.raises(Conflict, match=r"proposal\.member"):
        tabled(two, USA, change=gone, **dates)
    with pytest.raises(Conflict, match=r"proposal\.base"):
        tabled(two, USA, change=[], base="0" * 64, **dates)


UNKNOWN_HERE: list[tuple[dict[str, Any], type[ReltoError], str]] = [
    ({"topic": "astrology"}, UnknownValue, "topic"),
    ({"provisions": ["NO-SUCH"]}, UnknownValue, "provisions"),
    ({"forms": ["no-such-form"]}, UnknownValue, "forms"),
    ({"limits": ["no_such_limit"]}, UnknownValue, "limits"),
    ({"divergences": ["ale_" + "z" * 24]}, NotAvailable, "divergences"),
    ({"entry": "ale_" + "z" * 24}, NotAvailable, "entry"),
    ({"draft": b"{}", "change": [{}]}, MalformedInput, "change"),
    ({"draft": b"no bundle"}, MalformedInput, "bundle"),
]


def test_what_a_proposal_names_is_known_here(two: TwoHouses) -> None:
    for changes, error, field in UNKNOWN_HERE:
        with pytest.raises(error) as refused:
            tabled(two, USA, **changes)
        assert refused.value.field == field
    with two.at(USA):
        assert not AlignmentStatement.objects.exists()


def test_a_proposal_as_large_as_it_may_be_goes_over_the_link(two: TwoHouses) -> None:
    texts = {"en": "Words. " * 571, "hi": "शब्द " * 190}
    clauses = [{"code": f"{number}", "heading": "Scope", "text": texts} for number in range(40)]
    entry = tabled(two, USA, clauses=clauses)
    assert shown(two, IND, entry).redline == shown(two, USA, entry).redline
    with pytest.raises(TooLarge, match=r"proposal\.size"):
        tabled(two, USA, clauses=[{**one, "text": {**texts, "hi": "शब्द " * 700}} for one in clauses])


def test_a_rehearsal_counts_for_the_draft_that_was_rehearsed(two: TwoHouses) -> None:
    entry = tabled(two, USA, draft=loosened())
    with pytest.raises(Conflict, match="rehearsed_other"):
        two.do(USA, CHAIR, proposing.attach_rehearsal, entry, report_of(b"another draft"))
    assert "not_rehearsed" in row(two, USA, entry).warnings
    two.do(USA, CHAIR, proposing.attach_rehearsal, entry, report_of(loosened(), permitted=2))
    two.deliver()
    (told,) = shown(two, IND, entry).rehearsals
    assert (told.by, told.of_this_draft, told.rehearsed.differences.permitted) == (USA, True, 2)
    assert "not_rehearsed" not in {one.code for one in shown(two, IND, entry).obstacles}


def test_who_may_do_what(two: TwoHouses) -> None:
    entry = tabled(two, USA, draft=loosened())
    digest = shown(two, USA, entry).shown.digest
    with two.at(USA) as node:
        node.add("nobody", Role.ENGINEER, company=node.actor("engineer").company, facility=FACILITY[USA])
    for who in ("engineer", "security_officer", "nobody"):
        with pytest.raises(Refused):
            two.do(USA, who, proposals_view.proposals)
        with pytest.raises(Refused):
            two.do(USA, who, proposing.draft_file, entry)
    for who in ("release_officer", "registrar", "inspector"):
        assert "sign" not in two.do(USA, who, proposals_view.proposal, entry).may
        for verb in (proposing.withdraw, proposing.prove):
            with pytest.raises(Refused):
                two.do(USA, who, verb, entry)
        with pytest.raises(Refused):
            two.do(USA, who, proposing.take_position, entry, digest=digest, position="no_objection")
    with pytest.raises(Refused):
        two.do(USA, "registrar", proposing.weigh, entry)
    weighed = two.do(USA, "inspector", proposing.weigh, entry)
    assert (weighed.version_in_force, weighed.version_proposed) == (1, 2)
    for identity in (
        "ale_" + "z" * 24,
        two.do(USA, CHAIR, saying.comment, about=entry, text="a comment is no proposal"),
    ):
        with pytest.raises(NotAvailable):
            two.do(USA, CHAIR, proposals_view.proposal, identity)
    with pytest.raises(NotAvailable):
        two.do(USA, CHAIR, proposals_view.proposal, entry, digest="0" * 64)


def test_private_notes_on_a_proposal_never_leave_the_node(two: TwoHouses) -> None:
    entry = tabled(two, USA)
    two.do(USA, CHAIR, saying.note, entry=entry, text="our fallback is clause 2 alone")
    agreed_by_both(two, USA, entry)
    assert [one.text for one in shown(two, USA, entry).notes] == ["our fallback is clause 2 alone"]
    assert shown(two, IND, entry).notes == ()
    with two.at(USA):
        sent = [read_envelope(bytes(one.envelope), max_bytes=10**7).payload for one in OutboxMessage.objects.all()]
    assert sent
    assert not any(b"fallback" in json.dumps(read_object(one)).encode() for one in sent)


def test_a_receipt_is_found_among_many_messages_and_the_days_count_from_it(two: TwoHouses) -> None:
    entry = tabled(two, USA)
    for before in range(2):
        for number in range(6):
            two.do(USA, CHAIR, saying.comment, about=entry, text=f"Remark {number}, part {before}")
            two.forward(minutes=1.5)
        if not before:
            tabled(two, USA, entry=entry, title="Newer words", told=False)
    said = two.nodes[USA].clock.now() - timedelta(minutes=9)
    two.forward(hours=30)
    assert shown(two, USA, entry).silence.received == {IND: None}
    two.deliver()
    found = shown(two, USA, entry)
    assert (found.shown.at, found.silence.received) == (said, {IND: said + timedelta(hours=30, minutes=9)})
    assert shown(two, IND, entry).silence == found.silence


def test_what_a_partner_may_not_say_of_a_proposal_is_refused_by_its_name(usa: Node, india: Peer) -> None:
    chair = usa.actor(CHAIR)
    asked: dict[str, Any] = {"title": "t", "topic": "equivalence", "silence_days": 5, "draft": loosened()}
    entry = proposing.propose(usa.house, chair, **asked)
    digest = proposals_view.proposal(usa.house, chair, entry).shown.digest
    remark = saying.comment(usa.house, chair, about=entry, text="Why?", version=digest)
    named = {"about": entry, "line": "USA", "number": 1, "digest": digest}
    form = {**ALIGNMENT_BODIES["proposal"]}
    clause = {"code": "1", "heading": "", "text": {"en": "It holds."}}
    many = [{**clause, "code": f"{number}"} for number in range(41)]
    proof = {**ALIGNMENT_BODIES["proven"], **named, "result": "proved", "case": {}}
    said: list[tuple[str, dict[str, Any], str]] = [
        ("proposal", {**form, "clauses": [clause, clause]}, "malformed.proposal.clause_twice"),
        ("proposal", {**form, "clauses": many}, "malformed.schema"),
        ("proposal", {**form, "change": [{"member": "a.json", "op": "copy", "path": ""}]}, "malformed.schema"),
        ("proposal", {**form, "base": ""}, "malformed.proposal.base"),
        ("proposal", {**form, "more": 1}, "malformed.schema"),
        ("position", {**named, "position": "objects", "reason": "", "number": 2}, "conflict.alignment.version"),
        ("position", {**named, "position": "agrees", "reason": ""}, "malformed.schema"),
        ("signature", {**named, "word": "signed"}, "conflict.proposal.unproved"),
        ("proven", {**proof, "digest": "0" * 64}, "conflict.alignment.version"),
        ("resolution", resolution_body(remark, "accepted", "", digest), "conflict.alignment.resolver"),
        ("comment", {"about": entry, "clause": "", "text": "x", "version": "0" * 64}, "conflict.alignment.version"),
    ]
    for number, (kind, body, code) in enumerate(said):
        other = "ale_" + "bcdefghijkl"[number] * 24
        assert heard(usa, india, other, body, kind=kind)[0] == code, kind
    for number, (kind, body) in enumerate((("proven", proof), ("signature", {**named, "word": "signed"}))):
        assert heard(usa, india, "ale_" + "mn"[number] * 24, body, kind=kind)[0] == ""
    found = proposals_view.proposal(usa.house, chair, entry)
    assert (found.row.signed, found.agreed) == ((IND,), None)
    blocking = [(one.code, one.nation) for one in found.obstacles if one.blocks]
    told = [("unproved", "IND"), ("unproved", "USA"), ("unsigned", "USA")]
    assert blocking == told, "it told of another draft than this node makes, and its word is no proof of ours"
