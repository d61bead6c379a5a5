"""One fault run: two nodes, the faulty ways between them, people at work, faults by plan; then calm, and the checks.

    python -m tests.support.faults.run --seed 7 --faults 2000 --minutes 15 --report faults.json

Exit code 0 when the wanted number of faults hit, each kind of message in each direction met each fault of the way, and
every promise held; 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from relto.base.canonical import canonical_bytes, read_object
from relto.cli.demo import straight_path_on
from relto.node.checks import is_free
from relto.node.settings import read_settings
from relto.node.training_ground import Ground, prepare_ground
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.straight_path import StraightPath
from tests.support.faults import invariants
from tests.support.faults.books import Books
from tests.support.faults.plan import Counted, Fault, WayPlan
from tests.support.faults.processes import NodeClocks, Processes
from tests.support.faults.records import OPENED, Records
from tests.support.faults.way import Way, ends_of
from tests.support.faults.workload import Volume, Workload

NATIONS = ("USA", "IND")
_SETTLING_SECONDS = 300.0
_SWINGING_SECONDS = 60.0
_REVIVE_SECONDS = 0.1
_PORTS = 12
_SAY_EVERY_SECONDS = 15.0


@dataclass(frozen=True)
class Order:
    """What a run does.

    `pause`: the range of seconds between two faults of processes, nodes or the whole link; `kinds`: how often each of
    these is in the shuffled deck that they are dealt from; `troubles`: end after so many of them, whatever else;
    `longest_seconds`: end then, counted from the first opening.
    """

    seed: int
    faults: int
    longest_seconds: float
    volume: Volume
    rate: float = 0.5
    pause: tuple[float, float] = (1.5, 4.0)
    partition: tuple[float, float] = (0.3, 4.3)
    troubles: int | None = None
    kinds: Sequence[tuple[Fault, int]] = (
        (Fault.KILL, 8),
        (Fault.STOP, 3),
        (Fault.PARTITION, 5),
        (Fault.RESTART, 1),
        (Fault.FULL_DISK, 1),
        (Fault.CLOCK, 1),
    )


@dataclass
class Report:
    """What a run found. `broken` is empty when every promise held."""

    seed: int
    counted: Counted
    seconds: float = 0.0
    settled_in: float = 0.0
    facts: dict[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """As JSON, for the evidence."""
        by_kind = Counter(hit.fault.value for hit in self.counted.hits)
        return {
            "seed": self.seed,
            "faults": self.counted.total,
            "faults_with_each_partition_once": self.counted.total_with_partitions_once,
            "partitions": self.counted.partitions,
            "by_kind": dict(sorted(by_kind.items())),
            "seconds": round(self.seconds, 1),
            "settled_in_seconds": round(self.settled_in, 1),
            "broken": self.broken,
            **self.facts,
            "kinds_of_message_that_met_no_such_fault": self.counted.unmet(),
            "table": self.counted.table(),
        }


class FaultRun:
    """Two nations with faulty ways between them. Use it from one thread; `close` in any case."""

    def __init__(self, folder: Path, order: Order) -> None:
        """Set both nodes up, lead each one's link through a way, start them, and play the story's preparation."""
        self.order = order
        self.counted = Counted(order.seed)
        self.records = Records()
        self.plan = WayPlan(order.seed, order.rate)
        self.plan.calm = True
        self._chance = random.Random(f"{order.seed}/processes")  # noqa: S311  reproducible faults, not secrets
        self._deck: list[Fault] = []
        self._ground = prepare_ground(folder / "ground", _own_ports())
        self.trust_file = self._ground.trust_file
        self.books = {nation: Books(self._ground.node(nation)) for nation in NATIONS}
        self.clocks = NodeClocks(folder / "clocks")
        self.ways = [
            Way(ends_of(self._ground.node(sender), self._ground.node(partner)), self.plan, self.counted)
            for sender, partner in (NATIONS, NATIONS[::-1])
        ]
        for way in self.ways:
            lead_through(self._ground, way)
        try:
            self.processes = Processes(self._ground, self.counted, self.clocks)
        except BaseException:
            self._close_ways()
            raise
        for way in self.ways:
            way.kill = self.processes.strike
        self.path = _path(self._ground, folder)
        self.exports = {
            nation.place.nation: self.path.ledger_folder(nation) for nation in (self.path.usa, self.path.ind)
        }
        self.work = Workload(self.path, folder / "documents", self.records, order.seed, order.volume)
        self._folder = folder

    def close(self) -> None:
        """End everything."""
        self.path.close()
        self.processes.stop()
        self._close_ways()

    def _close_ways(self) -> None:
        for way in self.ways:
            way.close()

    def play(self, tell: Callable[[str], None]) -> Report:
        """Prepare, trouble, calm, check."""
        report = Report(self.order.seed, self.counted)
        self.path.prepare()
        self.work.prepare()
        begun = said = time.monotonic()
        self.plan.calm = False
        self.work.start()
        self._wait_for_a_first_opening()
        swinging, troubles = time.monotonic(), 0
        while not self._enough(time.monotonic() - swinging, troubles):
            self._trouble()
            troubles += 1
            if time.monotonic() - said > _SAY_EVERY_SECONDS:
                said = time.monotonic()
                tell(f"{said - begun:6.0f} s  {self.counted.total} faults, {len(self.records.releases)} releases")
        self.plan.calm = True
        self.processes.revive()
        self.work.stop()
        self._calm()
        tell(f"{time.monotonic() - begun:6.0f} s  {self.counted.total} faults; calm now")
        report.seconds = time.monotonic() - begun
        report.broken += self._settle()
        report.settled_in = time.monotonic() - begun - report.seconds
        for nation in (self.path.usa, self.path.ind):
            nation["inspector"].node.export_ledger(self.path.ledger_folder(nation))
        report.facts["largest_resident_mib"] = {
            name: child.peak_bytes() // 1024**2 for name, child in self.processes.children.items()
        }
        self.path.close()
        self.processes.stop()
        report.broken += self.findings()
        report.facts |= self._facts()
        return report

    def findings(self) -> list[str]:
        """Every promise that is broken by what was recorded, what both nodes hold, and what the wire saw."""
        found = invariants.broken(self.records, self.books, self.exports, self.trust_file, self.granted())
        found += [found for way in self.ways for found in way.seen.contradictions()]
        return found + [what for nation in NATIONS for what in _rechecked(self._ground.node(nation))]

    def granted(self) -> list[bytes]:
        """The opening requests that the wire saw granted."""
        return [body for way in self.ways for bodies in way.seen.granted.values() for body in bodies]

    def _wait_for_a_first_opening(self) -> None:
        """Requests meet faults from the beginning; processes only when the work is in full swing."""
        deadline = time.monotonic() + _SWINGING_SECONDS
        while time.monotonic() < deadline and not any(one.outcome == OPENED for one in list(self.records.openings)):
            self.processes.revive()
            time.sleep(_REVIVE_SECONDS)

    def _enough(self, seconds: float, troubles: int) -> bool:
        if self.order.troubles is not None and troubles >= self.order.troubles:
            return True
        wanted = self.counted.total_with_partitions_once >= self.order.faults and self.work.done()
        return wanted or seconds > self.order.longest_seconds

    def _trouble(self) -> None:
        """The next fault of a process, a node or the whole link; between two of them the nodes get some air."""
        pause_ends = time.monotonic() + self._chance.uniform(*self.order.pause)
        while time.monotonic() < pause_ends:
            self.processes.revive()
            time.sleep(_REVIVE_SECONDS)
        if not self._deck:
            self._deck = [kind for kind, often in self.order.kinds for _ in range(often)]
            self._chance.shuffle(self._deck)
        fault = self._deck.pop()
        nation = self._chance.choice(NATIONS)
        process = self._chance.choice(sorted(self.processes.children))
        drawn = self._chance.random()
        match fault:
            case Fault.KILL:
                self.processes.kill(process)
            case Fault.STOP:
                self.processes.freeze(process, 0.2 + drawn * 4.5)
            case Fault.RESTART:
                self.processes.restart_node(nation)
            case Fault.FULL_DISK:
                self.processes.fill_disk(nation, 0.3 + drawn * 2.0)
            case Fault.CLOCK:
                if self.clocks.available:
                    self.processes.set_clock_back(nation, (30, 600, 86_400)[int(drawn * 3)], 0.5 + drawn * 2.0)
            case _:
                shortest, longest = self.order.partition
                self._part(shortest + drawn * (longest - shortest))
        self.processes.revive()

    def _part(self, seconds: float) -> None:
        before = self.counted.total
        for way in self.ways:
            way.cut_until = time.monotonic() + seconds
        time.sleep(seconds)
        if any(hit.fault is Fault.PARTITION for hit in self.counted.hits[before:]):
            self.counted.partitions += 1

    def _calm(self) -> None:
        """No new faults; what is still to come again comes now."""
        self.plan.calm = True
        self.processes.revive()
        self.processes.ready()
        for way in self.ways:
            way.cut_until = 0.0
            way.send_old_now()

    def _settle(self) -> list[str]:
        """Wait until nothing moves any more: what still does after the time is a finding."""
        self.work.finish()
        deadline = time.monotonic() + _SETTLING_SECONDS
        while True:
            self.processes.revive()
            left = [found for book in self.books.values() for found in book.unsettled()]
            if not left:
                return []
            if time.monotonic() > deadline:
                return [f"unsettled: {found}" for found in left]
            self.work.accept_what_is_left()
            time.sleep(0.5)

    def _facts(self) -> dict[str, object]:
        openings = Counter(one.outcome for one in self.records.openings)
        return {
            "clock_faults_possible": self.clocks.available,
            "acknowledged_entries": len(self.records.acknowledged),
            "releases_acknowledged": len(self.records.releases),
            "releases_withdrawn": sum(bool(one.withdrawn) for one in self.records.releases.values()),
            "suspensions": len(self.records.suspensions),
            "openings": dict(openings.most_common()),
            "shares_granted_on_the_wire": len(self.granted()),
            "messages": {
                nation: {
                    row["kind"]: row["n"]
                    for row in book.rows("select kind, count(*) as n from store_outboxmessage group by kind")
                }
                for nation, book in self.books.items()
            },
            "ledger_entries": {nation: len(book.entries()) for nation, book in self.books.items()},
            "ended_by_themselves": dict(Counter(self.processes.ended_by_themselves)),
            "answers_on_the_wire": {way.ends.direction: dict(sorted(way.seen.statuses.items())) for way in self.ways},
        }


def _rechecked(node: Path) -> list[str]:
    """What the full re-check of a stopped node's ledger finds, by the command that its operator has."""
    words = [sys.executable, "-m", "relto.cli", "--json", "node", "check-ledger", str(node)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [f"{node.parent.name}: re-check exits with {done.returncode}: {done.stdout[:500]} {done.stderr[-200:]}"]


def _own_ports() -> int:
    """Neighbouring free ports where no other training ground looks for its own: several may be set up at a time."""
    bases = range(28_500, 32_000, _PORTS)
    chosen = random.SystemRandom().sample(bases, len(bases))
    return next(base for base in chosen if all(is_free("127.0.0.1", base + offset) for offset in range(_PORTS)))


def lead_through(ground: Ground, way: Way) -> None:
    """Let the sending node find the partner's link at the way's port: the address it pinned at pairing."""
    pinned = read_settings(ground.node(way.ends.sender.nation)).folder.partner(way.ends.partner.nation)
    record = read_object(pinned.read_bytes(), field="party record")
    link = record["link"]
    assert isinstance(link, dict)
    record["link"] = {**link, "url": way.url}
    pinned.write_bytes(canonical_bytes(record))


def _path(ground: Ground, folder: Path) -> StraightPath:
    place = folder / "unused.txt"
    place.write_bytes(b"unused")
    return straight_path_on(ground, [DemoDocument(place, "Unused", "text/plain")], lambda _step: None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, report, and say by the exit code whether everything held."""
    parser = argparse.ArgumentParser(description="A fault run over two nodes.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--faults", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--documents", type=int, default=70, help="in each direction")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the nodes' folders here")
    given = parser.parse_args(arguments)
    print(f"seed {given.seed}", flush=True)  # noqa: T201  said first, so that a run that hangs can be repeated
    folder = given.keep or Path(tempfile.mkdtemp(prefix="relto-faults-"))
    share = given.minutes * 60 / given.documents  # so that messages of every kind travel during the whole run
    volume = Volume(given.documents, flowing=1, pause=(0.0, share))
    run = FaultRun(folder, Order(given.seed, given.faults, given.minutes * 60, volume))
    try:
        report = run.play(lambda line: print(line, flush=True))  # noqa: T201  it talks to a person
    finally:
        run.close()
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    enough = report.counted.total_with_partitions_once >= given.faults and not report.counted.unmet()
    if given.report is not None:
        given.report.write_text(json.dumps(report.as_dict(), indent=1) + "\n", "utf-8")
    found = {name: value for name, value in report.as_dict().items() if name != "table"}
    print(json.dumps(found, indent=1))  # noqa: T201  it talks to a person
    return 0 if enough and not report.broken else 1


if __name__ == "__main__":
    sys.exit(main())
