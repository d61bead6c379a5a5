"""Do the two registers agree? Both nodes sign what was found; a partner who lies or probes gets nothing by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, ReltoError, Unreachable
from relto.exchange.reconciled_records import Record
from relto.exchange.reconciliation_certificate import read_certificate
from relto.exchange.reconciliation_steps import read_answer
from relto.ledger.leaves import LeafEvent
from relto.rules.limits import Limit, Limits
from relto.sealing.keys import generate_service_key, public_key_of
from relto.sealing.manifest import parse_manifest
from relto.services import active_bundle, openings
from relto.services.answered_reconciliations import LiveRuns, answer_reconciliation
from relto.services.house import House
from relto.services.reconciliation_view import ReconciliationDetail
from relto.services.reconciliations import (
    PERIOD,
    certificate,
    open_alarms,
    reconcile,
    reconcile_due,
    reconciliation,
    reconciliations,
    standing_of_programmes,
)
from relto.store.models import (
    Arrival,
    InboxMessage,
    LedgerEntry,
    OutboxMessage,
    Reconciliation,
    RegisterEntry,
)
from tests.support.houses import IND, OTHER_PROGRAMME, PROGRAMME, USA, nationhood, staffed_house, vouch
from tests.support.peer_simulator import Peer, fresh
from tests.unit.services.reconciled import AGREE, COMPARE, DETAILS, OPEN, REVEAL, Mirror
from tests.unit.services.stories import accept, arrived
from tests.unit.services.test_arriving_and_opening import open_now


class Desk:
    """The Indian node after a release was accepted there and opened once, and its American mirror."""

    def __init__(self, folder: Path) -> None:
        self.peer = Peer(USA, IND)
        self.node = staffed_house(folder, IND, {USA: self.peer})  # type: ignore[dict-item]
        self.house: House = self.node.house
        vouch(self.node, USA, "engineer", "colleague")
        self.mirror = Mirror(USA, self.house)
        self.peer.reconcile = self.mirror.reconcile  # type: ignore[attr-defined]
        arrival, sent = arrived(self.node, self.peer)
        self.arrival = accept(self.node, arrival)
        self.opened = self.open(sent.manifest)
        OutboxMessage.objects.update(state="receipted")
        self.node.clock.forward(minutes=30)

    def open(self, manifest: bytes) -> str:
        """The engineer opens with both shares; the request's id."""
        parsed = parse_manifest(manifest)
        grant = open_now(self.node, "engineer", parsed)
        session = public_key_of(generate_service_key("ec:secp256r1"))
        relayed = next(one for one in parsed.key_access if one.url == nationhood(IND).urls.relay)
        actor = self.node.actor("engineer")
        openings.ask_partner(self.house, actor, grant, key_access=relayed, session_key_pem=session)
        return LedgerEntry.objects.get(event=LeafEvent.OPENING_SHARE_RECEIVED).subject

    def reconcile(self, who: str = "inspector") -> ReconciliationDetail:
        return reconcile(self.house, self.node.actor(who), programme=PROGRAMME)

    def findings(self) -> list[tuple[str, str]]:
        return [(str(one["code"]), str(one["act"])) for one in self.reconcile().differences]

    def stopped(self) -> str:
        """The code with which the newest run was kept as stopped."""
        row = Reconciliation.objects.order_by("-ended_at").first()
        assert row is not None
        assert row.state == "stopped"
        assert LedgerEntry.objects.filter(event=LeafEvent.RECONCILIATION_STOPPED, subject=row.id).count() == 1
        return row.code


