"""Style, types and all tests on two cores: in portions, each a run of its own, two beside each other.

    python tools/run_portions.py BIN

What starts nodes of its own is one lane's work, a portion after the other; everything else is taken by whichever lane
is free, the longest first. So both cores end at about the same time, however the tests grow. A portion that fails is
printed whole; the slowest tests and one closing line of all come last.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
USUAL = "not accept and not interop"
_COUNT = re.compile(r"(\d+) ([a-z]+)")
_TIME = re.compile(r" in ([0-9.]+)s")
_ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "warning", "errors", "error")
_SLOWEST_TOLD = 15
_NOTHING_COLLECTED = 5
_SLOW = re.compile(r"\d+\.\d+s (?:call|setup|teardown) ")


@dataclass
class Portion:
    """A command of its own. `served`: it listens on ports, and none other such runs beside it."""

    name: str
    command: list[str]
    served: bool = False
    output: str = ""
    status: int | None = None
    seconds: float = 0.0
    is_tests: bool = True


@dataclass
class Work:
    """What is left to do, and what was done."""

    served: list[Portion]
    free: list[Portion]
    done: list[Portion] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, *, may_serve: bool) -> Portion | None:
        """The next portion for a lane; None when there is none."""
        with self.lock:
            if may_serve and self.served:
                return self.served.pop(0)
            return self.free.pop(0) if self.free else None


def portions(binary: Path) -> Work:
    """Every portion; a folder of tests that is named nowhere is a served one of its own."""
    python = str(binary / "python")

    def tests(name: str, *folders: str, served: bool = False, ignore: tuple[str, ...] = ()) -> Portion:
        left = [f"--ignore={one}" for one in ignore]
        chosen = ["-m", f"{USUAL} and not postgresql", "--durations=15", "--durations-min=1.0"]
        command = [python, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", *chosen, *left, *folders]
        return Portion(name, command, served=served)

    folder = "tests/unit/store_on_postgresql"
    postgresql = [
        python,
        "-m",
        "pytest",
        "-q",
        "-ra",
        "-p",
        "no:cacheprovider",
        "-m",
        f"{USUAL} and postgresql",
        folder,
    ]
    free = [
        Portion("PostgreSQL", postgresql),
        Portion("mypy", [str(binary / "mypy"), "--no-error-summary"], is_tests=False),
        tests("services", "tests/unit/services"),
        *(tests(Path(one).name, one) for one in FREE),
        tests("small rooms", *SMALL),
        Portion("ruff", [str(binary / "ruff"), "check", "--quiet", "."], is_tests=False),
    ]
    named = {"tests/unit/services", folder, *FREE, *SMALL}
    rooms = sorted(str(one.relative_to(PROJECT)) for one in _rooms() if str(one.relative_to(PROJECT)) not in named)
    served = [tests(one.removeprefix("tests/"), one, served=True, ignore=_inner(one, named)) for one in rooms]
    return Work(served, free)


FREE = (
    "tests/unit/web",
    "tests/story/capabilities",
    "tests/unit/procedures",
    "tests/unit/rules",
    "tests/unit/labels",
    "tests/unit/adapters",
    "tests/unit/api",
    "tests/models",
    "tests/browser",
)
SMALL = (
    "tests/packaging",
    "tests/unit/alignment",
    "tests/unit/base",
    "tests/unit/exchange",
    "tests/unit/ledger",
    "tests/unit/power_cuts",
    "tests/unit/rehearsal",
    "tests/unit/sealing",
    "tests/unit/services_exchange",
    "tests/unit/signing",
    "tests/unit/store",
)


def _rooms() -> list[Path]:
    folders = [PROJECT / "tests" / one for one in ("browser", "house", "models", "story", "story/capabilities")]
    units = [
        one for one in (PROJECT / "tests" / "unit").iterdir() if one.is_dir() and not one.name.startswith(("_", "."))
    ]
    return [one for one in (*folders, *units) if one.is_dir()]


def _inner(room: str, named: set[str]) -> tuple[str, ...]:
    return tuple(sorted(one for one in named if one.startswith(f"{room}/")))


def run(work: Work, *, may_serve: bool) -> None:
    """One lane, until nothing is left for it."""
    while (portion := work.next(may_serve=may_serve)) is not None:
        begun = time.monotonic()
        ended = subprocess.run(
            portion.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd=PROJECT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        portion.output, portion.status, portion.seconds = ended.stdout, ended.returncode, time.monotonic() - begun
        lines = portion.output.strip().splitlines() or ["nothing to say"]
        with work.lock:
            work.done.append(portion)
            told = lines[-1] if portion.is_tests else f"exit {portion.status}"
            say(f"test: {portion.name}: {told} [{portion.seconds:.0f} s]")


def add_up(lines: list[str]) -> str:
    """The counts of several runs of pytest together, from each one's last line. Raises ValueError for another line."""
    counts: dict[str, int] = {}
    for line in lines:
        found = _COUNT.findall(line.partition(" in ")[0])
        if not _TIME.search(line) or not found:
            raise ValueError(line)
        for count, word in found:
            counts[word] = counts.get(word, 0) + int(count)
    return ", ".join(f"{counts[word]} {word}" for word in _ORDER if word in counts)


def say(line: str) -> None:
    """Print, at once."""
    print(line, flush=True)


def main() -> int:
    """Run everything; 1 when anything failed."""
    work = portions(Path(sys.argv[1]))
    begun = time.monotonic()
    lanes = [threading.Thread(target=run, args=(work,), kwargs={"may_serve": serves}) for serves in (True, False)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    failed = [one for one in work.done if one.status not in {0, _NOTHING_COLLECTED}]
    for portion in failed:
        say(f"\ntest: FAILED: {portion.name}\n{portion.output}")
    slowest = sorted(
        (float(line.partition("s ")[0]), line)
        for portion in work.done
        for line in portion.output.splitlines()
        if _SLOW.match(line)
    )
    say("\n".join(line for _, line in slowest[-_SLOWEST_TOLD:][::-1]))
    for portion in work.done:
        for line in portion.output.splitlines():
            if line.startswith("SKIPPED"):
                say(line)
    counted = [one.output.strip().splitlines()[-1] for one in work.done if one.is_tests and one.output.strip()]
    try:
        total = add_up(counted)
    except ValueError as error:
        say(f"test: FAILED: a run did not come to its end: {error}")
        return 1
    say(f"{total} in {time.monotonic() - begun:.2f}s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
