"""Full-size acceptance: what `make test` has no time for, from a fresh clone, with dated evidence under docs/evidence/.

Runs, each in a clone of the present commit under build/accept/ (so that only what is committed counts):
set-up; the demo with its own documents; the demo with a real PDF, a DOCX, an empty file, a 1 GiB file and a name with
spaces and Devanagari; the search for plaintext in what the nodes left behind; a 3 GiB document through the same story;
two thousand faults and more over two nodes (tests/support/faults), every promise checked afterwards; the laws of labels
on a million random cases; the document checker on 300 documents with
1,000 seeded faults; every byte of five containers damaged; ten million fuzzed inputs (an hour or more); the time of a
failure at the key service; every gate condition weakened; every state of the protocols' models; eight thousand power
cuts and failing disks; a million decisions made again; a year of procedures of fifty companies; two rule books of
10,000 provisions; every rehearsal that ships; the whole portal as each of its people; a release by courier alone; the
tests with ../shared absent, present. Every process of a demo is watched: its peak resident memory is
evidence. Linux only (/proc).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hard_documents import in_the_clear, write_documents, write_huge

PROJECT = Path(__file__).resolve().parents[1]
WORKSHOP = PROJECT / "build" / "accept"
EVIDENCE = PROJECT / "docs" / "evidence"
LARGEST_RESIDENT = 300 * 1024**2
DEMO_SECONDS = 60
FAULTS = 2000
FAULT_MINUTES = 12
FAULT_RUN = "fault run over two nodes"
LAW_CASES = 10**6
LAW_PROCESSES = 2
CORPUS_DOCUMENTS = 300
CORPUS_FAULTS = 1000
LEAST_RECALL = 0.99
LEAST_PRECISION = 0.95
_COUNTS = (
    "faults",
    "faults_with_each_partition_once",
    "partitions",
    "seconds",
    "settled_in_seconds",
    "acknowledged_entries",
    "releases_acknowledged",
    "releases_withdrawn",
    "suspensions",
    "shares_granted_on_the_wire",
)
MODULES = {
    "tamper": ("every byte of five containers damaged", ["tests.support.fuzz.tamper", "--full", "--processes=2"]),
    "fuzz": (
        "fuzzing of all that parses",
        ["tests.support.fuzz", f"--inputs={10**7}", "--processes=2"],
    ),
    "oracle": ("timing of failures at the key service", ["tests.support.oracle_timing", "--samples=100000"]),
    "gates": ("every gate condition deleted and weakened", ["tests.support.gate_mutants", "--processes=2"]),
    "models": ("every state of the protocols' models", ["tests.models.spin", "--messages=3", "--json"]),
    "power": (
        "power cuts and disks that fail, by seed",
        ["tests.support.power_cuts", "--faults=8000", "--clean=200", "--processes=2"],
    ),
    "replay": ("a million recorded decisions made again", ["tests.support.replay_at_size", "--decisions=1000000"]),
    "year": ("a generated year of 50 companies: loaded, and every queue page of it", ["tests.support.generated_year"]),
    "alignment": (
        "two rule books of 10,000 provisions and 50,000 relations, and every page of them",
        ["tests.support.alignment_at_size"],
    ),
    "rehearsals": ("every shipped scenario rehearsed, one under a draft", ["tests.support.rehearsals_at_size"]),
    "portal": (
        "the whole portal and API of two running nodes, as each of their people",
        ["tests.support.portal_survey", "--examples=20"],
    ),
    "browser": (
        "each role's main task in a browser, in both languages",
        ["pytest", "-q", "-m", "accept or not accept", "tests/browser"],
    ),
    "postgresql": ("all tests of store, ledger and verbs on PostgreSQL", ["tests.support.whole_on_postgresql"]),
    "pages": ("every page beside a year of data of every kind", ["tests.support.whole_year"]),
    "s3": ("ciphertext in a real S3 server: laws, full size, and the verbs over it", ["tests.support.whole_on_s3"]),
    "backup_postgresql": (
        "a node on PostgreSQL backed up and restored in another database",
        ["pytest", "-q", "-m", "accept", "tests/unit/node/test_backup_on_postgresql.py"],
    ),
    "upkeep": (
        "a node upgraded, verified, its keys rotated",
        ["pytest", "-q", "-m", "accept", "tests/unit/node/test_upkeep.py"],
    ),
    "packaging": ("the release installed, deployed and upgraded", ["tests.support.packaging_tried"]),
    "courier": (
        "a release by courier alone, both links stopped",
        ["pytest", "-q", "-m", "accept", "tests/story/test_by_courier.py"],
    ),
}
PARTS = ("demo", "documents", "huge", "faults", "laws", "corpus", *MODULES, "tests")


@dataclass
class Run:
    """One full-size run: what was done, whether it held, and the facts behind that."""

    name: str
    held: bool
    seconds: float
    facts: dict[str, Any] = field(default_factory=dict)


class MemoryWatch(threading.Thread):
    """Samples the peak resident size (VmHWM, bytes) of one process and of all that descend from it."""

    def __init__(self, first: int) -> None:
        super().__init__(daemon=True)
        self.family = {first}
        self.peaks: dict[str, int] = {}
        self.over = threading.Event()

    def run(self) -> None:
        """Sample twice a second until `over` is set."""
        while not self.over.wait(0.5):
            for folder in Path("/proc").glob("[0-9]*"):
                self._sample(folder)

    def _sample(self, folder: Path) -> None:
        try:
            _, parent, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if not {int(folder.name), int(parent), int(session)} & self.family:
                return
            words = (folder / "cmdline").read_bytes().split(b"\0")
            status = (folder / "status").read_text()
        except (OSError, ValueError, IndexError):
            return  # it ended meanwhile
        self.family.add(int(folder.name))
        peak = [line for line in status.splitlines() if line.startswith("VmHWM")]
        if peak:
            name = " ".join("/".join(Path(os.fsdecode(word)).parts[-2:]) for word in words[:7] if word)
            self.peaks[f"{folder.name} {name}"] = int(peak[0].split()[1]) * 1024


def by_name(peaks: dict[str, int]) -> dict[str, int]:
    """The highest peak in MiB of each process, whatever its number: a process that was started twice is one line."""
    highest: dict[str, int] = {}
    for process, peak in peaks.items():
        name = process.partition(" ")[2]
        highest[name] = max(highest.get(name, 0), peak // 1024**2)
    return highest


def command(words: list[str], folder: Path, log: Path, **environment: str) -> tuple[int, float, dict[str, int]]:
    """Run to the end in its own session; returns exit code, seconds and peak memory by process."""
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = MemoryWatch(process.pid)
        watch.start()
        code = process.wait()
        watch.over.set()
        watch.join()
    return code, time.monotonic() - started, watch.peaks


def fresh_clone() -> Path:
    """Only what is committed, in a new folder with no ../shared beside it."""
    shutil.rmtree(WORKSHOP, ignore_errors=True)
    WORKSHOP.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(WORKSHOP / "clone")], check=True)
    return WORKSHOP / "clone"


def play(name: str, clone: Path, documents: list[Path]) -> Run:
    """One demo to its end: exit code, report, time, memory, and nothing in the clear left behind."""
    temporary = WORKSHOP / "tmp"
    temporary.mkdir(exist_ok=True)
    report = WORKSHOP / f"{name}.json"
    words = [str(clone / ".venv" / "bin" / "relto"), "demo", "--headless", "--report", str(report)]
    words += [word for document in documents for word in ("--document", str(document))]
    code, seconds, peaks = command(words, clone, WORKSHOP / f"{name}.log", TMPDIR=str(temporary))
    steps = json.loads(report.read_text("utf-8"))["steps"] if report.exists() else []
    left = sorted({found for place in (clone / "demo", temporary) for found in in_the_clear(place, documents)})
    facts: dict[str, object] = {
        "exit": code,
        "steps": [{key: step.get(key) for key in ("step", "what", "expected", "outcome", "seconds")} for step in steps],
        "largest_resident_mib": by_name(peaks),
        "left_in_the_clear": left,
    }
    held = code == 0 and bool(steps) and not left and max(peaks.values(), default=0) < LARGEST_RESIDENT
    held = held and (bool(documents) or seconds < DEMO_SECONDS)
    return Run(name, held, round(seconds, 1), facts)


def fault_run(name: str, clone: Path, seed: int) -> Run:
    """The full fault run in the clone: enough faults really hit, and no promise was broken."""
    report = WORKSHOP / "faults.json"
    words = [str(clone / ".venv" / "bin" / "python"), "-m", "tests.support.faults.run", "--report", str(report)]
    words += [f"--seed={seed}", f"--faults={FAULTS}", f"--minutes={FAULT_MINUTES}"]
    code, seconds, _ = command(words, clone, WORKSHOP / "faults.log", PYTHONPATH=os.pathsep.join(("src", ".")))
    facts = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return Run(name, code == 0, round(seconds, 1), {"exit": code, "seed": seed, **facts})


def law_run(name: str, clone: Path, seed: int) -> Run:
    """The laws of labels (join, dominate, decide, map) on a million random cases, in as many processes as cores."""
    each, begun = LAW_CASES // LAW_PROCESSES, time.monotonic()
    running = [
        subprocess.Popen(
            [
                str(clone / ".venv" / "bin" / "python"),
                "-c",
                f"from tests.support.label_laws import check_laws; check_laws({each}, {seed + process})",
            ],
            cwd=clone,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))},
            stderr=subprocess.PIPE,
        )
        for process in range(LAW_PROCESSES)
    ]
    said = [process.communicate()[1].decode("utf-8", "replace").strip()[-300:] for process in running]
    held = all(process.returncode == 0 for process in running)
    facts: dict[str, object] = {"cases": each * LAW_PROCESSES, "seed": seed, "said": [words for words in said if words]}
    return Run(name, held, round(time.monotonic() - begun, 1), facts)


def corpus_run(name: str, clone: Path) -> Run:
    """The document checker on 300 generated documents with 1,000 seeded faults: recall and precision."""
    code = (
        "import json, tempfile; from pathlib import Path; from tests.support.marked_documents import score\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        f"    found = score(Path(folder), {CORPUS_DOCUMENTS}, {CORPUS_FAULTS})\n"
        "print(json.dumps({'recall': found.recall, 'precision': found.precision}))"
    )
    run = printing_run(name, clone, ["-c", code])
    good = run.held and run.facts["recall"] >= LEAST_RECALL and run.facts["precision"] >= LEAST_PRECISION
    return replace(run, held=bool(good))


def printing_run(name: str, clone: Path, words: list[str]) -> Run:
    """A Python program of the clone that prints its facts as JSON and ends with 0 when they hold."""
    begun = time.monotonic()
    run = subprocess.run(
        [str(clone / ".venv" / "bin" / "python"), *words],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        facts: dict[str, Any] = dict(json.loads(run.stdout))
    except ValueError:
        facts = {"said": run.stderr[-300:]}
    return Run(name, run.returncode == 0, round(time.monotonic() - begun, 1), {"exit": run.returncode, **facts})


def write_fault_table(run: Run, commit: str, now: datetime) -> Path:
    """docs/evidence/DATE-COMMIT-faults.md: what was injected where, and what came of it."""
    facts: dict[str, Any] = run.facts
    counts = {name: facts.get(name, 0) for name in _COUNTS}
    broken = facts.get("broken", ["the run did not end"])
    lines = [
        f"# Fault run of {now:%Y-%m-%d}, commit {commit[:12]}",
        "",
        f"Seed {facts['seed']}: `python -m tests.support.faults.run --seed {facts['seed']}` gives the plan again.",
        "",
        *(f"- {name.replace('_', ' ')}: {count}" for name, count in counts.items()),
        f"- promises broken: {len(broken)}",
        *(f"  - {found}" for found in broken),
        "",
        "| fault | place | what came of it | count |",
        "|---|---|---|---|",
        *(f"| {row['fault']} | {row['place']} | {row['outcome']} | {row['count']} |" for row in facts.get("table", [])),
    ]
    path = EVIDENCE / f"{now:%Y-%m-%d}-{commit[:12]}-faults.md"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_run(name: str, clone: Path) -> Run:
    """`make test` in the clone, with its closing line as the fact."""
    log = WORKSHOP / f"{name}.log"
    code, seconds, _ = command(["make", "test"], clone, log, CI="true")
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return Run(name, code == 0, round(seconds, 1), {"exit": code, "closing_line": lines[-1] if lines else ""})


def machine() -> dict[str, object]:
    """What the figures belong to: no name, no path."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "python": platform.python_version(),
    }


