"""Recorded decisions made again under a proposal: how many a second, in one process and in two.

The records are those of `tests.support.replay_at_size` (half permitted, half with one to three things amiss), as the
node reads them: decision and facts as JSON values. They are made once and asked in turn until the number is reached.
The peer is `decide` alone in this process: no record is read, nothing is compared, no other process takes part.

    python bench/replay.py [--quick] [--decisions 100000]
"""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import cycle, islice

from measuring import arguments, heading

from relto.adapters.replaying.answering import RuleSet
from relto.adapters.replaying.processes import CHUNK, ReplayProcesses
from relto.rules.builtin import package_data
from relto.rules.confirmations import NOBODY_CONFIRMED
from relto.rules.decide import decide
from relto.rules.replaying import Recorded
from tests.support.replay_at_size import facts_of, prepare
from tests.unit.rules.agreement import bundle, unsigned

DISTINCT = 10_000


def main() -> None:
    """Print the rates and what the proposal changes."""
    given = arguments(__doc__ or "", decisions=(int, 100_000, "decisions to make again"))
    wanted = min(given.decisions, 4_000) if given.quick else given.decisions
    distinct = min(DISTINCT, wanted)
    prepare()
    from relto.services.decisions import facts_as_dict  # noqa: PLC0415  after Django is set up

    cases = [facts_of(number) for number in range(distinct)]
    begun = time.perf_counter()
    made = [decide(bundle(), *case) for case in cases]
    bare = distinct / (time.perf_counter() - begun)
    records = [
        Recorded(f"dec_{number}", action, facts.item.item, at, decision.as_dict(), facts_as_dict(facts))
        for number, ((action, facts, at), decision) in enumerate(zip(cases, made, strict=True))
    ]
    heading(
        f"{wanted:,} decisions under a proposal (status half as old, no programme membership); {distinct:,} distinct"
    )
    print(f"{'decide alone, one process':34} {bare:10,.0f} a second")
    for processes in (1, 2):
        begun, found = time.perf_counter(), Counter[str]()
        chunks = islice(cycle(records), wanted)
        with ReplayProcesses([RuleSet(_proposal(), NOBODY_CONFIRMED)], processes) as at_work:
            parts = iter(lambda: [(0, one) for one in islice(chunks, CHUNK)], [])  # noqa: B023  used up in this round
            for answers in at_work.replayed(parts):
                found.update(one.change for one in answers)
                found.update(one.effect for one in answers if one.effect != "none")
        rate = wanted / (time.perf_counter() - begun)
        name = f"replayed, {processes} process(es) beside"
        print(f"{name:34} {rate:10,.0f} a second   {rate / bare:5.2f} of decide alone")
    told = ", ".join(f"{name} {number:,}" for name, number in sorted(found.items()))
    print(f"what would have changed: {told}")


def _proposal() -> bytes:
    gates, limits = json.loads(package_data("gates.json")), json.loads(package_data("limits.json"))
    limits["limits"]["assurance_status_max_age"]["value"] = 2
    for gate in gates["gates"]:
        if gate["rule"] == "R12-programme-member":
            gate["holds"] = "true"
    return unsigned(version=2, supersedes=1, gates=gates, limits=limits)


if __name__ == "__main__":
    main()
