"""Sealing and opening, beside raw AES-256-GCM of the same library over the same data, tmpfs to tmpfs.

Each measurement is a process of its own that reads one file and writes another, both in /dev/shm (or --folder), so
that its peak resident memory can be read. Raw is the fastest loop one can write: unbuffered files, buffers made once,
2 MiB read into one, one AESGCM call with a fresh nonce into the other, one write; no integrity beyond the tag, no
container. "Raw, plainly" is the loop most would write (read, encrypt, write). Sealing makes the whole container
(segments, CRC-32, integrity, label assertion, manifest, zip); opening verifies all of it. The CRC-32 of a zip by the
standard library and by zlib-ng, which sealing uses, stand beside it. The least disturbed round of each counts.

Then: the peak resident memory at 10 GiB (--huge; the document is a hole in a sparse file, the container is really
written), and 100 MiB beside otdf-python, from file to file, imports not counted (in the environment under build/interop
that `make interop` or `make test` makes).

    python bench/sealing.py [--quick] [--mebibytes 1024] [--huge 10] [--folder DIR]
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from measuring import PROJECT, arguments, heading

from relto.client.opening import write_whole
from relto.client.sealing import SealingOrder, ServiceKey, sealed_container
from relto.client.steps import Watch
from relto.sealing.archive import ContainerWriter, open_archive
from relto.sealing.assertions import build_label_assertion
from relto.sealing.checksum import crc32
from relto.sealing.manifest import build_manifest
from relto.sealing.opening import OpenedContainer, open_container
from relto.sealing.payload import PayloadSealer
from relto.sealing.policy import build_policy
from relto.sealing.wrapping import generate_service_key, public_key_of, wrap_share

MEBIBYTE = 1 << 20
SEGMENT = 2 * MEBIBYTE
NONCE, OVERHEAD = 12, 28
LEAST_OF_RAW, MOST_RESIDENT, LEAST_OF_OTDF_PYTHON = 0.8, 150, 5.0
OTDF_SIZE = 100 * MEBIBYTE
KEY = bytes(range(32))
"""One key for all runs, so that what one process sealed another opens; these are bytes of a benchmark."""


def raw_encrypt(source: Path, target: Path) -> None:
    """Segments of nonce, ciphertext and tag, nothing else."""
    cipher = AESGCM(KEY)
    plain, sealed = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT + OVERHEAD))
    with source.open("rb", buffering=0) as given, target.open("wb", buffering=0) as out:
        while count := given.readinto(plain):
            sealed[:NONCE] = os.urandom(NONCE)
            cipher.encrypt_into(sealed[:NONCE], plain[:count], None, sealed[NONCE : count + OVERHEAD])
            out.write(sealed[: count + OVERHEAD])


def raw_encrypt_plainly(source: Path, target: Path) -> None:
    """The same without thinking of buffers."""
    cipher = AESGCM(KEY)
    with source.open("rb") as plain, target.open("wb") as out:
        while piece := plain.read(SEGMENT):
            nonce = os.urandom(NONCE)
            out.write(nonce + cipher.encrypt(nonce, piece, None))


def raw_decrypt(source: Path, target: Path) -> None:
    """What raw_encrypt wrote, back."""
    cipher = AESGCM(KEY)
    plain, sealed = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT + OVERHEAD))
    with source.open("rb", buffering=0) as given, target.open("wb", buffering=0) as out:
        while count := given.readinto(sealed):
            cipher.decrypt_into(sealed[:NONCE], sealed[NONCE:count], None, plain[: count - OVERHEAD])
            out.write(plain[: count - OVERHEAD])


def raw_decrypt_plainly(source: Path, target: Path) -> None:
    """The same without thinking of buffers."""
    cipher = AESGCM(KEY)
    with source.open("rb") as sealed, target.open("wb") as out:
        while piece := sealed.read(SEGMENT + OVERHEAD):
            out.write(cipher.decrypt(piece[:NONCE], piece[NONCE:], None))


def checksum(source: Path, _target: Path) -> None:
    """Read a file through the CRC-32 that a zip needs, as sealing takes it."""
    state, place = 0, memoryview(bytearray(SEGMENT))
    with source.open("rb", buffering=0) as plain:
        while count := plain.readinto(place):
            state = crc32(place[:count], state)


def checksum_of_the_library(source: Path, _target: Path) -> None:
    """The same by the standard library."""
    state, place = 0, memoryview(bytearray(SEGMENT))
    with source.open("rb", buffering=0) as plain:
        while count := plain.readinto(place):
            state = zlib.crc32(place[:count], state)


POLICY = build_policy("3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11", ["https://relto.example/attr/rel/value/ind"])
LABEL = "<ConfidentialityLabel>training</ConfidentialityLabel>"
SERVICE = "https://bench.localhost/kas"


def seal(source: Path, target: Path) -> None:
    """A whole container, with a label bound to it."""
    with source.open("rb") as plain, target.open("wb") as out:
        container = ContainerWriter(out)
        sealer = PayloadSealer(container, KEY, random=os.urandom, segment_size=SEGMENT)
        while sealer.read_from(plain):
            pass
        sealed = sealer.finish()
        wrapped = wrap_share(
            KEY,
            public_key_pem=public_key_of(generate_service_key("ec:secp256r1")),
            kid="bench",
            url=SERVICE,
            sid="",
            policy_text=POLICY,
            random=os.urandom,
        )
        label = build_label_assertion(LABEL, sealed.integrity, KEY)
        manifest = build_manifest(POLICY, [wrapped], sealed, [label], "application/octet-stream")
        container.finish(manifest, sealed.crc32)


def seal_for_sending(source: Path, target: Path) -> None:
    """What `relto seal` sends: the same in pieces of their own, which a connection may hold on to."""
    key = ServiceKey(SERVICE, "bench", public_key_of(generate_service_key("ec:secp256r1")))
    order = SealingOrder(POLICY, LABEL, "application/octet-stream", key)
    with source.open("rb") as plain, target.open("wb") as out:
        for piece in sealed_container(plain, order):
            out.write(piece)


def open_(source: Path, target: Path) -> None:
    """What `relto open` does with the share at hand: verify everything, then every segment, and write the document."""
    with source.open("rb") as sealed:
        opened: OpenedContainer = open_container(open_archive(sealed), sealed, {0: KEY}, require_label=True)
        for _ in write_whole(opened, target, Watch(None, "open")):
            pass


Job = tuple[Callable[[Path, Path], None], str, str]
JOBS: dict[str, Job] = {
    "raw AES-256-GCM encrypt": (raw_encrypt, "plain", "raw"),
    "raw, plainly": (raw_encrypt_plainly, "plain", "raw"),
    "seal": (seal, "plain", "container"),
    "seal for sending": (seal_for_sending, "plain", "sent"),
    "raw AES-256-GCM decrypt": (raw_decrypt, "raw", "plain-1"),
    "raw decrypt, plainly": (raw_decrypt_plainly, "raw", "plain-1"),
    "open": (open_, "container", "plain-2"),
    "bare CRC-32": (checksum, "plain", ""),
    "CRC-32 of the library": (checksum_of_the_library, "plain", ""),
}
HUGE: dict[str, Job] = {"seal": (seal, "hole", "huge"), "open": (open_, "huge", "opened")}
PEERS = {
    "raw, plainly": "raw AES-256-GCM encrypt",
    "seal": "raw AES-256-GCM encrypt",
    "seal for sending": "raw AES-256-GCM encrypt",
    "raw decrypt, plainly": "raw AES-256-GCM decrypt",
    "open": "raw AES-256-GCM decrypt",
}
WITH_TARGET = ("seal", "open")


def run(name: str, folder: Path, *, huge: bool = False) -> dict[str, float]:
    """One job in a process of its own: seconds without the start of Python, and the peak of its resident memory."""
    words = [sys.executable, __file__, "--job", name, "--folder", str(folder), *(["--huge=1"] if huge else [])]
    found: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found


def do(name: str, folder: Path, jobs: Mapping[str, Job]) -> None:
    """The job, timed once, with a small one before it so that imports do not count."""
    work, source, target = jobs[name]
    small, out = folder / "small", folder / "small-out"
    small.write_bytes(bytes(100))
    (seal if "container" in source or source == "huge" else raw_encrypt)(small, out)
    work(out if source in {"raw", "container", "huge"} else small, folder / "small-back")
    begun, spent = time.perf_counter(), time.process_time()
    work(folder / source, folder / target if target else Path(os.devnull))
    seconds, processor = time.perf_counter() - begun, time.process_time() - spent
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak_resident()}))


def peak_resident() -> float:
    """The peak of this process's resident memory in MiB; without Linux's own figure, what the C library says."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    said = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return (int(said[0]) if said else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def verdict(*, holds: bool) -> str:
    """How a figure stands to its target."""
    return "holds" if holds else "MISSED"