def write_evidence(runs: list[Run], commit: str, now: datetime) -> Path:
    """docs/evidence/DATE-COMMIT.json; returns its path."""
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    record = {
        "commit": commit,
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine(),
        "held": all(run.held for run in runs),
        "runs": [asdict(run) for run in runs],
    }
    path = EVIDENCE / f"{now:%Y-%m-%d}-{commit[:12]}.json"
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def run_parts(wanted: set[str], clone: Path, seed: int) -> Iterator[Run]:
    """The wanted parts, one after the other."""
    documents = WORKSHOP / "documents"
    parts: dict[str, Callable[[], Run]] = {
        "demo": lambda: play("demo with its own documents", clone, []),
        "documents": lambda: play("demo with five hard documents", clone, write_documents(documents)),
        "huge": lambda: play("demo with a document of 3 GiB", clone, write_huge(documents)),
        "faults": lambda: fault_run(FAULT_RUN, clone, seed),
        "laws": lambda: law_run("laws of labels on random cases", clone, seed),
        "corpus": lambda: corpus_run("document checker on a corpus with seeded faults", clone),
    }
    yield from (run() for part, run in parts.items() if part in wanted)
    for part, (name, words) in MODULES.items():
        if part in wanted:
            yield printing_run(name, clone, ["-m", *words])
    if "tests" in wanted:
        yield test_run("tests with shared absent", clone)
        shared = PROJECT.parent / "shared"
        if shared.is_dir():
            (WORKSHOP / "shared").symlink_to(shared)
            yield test_run("tests with shared present", clone)


