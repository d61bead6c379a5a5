"""How many steps a second the group committer makes durable, with 1, 16 and 256 callers in flight.

A step is a real one: a ledger entry with its leaf, its encrypted details and two indexes. Beside it stands the bare
fsync rate of the same disk in the same run; the ratio says how many durable steps one fsync pays for. PostgreSQL is
measured when its server binaries are there, in a cluster of its own with fsync on.

    python bench/committer.py [--seconds 3] [--folder DIR] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]
IN_FLIGHT = (1, 16, 256)
BLOCK = 4096


def fsync_rate(folder: Path, seconds: float) -> float:
    """Appends of 4 KiB, each followed by fsync, a second."""
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        count, start = 0, time.monotonic()
        while time.monotonic() - start < seconds:
            os.write(descriptor, bytes(BLOCK))
            os.fsync(descriptor)
            count += 1
        return count / (time.monotonic() - start)
    finally:
        os.close(descriptor)
        Path(name).unlink()


def device(folder: Path) -> str:
    """The mount that holds the folder, as the kernel names it."""
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    held = [mount for mount in mounts if folder.resolve().is_relative_to(mount[1])]
    name, place, kind = max(held, key=lambda mount: len(mount[1]))
    return f"{name} ({kind}) on {place}"


def measure(seconds: float) -> dict[str, Any]:
    """Steps a second by callers in flight, and entries sequenced a second, on the database that the settings name."""
    import django  # noqa: PLC0415  the settings are chosen by then

    from tests.support import django_settings  # noqa: PLC0415

    if file := os.environ.get("RELTO_BENCH_SQLITE"):
        django_settings.DATABASES["default"]["NAME"] = file
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from relto.adapters.log_files import FolderLogFiles  # noqa: PLC0415
    from relto.ledger.leaves import LeafEvent  # noqa: PLC0415
    from relto.services.book import enter  # noqa: PLC0415
    from relto.services.sequencing import sequence  # noqa: PLC0415
    from relto.store.committer import GroupCommitter  # noqa: PLC0415
    from relto.store.models import LedgerEntry  # noqa: PLC0415
    from tests.unit.services_exchange.world import log_keys, make_world  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    with tempfile.TemporaryDirectory(dir=os.environ["RELTO_BENCH_FOLDER"]) as folder:
        house = make_world(Path(folder)).usa
        committer = GroupCommitter()
        rates = {}
        for in_flight in IN_FLIGHT:
            done = [0] * in_flight
            end = time.monotonic() + seconds

            def call(caller: int, done: list[int] = done, end: float = end) -> None:
                while time.monotonic() < end:
                    committer.run(
                        lambda: enter(house, LeafEvent.ITEM_REGISTERED, actor="prs_a", subject="itm_a", company="A")
                    )
                    done[caller] += 1

            callers = [threading.Thread(target=call, args=(number,)) for number in range(in_flight)]
            start = time.monotonic()
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join()
            rates[str(in_flight)] = sum(done) / (time.monotonic() - start)
        committer.close()
        files, start = FolderLogFiles(Path(folder) / "log"), time.monotonic()
        while sequence(house, log_keys("USA"), files, "bench"):
            pass
        sequenced = LedgerEntry.objects.exclude(index=None).count() / (time.monotonic() - start)
        connections.close_all()
    return {"steps_per_second": rates, "sequenced_per_second": sequenced}


def run(engine: str, seconds: float, folder: Path, **environment: str) -> dict[str, Any]:
    """Measure one engine in a process of its own, beside the fsync rate before and after."""
    before = fsync_rate(folder, seconds / 3)
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.support.django_settings",
        "RELTO_BENCH_FOLDER": str(folder),
        **environment,
    }
    command = [sys.executable, __file__, "--measure", "--seconds", str(seconds)]
    said = subprocess.run(command, env=variables, cwd=PROJECT, check=True, capture_output=True, text=True)
    found = json.loads(said.stdout.splitlines()[-1])
    fsyncs = (before + fsync_rate(folder, seconds / 3)) / 2
    return {"engine": engine, "fsync_per_second": fsyncs, **found}


@contextmanager
def engines(folder: Path) -> Iterator[list[tuple[str, dict[str, str]]]]:
    """The engines that can be measured here, with the environment that chooses each."""
    from tests.support.postgresql import MISSING, server_binaries, throw_away_cluster  # noqa: PLC0415

    found = [("SQLite (WAL, synchronous=FULL)", {"RELTO_BENCH_SQLITE": str(folder / "bench.sqlite3")})]
    if server_binaries() is None:
        print(f"PostgreSQL not measured: {MISSING}", file=sys.stderr)
        yield found
        return
    with throw_away_cluster(durable=True, database="relto") as socket:
        yield [*found, ("PostgreSQL (fsync=on)", {"RELTO_TEST_POSTGRESQL": str(socket)})]


def main() -> None:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given, _ = parser.parse_known_args()
    if given.measure:
        print(json.dumps(measure(given.seconds)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="relto-bench-") as made, engines(Path(made)) as known:
        results = [run(name, given.seconds, Path(made), **environment) for name, environment in known]
    machine = f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, {device(given.folder)}"
    if given.json:
        print(json.dumps({"machine": machine, "results": results}))
        return
    print(f"machine: {machine}")
    print(f"{'engine':32} {'in flight':>9} {'steps/s':>9} {'fsync/s':>9} {'steps per fsync':>16}")
    for result in results:
        for in_flight, rate in result["steps_per_second"].items():
            fsyncs = result["fsync_per_second"]
            print(f"{result['engine']:32} {in_flight:>9} {rate:9.0f} {fsyncs:9.0f} {rate / fsyncs:16.2f}")
        print(f"{'':32} sequenced, tiles and checkpoints durable: {result['sequenced_per_second']:.0f} entries/s")


if __name__ == "__main__":
    main()
