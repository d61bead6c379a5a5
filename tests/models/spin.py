"""Spin's models of the protocols (models/*.pml): every state looked at, each broken rule found, traces to replay.

    python -m tests.models.spin [--messages 3] [--json]            all models at full size, sound and broken
    python -m tests.models.spin --traces                           write the traces that test_replayed.py replays

Spin is Debian's package of that name; it makes a C program, so a C compiler is needed too.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MODELS = PROJECT / "models"
TRACES = Path(__file__).resolve().parent / "traces"
SECONDS, MEBIBYTES, DEPTH = 600, 4000, 5_000_000
STEPS = 1200
STEP = re.compile(
    r"\s*(write|lie|take|trouble|kill|settle|heal|fork|ask|start|cut|certify|sign|backup|restore|lift|recover)"
    r"( [a-z0-9]+)*\s*"
)


@dataclass(frozen=True)
class Variant:
    """A model with switches; `sound` unless a switch breaks a rule."""

    model: str
    switches: tuple[str, ...] = ()
    sound: bool = True

    @property
    def name(self) -> str:
        """As people say it."""
        return " ".join((self.model, *self.switches))


VARIANTS = (
    Variant("receipts"),
    *(
        Variant("receipts", (switch,), sound=False)
        for switch in ("ONE_LOOK", "FORGETFUL", "ANY_PREVIOUS", "ANSWER_FIRST", "NO_GAPS", "ANY_ANSWER")
    ),
    Variant("witnessing", ("LIAR",)),
    Variant("witnessing", ("HONEST",)),
    *(Variant("witnessing", ("LIAR", switch), sound=False) for switch in ("ANSWER_FIRST", "TWO_STEPS", "NO_PROOF")),
    Variant("witnessing", ("HONEST", "NO_QUARANTINE"), sound=False),
    Variant("reconciliation", ("LIAR",)),
    Variant("reconciliation", ("HONEST",)),
    *(
        Variant("reconciliation", ("LIAR", switch), sound=False)
        for switch in ("NO_COMMITMENT", "ONE_KEY", "NO_CHECK", "NO_PROOF")
    ),
    Variant("reconciliation", ("HONEST", "NO_BOUNDS"), sound=False),
)
SIMULATED = (
    (Variant("receipts", ("LONG",)), (1, 2, 3, 4, 5, 6, 7, 8)),
    (Variant("witnessing", ("LIAR",)), (1, 2, 3, 4)),
    (Variant("reconciliation", ("LONG",)), (1, 2, 3, 4, 5, 6)),
)


@dataclass(frozen=True)
class Explored:
    """What the exhaustive search of one variant found."""

    variant: str
    held: bool
    states: int
    transitions: int
    depth: int
    seconds: float
    violated: str


def available() -> str:
    """ "" when Spin and a C compiler are here, else what is missing."""
    return ", ".join(name for name in ("spin", "gcc") if shutil.which(name) is None)


def explore(variant: Variant, size: int, *, optimise: bool = True) -> Explored:
    """Look at every state; without `optimise` the C compiler takes less time and the search more.

    Raises RuntimeError when the search did not end within its bounds.
    """
    with tempfile.TemporaryDirectory(prefix="relto-spin-") as made:
        folder = Path(made)
        _run(["spin", "-a", *_defines(variant, size), str(MODELS / f"{variant.model}.pml")], folder)
        _run(
            [
                "gcc",
                "-w",
                "-O1" if optimise else "-O0",
                "-DSAFETY",
                "-DCOLLAPSE",
                f"-DMEMLIM={MEBIBYTES}",
                "-o",
                "pan",
                "pan.c",
            ],
            folder,
        )
        begun = time.monotonic()
        said = _run(["./pan", f"-m{DEPTH}"], folder)
        taken = time.monotonic() - begun
    states, transitions = (int(_found(rf"(\d+) {word}", said)) for word in ("states, stored", "transitions"))
    depth, errors = _found(r"depth reached (\d+)", said), int(_found(r"errors: (\d+)", said))
    violated = re.search(r"assertion violated (.*?) \(at depth", said)
    complete = "max search depth too small" not in said and "Search not completed" not in said
    if not errors and not complete:
        raise RuntimeError(f"{variant.name}: the search did not end within its bounds")
    return Explored(
        variant.name, errors == 0, states, transitions, int(depth), round(taken, 2), violated[1] if violated else ""
    )


def simulate(variant: Variant, seed: int, size: int = 3) -> list[str]:
    """The steps of one random run, one a line."""
    said = _run(
        ["spin", f"-n{seed}", f"-u{STEPS}", *_defines(variant, size), str(MODELS / f"{variant.model}.pml")], PROJECT
    )
    return [" ".join(line.split()) for line in said.splitlines() if STEP.fullmatch(line)]


def traces() -> Iterator[tuple[Path, list[str]]]:
    """Each trace to be replayed: its file and its steps."""
    for variant, seeds in SIMULATED:
        for seed in seeds:
            yield TRACES / f"{variant.model}-{seed}.txt", simulate(variant, seed)


def _defines(variant: Variant, size: int) -> list[str]:
    return [f"-DN={size}", *(f"-D{switch}" for switch in variant.switches)]


def _run(words: Sequence[str], folder: Path) -> str:
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS).stdout


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    if match is None:
        raise RuntimeError(f"Spin did not say {pattern}: {said[-2000:]}")
    return match[1]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    """Explore all variants, or write the traces."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--messages", type=int, default=3, help="messages of the channel, entries of the log")
    reader.add_argument("--json", action="store_true", help="tell what was found as JSON")
    reader.add_argument("--traces", action="store_true", help="write the traces instead")
    given = reader.parse_args()
    if missing := available():
        sys.exit(f"skipped: {missing} not found")
    if given.traces:
        for path, steps in traces():
            path.write_text("\n".join(steps) + "\n", "ascii")
            say(f"{path.name}: {len(steps)} steps")
        return
    found, wrong = [], []
    for variant in VARIANTS:
        one = explore(variant, given.messages)
        found.append(one)
        if one.held is not variant.sound:
            wrong.append(one.variant)
        if not given.json:
            verdict = "every state holds" if one.held else f"refuted: {one.violated}"
            say(f"{one.variant:34} {one.states:>10,} states {one.seconds:7.2f} s  {verdict}")
    if given.json:
        say(json.dumps({"not_as_they_must_be": wrong, "explored": [asdict(one) for one in found]}))
    else:
        say(f"NOT AS THEY MUST BE: {', '.join(wrong)}" if wrong else "all as they must be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
