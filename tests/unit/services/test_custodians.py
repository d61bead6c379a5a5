"""The custodians of the agreement: no manifest without their pieces, and each recovery on record or seen to lack."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from relto.base.errors import Conflict, NotVerified, Refused
from relto.base.instants import Instant
from relto.client.sealing import JointOrder, JointSealing, ManifestOrder, ServiceKey, ShareOrder
from relto.procedures.actors import Role
from relto.sealing.archive import container_chunks, open_archive
from relto.sealing.manifest import Manifest, parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.recovery_assertion import read_recovery
from relto.sealing.recovery_keys import CustodianKey
from relto.sealing.recovery_opening import recover_shares
from relto.sealing.recovery_record import KeyUse, Recovery, next_use, record_digest, sign_record, use_state
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.services import custodian_records, items, release_sending
from relto.services.item_view import ItemView
from relto.store.models import CustodianRecord, LedgerEntry
from relto.store.models import Manifest as RegisteredManifest
from tests.support.custodian_agreement import follow_custodians
from tests.support.custodians import custodian, custodians
from tests.support.houses import IND, START, USA, Node, set_role
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import (
    DOCUMENT,
    announce,
    ask_release,
    authorise,
    decide_case,
    seal_item,
    sealed,
    sent_body,
)

OWNERS = {"level": "SECRET", "audience": ["USA", "IND"], "owners": ["USA", "IND"]}
MOMENT = START + timedelta(days=3)


@pytest.fixture
def home(usa: Node) -> Node:
    follow_custodians(usa)
    return usa


def recovered(container: bytes, keys: list[CustodianKey]) -> bytes:
    """What these custodians read of a container, without any node."""
    source = io.BytesIO(container)
    archive = open_archive(source)
    shares = recover_shares(parse_manifest(archive.manifest), keys).shares
    return b"".join(open_container(archive, source, shares, require_label=True).chunks())


# --- manifests -------------------------------------------------------------------------------------------------------


def test_a_sealed_item_is_recovered_by_two_of_its_own_nations_custodians(home: Node) -> None:
    item = announce(home)
    assert [(one.nation, one.quorum, len(one.holders)) for one in item.recovery] == [(USA, 2, 3)]
    container = b"".join(sealed(home, item))
    registered = items.receive_container(home.house, home.actor("engineer"), item.id, [container])
    assert registered.state == "registered"
    assert recovered(container, custodians("USA")[1:]) == DOCUMENT
    with pytest.raises(Refused, match="USA: 2 of 3 needed, 1 given"):
        recovered(container, [custodian("USA", 1)])


def test_a_container_without_the_custodians_pieces_is_refused_and_changes_nothing(home: Node) -> None:
    item = announce(home)
    with pytest.raises(NotVerified, match="pieces for USA: 2 of its 3 custodians"):
        items.receive_container(home.house, home.actor("engineer"), item.id, sealed(home, item, recovery="left out"))
    assert items.item(home.house, home.actor("engineer"), item.id).state == "announced"
    assert not RegisteredManifest.objects.exists()


def test_without_custodians_in_the_agreement_no_pieces_are_made_and_none_are_taken(usa: Node) -> None:
    item = announce(usa)
    assert item.recovery == ()
    follow_custodians(usa)
    with_pieces = announce(usa)
    usa.clock.moment = START  # back under the first agreement
    with pytest.raises(NotVerified, match="not every nation concerned names custodians"):
        items.receive_container(
            usa.house, usa.actor("engineer"), item.id, sealed(usa, replace(item, recovery=with_pieces.recovery))
        )
    registered = items.receive_container(usa.house, usa.actor("engineer"), item.id, sealed(usa, item))
    assert registered.state == "registered"


def test_where_only_one_nation_names_custodians_a_joint_item_has_no_half_recovery(usa: Node) -> None:
    follow_custodians(usa, (USA,))
    assert [one.nation for one in announce(usa).recovery] == [USA]
    assert announce(usa, label=OWNERS).recovery == ()


def _release(home: Node, india: Peer, mode: str) -> tuple[Manifest, bytes]:
    """The manifest that was released and the container of the recipient's people."""
    india.vouch(home.house, "reader")
    authorise(home)
    case = ask_release(home, india, seal_item(home), mode=mode)
    decide_case(home, case)
    assert release_sending.prepare_release(home.house, case.id)
    body = sent_body(home, india, "release")
    content = base64.b64decode(body["manifest"])
    row = RegisteredManifest.objects.get(kind="release").item
    payload = home.house.blobs.read_range(row.payload_blob, row.payload_offset, row.payload_size)
    return parse_manifest(content), b"".join(container_chunks(payload, row.payload_size, row.payload_crc32, content))


