"""The tamper test: every byte of five containers damaged, one at a time, and what a reader then gets.

Either the container is refused with the part named, or document and label are exactly what they were; of a segment that
was damaged nothing is ever handed out. Damaged are all bytes of the archive's records, all bytes of the manifest (once
as they are, once by somebody who mends the manifest's checksum), and the payload: in each segment its nonce, its first,
middle and last byte and its tag; with `--full` every byte of a small payload.

    python -m tests.support.fuzz.tamper [--full]

`--full` flips each of the eight bits of every byte, and sets it to 0, 255 and a digit.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context

from relto.base.errors import ReltoError
from relto.sealing.archive import open_archive
from relto.sealing.integrity import OVERHEAD
from relto.sealing.opening import open_container
from tests.support.fuzz.specimens import Specimen, specimens

Change = tuple[str, int]
QUICK: tuple[Change, ...] = (("flip", 0x01),)
FULL: tuple[Change, ...] = (*(("flip", 1 << bit) for bit in range(8)), ("set", 0), ("set", 255), ("set", ord("7")))
_SMALL_PAYLOAD = 4096


@dataclass
class Outcome:
    """What came of damaging one container. `unchanged`: opened, to the same document and label."""

    name: str
    damaged: int = 0
    refused: int = 0
    unchanged: int = 0
    parts_named: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def delivered(specimen: Specimen, data: bytes) -> tuple[bytes, str | None, ReltoError | None]:
    """What a reader gets: the bytes handed out before anything was refused, the label, and the refusal."""
    got, label = bytearray(), None
    try:
        source = io.BytesIO(data)
        opened = open_container(open_archive(source), source, specimen.shares, require_label=True)
        label = opened.label_xml
        for chunk in opened.views():
            got += chunk
    except ReltoError as refused:
        return bytes(got), label, refused
    return bytes(got), label, None


def examine(specimen: Specimen, data: bytes, where: str, outcome: Outcome, limit: int | None = None) -> None:
    """One damaged container. `limit`: the bytes of the document before the damaged segment; None: no segment is."""
    outcome.damaged += 1
    try:
        got, label, refused = delivered(specimen, data)
    except Exception as error:  # noqa: BLE001  whatever comes out is what is looked for
        outcome.broken.append(f"{where}: {type(error).__name__}: {error}")
        return
    if refused is None:
        outcome.unchanged += 1
        if got != specimen.plain or label != specimen.label or limit is not None:
            outcome.broken.append(f"{where}: opened to something else")
        return
    outcome.refused += 1
    part = refused.field or ""
    outcome.parts_named[part] = outcome.parts_named.get(part, 0) + 1
    if not refused.field:
        outcome.broken.append(f"{where}: refused without naming the part")
    if not specimen.plain.startswith(got) or len(got) > (len(specimen.plain) if limit is None else limit):
        outcome.broken.append(f"{where}: {len(got)} bytes were handed out")


def _damaged(data: bytes, at: int, changes: Sequence[Change]) -> Iterator[tuple[Change, bytes]]:
    """The data with one byte changed, in each way that changes it."""
    for kind, value in changes:
        new = data[at] ^ value if kind == "flip" else value
        if new != data[at]:
            yield (kind, value), data[:at] + bytes([new]) + data[at + 1 :]


def tamper(specimen: Specimen, changes: Sequence[Change], *, every_byte: bool = False, stride: int = 1) -> Outcome:
    """Damage one container in every way of the module's description.

    `stride`: of the manifest only every so manyth byte, from one more or less by the container's name.
    """
    outcome = Outcome(specimen.name)
    segments, manifest = specimen.segments(), specimen.manifest
    payload = range(segments[0].start, segments[-1].stop)
    first, start = len(specimen.name) % stride, specimen.data.index(manifest)
    skipped = set(range(start, start + len(manifest))) - set(range(start + first, start + len(manifest), stride))
    for at in sorted(set(range(len(specimen.data))) - set(payload) - skipped):
        for change, data in _damaged(specimen.data, at, changes):
            examine(specimen, data, f"byte {at} {change}", outcome)
    for at in range(first, len(manifest), stride):
        for change, mended in _damaged(manifest, at, changes):
            examine(specimen, specimen.build(mended), f"mended manifest {at} {change}", outcome)
    before = 0
    whole = every_byte and len(payload) <= _SMALL_PAYLOAD
    for number, segment in enumerate(segments):
        for at in segment if whole else _places(segment):
            for change, data in _damaged(specimen.data, at, changes):
                examine(specimen, data, f"segment {number} byte {at} {change}", outcome, before)
        before += len(segment) - OVERHEAD
    return outcome


def _places(segment: range) -> Iterable[int]:
    """In the nonce, the first byte, the middle, the last byte, the tag."""
    size = len(segment)
    return sorted({segment[place] for place in (0, min(12, size - 1), size // 2, max(size - 17, 0), size - 1)})


def _one(given: tuple[int, bool]) -> Outcome:
    position, full = given
    return tamper(specimens()[position], FULL if full else QUICK, every_byte=full)


def run(*, full: bool, processes: int = 1) -> Iterator[Outcome]:
    """All five, one after the other or in processes of their own."""
    given = [(position, full) for position in range(len(specimens()))]
    if processes == 1:
        yield from map(_one, given)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(_one, given)


def main() -> int:
    """Damage all, print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="every bit of every byte")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    begun = time.monotonic()
    outcomes = list(run(full=given.full, processes=given.processes))
    held = not any(outcome.broken for outcome in outcomes) and all(outcome.damaged for outcome in outcomes)
    summary = {
        "held": held,
        "damaged": sum(outcome.damaged for outcome in outcomes),
        "refused": sum(outcome.refused for outcome in outcomes),
        "unchanged": sum(outcome.unchanged for outcome in outcomes),
        "broken": sum(len(outcome.broken) for outcome in outcomes),
        "seconds": round(time.monotonic() - begun, 1),
        "containers": [{**asdict(outcome), "broken": outcome.broken[:20]} for outcome in outcomes],
    }
    sys.stdout.write(json.dumps(summary, indent=1) + "\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
