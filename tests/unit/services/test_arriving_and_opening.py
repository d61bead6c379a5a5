"""On the recipient's node: what arrives, what is accepted, who opens it, and what is refused where."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest

from relto.base.errors import MalformedInput, NotAvailable, NotVerified, Refused, Unreachable
from relto.procedures.actors import Role
from relto.sealing.archive import open_archive
from relto.sealing.manifest import Manifest, parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.policy import read_policy
from relto.sealing.wrapping import SessionKey, unwrap_share
from relto.services import arrivals, assurances, items, openings, programmes, refusals, register
from relto.store.models import (
    Arrival,
    Assurance,
    DecisionRecord,
    Facility,
    InboxMessage,
    Item,
    LedgerEntry,
    Membership,
    OutboxMessage,
    Person,
)
from relto.store.queries.assurances import newest_received
from tests.support.houses import IND, PROGRAMME, START, USA, Node, add_company, nationhood
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import DOCUMENT, accept, arrived, gaps, seal_item, sent_body


def open_now(node: Node, who: str, manifest: Manifest, position: int = 0) -> openings.OpeningGrant:
    share = manifest.key_access[position]
    return openings.open_at_home(
        node.house,
        node.actor(who),
        policy_uuid=read_policy(manifest.policy_text).uuid,
        policy_text=manifest.policy_text,
        key_access=share,
    )


def test_the_straight_path_on_the_recipients_side(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    assert (arrival.state, arrival.item.state, arrival.waits_on) == ("arrived", "announced", ("release_officer",))
    done = accept(ind, arrival)
    assert (done.state, done.control_number, done.item.state) == ("accepted", "IND-2026-000001", "held")
    receipt = sent_body(ind, america, "acceptance")
    assert set(receipt) == {"statement"}
    (held,) = items.my_items(ind.house, ind.actor("engineer"))
    assert (held.title, held.control_number) == ("Test report of the seeker head", "IND-2026-000001")
    (line,) = register.lines(ind.house, ind.actor("security_officer"))
    assert (line.direction, line.counterpart, line.uuid) == ("received", "USA", held.uuid)

    engineer = ind.actor("engineer")
    container = b"".join(items.container(ind.house, engineer, held.id).chunks)
    archive = open_archive(io.BytesIO(container))
    manifest = parse_manifest(archive.manifest)
    assert openings.may_open(ind.house, engineer, held.id).permitted
    session = SessionKey.generate("ec:secp256r1")
    own, by_relay = open_now(ind, "engineer", manifest, 0), open_now(ind, "engineer", manifest, 1)
    assert (own.partner, by_relay.partner) == (USA, USA)
    answer = openings.ask_partner(
        ind.house, engineer, by_relay, key_access=manifest.key_access[1], session_key_pem=session.public_pem
    )
    partner_share = session.unwrap(answer.wrapped, answer.session_public_key)
    home_share = unwrap_share(manifest.key_access[0], nationhood(IND).service_key, manifest.policy_text)
    opened = open_container(archive, io.BytesIO(container), {0: home_share, 1: partner_share})
    assert b"".join(opened.chunks()) == DOCUMENT
    assert LedgerEntry.objects.filter(event="opening:granted", subject=held.id).count() == 2
    assert sent.release == Arrival.objects.get().release


def test_a_colleague_outside_the_programme_is_refused_at_home(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    with pytest.raises(Refused) as refused:
        open_now(ind, "colleague", parse_manifest(sent.manifest), 1)
    reference = str(refused.value.reference)
    assert not america.asked, "the request never leaves the node"
    own = refusals.explain(ind.house, ind.actor("colleague"), reference)
    assert {gate["gate"] for gate in own.gates} == {"need_to_know"}
    assert not own.full
    assert all("facts" not in gate and "provisions" not in gate for gate in own.gates)
    assert own.bundle_version == 1
    full = refusals.explain(ind.house, ind.actor("security_officer"), reference)
    assert full.full
    assert full.gates[0]["rule"] == "R12-programme-member"
    assert full.gates[0]["provisions"]
    assert full.gates[0]["who"]
    for who in ("engineer", "registrar", "release_officer", "inspector", "operator", "co_chair"):
        with pytest.raises(NotAvailable):
            refusals.explain(ind.house, ind.actor(who), reference)
    assert LedgerEntry.objects.get(entry=own.entry).event == "opening:refused"


def test_the_partners_refusal_is_a_code(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    grant = open_now(ind, "engineer", manifest, 1)
    america.refuses_shares = "refused"
    session = SessionKey.generate("ec:secp256r1")
    with pytest.raises(Refused) as refused:
        openings.ask_partner(
            ind.house,
            ind.actor("engineer"),
            grant,
            key_access=manifest.key_access[1],
            session_key_pem=session.public_pem,
        )
    told = refusals.explain(ind.house, ind.actor("engineer"), str(refused.value.reference))
    assert (told.partner_code, told.gates) == ("refused", ())


@pytest.mark.parametrize(
    ("code", "told"),
    [("unreachable", "unreachable.partner"), ("unreachable.assurance_on_its_way",) * 2],
)
def test_a_partner_that_cannot_answer_now_has_not_refused(ind: Node, america: Peer, code: str, told: str) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    grant = open_now(ind, "engineer", manifest, 1)
    america.refuses_shares = code
    with pytest.raises(Unreachable, match=told):
        openings.ask_partner(
            ind.house,
            ind.actor("engineer"),
            grant,
            key_access=manifest.key_access[1],
            session_key_pem=SessionKey.generate("ec:secp256r1").public_pem,
        )


def test_an_answer_that_the_partner_did_not_sign_is_no_answer(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    grant = open_now(ind, "engineer", manifest, 1)
    america.signer = ind.house.node_key
    with pytest.raises(NotVerified):
        openings.ask_partner(
            ind.house,
            ind.actor("engineer"),
            grant,
            key_access=manifest.key_access[1],
            session_key_pem=SessionKey.generate("ec:secp256r1").public_pem,
        )


def _leave_programme(node: Node) -> None:
    Membership.objects.filter(person_id=node.people["engineer"]).update(until=START)


def _suspend(node: Node) -> None:
    Person.objects.filter(id=node.people["engineer"]).update(clearance_level="CONFIDENTIAL")


def _revoke(_: Node) -> None:
    Assurance.objects.filter(subject_kind="person").update(status="revoked")


def _agreement_ends(node: Node) -> None:
    node.clock.forward(days=365)


@pytest.mark.parametrize(
    ("what_if", "rule"),
    [
        (_leave_programme, "R12-programme-member"),
        (_suspend, "R08-personal-level"),
        (_revoke, "R09-personal-assurance-valid"),
        (_agreement_ends, "R01-agreement-in-force"),
    ],
)
def test_each_opening_is_decided_by_what_holds_at_that_moment(
    ind: Node, america: Peer, what_if: Callable[[Node], None], rule: str
) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    open_now(ind, "engineer", manifest)
    what_if(ind)
    with pytest.raises(Refused) as refused:
        open_now(ind, "engineer", manifest)
    record = DecisionRecord.objects.get(id=refused.value.reference)
    assert rule in [gate["rule"] for gate in record.decision["gates"] if gate["outcome"] == "fails"]


def test_nothing_opens_before_acceptance(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    with pytest.raises(Refused):
        open_now(ind, "engineer", parse_manifest(sent.manifest))
    assert items.my_items(ind.house, ind.actor("engineer")) == []
    done = accept(ind, arrival, "refuse")
    assert (done.state, done.item.state, done.control_number) == ("refused", "returned", "")
    assert register.lines(ind.house, ind.actor("release_officer")) == []
    with pytest.raises(Refused):
        open_now(ind, "engineer", parse_manifest(sent.manifest))


def test_only_a_registered_manifest_opens(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    other = parse_manifest(america.release({ind.people["engineer"]: "reason"}).manifest)
    before = LedgerEntry.objects.count()
    for policy_text, share in (
        (other.policy_text, other.key_access[0]),
        (manifest.policy_text, other.key_access[0]),
        (other.policy_text, manifest.key_access[0]),
    ):
        with pytest.raises(NotVerified):
            openings.open_at_home(
                ind.house,
                ind.actor("engineer"),
                policy_uuid=read_policy(manifest.policy_text).uuid,
                policy_text=policy_text,
                key_access=share,
            )
    assert LedgerEntry.objects.count() == before


def test_an_own_item_opens_at_home_for_its_programmes_people_only(usa: Node) -> None:
    item = seal_item(usa)
    container = b"".join(items.container(usa.house, usa.actor("engineer"), item.id).chunks)
    manifest = parse_manifest(open_archive(io.BytesIO(container)).manifest)
    assert open_now(usa, "engineer", manifest).partner is None
    with pytest.raises(Refused):
        open_now(usa, "colleague", manifest)
    add_company(usa, "USA-C020", "USA-F020")
    usa.add("stranger", Role.ENGINEER, company="USA-C020", facility="USA-F020")
    programmes.assign_member(
        usa.house, usa.actor("registrar"), programme=PROGRAMME, person=usa.people["stranger"], reason="partner company"
    )
    with pytest.raises(Refused):
        open_now(usa, "stranger", manifest)


def test_national_work_goes_on_when_the_agreement_has_expired(usa: Node) -> None:
    item = seal_item(usa)
    container = b"".join(items.container(usa.house, usa.actor("engineer"), item.id).chunks)
    manifest = parse_manifest(open_archive(io.BytesIO(container)).manifest)
    Person.objects.update(valid_until=START.replace(year=2030))
    Facility.objects.update(valid_until=START.replace(year=2030))
    usa.clock.forward(days=400)
    assert open_now(usa, "engineer", manifest).partner is None


def _forge_title(body: dict[str, Any]) -> None:
    body["item"]["title"] = "two\nlines"


def _weaken_label(body: dict[str, Any]) -> None:
    body["item"]["label"]["level"] = "CONFIDENTIAL"


def _other_programme(body: dict[str, Any]) -> None:
    body["item"]["programme"] = "GRANITE-FINCH"


def _other_item(body: dict[str, Any]) -> None:
    body["item"]["uuid"] = "00000000-0000-4000-8000-000000000000"


def _unknown_facility(body: dict[str, Any]) -> None:
    body["facility"] = "IND-F999"


def _no_readers(body: dict[str, Any]) -> None:
    body["readers"] = []


def _reader_without_reason(body: dict[str, Any]) -> None:
    body["readers"][0]["reason"] = ""


def _changed_manifest(body: dict[str, Any]) -> None:
    text = base64.b64decode(body["manifest"]).replace(b"application/pdf", b"application/xml")
    body["manifest"] = base64.b64encode(text).decode()


def _missing_member(body: dict[str, Any]) -> None:
    del body["registration"]


@pytest.mark.parametrize(
    "change",
    [
        _forge_title,
        _weaken_label,
        _other_programme,
        _other_item,
        _unknown_facility,
        _no_readers,
        _reader_without_reason,
        _changed_manifest,
        _missing_member,
    ],
)
def test_a_release_that_does_not_hold_is_refused_whole(
    ind: Node, america: Peer, change: Callable[[dict[str, Any]], None]
) -> None:
    sent = america.release({ind.people["engineer"]: "reason"}, change=change)
    answer = america.send(ind.house, "release", sent.body, sent.payload)
    assert answer.status == 422
    assert america.code_of(answer)
    assert not Item.objects.exists()
    assert not Arrival.objects.exists()
    assert InboxMessage.objects.count() == 1


def test_a_release_signed_by_somebody_else_or_with_alternative_shares_is_refused(ind: Node, america: Peer) -> None:
    same_split = america.release({ind.people["engineer"]: "reason"}, alternatives=True)
    answer = america.send(ind.house, "release", same_split.body, same_split.payload)
    assert america.code_of(answer) == "malformed.release.shares"
    america.signer = ind.house.node_key
    forged = america.release({ind.people["engineer"]: "reason"})
    assert america.code_of(america.send(ind.house, "release", forged.body, forged.payload)) == "not_verified.signature"
    america.signer = None
    other = america.release({ind.people["engineer"]: "reason"}, content=b"other bytes, of another length")
    first = america.release({ind.people["engineer"]: "reason"})
    answer = america.send(ind.house, "release", first.body, other.payload)
    assert america.code_of(answer) == "not_verified.payload_size"
    assert not Arrival.objects.exists()


def test_an_acceptance_with_a_failing_gate_changes_nothing(ind: Node, america: Peer) -> None:
    arrival, _ = arrived(ind, america)
    _leave_programme(ind)
    queued = OutboxMessage.objects.filter(kind="acceptance").count()
    with pytest.raises(Refused) as refused:
        accept(ind, arrival)
    assert Arrival.objects.get().state == "arrived"
    assert OutboxMessage.objects.filter(kind="acceptance").count() == queued
    full = refusals.explain(ind.house, ind.actor("security_officer"), str(refused.value.reference))
    assert full.gates[0]["gate"] == "need_to_know"


def test_a_gap_in_the_rules_is_accepted_by_name(ind: Node, america: Peer) -> None:
    arrival, _ = arrived(ind, america)
    officer = ind.actor("release_officer")
    needed = gaps(arrivals.arrival(ind.house, officer, arrival.id).gates)
    with pytest.raises(MalformedInput):
        arrivals.decide_arrival(
            ind.house, officer, arrival.id, outcome="accept", reason="fine", accepts=needed - {max(needed)}
        )
    assert Arrival.objects.get().state == "arrived"


def test_an_item_that_was_returned_may_be_released_again(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival, "refuse")
    assert Item.objects.get().state == "returned"
    again = america.release({ind.people["engineer"]: "analyses the report"}, again=sent)
    assert america.code_of(america.send(ind.house, "release", again.body, again.payload)) == ""
    second = Arrival.objects.get(release=again.release)
    assert (second.item_id, Item.objects.count()) == (arrival.item.id, 1)
    accept(ind, arrivals.arrival(ind.house, ind.actor("release_officer"), second.id))
    assert Item.objects.get().state == "held"
    open_now(ind, "engineer", parse_manifest(again.manifest))
    with pytest.raises(Refused):
        open_now(ind, "engineer", parse_manifest(sent.manifest))


def test_of_two_assurances_of_the_same_second_the_later_told_governs(usa: Node, india: Peer) -> None:
    reader = india.people["reader"]
    told = [f"asr_{sign * 24}" for sign in "zazmc"]  # in no order that an identifier could give
    for assurance in told:
        body = india.assurance("person", reader, id=assurance, level={"policy": "2.999.356.1", "name": "SECRET"})
        assert india.code_of(india.send(usa.house, "assurance", body)) == ""
        found = newest_received("person", reader, IND)
        assert found is not None
        assert found.id == assurance
        (governs,) = [one for one in assurances.list_assurances(usa.house, usa.actor("registrar")) if one.governs]
        assert governs.id == assurance


def test_a_partners_assurance_counts_only_about_its_own_and_never_goes_back(usa: Node, india: Peer) -> None:
    reader = india.people["reader"]
    given = india.vouch(usa.house, "reader")
    older = {"id": given[reader], "status_at": "2026-11-01T00:00:00Z"}
    refused = {
        "conflict.assurance.status": india.assurance("person", reader, **older),
        "not_verified.assurance.parties": india.assurance("person", reader, issuer="USA"),
        "unknown.assurance.level": india.assurance("person", reader, level={"policy": "2.999.840.1", "name": "SECRET"}),
        "unknown.level": india.assurance("person", reader, level={"policy": "2.999.356.1", "name": "COSMIC"}),
        "conflict.assurance.id": india.assurance("person", india.people["second"], id=given[reader]),
        "malformed.id": india.assurance("person", "a name"),
    }
    for code, body in refused.items():
        assert india.code_of(india.send(usa.house, "assurance", body)) == code
    revoked = {"id": given[reader], "status": "revoked", "status_at": "2026-11-22T09:30:00Z"}
    assert india.code_of(india.send(usa.house, "assurance", india.assurance("person", reader, **revoked))) == ""
    revived = {"id": given[reader], "status_at": "2026-11-22T09:30:01Z"}
    answer = india.send(usa.house, "assurance", india.assurance("person", reader, **revived))
    assert india.code_of(answer) == "conflict.state"
    assert Assurance.objects.get(subject=reader).status == "revoked"
