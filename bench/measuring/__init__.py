"""What the scripts of this folder share: the machine's name, fair timing, and one way of printing.

Each thing is measured beside its peer in turns, in several short rounds of the same run, and the median round counts:
what else the machine does then slows both alike.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cryptography
from cryptography.hazmat.backends.openssl import backend

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]


def arguments(described: str, **more: tuple[type, object, str]) -> argparse.Namespace:
    """The options of a script: --quick, and further ones as name=(type, default, meaning). Others are left alone."""
    parser = argparse.ArgumentParser(description=described.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a look, not a measurement")
    for name, (kind, default, meaning) in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default, help=meaning)
    return parser.parse_known_args()[0]


def machine() -> str:
    """Processor, cores, and the versions that decide the figures."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        named = [
            line.partition(":")[2].strip() for line in information.read_text().splitlines() if "model name" in line
        ]
        model = named[0] if named else model
    library = f"cryptography {cryptography.__version__} ({backend.openssl_version_text()})"
    python = f"Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, {python}, {library}"


def rates(works: Mapping[str, Callable[[], int | None]], *, seconds: float, rounds: int) -> dict[str, float]:
    """How many a second of each: a work does one thing, or answers how many it did; `seconds` for each in all."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            done, begun = 0, time.perf_counter()
            while (passed := time.perf_counter() - begun) < seconds / rounds:
                done += work() or 1
            found[name].append(done / passed)
    return {name: statistics.median(each) for name, each in found.items()}


def heading(*facts: str) -> None:
    """Name the machine, and what was measured."""
    print(f"machine: {machine()}")
    print(f"load: {os.getloadavg()[0]:.1f} in the last minute, this run included")
    for fact in facts:
        print(fact)


def beside(found: Mapping[str, float], pairs: Mapping[str, str], unit: str) -> None:
    """A line for each pair: the figure, its peer's of the same run, and the ratio."""
    width = max(map(len, [*pairs, *pairs.values()]))
    print(f"{'':{width}}  {unit:>12}  {'':{width}}  {unit:>12}  {'ratio':>6}")
    for name, peer in pairs.items():
        ratio = found[name] / found[peer]
        print(f"{name:{width}}  {found[name]:12,.0f}  {peer:{width}}  {found[peer]:12,.0f}  {ratio:6.3f}")