def beside_raw(folder: Path, size: int, rounds: int) -> None:
    """The table of sealing and opening beside raw AES-256-GCM."""
    block = os.urandom(MEBIBYTE)
    with (folder / "plain").open("wb") as plain:
        for _ in range(size // MEBIBYTE):
            plain.write(block)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in JOBS}
    for _ in range(rounds):
        for name, (_work, _source, target) in JOBS.items():
            if target:
                (folder / target).unlink(missing_ok=True)
            found[name].append(run(name, folder))
    with (folder / "plain").open("rb") as one, (folder / "plain-2").open("rb") as other:
        while piece := one.read(SEGMENT):
            if piece != other.read(SEGMENT):
                sys.exit("what was opened IS NOT what was sealed")
    print(f"{size // MEBIBYTE} MiB, segments of 2 MiB, best of {rounds} rounds; what was opened is what was sealed")
    taken = {
        kind: {name: min(one[kind] for one in each) for name, each in found.items()}
        for kind in ("seconds", "processor")
    }
    print(f"{'':24} {'MiB/s':>8} {'of raw AES-256-GCM':>20} {'by processor time':>18} {'peak resident MiB':>18}")
    for name, each in found.items():
        peer = PEERS.get(name)
        clock, processor = (f"{kind[peer] / kind[name]:.2f}" if peer else "" for kind in taken.values())
        speed = size / MEBIBYTE / taken["seconds"][name]
        target = ""
        if peer and name in WITH_TARGET:
            target = f"  target {LEAST_OF_RAW}: {verdict(holds=float(clock) >= LEAST_OF_RAW)}"
        peak = max(one["peak"] for one in each)
        print(f"{name:24} {speed:8,.0f} {clock:>20} {processor:>18} {peak:18.0f}{target}")
    for left in folder.iterdir():
        left.unlink()


