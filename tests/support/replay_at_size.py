"""Many recorded decisions made again: 0 differences, and how many a second.

Each decision is made from facts that its number alone determines (who, what, when, and what is amiss), recorded in the
encoding in which a node keeps it (decision and facts as encrypted columns), read back and replayed by the rules of its
day. Two processes share the numbers. A seeded share of records is altered, to see that the check would find it.

    python -m tests.support.replay_at_size [--decisions 1000000] [--processes 2]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

from relto.labels.audience import Only
from relto.rules.decide import decide
from relto.rules.facts import DecisionFacts
from relto.rules.replaying import Recorded, replay
from tests.unit.rules.agreement import DAY, IND, NOW, USA, bundle, case, home_case

ACTIONS = ("open", "open", "open", "supply_share", "supply_share", "release", "accept", "retransfer")
SPAN = 250
ALTERED = 997
"""Every so many decisions one record is altered; each of them must be found."""


@dataclass(frozen=True)
class Outcome:
    """`differ`: records that did not come out as they were; `missed`: altered ones that did."""

    decisions: int
    permitted: int
    differ: int
    missed: int
    altered: int
    seconds: float

    @property
    def rate(self) -> float:
        """Decisions made, recorded, read back and made again, a second."""
        return self.decisions / self.seconds


def facts_of(number: int) -> tuple[str, DecisionFacts, datetime]:
    """(action, facts, instant) of one decision: half of them as they should be, half with one to three things amiss."""
    draw = random.Random(number)  # noqa: S311  the same facts for the same number
    action = ACTIONS[number % len(ACTIONS)]
    at = NOW + timedelta(seconds=draw.randrange(SPAN * 86400))
    origin, recipient = (USA, IND) if draw.random() < 0.5 else (IND, USA)
    facts = home_case() if action == "open" and draw.random() < 0.4 else case(action, origin, recipient)
    shift = at - NOW
    facts = _moved(facts, shift, number, draw)
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2, 3))):
        facts = draw.choice(_AMISS)(facts, at)
    return action, facts, at


def _moved(facts: DecisionFacts, shift: timedelta, number: int, draw: random.Random) -> DecisionFacts:
    """The case of other people and another item, at another time."""
    item = f"itm_{draw.randrange(5000):024d}"
    person = f"prs_{draw.randrange(900):024d}"

    def later(one: Any) -> Any:
        changes: dict[str, Any] = {}
        for name in ("valid", "status_at"):
            held = getattr(one, name, None)
            if held is not None:
                changes[name] = (
                    held + shift
                    if name == "status_at"
                    else replace(held, start=held.start + shift, end=None if held.end is None else held.end + shift)
                )
        if getattr(one, "item", None) == facts.item.item:
            changes["item"] = item
        if hasattr(one, "pseudonym"):
            changes["pseudonym"] = person
        if hasattr(one, "reference"):
            changes["reference"] = f"REF-{number}"
        return replace(one, **changes)

    return replace(
        facts,
        item=later(facts.item),
        facility=later(facts.facility),
        people=tuple(map(later, facts.people)),
        authorisations=tuple(map(later, facts.authorisations)),
        consents=tuple(map(later, facts.consents)),
        listings=tuple(map(later, facts.listings)),
        release=None if facts.release is None else later(facts.release),
    )


def _person(**changes: Any) -> Any:
    return lambda facts, _at: replace(facts, people=tuple(replace(one, **changes) for one in facts.people))


_AMISS: tuple[Any, ...] = (
    lambda facts, _at: replace(facts, facility=replace(facts.facility, suspended=True)),
    lambda facts, at: replace(facts, facility=replace(facts.facility, status_at=at - 3 * DAY)),
    lambda facts, _at: replace(facts, facility=replace(facts.facility, level=None)),
    lambda facts, _at: replace(facts, listings=()),
    lambda facts, _at: replace(facts, authorisations=facts.authorisations[:1]),
    lambda facts, _at: replace(facts, item=replace(facts.item, audience=Only(frozenset({USA})))),
    lambda facts, _at: replace(facts, item=replace(facts.item, registered=False)),
    lambda facts, _at: replace(facts, item=replace(facts.item, level=replace(facts.item.level, name="TOP SECRET"))),
    lambda facts, _at: (
        facts if facts.release is None else replace(facts, release=replace(facts.release, state="withdrawn"))
    ),
    _person(valid=None),
    _person(level=None),
    _person(caveats=frozenset()),
    _person(suspended=True),
    lambda facts, _at: replace(facts, people=facts.people * 2),
)


def _part(first: int, end: int) -> tuple[int, int, int, int, int]:
    """(decisions, permitted, differing, missed, altered) of the numbers from `first` to before `end`."""
    prepare()
    from relto.services.decisions import Ruled, decision_columns  # noqa: PLC0415  after Django is set up
    from relto.store.models import DecisionRecord  # noqa: PLC0415

    columns: dict[str, Any] = {name: DecisionRecord._meta.get_field(name) for name in ("decision", "facts")}
    permitted = differ = missed = altered = 0
    for number in range(first, end):
        action, facts, at = facts_of(number)
        made = decide(bundle(), action, facts, at)
        permitted += made.permitted
        row = decision_columns(
            Ruled.of(made, facts), reference=f"dec_{number:024d}", actor="prs_a", company="C", item=facts.item.item,
            entry="", narrowing=0,
        )  # fmt: skip
        kept = {name: column.get_prep_value(row[name]) for name, column in columns.items()}
        read: dict[str, Any] = {name: column.from_db_value(kept[name], None, None) for name, column in columns.items()}
        is_altered = number % ALTERED == ALTERED - 1
        if is_altered:
            altered += 1
            read["facts"] = {**read["facts"], "channel": "pigeon"}
        again = replay(bundle(), Recorded(row["id"], row["action"], row["item"], at, read["decision"], read["facts"]))
        if is_altered:
            missed += again.same
        else:
            differ += not again.same or again.change != "none"
    return end - first, permitted, differ, missed, altered


def prepare() -> None:
    """Set Django and the field key up, once, in a process without a node."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    import django  # noqa: PLC0415
    from django.apps import apps  # noqa: PLC0415

    if not apps.ready:
        django.setup()
    from relto.store.fields import use_field_key  # noqa: PLC0415

    use_field_key(bytes(32))