@pytest.fixture
def desk(db: None, tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def without(kind: str) -> Any:
    """A declaration that leaves out what is of this kind (of messages) or type."""
    return lambda records: [one for one in records if kind not in {one.get("kind"), one["type"]}]


def held_otherwise(kind: str, **register: Json) -> Any:
    """A declaration whose register holds something else of this kind of message."""

    def change(records: list[Record]) -> list[Record]:
        for one in records:
            if one.get("kind") == kind:
                one["register"] = {**cast("dict[str, Json]", one["register"]), **register}
        return records

    return change


def test_registers_that_agree_are_certified_by_both_nodes_and_entered(desk: Desk) -> None:
    done = desk.reconcile()
    assert (done.state, done.findings, done.alarms, done.code) == ("agree", 0, 0, "")
    assert done.records == done.partner_records == 3  # the release, its acceptance, one opening
    assert done.messages == {"IND>USA": {"below": 5, "beyond": 0}, "USA>IND": {"below": 2, "beyond": 0}}
    inspector = desk.node.actor("inspector")
    signed = certificate(desk.house, inspector, done.id)
    both: dict[str, Any] = {nation: (nationhood(nation).node.public,) for nation in (USA, IND)}
    read = read_certificate(signed, both)
    assert read.owners == {"IND/node", "USA/node"}
    assert read.digest == done.digest
    entry = LedgerEntry.objects.get(entry=done.entry)
    assert (entry.event, entry.subject) == (LeafEvent.RECONCILIATION_AGREED, done.id)
    assert reconciliation(desk.house, inspector, done.id) == done
    assert [one.id for one in reconciliations(desk.house, inspector)] == [done.id]
    (standing,) = standing_of_programmes(desk.house, inspector)
    assert standing.newest is not None
    assert standing.newest.id == done.id
    assert not open_alarms(desk.house, inspector)


def test_a_partner_that_ends_a_run_of_the_same_name_hides_no_difference(desk: Desk) -> None:
    """The asker names the run: a partner who is asked may at once ask under that name about a programme without any."""
    hidden = Mirror(USA, desk.house)

    def first_another(step: str, members: dict[str, Any]) -> None:
        if step == AGREE:
            (run,) = desk.mirror.runs
            assert hidden.begin(LiveRuns(), run, OTHER_PROGRAMME)[1] == ""

    desk.mirror.records, desk.mirror.change = without("acceptance"), first_another
    done = desk.reconcile()
    assert (done.state, done.programme) == ("differ", PROGRAMME)
    assert LedgerEntry.objects.get(event=LeafEvent.RECONCILIATION_DIFFERED).subject == done.id
    assert {one.programme: one.state for one in Reconciliation.objects.all()} == {
        PROGRAMME: "differ",
        OTHER_PROGRAMME: "agree",
    }


def test_only_the_authoritys_officers_and_inspectors_ask_and_read(desk: Desk) -> None:
    for who in ("release_officer", "registrar", "inspector"):
        assert desk.reconcile(who).state == "agree"
    for who in ("engineer", "security_officer", "operator", "co_chair"):
        with pytest.raises(ReltoError, match="role"):
            desk.reconcile(who)
        with pytest.raises(ReltoError, match="role"):
            reconciliations(desk.house, desk.node.actor(who))


def test_a_programme_that_is_not_shared_is_not_available(desk: Desk) -> None:
    with pytest.raises(NotAvailable, match="programme"):
        reconcile(desk.house, desk.node.actor("inspector"), programme=OTHER_PROGRAMME)


def test_messages_not_settled_and_openings_of_just_now_are_not_compared(desk: Desk) -> None:
    OutboxMessage.objects.filter(kind="acceptance").update(state="waiting")
    desk.node.clock.forward(minutes=-30)
    done = desk.reconcile()
    assert (done.state, done.records) == ("agree", 1)
    assert done.messages["IND>USA"] == {"below": 4, "beyond": 1}


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        (without("release"), [("one_sided", "show_message")]),
        (without("acceptance"), [("one_sided", "show_message")]),
        (held_otherwise("acceptance", control_number="IND-2026-000099"), [("differs", "correct_receipt")]),
        (held_otherwise("release", facility="IND-F999", mode="transferred"), [("differs", "compare_release")]),
        (without("opening"), [("opening_one_sided", "explain_opening")]),
    ],
)
def test_what_the_partner_lacks_or_holds_otherwise_is_found(desk: Desk, lost: Any, found: list[Any]) -> None:
    desk.mirror.records = lost
    assert desk.findings() == found