def test_what_is_released_needs_both_nations_quorums(home: Node, india: Peer) -> None:
    manifest, container = _release(home, india, "live")
    assert {(split.sid, split.nation) for split in read_recovery(manifest)} == {(USA, USA), (IND, IND)}
    assert recovered(container, [*custodians("USA")[:2], *custodians("IND")[:2]]) == DOCUMENT
    for nation, other in ((USA, IND), (IND, USA)):
        with pytest.raises(Refused, match=f"{other}: 2 of 3 needed, 0 given"):
            recovered(container, custodians(nation))


def test_what_is_transferred_is_recovered_by_the_recipients_custodians(home: Node, india: Peer) -> None:
    manifest, container = _release(home, india, "transferred")
    assert [(split.sid, split.nation) for split in read_recovery(manifest)] == [("", IND)]
    assert recovered(container, custodians("IND")[1:]) == DOCUMENT


def _joint_order(item: ItemView, *, with_pieces: bool) -> JointOrder:
    home, partner = (
        ManifestOrder(
            order.policy, tuple(ShareOrder(row.sid, ServiceKey(row.url, row.kid, row.pem)) for row in order.shares)
        )
        for order in item.manifests
    )
    return JointOrder(item.label_xml, item.media_type, home, partner, item.recovery if with_pieces else ())


def test_a_joint_item_has_the_pieces_of_both_nations_in_both_manifests(home: Node) -> None:
    item = announce(home, label=OWNERS)
    engineer = home.actor("engineer")
    left_out = JointSealing(_joint_order(item, with_pieces=False))
    with pytest.raises(NotVerified, match="recovery"):
        items.receive_container(home.house, engineer, item.id, left_out.container(io.BytesIO(DOCUMENT)))
    sealing = JointSealing(_joint_order(item, with_pieces=True))
    container = b"".join(sealing.container(io.BytesIO(DOCUMENT)))
    items.receive_container(home.house, engineer, item.id, [container])
    with pytest.raises(NotVerified, match="recovery"):
        items.receive_partner_manifest(home.house, engineer, item.id, left_out.partner_manifest)
    items.receive_partner_manifest(home.house, engineer, item.id, sealing.partner_manifest)
    assert recovered(container, [*custodians("USA")[:2], *custodians("IND")[1:]]) == DOCUMENT
    with pytest.raises(Refused, match="IND: 2 of 3 needed, 1 given"):
        recovered(container, [*custodians("USA"), custodian("IND", 1)])


def test_what_arrives_without_the_custodians_pieces_is_refused(ind: Node, america: Peer) -> None:
    follow_custodians(ind)
    readers = {ind.people["engineer"]: "analyses the report"}
    sent = america.release(readers)
    answer = america.send(ind.house, "release", sent.body, sent.payload)
    assert america.code_of(answer) == "not_verified.recovery"
    sent = america.release(readers, pieces=True)
    assert america.code_of(america.send(ind.house, "release", sent.body, sent.payload)) == ""


def test_pieces_that_no_agreement_asks_for_do_not_arrive(ind: Node, america: Peer) -> None:
    sent = america.release({ind.people["engineer"]: "analyses the report"}, pieces=True)
    answer = america.send(ind.house, "release", sent.body, sent.payload)
    assert america.code_of(answer) == "not_verified.recovery"


# --- records ---------------------------------------------------------------------------------------------------------