def replayed(decisions: int, processes: int = 2, progress: bool = False) -> Outcome:  # noqa: FBT001, FBT002
    """Make, record, read back and replay so many decisions; `processes` 1 works here."""
    begun = time.perf_counter()
    found = [0] * 5
    step = max(1, min(5_000, -(-decisions // processes)))
    parts = [(first, min(first + step, decisions)) for first in range(0, decisions, step)]
    for number, part in enumerate(_answers(parts, processes), start=1):
        found = [each + more for each, more in zip(found, part, strict=True)]
        if progress and number % 20 == 0:
            sys.stderr.write(f"{found[0]:,} of {decisions:,}, {found[2]} differ\n")
    made, permitted, differ, missed, altered = found
    return Outcome(made, permitted, differ, missed, altered, time.perf_counter() - begun)


def _answers(parts: list[tuple[int, int]], processes: int) -> Iterator[tuple[int, int, int, int, int]]:
    if processes == 1:
        yield from (_part(*part) for part in parts)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(_of_part, parts)


def _of_part(part: tuple[int, int]) -> tuple[int, int, int, int, int]:
    return _part(*part)


def main() -> int:
    """Print one JSON line; 1 when anything differs, or an altered record was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    found = replayed(given.decisions, given.processes, progress=True)
    told = {
        "decisions": found.decisions, "permitted": found.permitted, "differences": found.differ,
        "altered": found.altered, "altered_and_missed": found.missed, "seconds": round(found.seconds, 1),
        "per_second": round(found.rate), "processes": given.processes,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if found.differ or found.missed or found.decisions != given.decisions else 0


if __name__ == "__main__":
    raise SystemExit(main())
