"""Sealing and opening, beside raw AES-256-GCM of the same library over the same data, tmpfs to tmpfs.

Each measurement is a process of its own that reads one file and writes another, both in /dev/shm (or --folder), so
that its peak resident memory can be read. Raw means: read 2 MiB, one AESGCM call with a fresh nonce, write. Sealing
makes the whole container (segments, integrity, label assertion, manifest, zip); opening verifies all of it. Sealing
writes a CRC-32 into the zip and, unless told otherwise, takes a SHA-256 of the ciphertext: the two bare rows show what
reading a file through those costs alone. Where others use the machine too, trust the ratio by processor time.

    python bench/sealing.py [--quick] [--mebibytes 256] [--folder DIR]
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from measuring import arguments, heading

from relto.sealing.archive import ContainerWriter, open_archive
from relto.sealing.assertions import build_label_assertion
from relto.sealing.manifest import build_manifest
from relto.sealing.opening import open_container
from relto.sealing.payload import PayloadSealer
from relto.sealing.policy import build_policy
from relto.sealing.wrapping import generate_service_key, public_key_of, wrap_share

MEBIBYTE = 1 << 20
SEGMENT = 2 * MEBIBYTE
KEY = bytes(range(32))
"""One key for all runs, so that what one process sealed another opens; these are bytes of a benchmark."""


def raw_encrypt(source: Path, target: Path) -> None:
    """Segments of nonce, ciphertext and tag, nothing else."""
    cipher = AESGCM(KEY)
    with source.open("rb") as plain, target.open("wb") as out:
        while piece := plain.read(SEGMENT):
            nonce = os.urandom(12)
            out.write(nonce)
            out.write(cipher.encrypt(nonce, piece, None))


def raw_decrypt(source: Path, target: Path) -> None:
    """What raw_encrypt wrote, back."""
    cipher = AESGCM(KEY)
    with source.open("rb") as sealed, target.open("wb") as out:
        while piece := sealed.read(SEGMENT + 28):
            view = memoryview(piece)
            out.write(cipher.decrypt(view[:12], view[12:], None))


def bare_hash(source: Path, update: Callable[[bytes], object]) -> None:
    """Read a file through a hash."""
    with source.open("rb") as plain:
        while piece := plain.read(SEGMENT):
            update(piece)


def crc32(source: Path, _target: Path) -> None:
    """The CRC-32 that a zip needs."""
    state = 0

    def update(piece: bytes) -> None:
        nonlocal state
        state = zlib.crc32(piece, state)

    bare_hash(source, update)


def sha256(source: Path, _target: Path) -> None:
    """The digest that a receipt of a transfer needs."""
    bare_hash(source, hashlib.sha256().update)


def seal(source: Path, target: Path, *, digest: bool = True) -> None:
    """A whole container, with a label bound to it."""
    policy = build_policy("3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11", ["https://relto.example/attr/rel/value/ind"])
    with source.open("rb") as plain, target.open("wb") as out:
        container = ContainerWriter(out)
        sealer = PayloadSealer(container, KEY, random=os.urandom, segment_size=SEGMENT, digest=digest)
        while piece := plain.read(SEGMENT):
            sealer.write(piece)
        sealed = sealer.finish()
        wrapped = wrap_share(
            KEY,
            public_key_pem=public_key_of(generate_service_key("ec:secp256r1")),
            kid="bench",
            url="https://bench.localhost/kas",
            sid="",
            policy_text=policy,
            random=os.urandom,
        )
        label = build_label_assertion("<ConfidentialityLabel>training</ConfidentialityLabel>", sealed.integrity, KEY)
        container.finish(build_manifest(policy, [wrapped], sealed, [label], "application/octet-stream"), sealed.crc32)


def seal_without_digest(source: Path, target: Path) -> None:
    """The same without the SHA-256 over the ciphertext."""
    seal(source, target, digest=False)


def open_(source: Path, target: Path) -> None:
    """Verify everything, then every segment, and write the document."""
    with source.open("rb") as sealed, target.open("wb") as out:
        for piece in open_container(open_archive(sealed), sealed, {0: KEY}, require_label=True).chunks():
            out.write(piece)


JOBS: dict[str, tuple[Callable[[Path, Path], None], str, str]] = {
    "raw AES-256-GCM encrypt": (raw_encrypt, "plain", "raw"),
    "seal": (seal, "plain", "container"),
    "seal without SHA-256": (seal_without_digest, "plain", "container-2"),
    "raw AES-256-GCM decrypt": (raw_decrypt, "raw", "plain-1"),
    "open": (open_, "container", "plain-2"),
    "bare CRC-32": (crc32, "plain", ""),
    "bare SHA-256": (sha256, "plain", ""),
}
PEERS = {
    "seal": "raw AES-256-GCM encrypt",
    "seal without SHA-256": "raw AES-256-GCM encrypt",
    "open": "raw AES-256-GCM decrypt",
}


def run(name: str, folder: Path) -> dict[str, float]:
    """One job in a process of its own: seconds without the start of Python, and the peak of its resident memory."""
    said = subprocess.run(
        [sys.executable, __file__, "--job", name, "--folder", str(folder)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(said.stdout)
    return found


def do(name: str, folder: Path) -> None:
    """The job, timed once, with a small one before it so that imports do not count."""
    work, source, target = JOBS[name]
    (folder / "small").write_bytes(bytes(100))
    if source == "plain":
        work(folder / "small", folder / "small-out")
    else:
        raw_encrypt(folder / "small", folder / "small-out")
    begun, spent = time.perf_counter(), time.process_time()
    work(folder / source, folder / target if target else Path(os.devnull))
    seconds, processor = time.perf_counter() - begun, time.process_time() - spent
    print(
        json.dumps(
            {
                "seconds": seconds,
                "processor": processor,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def main() -> None:
    """Print the table."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()  # noqa: S108  a fresh folder is made in it
    given = arguments(
        __doc__ or "",
        mebibytes=(int, None, "size of the document (default 256; with --quick 64)"),
        folder=(Path, Path(memory), "where to read and write; a tmpfs"),
        job=(str, "", "one job in this process (used by the script itself)"),
    )
    if given.job:
        do(given.job, given.folder)
        return
    size = (given.mebibytes or (64 if given.quick else 256)) * MEBIBYTE
    rounds = 2 if given.quick else 3
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="relto-bench-") as made:
        folder = Path(made)
        block = os.urandom(MEBIBYTE)
        with (folder / "plain").open("wb") as plain:
            for _ in range(size // MEBIBYTE):
                plain.write(block)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in JOBS}
        for _ in range(rounds):
            for name in JOBS:
                found[name].append(run(name, folder))
        same = (folder / "plain-2").read_bytes() == (folder / "plain").read_bytes()
    heading(
        f"{size // MEBIBYTE} MiB, segments of 2 MiB, {given.folder}, median of {rounds} rounds; "
        f"what was opened {'is' if same else 'IS NOT'} what was sealed"
    )
    taken = {
        kind: {name: statistics.median(one[kind] for one in each) for name, each in found.items()}
        for kind in ("seconds", "processor")
    }
    print(f"{'':24} {'MiB/s':>8} {'of raw AES-256-GCM':>20} {'by processor time':>18} {'peak resident MiB':>18}")
    for name, each in found.items():
        peer = PEERS.get(name)
        clock, processor = (f"{kind[peer] / kind[name]:.2f}" if peer else "" for kind in taken.values())
        speed = size / MEBIBYTE / taken["seconds"][name]
        peak = max(one["peak"] for one in each)
        print(f"{name:24} {speed:8,.0f} {clock:>20} {processor:>18} {peak:18.0f}")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