def resident_when_huge(folder: Path, gibibytes: int) -> None:
    """The peak resident memory of sealing and opening a document of many gibibytes."""
    size = gibibytes * 1024**3
    free = shutil.disk_usage(folder).free
    if free < 2 * size + 1024**3:
        print(f"{gibibytes} GiB: skipped, {folder.parent} has room for {free // 1024**3} GiB, twice the size is needed")
        return
    with (folder / "hole").open("wb") as hole:
        hole.truncate(size)
    for name in HUGE:
        found = run(name, folder, huge=True)
        stands = verdict(holds=found["peak"] < MOST_RESIDENT)
        print(
            f"{name} {gibibytes} GiB: peak resident {found['peak']:.0f} MiB (target below {MOST_RESIDENT}: {stands}), "
            f"{gibibytes * 1024 / found['seconds']:,.0f} MiB/s"
        )
    for left in folder.iterdir():
        left.unlink()


OTDF_CODE = """
import sys, time, importlib
importlib.import_module("otdf_python.tdf"), importlib.import_module("otdf_python.config")
sys.path.insert(0, sys.argv[1])
import client
begun = time.perf_counter()
client.main(sys.argv[2], client.Path(sys.argv[3]), *sys.argv[4:])
print(time.perf_counter() - begun)
"""


def beside_otdf_python(folder: Path, rounds: int) -> None:
    """100 MiB, file to file: otdf-python and relto, in turns."""
    found = sorted((PROJECT / "build" / "interop").glob("otdf-*/bin/python"))
    if not found:
        print("otdf-python: skipped, build/interop has no environment with it (`make interop` makes one)")
        return
    python, place = found[-1], PROJECT / "tests" / "interop" / "otdf"
    private = generate_service_key("rsa:2048")
    (folder / "private.pem").write_text(private, "ascii")
    (folder / "public.pem").write_text(public_key_of(private), "ascii")
    (folder / "plain").write_bytes(os.urandom(MEBIBYTE) * (OTDF_SIZE // MEBIBYTE))

    def theirs(verb: str, *rest: str) -> float:
        words = [str(python), "-c", OTDF_CODE, str(place), verb, *(str(folder / name) for name in rest[:1]), *rest[1:]]
        return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1])

    sealing = ("public.pem", "bench", SERVICE, "https://relto.example/attr/rel/value/ind")
    their: dict[str, list[float]] = {"seal": [], "open": []}
    ours: dict[str, list[float]] = {"seal": [], "open": []}
    for _ in range(rounds):
        their["seal"].append(theirs("seal", *sealing, str(folder / "plain"), str(folder / "theirs")))
        their["open"].append(theirs("open", "private.pem", str(folder / "theirs"), str(folder / "back")))
        for name, taken in ours.items():
            taken.append(run(name, folder)["seconds"])
    for name, taken in ours.items():
        mine, other = min(taken), min(their[name])
        print(
            f"{name} 100 MiB: relto {mine:.3f} s, otdf-python {other:.3f} s: {other / mine:.1f} times as fast "
            f"(target {LEAST_OF_OTDF_PYTHON:.0f}: {verdict(holds=other / mine >= LEAST_OF_OTDF_PYTHON)})"
        )


def main() -> None:
    """Print the tables."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()  # noqa: S108  a fresh folder is made in it
    given = arguments(
        __doc__ or "",
        mebibytes=(int, None, "size of the document (default 1024; with --quick 128)"),
        huge=(
            int,
            None,
            "GiB of the document whose resident memory is looked at (default 10; with --quick 1; 0: none)",
        ),
        folder=(Path, Path(memory), "where to read and write; a tmpfs"),
        job=(str, "", "one job in this process (used by the script itself)"),
    )
    if given.job:
        do(given.job, given.folder, HUGE if given.huge else JOBS)
        return
    heading()
    rounds = 3 if given.quick else 5
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="relto-bench-") as made:
        folder = Path(made)
        beside_raw(folder, (given.mebibytes or (128 if given.quick else 1024)) * MEBIBYTE, rounds)
        gibibytes = given.huge if given.huge is not None else (1 if given.quick else 10)
        if gibibytes:
            resident_when_huge(folder, gibibytes)
        beside_otdf_python(folder, rounds)


if __name__ == "__main__":
    main()
