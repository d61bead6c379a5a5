"""A release is withdrawn: nothing opens under it from that commit on, on either side, whichever nation released it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Conflict, NotAvailable, NotVerified, Refused
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt
from relto.procedures.actors import Role
from relto.sealing.manifest import parse_manifest
from relto.services import arrivals, items, openings, register, release_sending, release_settling, releases
from relto.services.arrival_view import ArrivalView
from relto.services.openings import supply_partner_share
from relto.services.withdrawal_notices import read_withdrawal
from relto.services.withdrawals import record_disposition, withdraw_release
from relto.store.models import Arrival, DecisionRecord, LedgerEntry, Manifest, OutboxMessage, ReleaseCase
from tests.support.houses import COMPANY, IND, START, USA, Node, add_company, staffed_house, vouch
from tests.support.peer_simulator import Peer, SentRelease
from tests.unit.services.stories import (
    accept,
    arrived,
    ask_release,
    authorise,
    decide_case,
    released,
    seal_item,
    sent_body,
)
from tests.unit.services.test_arriving_and_opening import open_now

BOTH_WAYS = pytest.mark.parametrize("nation", [USA, IND])


def originator(folder: Path, nation: Nation) -> tuple[Node, Peer]:
    """A node that releases, and the other nation's node beside it."""
    other = IND if nation == USA else USA
    return staffed_house(folder, nation), Peer(other, nation)


def recipient(folder: Path, nation: Nation) -> tuple[Node, Peer]:
    """A node that receives, its people vouched for, and the other nation's node beside it."""
    other = IND if nation == USA else USA
    peer = Peer(other, nation)
    node = staffed_house(folder, nation, {other: peer})  # type: ignore[dict-item]
    vouch(node, other, "engineer", "colleague")
    return node, peer


def request_of(node: Node, peer: Peer, body: Mapping[str, Any], given: Mapping[str, str]) -> bytes:
    """What the peer's reader asks this node's share with."""
    manifest = bytes(Manifest.objects.get(kind="release").content)
    reader = peer.people["reader"]
    return peer.opening_request(node.house, manifest, str(body["item"]["uuid"]), reader, given[reader])[0]


def code_of(node: Node, peer: Peer, request: bytes) -> str:
    return peer.read_share_answer(request, supply_partner_share(node.house, request, peer.nation)).code


def withdraw(node: Node, case: str) -> Any:
    return withdraw_release(node.house, node.actor("release_officer"), case, reason="the source was compromised")


def withdrawn(node: Node, peer: Peer, sent: SentRelease) -> str:
    return peer.code_of(peer.send(node.house, "withdrawal", peer.withdrawal(sent)))


@BOTH_WAYS
def test_the_withdrawing_node_gives_no_share_from_its_commit_on(db: None, tmp_path: Path, nation: Nation) -> None:
    node, peer = originator(tmp_path, nation)
    given = peer.vouch(node.house, "reader")
    case, body = released(node, peer)
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert peer.code_of(peer.send(node.house, "acceptance", peer.custody(body, policy))) == ""
    assert code_of(node, peer, request_of(node, peer, body, given)) == ""
    entries = LedgerEntry.objects.filter(event="release:withdrawn").count()
    done = withdraw(node, case.id)
    assert (done.state, done.withdrawn_at, done.withdrawal_reason) == (
        "withdrawn",
        node.clock.now(),
        "the source was compromised",
    )
    assert (done.entry, done.waits_on) == (done.entries["release:withdrawn"], ())
    assert LedgerEntry.objects.filter(event="release:withdrawn").count() == entries + 1
    assert code_of(node, peer, request_of(node, peer, body, given)) == "refused"
    record = DecisionRecord.objects.filter(action="supply_share").order_by("at", "permitted").first()
    assert record is not None
    assert (record.permitted, record.facts["release"]["state"]) == (False, "withdrawn")
    directions = [line.direction for line in register.lines(node.house, node.actor("release_officer"))]
    assert sorted(directions) == ["created", "sent", "withdrawn"]
    with pytest.raises(Conflict):
        withdraw(node, case.id)


@BOTH_WAYS
def test_the_recipient_is_told_by_a_signed_notice_without_a_reason(db: None, tmp_path: Path, nation: Nation) -> None:
    node, peer = originator(tmp_path, nation)
    peer.vouch(node.house, "reader")
    case, _ = released(node, peer)
    withdraw(node, case.id)
    notice = sent_body(node, peer, "withdrawal")
    assert "compromised" not in str(notice)
    sequences = list(OutboxMessage.objects.order_by("sequence").values_list("kind", flat=True))
    assert sequences.index("release") < sequences.index("withdrawal")
    with pytest.raises(NotVerified):
        read_withdrawal(node.house, peer.nation, notice, START)