def test_what_differs_is_listed_and_the_own_record_kept_at_home(desk: Desk) -> None:
    desk.mirror.records = without("opening")
    done = desk.reconcile()
    assert (done.state, done.alarms) == ("differ", 1)
    assert done.differences[0]["side"] == IND
    assert done.own_records[0]["id"] == desk.opened
    assert desk.opened not in str(done.differences)
    assert [one.id for one in open_alarms(desk.house, desk.node.actor("release_officer"))] == [done.id]


def test_a_register_that_was_changed_by_hand_is_found_by_the_own_message(desk: Desk) -> None:
    """The mirror holds what both held before: its declaration is taken first."""
    kept: list[Record] = []
    desk.mirror.records = lambda records: kept or kept.__iadd__(records)
    assert desk.reconcile().state == "agree"
    RegisterEntry.objects.filter(direction="received").update(direction="created")
    assert desk.findings() == [("differs", "correct_receipt")]
    Arrival.objects.update(facility="IND-F999")
    assert ("differs", "compare_release") in desk.findings()
    InboxMessage.objects.filter(kind="release").delete()
    assert ("one_sided", "show_message") in desk.findings()


def test_a_supplied_share_that_no_own_opening_asked_for_is_an_alarm(desk: Desk) -> None:
    """Root at one node used the other's share without a leaf: the other has an entry, and this one has none."""

    def more(records: list[Record]) -> list[Record]:
        opening = next(one for one in records if one["type"] == "opening")
        return [*records, {**opening, "id": fresh("opr"), "sha256": "e" * 64, "decision": fresh("dec")}]

    desk.mirror.records = more
    assert desk.findings() == [("opening_one_sided", "explain_opening")]


def test_a_share_whose_answer_was_lost_is_told_apart_by_the_own_decision(desk: Desk) -> None:
    kept: list[Record] = []
    desk.mirror.records = lambda records: kept or kept.__iadd__(records)
    assert desk.reconcile().state == "agree"
    LedgerEntry.objects.filter(event=LeafEvent.OPENING_SHARE_RECEIVED).update(event=LeafEvent.OPENING_GRANTED)
    assert desk.findings() == [("answer_lost", "none")]


# A partner who lies, as the one who is asked.


def test_a_partner_that_does_not_answer_leaves_nothing(desk: Desk) -> None:
    def silent(_: bytes) -> Any:
        raise Unreachable("partner")

    desk.peer.reconcile = silent  # type: ignore[attr-defined]
    with pytest.raises(Unreachable):
        desk.reconcile()
    assert not Reconciliation.objects.exists()


def lying(step: str, **members: Any) -> Any:
    return lambda now, given: given.update(members) if now == step else None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lying(REVEAL, root={"count": 3, "hash": "0" * 64}), ReltoError),
        (lying(REVEAL, root={"count": 2**40, "hash": "0" * 64}), ReltoError),
        (lying(COMPARE, parts={"/": "AAAA"}), ReltoError),
        (lying(COMPARE, parts={f"/{one:x}": "AA" for one in range(300)}), MalformedInput),
        (lying(DETAILS, answers=[None]), MalformedInput),
        (lying(AGREE, certificate={}), ReltoError),
        (lying(OPEN, code="conflict.no"), Conflict),
    ],
)
def test_a_partner_who_breaks_a_rule_stops_the_run(desk: Desk, change: Any, error: type[ReltoError]) -> None:
    desk.mirror.change = change
    with pytest.raises(error):
        desk.reconcile()
    assert desk.stopped()