def fingerprint(home: Node) -> ManifestFingerprint:
    """Of an item that is registered here."""
    seal_item(home)
    return ManifestFingerprint.from_dict(RegisteredManifest.objects.get(kind="original").fingerprint)


class Vault:
    """Custodians at work away from any node: each key's count is kept as the command keeps it."""

    def __init__(self) -> None:
        self.states: dict[str, bytes] = {}

    def recover(
        self,
        of: ManifestFingerprint,
        *keys: CustodianKey,
        at: Instant = MOMENT,
        faulty: tuple[str, ...] = (),
        uses: list[KeyUse] | None = None,
    ) -> bytes:
        uses = uses or [next_use(key, self.states.get(key.public.kid)) for key in keys]
        recovery = Recovery("ab" * 32, of, at, "the service keys were lost in a fire", faulty)
        record = sign_record(recovery, uses, [key.statement_key for key in keys])
        for key, use in zip(keys, uses, strict=True):
            self.states[key.public.kid] = use_state(key, use, record_digest(record))
        return record


def take(home: Node, record: bytes, who: str = "release_officer") -> custodian_records.RecordView:
    home.clock.moment = max(home.clock.moment, MOMENT)
    return custodian_records.import_record(home.house, home.actor(who), record)


def book(home: Node) -> custodian_records.RecoveryBook:
    return custodian_records.recovery_book(home.house, home.actor("inspector"))


def test_a_record_is_imported_once_and_leaves_an_entry_of_digests(home: Node) -> None:
    keys = custodians("USA")[:2]
    record = Vault().recover(fingerprint(home), *keys)
    view = take(home, record)
    assert view.findings == ()
    assert view.item == RegisteredManifest.objects.get(kind="original").item_id
    assert [(use.number, use.use) for use in view.custodians] == [(1, 1), (2, 1)]
    entry = LedgerEntry.objects.get(entry=view.entry)
    assert entry.event == "recovery:imported"
    assert record_digest(record).encode() in bytes(entry.leaf)
    assert b"fire" not in bytes(entry.leaf)
    assert "fire" not in str(entry.details)
    with pytest.raises(Conflict, match="recovery_known"):
        take(home, record)
    assert CustodianRecord.objects.count() == 1
    assert (book(home).quorum, book(home).custodians, book(home).open_matters) == (2, 3, ())


def test_the_same_record_signed_again_is_still_the_same_record(home: Node) -> None:
    """ML-DSA signatures differ each time; a record is known by what it says."""
    of = fingerprint(home)
    keys = custodians("USA")[:2]
    uses = [next_use(key, None) for key in keys]
    take(home, Vault().recover(of, *keys, uses=uses))
    with pytest.raises(Conflict, match="recovery_known"):
        take(home, Vault().recover(of, *keys, uses=uses))


def test_a_record_that_was_never_handed_in_is_overdue(home: Node) -> None:
    of, vault, keys = fingerprint(home), Vault(), custodians("USA")[:2]
    take(home, vault.recover(of, *keys))
    kept_back = [vault.recover(of, *keys) for _ in range(2)]
    take(home, vault.recover(of, keys[0], custodian("USA", 3)))
    matters = [(one.code, one.number, one.use, one.until) for one in book(home).open_matters]
    assert matters == [("overdue", 1, 2, 3)]
    for record in kept_back:
        take(home, record)
    assert book(home).open_matters == ()


def test_a_count_that_was_put_back_shows_as_a_fork(home: Node) -> None:
    of, vault, keys = fingerprint(home), Vault(), custodians("USA")[:2]
    take(home, vault.recover(of, *keys))
    vault.states.clear()
    take(home, vault.recover(of, *keys, at=MOMENT - timedelta(hours=1)))
    assert {(one.code, one.number, one.use) for one in book(home).open_matters} == {("fork", 1, 1), ("fork", 2, 1)}


