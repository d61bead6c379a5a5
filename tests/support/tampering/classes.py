"""The classes of tampering: each is done to the recorded story, and every one who could notice is then asked.

`after` counts the checkpoints that the tampered node signs before somebody notices: 0 is at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from relto.base.errors import ReltoError, Unreachable
from relto.client.verification import verify_folder_on_disk
from relto.exchange.answers import write_receipt
from relto.exchange.messages import read_message, write_message
from relto.ledger.checkpoint import add_lines, cosign, read_checkpoint, signed_checkpoint
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import NoteKey, NoteSigner, read_note
from relto.ledger.tiles import TileReader, bundles_for_growth, decode_entries, encode_entries, tiles_for_growth
from relto.ledger.tree import CompactRange, leaf_hash
from relto.ledger.tree_head import Checkpoint as Head
from relto.ledger.verification import CHECKPOINT, witness_path
from relto.ledger.witnessing import write_request
from relto.ports.partners import LinkAnswer
from relto.services.ledger_check import LedgerCheck
from relto.services.receiving import receive_message
from relto.services.sending import PayloadRef
from relto.store.models import (
    Checkpoint,
    Cosignature,
    InboxMessage,
    LedgerEntry,
    LedgerTree,
    LogEvidence,
    OutboxMessage,
    Quarantine,
)
from relto.store.queries.channels import overdue
from relto.store.queries.ledger import newest_checkpoint
from tests.support.tampering.two_nodes import ORIGIN, Database, TwoNodes
from tests.unit.ledger.sceptic import STATUSES, load_script, script_status, write_folder
from tests.unit.services_exchange.world import BODY, IND, USA, cosigner_keys, node_key

VERIFIER, OWN, PARTNER, RESTART, NODE, RECHECK = (
    "offline verifiers (both)",
    "own authority's witness",
    "partner node",
    "comparison after a start",
    "the node itself",
    "the node's re-check",
)
NOBODY, NOBODY_OFFLINE = "**not detected**", "**not detected** offline"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Row:
    """Who noticed what was done, after how many checkpoints, and the code that says so."""

    done: str
    by: str
    after: int | None
    code: str


def verdict(nodes: TwoNodes, files: Files) -> str:
    """What relto's verifier says of these files; the sceptic's has to say the same."""
    place = nodes.folder / "verified"
    shutil.rmtree(place, ignore_errors=True)
    write_folder(place / "export", files)
    trust = place / "trust"
    trust.write_bytes(nodes.trust())
    report = verify_folder_on_disk(place / "export", trust)
    with contextlib.redirect_stdout(io.StringIO()):
        said = script_status(load_script(), place / "export", trust)
    assert said == STATUSES[report.outcome], "the two verifiers differ"
    codes = sorted({item.code for item in report.findings}) or ["verified", *sorted({i.code for i in report.notices})]
    return ", ".join(codes)


def offline(nodes: TwoNodes, done: str, files: Files) -> Row:
    code = verdict(nodes, files)
    return Row(done, NOBODY_OFFLINE, None, code) if code == "verified" else Row(done, VERIFIER, 0, code)


def bundle_name(files: Files) -> str:
    return next(name for name in files if name.startswith("tile/entries/"))


def entries_of(files: Files) -> list[bytes]:
    return decode_entries(files[bundle_name(files)])


def with_entries(files: Files, leaves: Sequence[bytes]) -> Files:
    """The export with other entries and all tiles made anew; checkpoints stay, for nobody has the keys."""
    kept = {name: data for name, data in files.items() if not name.startswith("tile/")}
    made = tiles_for_growth(0, len(leaves), lambda _: None, [leaf_hash(leaf) for leaf in leaves])
    return kept | made | bundles_for_growth(0, len(leaves), lambda _: None, leaves)


def edited(leaf: bytes) -> bytes:
    return leaf.replace(b"company:registered", b"company:registerex")


def rewrite(nodes: TwoNodes, leaves: Sequence[bytes]) -> None:
    """Somebody with the disk, the database and the log keys gives the node another history, unsigned as yet."""
    for model in (Cosignature, Checkpoint, LedgerTree):
        model.objects.all().delete()
    rows = list(LedgerEntry.objects.order_by("serial"))
    LedgerEntry.objects.all().delete()
    for number, leaf in enumerate(leaves):
        like = rows[min(number, len(rows) - 1)]
        LedgerEntry.objects.create(
            entry=f"ent_{number:024d}",
            event=like.event,
            actor=like.actor,
            leaf=leaf,
            leaf_hash=leaf_hash(leaf),
            salt=bytes(like.salt),
            details=like.details,
            recorded_at=like.recorded_at,
            index=None,
        )
    shutil.rmtree(nodes.folder / "log")
    (nodes.folder / "log").mkdir()


def noticed(nodes: TwoNodes, done: str) -> list[Row]:
    """The node goes on and signs one checkpoint of its other history: who notices?"""
    nodes.record(1)
    cosigned = nodes.checkpoint()
    rows = []
    if evidence := nodes.own_witness.evidence():
        rows.append(Row(done, OWN, 1, f"422, evidence {evidence[0]}"))
    if alarms := nodes.alarms_of_partner():
        rows.append(Row(done, PARTNER, 1, alarms[0]))
    if nodes.ahead:
        rows.append(Row(done, OWN, 1, "not_verified.cosigner_ahead, then " + after_start(nodes)))
    assert cosigned == 0 or not rows
    return rows or [Row(done, NOBODY, None, "")]


def after_start(nodes: TwoNodes) -> str:
    """The findings with which the node quarantines itself when it compares."""
    nodes.restart()
    found = Quarantine.objects.filter(lifted_at=None).first()
    return ", ".join(sorted({f"{one['code']} ({one['source']})" for one in found.findings})) if found else ""


def number_anew(nodes: TwoNodes) -> None:
    """Whoever has the database sets the counter of the ledger's table back to what is left in it."""
    nodes.usa_database.raw.execute(
        "UPDATE sqlite_sequence SET seq = (SELECT max(serial) FROM store_ledgerentry) WHERE name = 'store_ledgerentry'"
    )