def test_what_was_decided_and_not_sent_is_never_sent(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    decide_case(usa, case)
    withdraw(usa, case.id)
    assert not release_sending.prepare_release(usa.house, case.id)
    assert not OutboxMessage.objects.filter(kind__in=("release", "withdrawal")).exists()
    assert [line.direction for line in register.lines(usa.house, usa.actor("release_officer"))] == ["created"]


def test_only_a_release_officer_withdraws_and_only_what_is_in_force(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    for who in ("engineer", "security_officer", "registrar", "inspector"):
        with pytest.raises(Refused):
            withdraw_release(usa.house, usa.actor(who), case.id, reason="no")
    with pytest.raises(Conflict):
        withdraw(usa, case.id)
    with pytest.raises(NotAvailable):
        withdraw(usa, "rel_unknown")
    assert ReleaseCase.objects.get().state == "asked"


@pytest.mark.parametrize("accepted", [True, False])
def test_receipts_that_cross_the_withdrawal_are_kept_and_change_no_state(
    usa: Node, india: Peer, *, accepted: bool
) -> None:
    india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    policy = Manifest.objects.get(kind="release").policy_uuid
    withdraw(usa, case.id)
    message = ReleaseCase.objects.get().message
    release_settling.release_settled(usa.house, message, Receipt(message, START, "ent_a"), START)
    custody = india.custody(body, policy, accepted=accepted)
    assert india.code_of(india.send(usa.house, "acceptance", custody)) == ""
    row = ReleaseCase.objects.get()
    assert (row.state, row.delivered_at, row.custody_at) == ("withdrawn", START, START)
    assert row.control_number == ("IND-2026-000001" if accepted else "")
    assert india.code_of(india.send(usa.house, "acceptance", custody)) == "conflict.state"
    refusal = LinkRefusal(message, "late", final=True, expected_sequence=None)
    release_settling.release_settled(usa.house, message, refusal, START)
    assert ReleaseCase.objects.get().state == "withdrawn"


def test_a_withdrawn_item_may_be_released_again_and_the_first_release_stays_closed(usa: Node, india: Peer) -> None:
    given = india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    first = request_of(usa, india, body, given)
    withdraw(usa, case.id)
    again = ask_release(usa, india, items.item(usa.house, usa.actor("security_officer"), case.item.id))
    decide_case(usa, again)
    assert release_sending.prepare_release(usa.house, again.id)
    assert code_of(usa, india, first) == "refused"
    newest = Manifest.objects.filter(kind="release", withdrawn_at=None).get()
    reader = india.people["reader"]
    request, _ = india.opening_request(
        usa.house, bytes(newest.content), str(body["item"]["uuid"]), reader, given[reader]
    )
    assert code_of(usa, india, request) == ""


@BOTH_WAYS
def test_the_recipients_record_follows_and_its_people_learn_why_nothing_opens(
    db: None, tmp_path: Path, nation: Nation
) -> None:
    node, peer = recipient(tmp_path, nation)
    arrival, sent = arrived(node, peer)
    accept(node, arrival)
    manifest = parse_manifest(sent.manifest)
    open_now(node, "engineer", manifest)
    assert withdrawn(node, peer, sent) == ""
    seen = arrivals.arrival(node.house, node.actor("release_officer"), arrival.id)
    assert (seen.state, seen.withdrawn_at, seen.withdrawal_reason, seen.disposition, seen.item.state) == (
        "withdrawn",
        START,
        "",
        "",
        "held",
    )
    assert "arrival:withdrawn" in seen.entries
    for position in (0, 1):
        with pytest.raises(Refused) as refused:
            open_now(node, "engineer", manifest, position)
        record = DecisionRecord.objects.get(id=refused.value.reference)
        failed = [gate["rule"] for gate in record.decision["gates"] if gate["outcome"] == "fails"]
        assert "R21-release-in-force" in failed
    (known,) = items.my_items(node.house, node.actor("engineer"))
    assert not openings.may_open(node.house, node.actor("engineer"), known.id).permitted
    held = items.container(node.house, node.actor("engineer"), known.id)  # ciphertext: her attempt is told why it fails
    assert held.size > 0
    lines = register.lines(node.house, node.actor("security_officer"))
    assert sorted(line.direction for line in lines) == ["received", "withdrawn"]
    assert withdrawn(node, peer, sent) == "conflict.state"


def test_an_arrival_that_was_withdrawn_before_it_was_decided_cannot_be_accepted(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    assert withdrawn(ind, america, sent) == ""
    for outcome in ("accept", "refuse"):
        with pytest.raises(Conflict):
            accept(ind, arrival, outcome)
    assert arrivals.arrivals(ind.house, ind.actor("security_officer")) == []
    assert not register.lines(ind.house, ind.actor("release_officer"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "REL-2026-0009"}, "not_verified.withdrawal.release"),
        ({"item": "00000000-0000-4000-8000-000000000000"}, "not_verified.withdrawal.release"),
        ({"release": "rel_" + "a" * 24}, "not_available.release"),
        ({"issuer": "IND", "recipient": "USA"}, "not_verified.notice.parties"),
        ({"by": "somebody"}, "malformed.schema"),
        ({"disposition": "at once"}, "malformed.schema"),
        ({"release": "rel_x"}, "malformed.schema"),
    ],
    ids=str,
)
def test_a_notice_that_does_not_hold_closes_nothing(
    ind: Node, america: Peer, changes: dict[str, str], code: str
) -> None:
    _, sent = arrived(ind, america)
    body = america.withdrawal(sent, **changes)
    assert america.code_of(america.send(ind.house, "withdrawal", body)) == code
    assert Arrival.objects.get().state == "arrived"


def test_a_notice_signed_by_somebody_else_closes_nothing(ind: Node, america: Peer) -> None:
    _, sent = arrived(ind, america)
    america.signer = ind.house.node_key
    assert withdrawn(ind, america, sent) == "not_verified.signature"
    assert Arrival.objects.get().state == "arrived"


def disposed(node: Node, arrival: ArrivalView, who: str = "security_officer", outcome: str = "destroyed") -> Any:
    return record_disposition(
        node.house, node.actor(who), arrival.id, outcome=outcome, reason="shredded before two witnesses"
    )


@BOTH_WAYS
def test_what_is_held_whole_is_asked_back_and_accounted_for(db: None, tmp_path: Path, nation: Nation) -> None:
    node, peer = recipient(tmp_path, nation)
    sent = peer.release({node.people["engineer"]: "analyses the report"}, mode="transferred")
    assert peer.code_of(peer.send(node.house, "release", sent.body, sent.payload)) == ""
    arrival = accept(node, arrivals.arrivals(node.house, node.actor("release_officer"))[0])
    open_now(node, "engineer", parse_manifest(sent.manifest))
    with pytest.raises(Conflict):
        disposed(node, arrival)
    assert withdrawn(node, peer, sent) == ""
    with pytest.raises(Refused):
        open_now(node, "engineer", parse_manifest(sent.manifest))
    officer = node.actor("security_officer")
    assert [row.disposition for row in arrivals.arrivals(node.house, officer)] == ["asked"]
    with pytest.raises(Refused):
        disposed(node, arrival, "release_officer")
    done = disposed(node, arrival, outcome="returned")
    assert (done.disposition, done.disposition_at, done.entry) == (
        "returned",
        START,
        done.entries["disposition:recorded"],
    )
    assert "witnesses" not in str(sent_body(node, peer, "disposition"))
    assert "returned" in [line.direction for line in register.lines(node.house, officer)]
    with pytest.raises(Conflict):
        disposed(node, arrival)


def test_another_companys_officer_knows_nothing_of_it(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    withdrawn(ind, america, sent)
    add_company(ind, "IND-C020", "IND-F020")
    ind.add("stranger", Role.SECURITY_OFFICER, company="IND-C020", facility="IND-F020")
    with pytest.raises(NotAvailable):
        disposed(ind, arrival, "stranger")
    with pytest.raises(NotAvailable):
        arrivals.arrival(ind.house, ind.actor("stranger"), arrival.id)


@BOTH_WAYS
def test_the_originator_takes_the_holders_word_once(db: None, tmp_path: Path, nation: Nation) -> None:
    node, peer = originator(tmp_path, nation)
    peer.vouch(node.house, "reader")
    case, body = released(node, peer, mode="transferred")
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert peer.code_of(peer.send(node.house, "acceptance", peer.custody(body, policy))) == ""
    early = peer.disposition(body, policy)
    assert peer.code_of(peer.send(node.house, "disposition", early)) == "conflict.state"
    assert withdraw(node, case.id).disposition == "asked"
    foreign = peer.disposition(body, policy, control_number="ZZZ-2026-000009")
    assert peer.code_of(peer.send(node.house, "disposition", foreign)) == "not_verified.disposition.release"
    assert peer.code_of(peer.send(node.house, "disposition", peer.disposition(body, policy))) == ""
    seen = releases.case(node.house, node.actor("security_officer"), case.id)
    assert (seen.disposition, seen.disposition_at) == ("destroyed", START)
    assert "disposition:received" in seen.entries
    assert LedgerEntry.objects.get(event="disposition:received").company == COMPANY[nation]
    again = peer.disposition(body, policy, outcome="returned")
    assert peer.code_of(peer.send(node.house, "disposition", again)) == "conflict.state"