def test_an_answer_of_another_key_or_of_no_form_stops_the_run(desk: Desk) -> None:
    desk.mirror.signer = nationhood(IND).authority
    with pytest.raises(NotVerified, match="signature"):
        desk.reconcile()
    desk.mirror.signer = None
    for raw in (b"", b"{", b"[" * 5000, b"\xff" * 10, b"{}", b" " * 3_000_000):
        desk.mirror.raw = lambda _, raw=raw: raw  # type: ignore[misc]
        with pytest.raises(MalformedInput):
            desk.reconcile()
        desk.stopped()


def test_an_answer_kept_from_an_older_run_is_refused(desk: Desk) -> None:
    old: list[bytes] = []
    desk.mirror.raw = lambda answer: old.append(answer) or answer  # type: ignore[func-returns-value]
    desk.reconcile()
    desk.mirror.raw = lambda _: old[0]
    with pytest.raises(NotVerified, match=r"reconciliation\.answer"):
        desk.reconcile()


def test_a_checkpoint_that_the_partners_log_did_not_sign_is_refused(desk: Desk) -> None:
    desk.mirror.stands = {"note": "usa.localhost/ledger\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"}
    with pytest.raises(ReltoError):
        desk.reconcile()
    desk.stopped()


# The node under test as the one who is asked.


def run_id() -> str:
    return fresh("rcn")


def test_the_partner_begins_and_both_sign_the_same(desk: Desk) -> None:
    run = run_id()
    outcome, code = desk.mirror.begin(LiveRuns(), run)
    assert (outcome is not None, code) == (True, "")
    row = Reconciliation.objects.get(id=run)
    assert (row.side, row.state, row.started_by, row.partner) == ("answerer", "agree", "", "USA")
    assert reconciliation(desk.house, desk.node.actor("inspector"), run).records == 3
    assert LedgerEntry.objects.filter(event=LeafEvent.RECONCILIATION_AGREED, subject=run).count() == 1


def test_the_last_step_asked_again_gives_the_same_certificate(desk: Desk) -> None:
    run = run_id()
    desk.mirror.begin(LiveRuns(), run)
    again = answer_reconciliation(desk.house, LiveRuns(), USA, desk.mirror.last)
    given, _ = read_answer(again.envelope, question=desk.mirror.last, trusted=[desk.house.node_key.public])
    kept = Reconciliation.objects.get(id=run)
    assert canonical_bytes(given["certificate"]) == canonical_bytes(read_object(bytes(kept.certificate)))
    assert LedgerEntry.objects.filter(subject=run).count() == 1


def test_an_unknown_programme_and_one_without_a_transfer_look_the_same(desk: Desk) -> None:
    answers = [desk.mirror.begin(LiveRuns(), run_id(), programme) for programme in ("NO-SUCH-ONE", OTHER_PROGRAMME)]
    assert [(outcome and outcome.body["findings"], code) for outcome, code in answers] == [([], "")] * 2


def test_a_prober_who_declares_what_it_has_no_message_for_learns_nothing(desk: Desk) -> None:
    desk.mirror.records = lambda records: [{**one, "sha256": "f" * 64, "id": fresh("msg")} for one in records]

    def listen(step: str, members: dict[str, Any]) -> None:
        if step == DETAILS:
            for one in members["asks"]:
                one["proof"] = "f" * 64

    desk.mirror.change = listen
    outcome, _ = desk.mirror.begin(LiveRuns(), run_id())
    assert outcome is not None
    told = str(outcome.body)
    assert {one["code"] for one in cast("list[dict[str, Json]]", outcome.body["findings"])} >= {"one_sided"}
    rows = [(row.digest, row.message) for row in InboxMessage.objects.all()]
    rows += [(row.digest, row.id) for row in OutboxMessage.objects.all()]
    assert rows
    assert not any(one in told for row in rows for one in row)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lying(REVEAL, contribution="0" * 64), "not_verified.reconciliation.commitment"),
        (lying(COMPARE, root={"count": 3, "hash": "0" * 64}), "not_verified.reconciliation.commitment"),
        (lying(COMPARE, previous="0" * 64), "not_verified.reconciliation.previous"),
        (lying(DETAILS, asks=[{"digest": "0" * 64, "type": "message", "proof": "0" * 64, "decision": ""}]), "asks"),
        (lying(AGREE, certificate={}), "malformed"),
    ],
)
def test_an_asker_who_breaks_a_rule_gets_a_signed_code_and_the_run_is_over(desk: Desk, change: Any, code: str) -> None:
    desk.mirror.change = change
    runs, run = LiveRuns(), run_id()
    outcome, told = desk.mirror.begin(runs, run)
    assert outcome is None or told
    assert code in told
    desk.stopped()
    desk.mirror.change = Mirror(USA, desk.house).change
    assert desk.mirror.begin(runs, run)[1] == "conflict.reconciliation.run"


