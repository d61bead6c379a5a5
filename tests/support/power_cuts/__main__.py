"""Many lives by seed, in several processes: exit status 0 when every promise held and enough faults hit."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import django


def main() -> int:
    """Run, report, and say by the exit status whether everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--faults", type=int, default=8000)
    parser.add_argument("--steps", type=int, default=60, help="of one life")
    parser.add_argument("--minutes", type=float, default=15.0, help="at most")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--clean", type=int, default=0, help="so many lives without a fault, for false alarms")
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    print(f"seed {given.seed}", file=sys.stderr, flush=True)  # noqa: T201  it talks to a person
    found = _in_processes(given) if given.processes > 1 else _alone(given)
    text = json.dumps(found, indent=1)
    print(text)  # noqa: T201  likewise
    if given.report is not None:
        given.report.write_text(text + "\n", "utf-8")
    return 0 if not found["broken"] and found["faults"] >= given.faults else 1


def _in_processes(given: argparse.Namespace) -> dict[str, object]:
    share = [f"--faults={-(-given.faults // given.processes)}", f"--clean={-(-given.clean // given.processes)}"]
    options = [*share, f"--steps={given.steps}", f"--minutes={given.minutes}"]
    with tempfile.TemporaryDirectory() as folder:
        reports = [Path(folder) / str(number) for number in range(given.processes)]
        words = [sys.executable, "-m", "tests.support.power_cuts", *options]
        running = [
            subprocess.Popen([*words, f"--seed={given.seed + 10**6 * number}", f"--report={place}"], stdout=-3)
            for number, place in enumerate(reports)
        ]
        for process in running:
            process.wait()
        parts = [json.loads(place.read_text("utf-8")) for place in reports]
    kinds: Counter[str] = Counter()
    for part in parts:
        kinds.update(part["by_kind"])
    sums = {name: sum(part[name] for part in parts) for name in ("faults", "lives", "clean_lives", "acknowledged")}
    return {
        "seed": given.seed,
        "seeds": [part["seed"] for part in parts],
        **sums,
        "seconds": max(part["seconds"] for part in parts),
        "by_kind": dict(sorted(kinds.items())),
        "broken": [one for part in parts for one in part["broken"]],
    }


def _alone(given: argparse.Namespace) -> dict[str, object]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    django.setup()
    from tests.support.power_cuts.disk import recorded  # noqa: PLC0415  its models need Django set up
    from tests.support.power_cuts.life import lived  # noqa: PLC0415  likewise

    kinds: Counter[str] = Counter()
    broken: list[str] = []
    lives = clean = acknowledged = 0
    begun = time.monotonic()
    memory = Path("/dev/shm")  # noqa: S108  a disk is not needed where nothing is really synced
    fast = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="relto-power-", dir=fast) as folder, recorded():
        place = Path(folder).resolve() / "life"
        for number in range(given.clean):
            counted, found, held = lived(place, given.seed + number, steps=given.steps, faulty=False)
            acknowledged += held
            broken += [f"clean seed {given.seed + number}: {one}" for one in found]
            clean += 1
        while kinds.total() < given.faults and time.monotonic() - begun < given.minutes * 60:
            seed = given.seed + lives
            counted, found, held = lived(place, seed, steps=given.steps)
            acknowledged += held
            kinds.update({fault.value: count for fault, count in counted.hits.items()})
            broken += [f"seed {seed}: {one}" for one in found]
            lives += 1
    return {
        "seed": given.seed,
        "faults": kinds.total(),
        "lives": lives,
        "clean_lives": clean,
        "acknowledged": acknowledged,
        "seconds": round(time.monotonic() - begun, 1),
        "by_kind": dict(sorted(kinds.items())),
        "broken": broken,
    }


if __name__ == "__main__":
    sys.exit(main())
