"""Feeding inputs: each under a limit of processor time, all under a limit of memory; what comes out is counted.

A failure is an input that raised anything but the target's own errors, that broke the target's promise (an assertion),
or that took longer than the limit. It is kept whole, so that it can become a regression test.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tests.support.fuzz.targets import TARGETS, Target

PROJECT = Path(__file__).resolve().parents[3]
SECONDS_EACH = 2.0
"""Processor time that one input may take; all of relto's bounds together allow a few tenths."""
MEMORY = 512 * 1024**2
"""What a process may grow by while it is fed; beyond, allocation fails and the input counts as a failure."""
_AT_A_TIME = 200
_KEPT_FAILURES = 20


class TooLong(BaseException):
    """An input took longer than its limit; not an Exception, so that nothing under test takes it for its own."""


@dataclass
class Tally:
    """What came of one target."""

    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    slowest: str = ""
    failures: list[dict[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Signals for the time of an input, and a bound on the address space of this process."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, interrupt)
    bounds = resource.getrlimit(resource.RLIMIT_AS)
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY, bounds[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, bounds)


def feed(target: Target, data: bytes, tally: Tally) -> None:
    """One input."""
    begun = time.perf_counter()
    failure = ""
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS_EACH)
        try:
            target.read(data)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        tally.accepted += 1
    except target.errors:
        pass
    except TooLong:
        failure = "longer than its limit"
    except Exception as error:  # noqa: BLE001  whatever comes out is what is looked for
        failure = f"{type(error).__name__}: {error}"[:300]
    taken = time.perf_counter() - begun
    tally.inputs += 1
    if taken > tally.slowest_seconds:
        tally.slowest_seconds, tally.slowest = taken, data[:400].hex()
    if failure and len(tally.failures) < _KEPT_FAILURES:
        tally.failures.append({"failure": failure, "input": data[:65_536].hex()})


def fuzz(names: Sequence[str], seed: int, *, inputs: int = 0, seconds: float = 0.0) -> dict[str, Tally]:
    """Feed the targets in turns until `inputs` in all, or `seconds` of wall clock, are used up."""
    source = random.Random(seed)  # noqa: S311  a plan that can be given again
    targets = {name: TARGETS[name]() for name in names}
    found = {name: Tally() for name in names}
    end = time.monotonic() + seconds if seconds else float("inf")
    told = time.monotonic()
    with limited():
        while time.monotonic() < end and (not inputs or sum(tally.inputs for tally in found.values()) < inputs):
            # Whoever has had the least time is next: slow targets then get fewer inputs, but no less attention.
            name = min(found, key=lambda one: found[one].seconds)
            target, tally, begun = targets[name], found[name], time.perf_counter()
            for _ in range(_AT_A_TIME):
                data = source.choice(target.seeds)
                for _ in range(source.choice((1, 1, 1, 1, 3))):
                    data = target.mutate(source, data)
                feed(target, data[: target.longest], tally)
            tally.seconds += time.perf_counter() - begun
            if time.monotonic() - told > 30:
                told = time.monotonic()
                sys.stderr.write(f"{sum(tally.inputs for tally in found.values()):,} inputs\n")
    return found


def peak_resident_mib() -> int:
    """The peak of this process's resident memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) // 1024


def in_processes(
    count: int, names: Sequence[str], seed: int, *, inputs: int = 0, seconds: float = 0.0
) -> dict[str, Any]:
    """The same in `count` processes of their own, each with a share of the inputs or with all of the seconds."""
    words = [sys.executable, "-m", "tests.support.fuzz", "--alone", *(f"--target={name}" for name in names)]
    words += [f"--inputs={-(-inputs // count)}", f"--seconds={seconds}"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(("src", "."))}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / str(number) for number in range(count)]
        running = []
        for number, output in enumerate(outputs):
            with output.open("wb") as out:
                running.append(
                    subprocess.Popen([*words, f"--seed={seed + number}"], cwd=PROJECT, env=environment, stdout=out)
                )
        statuses = [process.wait() for process in running]
        parts = [json.loads(output.read_bytes() or b"{}") for output in outputs]
    return summary(parts, statuses, time.monotonic() - begun, seed)


def summary(parts: Sequence[dict[str, Any]], statuses: Sequence[int], seconds: float, seed: int) -> dict[str, Any]:
    """What came of all processes: by target, and whether everything held."""
    by_target: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, tally in part.get("targets", {}).items():
            whole = by_target.setdefault(name, {"inputs": 0, "accepted": 0, "seconds": 0.0, "failures": []})
            for counted in ("inputs", "accepted", "seconds", "failures"):
                whole[counted] += tally[counted]
            if tally["slowest_seconds"] >= whole.get("slowest_seconds", 0):
                whole |= {"slowest_seconds": round(tally["slowest_seconds"], 4), "slowest": tally["slowest"]}
    for whole in by_target.values():
        whole["per_second"] = round(whole["inputs"] / whole["seconds"]) if whole["seconds"] else 0
        whole["seconds"] = round(whole["seconds"], 1)
    failures = sum(len(whole["failures"]) for whole in by_target.values())
    return {
        "held": not failures and not any(statuses) and all("targets" in part for part in parts),
        "seed": seed,
        "inputs": sum(whole["inputs"] for whole in by_target.values()),
        "failures": failures,
        "seconds": round(seconds, 1),
        "peak_resident_mib": max((part.get("peak_resident_mib", 0) for part in parts), default=0),
        "exit": list(statuses),
        "targets": by_target,
    }