def test_the_certificate_of_another_outcome_is_not_signed(desk: Desk) -> None:
    """An asker who found a difference and would have the other sign that there is none."""
    desk.mirror.records = without("opening")

    def agreeable(step: str, members: dict[str, Any]) -> None:
        if step == AGREE:
            from relto.base.canonical import read_object  # noqa: PLC0415
            from relto.signing.statements import read_statement, sign_statement  # noqa: PLC0415

            body = read_statement(
                __import__("json").dumps(members["certificate"]).encode(),
                kind="reconciliation-certificate",
                versions=(1,),
                trusted=[nationhood(USA).node.public],
            ).body
            mine = body["declared"]["IND"]  # type: ignore[index,call-overload]
            body["declared"]["USA"] |= {"records": mine["records"], "root": mine["root"]}  # type: ignore[index,call-overload,operator]
            body |= {"outcome": "agree", "findings": []}
            del body["type"], body["version"]
            forged = sign_statement("reconciliation-certificate", 1, body, [nationhood(USA).node])
            members["certificate"] = read_object(forged)

    desk.mirror.change = agreeable
    _, code = desk.mirror.begin(LiveRuns(), run_id())
    assert code == "not_verified.reconciliation.certificate"
    assert not Reconciliation.objects.filter(state="agree").exists()


def test_questions_of_no_form_or_of_another_key_get_a_code_and_leave_nothing(desk: Desk) -> None:
    for raw in (b"", b"{}", b"[" * 10_000, b" " * 3_000_000):
        assert answer_reconciliation(desk.house, LiveRuns(), USA, raw).status == 422
    desk.mirror.signer = nationhood(USA).authority
    assert desk.mirror.begin(LiveRuns(), run_id())[1] == "not_verified.signature"
    assert not Reconciliation.objects.exists()


def test_a_partner_who_begins_many_runs_keeps_few(desk: Desk) -> None:
    runs = LiveRuns()

    def leave(step: str, members: dict[str, Any]) -> None:
        if step == REVEAL:
            raise KeyboardInterrupt

    desk.mirror.change = leave
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            desk.mirror.begin(runs, run_id())
    assert len(runs._runs) <= 2


def test_the_worker_reconciles_only_when_the_agreement_names_a_period(desk: Desk) -> None:
    assert reconcile_due(desk.house, "worker-1") == 0
    assert not Reconciliation.objects.exists()


def test_the_worker_reconciles_each_period_that_the_agreement_names(desk: Desk) -> None:
    bundle = active_bundle.active(desk.house)
    limits = Limits({"limits": {}})
    limits._limits = {**bundle.limits._limits, PERIOD: Limit(1, "day", "demo", None, "none", confirmed=False)}
    active_bundle.keep(desk.house, replace(bundle, limits=limits))
    try:
        assert reconcile_due(desk.house, "worker-1") == 1
        assert reconcile_due(desk.house, "worker-1") == 0
        desk.node.clock.forward(hours=25)
        assert reconcile_due(desk.house, "worker-1") == 1
        assert [row.started_by for row in Reconciliation.objects.all()] == ["", ""]
    finally:
        active_bundle.keep(desk.house, bundle)
