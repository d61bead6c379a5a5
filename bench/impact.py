"""Impact of a draft on everybody, beside brute force: 10 million items x 100,000 people, and what a small change costs.

The holdings are synthetic. Brute force is Cedar itself, asked of a sample of pairs under both rule sets, and its rate
says how long all of them would take. "All" sorts the items into classes, works out the class matrix under the rules in
force and compares a draft; "incremental" compares another draft with the matrix that is kept. Processor time stands
beside the clock, for a machine that does something else as well. Cedar's part of an answer is shown on its own line.

    python bench/impact.py [--quick]
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from measuring import arguments, heading

from relto.base.instants import instant_text
from relto.rules.builtin import package_data
from relto.rules.bundle import read_rules
from relto.rules.impact.cases import Cases
from relto.rules.impact.oracle import judge
from relto.rules.impact.rule_tables import tables_of
from relto.rules.impact.synthetic import synthetic_holdings
from relto.rules.impact.weighing import View, prepare, weigh
from tests.unit.rules.agreement import DAY, FACILITY, NOW, PROGRAMME, bundle, unsigned


def main() -> None:
    """Print the table; end with an error when brute force answers one pair otherwise."""
    given = arguments(__doc__ or "")
    people, items, sample = (5_000, 200_000, 200) if given.quick else (100_000, 10_000_000, 2_000)
    heading(f"{items:,} items x {people:,} people, opening; all synthetic")
    places = [(code, str(nation)) for nation, code in FACILITY.items()]
    held = _timed(
        "making the holdings",
        lambda: synthetic_holdings(people, items, 1, NOW, facilities=places, programmes=[PROGRAMME]),
    )
    old, row, limit = bundle(), _row(), _limit()
    print(f"{'memory before':28} {_memory():6,.0f} MB")

    begun, worked = time.perf_counter(), time.process_time()
    kept = _timed("classes and class matrix", lambda: prepare(held, old, "open", NOW))
    found = _timed("difference: one table row", lambda: weigh(kept, row))
    judged = _timed("Cedar's part of the answer", lambda: judge(kept, old, row, found))
    passed, worked = time.perf_counter() - begun, time.process_time() - worked
    print(f"{'all':28} {passed:6.2f} s  {worked:6.2f} s of processor   (wanted: under 5 s)")
    again = _timed("incremental: another draft", lambda: weigh(kept, limit))
    print(f"{'peak memory':28} {_memory():6,.0f} MB   (wanted: under 2,500 MB)")

    print(f"{len(kept.room.classes.count):,} classes of items on lists, {kept.cells:,} class cells")
    print(f"permitted before: {kept.permitted:,} of {people * items:,} pairs")
    for name, one in (("one table row", found), ("status half as old", again)):
        gaining, losing = (int((changes.people > 0).sum()) for changes in (one.gained, one.lost))
        print(f"{name}: {one.cells:,} cells anew, {one.gained.pairs:,} gained by {gaining:,} people, "
              f"{one.lost.pairs:,} lost by {losing:,} people")  # fmt: skip
    print(
        f"Cedar answered {judged.asked:,} of {judged.affected:,} affected cells and {judged.pairs} pairs: 0 differences"
    )

    rates = [_brute_force(kept, rules, sample // 2) for rules in (old, row)]
    rate, differences = rates[0][0], sum(each for _, each in rates)
    years = people * items / rate / 86400 / 365
    print(f"brute force: {sample:,} pairs, {differences} differences, {rate:,.0f} pairs/s; all: {years:,.0f} years")
    if differences:
        raise SystemExit("brute force answers otherwise")


def _row() -> Any:
    table = json.loads(package_data("equivalence.json"))
    for one in table["rows"]:
        one |= {"valid_from": instant_text(NOW - 30 * DAY), "valid_to": None}
        if one["from_level"] == "RESTRICTED":
            one["to_level"] = "CONFIDENTIAL"
    return read_rules(unsigned(version=2, supersedes=1, equivalence=table))


def _limit() -> Any:
    limits = json.loads(package_data("limits.json"))
    limits["limits"]["assurance_status_max_age"]["value"] = 12
    return read_rules(unsigned(version=2, supersedes=1, limits=limits))


def _brute_force(kept: Any, rules: Any, sample: int) -> tuple[float, int]:
    """(pairs a second, differences) of pairs drawn over the classes of items, half of them permitted by the matrix."""
    draw, room, entries = np.random.default_rng(7), kept.room, kept.entries
    cases, view = Cases(room.holdings, "open"), View(room, entries, tables_of(room, rules, kept.tables))
    lists = room.holdings["item.list"]
    pairs = []
    while len(pairs) < sample:
        one = int(draw.integers(len(lists)))
        columns = np.arange(*entries.starts[lists[one] : lists[one] + 2])
        if not len(columns):
            continue
        bits = np.unpackbits(view.bits(np.array([one]), columns)[0], count=len(columns)).astype(bool)
        wanted = columns[bits] if len(pairs) % 2 and bits.any() else columns
        entry = int(draw.choice(wanted))
        pairs.append((int(entries.people[entry]), one, int(entries.listings[entry]), bool(bits[entry - columns[0]])))
    begun = time.perf_counter()
    answers = [cases.decide(rules, who, item, listing, NOW) for who, item, listing, _ in pairs]
    passed = time.perf_counter() - begun
    differences = sum(
        bool(answer and answer.permitted) != permitted for answer, (*_, permitted) in zip(answers, pairs, strict=True)
    )
    return sample / passed, differences


def _timed(name: str, work: Callable[[], Any]) -> Any:
    begun, worked = time.perf_counter(), time.process_time()
    found = work()
    passed, worked = time.perf_counter() - begun, time.process_time() - worked
    print(f"{name:28} {passed:6.2f} s  {worked:6.2f} s of processor")
    return found


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