def rechecked(nodes: TwoNodes, done: str, note: str = "", missed: str = "") -> Row:
    """Who runs `relto node check-ledger`, or waits for the node's own daily one."""
    check = LedgerCheck(ORIGIN, nodes.files, nodes.log[ORIGIN], node_key("USA").public)
    for _ in check.run():
        pass
    codes = ", ".join(sorted(check.findings.counts))
    return Row(done, RECHECK, 0, codes + note) if codes else Row(done, NOBODY, None, missed)


def records(nodes: TwoNodes) -> list[Row]:
    """Records that name entries, changed one after the other and put back."""
    rows = []
    first, second = OutboxMessage.objects.order_by("sequence")[:2]
    OutboxMessage.objects.filter(id=second.id).update(receipt=bytes(first.receipt or b""))
    rows.append(rechecked(nodes, "the receipt of one message put in the place of another's"))
    OutboxMessage.objects.filter(id=second.id).update(receipt=bytes(second.receipt or b""))
    OutboxMessage.objects.filter(id=second.id).update(digest="0" * 64)
    rows.append(rechecked(nodes, "the stored digest of a sent message changed"))
    OutboxMessage.objects.filter(id=second.id).update(digest=second.digest)
    return rows


# --- the classes


def edit(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    leaves = entries_of(files)
    true, leaves[1] = leaves[1], edited(leaves[1])
    name = bundle_name(files)
    rows = [
        offline(nodes, "an entry changed in an exported folder", files | {name: encode_entries(leaves)}),
        offline(nodes, "the same, and all tiles made anew", with_entries(files, leaves)),
    ]
    LedgerEntry.objects.filter(index=1).update(leaf=leaves[1], leaf_hash=leaf_hash(leaves[1]))
    assert verdict(nodes, nodes.export()) == "verified"
    assert not after_start(nodes)
    rows.append(rechecked(nodes, "a sequenced entry changed in the node's database alone"))
    LedgerEntry.objects.filter(index=1).update(leaf=true, leaf_hash=leaf_hash(true))
    row = LedgerEntry.objects.get(index=2)
    kept = dict(row.details)
    row.details = {"code": "another"}
    row.save(update_fields=["details"])
    assert verdict(nodes, nodes.export()) == "verified"
    assert not after_start(nodes)
    done = "the details behind a sequenced entry changed in the database, with the node's field key"
    rows.append(rechecked(nodes, done))
    row.details = kept
    row.save(update_fields=["details"])
    rows += records(nodes)
    LedgerEntry.objects.filter(index=1).update(leaf=leaves[1], leaf_hash=leaf_hash(leaves[1]))
    nodes.files.write({name: encode_entries(leaves)})
    rows.append(rechecked(nodes, "the same entry changed in the database and in the node's log files"))
    rows.append(offline(nodes, "the same entry changed in the database and in the node's log files", nodes.export()))
    rewrite(nodes, leaves)
    return rows + noticed(nodes, "an entry changed on the node, the whole log made and signed anew with its keys")


def delete(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    leaves = entries_of(files)
    less = leaves[:2] + leaves[3:]
    name = bundle_name(files)
    rows = [
        offline(nodes, "an entry taken out of an exported folder", files | {name: encode_entries(less)}),
        offline(nodes, "a file of entries taken out of it", {path: files[path] for path in files if path != name}),
    ]
    nodes.record(1)
    LedgerEntry.objects.filter(index=None).delete()
    number_anew(nodes)
    done = "an entry that no record names deleted before it was sequenced, and the table's numbers set back"
    rows.append(rechecked(nodes, done, missed="it is protected from its first checkpoint on"))
    nodes.record(1)
    LedgerEntry.objects.filter(index=None).delete()
    nodes.record(1)
    assert nodes.checkpoint() == 3
    assert verdict(nodes, nodes.export()) == "verified"
    done = "an entry deleted from the database between being recorded and being sequenced"
    rows.append(rechecked(nodes, done, note="; in a database that gives numbers without gaps (SQLite)"))
    rewrite(nodes, less)
    return rows + noticed(nodes, "an entry deleted on the node, the whole log made and signed anew with its keys")


def truncate(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    leaves = entries_of(files)
    name = bundle_name(files)
    rows = [
        offline(nodes, "the last entries cut off an exported folder", files | {name: encode_entries(leaves[:-2])}),
        offline(nodes, "the same, and all tiles made anew", with_entries(files, leaves[:-2])),
    ]
    rewrite(nodes, leaves[:-4])
    return rows + noticed(nodes, "the last entries cut off on the running node, and signed with its keys")


def insert(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    leaves = entries_of(files)
    more = [*leaves[:2], edited(leaves[0]), *leaves[2:]]
    rows = [offline(nodes, "an entry put into an exported folder, all tiles made anew", with_entries(files, more))]
    rewrite(nodes, more)
    return rows + noticed(nodes, "an entry put in on the node, the whole log made and signed anew with its keys")


def back_date(nodes: TwoNodes) -> list[Row]:
    nodes.record(1, days_ago=1)
    assert nodes.checkpoint() == 3
    assert not nodes.alarms_of_partner()
    done = "a new entry that says it was made a day earlier, sequenced and cosigned"
    code = verdict(nodes, nodes.export())
    return [Row(done, "`relto verify`, as a notice (exit 0)" if "back_dated" in code else NOBODY, 1, code)]


def restore_old_state(nodes: TwoNodes) -> list[Row]:
    old = Database(nodes.usa_database.raw)
    log, older = nodes.folder / "log", nodes.folder / "older"
    witness = nodes.folder / "w1" / "state.sqlite3"
    shutil.copytree(log, older)
    exported = nodes.export()
    nodes.own_witness.door.close()
    seen = witness.read_bytes()
    nodes.own_witness.reopen()
    nodes.record(2)
    nodes.send()
    assert nodes.deliver() == 1
    assert nodes.checkpoint() == 3
    rows = [offline(nodes, "an older export shown as the newest", exported)]
    newest = nodes.own_witness.newest(ORIGIN)
    assert newest is not None
    assert read_checkpoint(newest).size > read_checkpoint(exported[CHECKPOINT]).size
    rows.append(
        Row("the same", "whoever asks a witness for its newest checkpoint", 0, "a larger size under its cosignature")
    )

    def restored() -> None:
        old.raw.backup(nodes.usa_database.raw)
        shutil.rmtree(log)
        shutil.copytree(older, log)

    restored()
    rows.append(Row("the node restored from an older copy and started", RESTART, 0, after_start(nodes)))
    restored()
    nodes.own_witness.door.close()
    witness.write_bytes(seen)
    nodes.own_witness.reopen()
    rows.append(Row("the node and its own witness restored from older copies", RESTART, 0, after_start(nodes)))
    old.close()
    return rows


def fork(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    leaves, keys = entries_of(files), (nodes.keys.ed25519, nodes.keys.mldsa44)
    views = []
    for number in range(2):
        tree, view = CompactRange(), [*leaves, edited(leaves[number])]
        for leaf in view:
            tree.append(leaf_hash(leaf))
        note = signed_checkpoint(Head(ORIGIN, len(view), tree.root()), keys, int(nodes.clock.moment.timestamp()))
        views.append((view, note, with_entries(files, [*leaves, edited(leaves[number])])))
    old = len(leaves)
    requests = [write_request(old, _consistency(view[2], old, old + 1), view[1]) for view in views]
    shown_own = nodes.own_witness.add_checkpoint(requests[0])
    shown_partner = nodes.partner.add_checkpoint(requests[1])
    assert (shown_own[0], shown_partner[0]) == (200, 200)
    rows = []
    for number, (name, lines) in enumerate((("own witness", shown_own[1]), ("partner", shown_partner[1]))):
        signed = add_lines(views[number][1], lines)
        exported = views[number][2] | {CHECKPOINT: signed, witness_path(old + 1): signed}
        done = f"two histories signed, one for the own witness and one for the partner; the {name}'s is exported"
        rows.append(offline(nodes, done, exported))
    nodes.own_witness.add_checkpoint(write_request(old + 1, (), views[1][1]))
    nodes.partner.add_checkpoint(write_request(old + 1, (), views[0][1]))
    done = "two histories signed, and each cosigner is shown the other's too"
    rows.append(Row(done, OWN, 1, f"422, evidence {nodes.own_witness.evidence()[0]}"))
    rows.append(Row(done, PARTNER, 1, nodes.alarms_of_partner()[0]))
    with nodes.ind_database.used():
        assert LogEvidence.objects.count() == 1
    return rows


def _consistency(files: Files, old: int, new: int) -> list[bytes]:
    return TileReader(files.get, new).consistency_path(old, new)


def withhold_receipt(nodes: TwoNodes) -> list[Row]:
    def silent(_: str) -> None:
        raise Unreachable("partner")

    message = nodes.send()
    nodes.link.after = silent
    for _ in range(4):
        nodes.deliver()
        nodes.clock.pass_time(minutes=5)
    assert [row[1] for row in overdue(4)] == [message]
    rows = [Row("the partner takes a message and never answers", "the sender", 0, "overdue after 4 tries")]
    with nodes.ind_database.used():
        assert InboxMessage.objects.filter(message=message).exists()
    nodes.link.after = lambda _: None
    true = nodes.link.send_message
    stranger = node_key("USA")

    def other_key(envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        answer = true(envelope, payload_size=payload_size)
        read = read_message(envelope, sender=USA, recipient=IND, trusted=[stranger.public])
        at, entry = nodes.clock.moment, "ent_" + "a" * 24
        return LinkAnswer(answer.status, write_receipt(read, received_at=at, entry=entry, key=stranger))

    nodes.link.send_message = other_key  # type: ignore[method-assign]
    nodes.deliver()
    event = LedgerEntry.objects.get(subject=message, event=LeafEvent.TRANSFER_UNVERIFIED)
    assert OutboxMessage.objects.get(id=message).state == "waiting"
    code = f"{event.event} {event.details['code']}"
    return [*rows, Row("the partner's receipt is replaced by one of another key", "the sender", 0, code)]


def forge_cosignature(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    note = read_note(files[CHECKPOINT])
    partner = [line for line in note.signatures if line.name == "ind.localhost/cosigner"]
    others = [line for line in note.signatures if line.name != "ind.localhost/cosigner"]
    size = read_checkpoint(files[CHECKPOINT]).size

    def put(lines: Sequence[object]) -> Files:
        changed = type(note)(note.text, tuple(lines)).data  # type: ignore[arg-type]
        return files | {CHECKPOINT: changed, witness_path(size): changed}

    older = next(data for name, data in sorted(files.items()) if name.startswith("witness/"))
    stale = [line for line in read_note(older).signatures if line.name == "ind.localhost/cosigner"]
    unknown = [
        NoteKey.from_seed("ind.localhost/cosigner", key.verifier.key_type, hashlib.sha256(b"forger").digest())
        for key in cosigner_keys("ind.localhost/cosigner")
    ]
    forged = read_note(add_lines(note.data, cosign(note.data, unknown, 1))).signatures
    own = cosigner_keys("usa.localhost/cosigner")
    instead = read_note(add_lines(type(note)(note.text, tuple(others)).data, cosign(note.data, own, 1))).signatures
    assert partner
    rows = [
        offline(nodes, "the partner's cosignature of another checkpoint put under this one", put([*others, *stale])),
        offline(
            nodes,
            "the partner's lines replaced by ones of other keys under its name",
            put([line for line in forged if line not in partner]),
        ),
        offline(nodes, "the node's own cosigner in the partner's place", put(instead)),
    ]
    nodes.record(1)
    stranger = cosigner_keys("stranger.localhost/w")
    nodes.partner.add_checkpoint = lambda body: (200, cosign(body.partition(b"\n\n")[2], stranger, 5))  # type: ignore[method-assign]
    assert nodes.checkpoint() == 2
    newest = newest_checkpoint()
    assert newest is not None
    submission = nodes.submission()
    with pytest.raises(ReltoError) as refused:
        submission._cosigned(newest, submission.cosigners[1])
    done = "somebody answers in the partner's place with cosignatures of other keys"
    code = f"{refused.value.full_code}; the entry stays witnessed, not agreed"
    return [*rows, Row(done, NODE, 1, code)]


def swap_payloads(nodes: TwoNodes) -> list[Row]:
    contents = [b"first ciphertext" * 100, b"other ciphertext" * 100]
    writer = nodes.usa.blobs.create()
    writer.write(contents[0])
    blob, sha256 = writer.finish(), hashlib.sha256(contents[0]).hexdigest()
    message = nodes.send(PayloadRef(blob.name, 0, len(contents[0]), sha256))
    nodes.ind.blobs.append_partial(sha256, 0, iter([contents[1]]), len(contents[1]))
    assert nodes.deliver() == 0
    code = OutboxMessage.objects.get(id=message).last_error
    rows = [Row("the payload of another message arrives in a message's place", "the partner at receipt", 0, code)]
    nodes.clock.pass_time(minutes=5)
    assert nodes.deliver() == 1
    row = OutboxMessage.objects.get(id=message)
    changed, _ = write_message(
        message_id=message,
        sender=USA,
        recipient=IND,
        sequence=row.sequence,
        previous=OutboxMessage.objects.get(sequence=row.sequence - 1).digest,
        created=row.created_at,
        kind="assurance",
        body=BODY,
        payload=None,
        key=node_key("USA"),
    )
    with nodes.ind_database.used():
        answer = receive_message(nodes.ind, USA, changed, nodes.link.handlers)
    assert answer.status == 409
    done = "a receipted message sent again under its id without its payload, signed by the sender's node"
    rows.append(Row(done, "the partner at receipt", 0, nodes.alarms_of_partner()[-1]))
    return rows


def resign_whole_folder(nodes: TwoNodes) -> list[Row]:
    files = nodes.export()
    leaves = [edited(leaf) for leaf in entries_of(files)]
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    head, at = Head(ORIGIN, len(leaves), tree.root()), int(nodes.clock.moment.timestamp())
    own = (nodes.keys.ed25519, nodes.keys.mldsa44)
    other = tuple(NoteKey.from_seed(ORIGIN, key.verifier.key_type, bytes(32)) for key in own)
    node = cosigner_keys("ind.localhost/cosigner")

    def signed(keys: Sequence[NoteSigner], cosigners: Sequence[Sequence[NoteKey]], *, kept: bool = False) -> Files:
        note = signed_checkpoint(head, keys, at)
        for cosigner in cosigners:
            note = add_lines(note, cosign(note, cosigner, at))
        tiles = {name: data for name, data in with_entries(files, leaves).items() if kept or name.startswith("tile/")}
        return tiles | {CHECKPOINT: note, witness_path(len(leaves)): note}

    everybody = (nodes.own_witness.keys, node, nodes.partner_witness.keys)
    return [
        offline(nodes, "all entries changed, all signed anew with other keys", signed(other, everybody)),
        offline(nodes, "all signed anew with the log's keys, cosigned by nobody", signed(own, ())),
        offline(nodes, "the same, cosigned by the own authority's witness", signed(own, everybody[:1])),
        offline(
            nodes,
            "the same, cosigned by the whole quorum, an older kept checkpoint left in",
            signed(own, everybody, kept=True),
        ),
        offline(nodes, "the same, cosigned by the whole quorum, nothing older left", signed(own, everybody)),
    ]


CLASSES: dict[str, Callable[[TwoNodes], list[Row]]] = {
    "edit": edit,
    "delete": delete,
    "truncate": truncate,
    "insert": insert,
    "back-date": back_date,
    "restore old state": restore_old_state,
    "fork": fork,
    "withhold receipt": withhold_receipt,
    "forge cosignature": forge_cosignature,
    "swap payloads": swap_payloads,
    "re-sign a whole folder": resign_whole_folder,
}


def run_class(name: str, folder: Path) -> list[Row]:
    """Record the story anew and tamper with it."""
    nodes = TwoNodes(folder)
    log = logging.getLogger("relto")
    level = log.level
    log.setLevel(logging.CRITICAL)  # the alarms are what is looked for, and stand in the table
    try:
        with nodes.usa_database.used():
            nodes.tell_the_story()
            assert verdict(nodes, nodes.export()) == "verified"
            return CLASSES[name](nodes)
    finally:
        log.setLevel(level)
        nodes.close()