def main() -> int:
    """Run all, write the evidence, and fail if anything did not hold."""
    parser = argparse.ArgumentParser(description="Full-size acceptance runs.")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only (repeatable); default: all")
    parser.add_argument("--without-tests", action="store_true", help="everything but the tests")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6), help="of the fault run")
    arguments = parser.parse_args()
    wanted = set(arguments.only or PARTS) - ({"tests"} if arguments.without_tests else set())
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.strip()
    clone = fresh_clone()
    code, seconds, _ = command(["make", "setup"], clone, WORKSHOP / "set-up.log")
    runs = [Run("set-up from a fresh clone", code == 0, round(seconds, 1), {"exit": code})]
    now = datetime.now(UTC)
    if code == 0:
        print(f"seed of the fault run: {arguments.seed}", flush=True)
        runs += run_parts(wanted, clone, arguments.seed)
    for run in runs:
        print(f"{'held  ' if run.held else 'FAILED'}  {run.seconds:8.1f} s  {run.name}")
    path = write_evidence(runs, commit, now)
    for run in runs:
        if run.name == FAULT_RUN:
            print(f"fault table: {write_fault_table(run, commit, now).relative_to(PROJECT)}")
    print(f"evidence: {path.relative_to(PROJECT)}; logs: {WORKSHOP.relative_to(PROJECT)}")
    return 0 if all(run.held for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