def test_a_record_that_names_another_one_before_it_breaks_the_chain(home: Node) -> None:
    of, keys = fingerprint(home), custodians("USA")[:2]
    take(home, Vault().recover(of, *keys))
    uses = [replace(next_use(key, None), use=2, previous="cd" * 32) for key in keys]
    take(home, Vault().recover(of, *keys, uses=uses))
    assert {(one.code, one.use) for one in book(home).open_matters} == {("chain", 2)}


def test_what_is_odd_about_a_record_is_a_finding_and_no_refusal(home: Node) -> None:
    registered = fingerprint(home)
    key = custodian("USA", 1)
    stranger = replace(registered, uuid="3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11")
    odd = [
        (stranger, {}, "unknown_container"),
        (replace(registered, payload_digest="0" * 64), {}, "other_manifest"),
        (registered, {"faulty": (custodian("USA", 2).public.kid,)}, "faulty_piece"),
        (registered, {"at": MOMENT + timedelta(days=1)}, "future"),
    ]
    vault = Vault()
    for of, how, finding in odd:
        assert take(home, vault.recover(of, key, **how)).findings == (finding,)  # type: ignore[arg-type]


def test_a_record_of_the_other_nations_custodians_alone_is_theirs_to_import(home: Node) -> None:
    with pytest.raises(Conflict, match="recovery_nation"):
        take(home, Vault().recover(fingerprint(home), *custodians("IND")[:2]))
    both = take(home, Vault().recover(fingerprint_again(home), *custodians("USA")[:2], *custodians("IND")[:2]))
    assert {(use.nation, use.number) for use in both.custodians} == {(USA, 1), (USA, 2), (IND, 1), (IND, 2)}
    assert book(home).open_matters == ()


def fingerprint_again(home: Node) -> ManifestFingerprint:
    return ManifestFingerprint.from_dict(RegisteredManifest.objects.get(kind="original").fingerprint)


def test_a_record_that_a_custodian_did_not_sign_is_refused(home: Node) -> None:
    of = fingerprint(home)
    keys = custodians("USA")[:2]
    uses = [next_use(key, None) for key in keys]
    recovery = Recovery("ab" * 32, of, MOMENT, "a reason", ())
    refused = [
        sign_record(recovery, uses, [keys[0].statement_key]),
        sign_record(recovery, uses[:1], [key.statement_key for key in keys]),
        sign_record(recovery, [replace(uses[0], number=3), uses[1]], [key.statement_key for key in keys]),
        sign_record(recovery, [replace(uses[0], nation=IND), uses[1]], [key.statement_key for key in keys]),
        sign_record(recovery, [replace(uses[0], kid="0" * 32), uses[1]], [key.statement_key for key in keys]),
        sign_record(recovery, uses[:1], [CustodianKey.make(USA, 1, os.urandom(64)).statement_key]),
    ]
    for record in refused:
        with pytest.raises(NotVerified):
            take(home, record)
    assert not CustodianRecord.objects.exists()


def test_only_the_authority_sees_records_and_only_its_officers_hand_them_in(home: Node) -> None:
    record = Vault().recover(fingerprint(home), *custodians("USA")[:2])
    for who in ("engineer", "security_officer", "inspector", "operator"):
        with pytest.raises(Refused, match="role"):
            take(home, record, who)
    set_role(home, "colleague", Role.SECURITY_OFFICER)
    for who in ("engineer", "colleague", "operator"):
        with pytest.raises(Refused, match="role"):
            custodian_records.recovery_book(home.house, home.actor(who))
    take(home, record, "registrar")
    assert len(book(home).records) == 1


def test_a_node_without_custodians_says_that_nobody_recovers(usa: Node) -> None:
    assert (book(usa).quorum, book(usa).custodians) == (0, 0)


def test_the_record_says_which_manifest_was_opened(home: Node) -> None:
    item = announce(home)
    container = b"".join(sealed(home, item))
    items.receive_container(home.house, home.actor("engineer"), item.id, [container])
    manifest = parse_manifest(open_archive(io.BytesIO(container)).manifest)
    assert take(home, Vault().recover(manifest_fingerprint(manifest), *custodians("USA")[:2])).findings == ()
