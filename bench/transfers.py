"""Transfers a second with both receipts over the link, and a large payload beside plain curl.

Two sides, each a process with its own database, speak over mutual TLS 1.3. One transfer is: a message queued with its
ledger entry (16 callers), delivered, taken in one step with its entry, answered by a signed technical receipt; and a
signed custody receipt that travels back the same way and is receipted too. The peer is the cryptography of one transfer
alone, on both cores at once: five statements signed and verified under Ed25519 and ML-DSA-87. The link's limit of
messages a second is lifted for this.

The payload goes through the link's resumable upload into the store of the other side, durable when it is answered; the
peer is curl, which loads the same file over TLS 1.3 from openssl's own server to a file of the same disk.

    python bench/transfers.py [--quick] [--transfers 400] [--gibibytes 10] [--folder DIR] [--base-port 27920]
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import PROJECT, arguments, heading

sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]
CALLERS, SIGNED = 16, 5
GIBIBYTE = 1 << 30


class Side:
    """One side's process."""

    def __init__(self, told: dict[str, Any]) -> None:
        """Start it and wait until it listens."""
        words = [sys.executable, str(PROJECT / "bench" / "measuring" / "link_side.py"), json.dumps(told)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(words, cwd=PROJECT, stderr=subprocess.DEVNULL, **pipes)
        self._read()

    def do(self, **asked: object) -> dict[str, float]:
        """Have something done; seconds and the peak of its resident memory in MiB."""
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, float]:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a side ended before its time")
        found: dict[str, float] = json.loads(line)
        return found


@contextmanager
def sides(folder: Path, port: int) -> Iterator[tuple[Side, Side]]:
    """USA and IND, each knowing the other's authority."""
    from tests.support.certificates import make_authority, make_node_certificate  # noqa: PLC0415

    authorities = {nation: make_authority(folder, nation) for nation in ("USA", "IND")}
    ports = {"USA": port, "IND": port + 1}
    started = []
    for own, other in (("USA", "IND"), ("IND", "USA")):
        certificate = make_node_certificate(folder, authorities[own])
        (folder / own).mkdir()
        told = {
            "own": own,
            "other": other,
            "port": ports[own],
            "other_port": ports[other],
            "folder": str(folder / own),
            "certificate": str(certificate.certificate),
            "key": str(certificate.private_key),
            "trust": str(authorities[other].file),
            "trust_pem": authorities[other].pem.decode("ascii"),
        }
        started.append(Side(told))
    try:
        yield started[0], started[1]
    finally:
        for one in started:
            one.process.terminate()
            one.process.wait()


def bare_cryptography(count: int) -> float:
    """Seconds of one core for the statements of so many transfers."""
    from relto.signing.keys import StatementKey  # noqa: PLC0415
    from relto.signing.statements import read_statement, sign_statement  # noqa: PLC0415

    key = StatementKey.from_seeds("bench", bytes(32), bytes(32))
    body = {"text": "x" * 400}
    begun = time.perf_counter()
    for _ in range(count * SIGNED):
        read_statement(sign_statement("bench", 1, body, [key]), kind="bench", versions=(1,), trusted=[key.public])  # type: ignore[arg-type]
    return time.perf_counter() - begun


def transfers(usa: Side, count: int) -> None:
    """Print the rate beside the bare cryptography."""
    usa.do(send=CALLERS, callers=CALLERS)
    found = usa.do(send=count, callers=CALLERS)
    done = count // CALLERS * CALLERS
    with ProcessPoolExecutor(2) as both:
        bare = 2 * done / 10 / max(both.map(bare_cryptography, [done // 10, done // 10]))
    rate = done / found["seconds"]
    print(
        f"{done} transfers with both receipts: {rate:.1f} a second; bare cryptography on two cores {bare:.1f}: "
        f"{rate / bare:.2f} of it"
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def payload(usa: Side, folder: Path, gibibytes: float, port: int) -> None:
    """Print the seconds of a large payload beside curl's."""
    size = int(gibibytes * GIBIBYTE)
    if shutil.disk_usage(folder).free < 4 * size + 2 * GIBIBYTE:
        print(f"{gibibytes:g} GiB: skipped, the folder has too little room for four copies")
        return
    block, source = os.urandom(1 << 20), folder / "payload"
    with source.open("wb") as out:
        for number in range(size >> 20):
            out.write(number.to_bytes(8, "big") + block[8:])
    digest = digest_of(source)
    by_curl = curl(folder, source, port)
    found = usa.do(payload=[str(source), digest, size])
    ratio = by_curl / found["seconds"]
    print(
        f"{gibibytes:g} GiB: link {found['seconds']:.1f} s ({size / (1 << 20) / found['seconds']:,.0f} MiB/s), "
        f"curl {by_curl:.1f} s: {ratio:.2f} of curl's speed; peak resident of the sender {found['peak']} MiB"
    )


def curl(folder: Path, source: Path, port: int) -> float:
    """Seconds that curl needs for the same file over TLS 1.3, to a file that is then synced."""
    from tests.support.certificates import make_authority, make_node_certificate  # noqa: PLC0415

    authority = make_authority(folder, "FRA")
    own = make_node_certificate(folder, authority)
    words = ["openssl", "s_server", "-accept", str(port), "-cert", str(own.certificate), "-key", str(own.private_key)]
    with subprocess.Popen(
        [*words, "-tls1_3", "-WWW"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            time.sleep(1)
            begun = time.perf_counter()
            target = folder / "by-curl"
            address = f"https://fra.localhost:{port}/{source.name}"
            resolved = ["--resolve", f"fra.localhost:{port}:127.0.0.1"]
            load = ["curl", "-s", "--fail", "--cacert", str(authority.file), *resolved, "-o", str(target), address]
            subprocess.run(load, check=True)
            with target.open("rb") as written:
                os.fsync(written.fileno())
            seconds = time.perf_counter() - begun
        finally:
            server.terminate()
    if target.stat().st_size != source.stat().st_size:
        raise SystemExit("curl did not load the whole file")
    target.unlink()
    return seconds


def main() -> None:
    """Print both."""
    given = arguments(
        __doc__ or "",
        transfers=(int, None, "how many (default 400; with --quick 96)"),
        gibibytes=(float, None, "of the payload (default 10; with --quick 0.25)"),
        folder=(Path, Path(tempfile.gettempdir()), "where databases and payloads stand"),
        base_port=(int, 27920, "the first of three free ports"),
    )
    heading()
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="relto-bench-") as made:
        folder = Path(made)
        with sides(folder, given.base_port) as (usa, _ind):
            transfers(usa, given.transfers or (96 if given.quick else 400))
            payload(usa, folder, given.gibibytes or (0.25 if given.quick else 10), given.base_port + 2)


if __name__ == "__main__":
    main()
