"""A workshop for ledger tests: two nations' logs, their cosigners, and exported folders held in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from relto.ledger import tiles, tree
from relto.ledger.checkpoint import Checkpoint, add_lines, cosign, signed_checkpoint
from relto.ledger.leaves import LeafEvent, build_leaf
from relto.ledger.notes import KeyType, NoteKey
from relto.ledger.quorum import Policy, read_policy
from relto.ledger.verification import CHECKPOINT, witness_path

USA, IND = "node-usa.example/log", "node-ind.example/log"
NODE_USA, NODE_IND = "node-usa.example/cosigner", "node-ind.example/cosigner"
WITNESS_USA, WITNESS_IND = "witness-usa.example/w1", "witness-ind.example/w1"


def seed(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def log_keys(origin: str, generation: str = "") -> list[NoteKey]:
    kinds = (KeyType.ED25519, KeyType.MLDSA44_COSIGNATURE)
    return [NoteKey.from_seed(origin, kind, seed(f"log {origin} {kind} {generation}")) for kind in kinds]


def cosigner_keys(name: str, generation: str = "") -> list[NoteKey]:
    kinds = (KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE)
    return [NoteKey.from_seed(name, kind, seed(f"cosigner {name} {kind} {generation}")) for kind in kinds]


def policy_text(generation: str = "") -> bytes:
    lines = [f"log {key.vkey}" for origin in (USA, IND) for key in log_keys(origin, generation)]
    names = {"node-usa": NODE_USA, "node-ind": NODE_IND, "authority-usa": WITNESS_USA, "authority-ind": WITNESS_IND}
    for short, name in names.items():
        first, second = cosigner_keys(name, generation)
        lines += [f"witness {short}-ed {first.vkey}", f"witness {short}-pq {second.vkey}"]
        lines.append(f"group {short} all {short}-ed {short}-pq")
    lines += ["group partner any node-usa node-ind", "group agreed all partner authority-usa authority-ind"]
    return "".join(f"{line}\n" for line in [*lines, "quorum agreed"]).encode()


def policy(generation: str = "") -> Policy:
    return read_policy(policy_text(generation))


def leaf(index: int, origin: str = USA) -> bytes:
    return build_leaf(
        event=LeafEvent.ITEM_REGISTERED,
        origin=origin,
        at=datetime(2026, 11, 22, 14, index % 60, tzinfo=UTC),
        actor=f"usr_{index % 7}",
        subject=f"itm_{index}",
        commitment=hashlib.sha256(b"%d" % index).hexdigest(),
        links={"release": f"rel_{index}"},
    )


@dataclass
class Log:
    """One node's log with its published files, as an exporter would write them."""

    origin: str = USA
    generation: str = ""
    entries: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def grow(self, entries: Sequence[bytes]) -> None:
        old, new = len(self.entries), len(self.entries) + len(entries)
        hashes = [tree.leaf_hash(entry) for entry in entries]
        grown = tiles.tiles_for_growth(old, new, self.files.get, hashes)
        grown |= tiles.bundles_for_growth(old, new, self.files.get, entries)
        self.files |= grown
        self.entries += entries

    @property
    def reader(self) -> tiles.TileReader:
        return tiles.TileReader(self.files.get, len(self.entries))

    def checkpoint(self, time: int, cosigners: Sequence[str] = (NODE_IND, WITNESS_USA, WITNESS_IND)) -> bytes:
        state = Checkpoint(self.origin, len(self.entries), self.reader.root())
        note = signed_checkpoint(state, log_keys(self.origin, self.generation), time)
        for name in cosigners:
            note = add_lines(note, cosign(note, cosigner_keys(name, self.generation), time + 1))
        return note

    def publish(self, time: int, cosigners: Sequence[str] = (NODE_IND, WITNESS_USA, WITNESS_IND)) -> None:
        self.files[CHECKPOINT] = note = self.checkpoint(time, cosigners)
        self.files[witness_path(len(self.entries))] = note

    def export(self) -> dict[str, bytes]:
        names = {name.path for name in tiles.tiles_of_size(len(self.entries))}
        return {path: data for path, data in self.files.items() if path in names or not path.startswith("tile/")}
