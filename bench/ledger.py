"""The ledger's own work, beside bare SHA-256 over the same leaves.

A tree of n leaves cannot be made with fewer than n leaf hashes and n - 1 node hashes: those, by hashlib in a plain
loop, are the peer. Beside it stand: making the leaves, growing tree, tiles and entry bundles in batches as the
sequencer does, and verifying the exported folder whole (every leaf's form, every tile, the checkpoint). Nothing touches
a disk or a database here; bench/committer.py does.

    python bench/ledger.py [--quick] [--entries 50000]
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime

from measuring import arguments, beside, heading, rates

from relto.ledger import proofs, tiles, tree
from relto.ledger.checkpoint import Checkpoint, add_lines, cosign, signed_checkpoint
from relto.ledger.leaves import LeafEvent, build_leaf
from relto.ledger.notes import KeyType, NoteKey
from relto.ledger.quorum import read_policy
from relto.ledger.verification import CHECKPOINT, Outcome, verify_folder

ORIGIN = "node.usa.example/log"
BATCH = 256
AT = datetime(2026, 11, 22, 14, tzinfo=UTC)


def make_leaf(number: int) -> bytes:
    """A leaf of the usual length."""
    return build_leaf(
        event=LeafEvent.OPENING_GRANTED,
        origin=ORIGIN,
        at=AT,
        actor=f"usr_{number:024d}",
        subject=f"itm_{number:024d}",
        commitment=hashlib.sha256(b"%d" % number).hexdigest(),
        links={"release": f"rel_{number:024d}"},
    )


def bare_hashes(leaves: list[bytes]) -> int:
    """One leaf hash and one node hash for each."""
    sha256 = hashlib.sha256
    last = bytes(32)
    for leaf in leaves:
        last = sha256(b"\x01" + last + sha256(b"\x00" + leaf).digest()).digest()
    return len(leaves)


def grow(leaves: list[bytes], batch: int) -> dict[str, bytes]:
    """Tree, tiles and bundles, grown batch by batch."""
    files: dict[str, bytes] = {}
    state = tree.CompactRange()
    for start in range(0, len(leaves), batch):
        more = leaves[start : start + batch]
        hashes = [tree.leaf_hash(leaf) for leaf in more]
        for digest in hashes:
            state.append(digest)
        size = start + len(more)
        files |= tiles.bundles_for_growth(start, size, files.get, more)
        files |= tiles.tiles_for_growth(start, size, files.get, hashes)
    if tiles.TileReader(files.get, len(leaves)).root() != state.root():
        raise SystemExit("the tiles do not give the root of the leaves")
    return files


def key(name: str, kind: KeyType) -> NoteKey:
    """A key of a benchmark."""
    return NoteKey.from_seed(name, kind, hashlib.sha256(f"{name} {kind}".encode()).digest())


def main() -> None:
    """Print the table."""
    given = arguments(__doc__ or "", entries=(int, None, "entries of the log (default 50,000; with --quick 5,000)"))
    count = given.entries or (5_000 if given.quick else 50_000)
    leaves = [make_leaf(number) for number in range(count)]
    files = grow(leaves, BATCH)
    wanted = {name.path for name in tiles.tiles_of_size(count)}
    folder = {path: data for path, data in files.items() if path in wanted}

    log = [key(ORIGIN, KeyType.ED25519), key(ORIGIN, KeyType.MLDSA44_COSIGNATURE)]
    names = ("node.ind.example/cosigner", "witness.usa.example/w", "witness.ind.example/w")
    cosigners = [
        key(name, kind) for name in names for kind in (KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE)
    ]
    reader = tiles.TileReader(folder.get, count)
    note = signed_checkpoint(Checkpoint(ORIGIN, count, reader.root()), log, 1_800_000_000)
    note = add_lines(note, b"".join(cosign(note, [one], 1_800_000_001) for one in cosigners))
    folder[CHECKPOINT] = note
    rows = [f"log {one.vkey}" for one in log]
    rows += [f"witness w{number} {one.vkey}" for number, one in enumerate(cosigners)]
    rows += [
        "group all-of-them all " + " ".join(f"w{number}" for number in range(len(cosigners))),
        "quorum all-of-them",
    ]
    trust = read_policy("".join(f"{row}\n" for row in rows).encode())
    receipt = proofs.write_proof(count // 2, reader.inclusion_path(count // 2), note)

    def verify() -> int:
        report = verify_folder(folder.get, folder, trust)
        if report.outcome is not Outcome.VERIFIED:
            raise SystemExit(f"the folder does not verify: {report.findings[:1]}")
        return count

    works = {
        "bare SHA-256, leaf and node": lambda: bare_hashes(leaves),
        "build_leaf": lambda: sum(1 for number in range(1000) if make_leaf(number)),
        f"tree and tiles, batches of {BATCH}": lambda: len(leaves) * bool(grow(leaves, BATCH)),
        "tree and tiles, batches of 16": lambda: len(leaves) * bool(grow(leaves, 16)),
        "verify_folder, all of it": verify,
        "inclusion proof, made and verified": lambda: _prove(reader, leaves),
    }
    found = rates(works, seconds=0.5 if given.quick else 3, rounds=1 if given.quick else 3)
    begun = time.perf_counter()
    proofs.verify_proof(receipt, leaves[count // 2], trust)
    milliseconds = (time.perf_counter() - begun) * 1000
    heading(f"{count:,} entries of {len(leaves[0])} bytes, in memory, one thread")
    beside(found, {name: "bare SHA-256, leaf and node" for name in works if not name.startswith("bare")}, "entries/s")
    print(
        f"a receipt (tlog-proof with {len(log) + len(cosigners)} signature lines) has {len(receipt):,} bytes; "
        f"verifying it whole took {milliseconds:.1f} ms"
    )


def _prove(reader: tiles.TileReader, leaves: list[bytes]) -> int:
    root = reader.root()
    step = max(1, len(leaves) // 200)
    for index in range(0, len(leaves), step):
        tree.verify_inclusion(index, len(leaves), tree.leaf_hash(leaves[index]), reader.inclusion_path(index), root)
    return len(range(0, len(leaves), step))


if __name__ == "__main__":
    main()
