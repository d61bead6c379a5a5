"""Measures of the working group, gathered from the shared record, the bundles and the decisions of this node.

Promises: of a statement only what says when, by whom and how it stands is read; of a decision its rules and outcomes.
The first-pass rates and the days of each step are those of the procedures (relto.services.dossiers.statistics).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from relto.alignment.divergences import SETTLED, WITHDRAWN, read_divergence, standing
from relto.alignment.measures import DRAFT, QUESTION, TASK, Decided, Measures, Thing, measures
from relto.alignment.proposal_standing import CLOSED
from relto.alignment.shared_record import DIVERGENCE, Entry
from relto.base.errors import MalformedInput
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.procedures.statistics import QuarterOfProcedure, quarter_of
from relto.services import active_bundle
from relto.services.alignment.actions import actions
from relto.services.alignment.proposal_facts import facts_of, visible_proposals
from relto.services.dossiers.statistics import statistics
from relto.services.house import House
from relto.store.queries.alignment import READERS, decided, entries_of, newest_decisions, visible_entries

_LOOKED_BACK: Final = timedelta(days=365)
WEIGHED: Final = 2000
"""Of so many newest decisions the refusals are counted."""
WEIGHED_IN_REPORT: Final = 100_000
_KEPT: Final = 2 * WEIGHED
_BLOCK: Final = 500
_counted: dict[str, tuple[Instant, Decided]] = {}
"""Reference of a decision -> when it was made and what is counted of it. A decision on record never changes."""
_CLOSED_ACTIONS: Final = frozenset({"done", "withdrawn"})


@dataclass(frozen=True, slots=True)
class WorkMeasured:
    """The measures of the working group, and the quarters of the procedures that fall into the period."""

    group: Measures
    quarters: tuple[QuarterOfProcedure, ...]


def work_measured(
    house: House, actor: Actor, *, since: Instant | None = None, until: Instant | None = None, most: int = WEIGHED
) -> WorkMeasured:
    """What is measured from `since` (a year back) until `until` (now). Raises Refused("role"), MalformedInput.

    `most`: of how many newest decisions of the period the refusals are counted.
    """
    actor.require(*READERS)
    now = house.now()
    end = until or now
    begin = since or end - _LOOKED_BACK
    if not begin < end <= now:
        raise MalformedInput("instant", field="since", expected="an instant before the end, which is not ahead of now")
    parties = sorted(active_bundle.active(house, now).parties)
    found = [*_proposals(house, actor)]
    things = [*_questions(actor, parties, found, end), *(thing for thing, _ in found), *_tasks(house, actor)]
    group = measures(things, _decided(actor, begin, end, most), parties, begin, end)
    first, last = quarter_of(begin, house.nation), quarter_of(end, house.nation)
    quarters = statistics(house, actor, since=first)
    return WorkMeasured(group, tuple(one for one in quarters if one.quarter <= last))


def _questions(
    actor: Actor, parties: list[Nation], proposals: list[tuple[Thing, frozenset[str]]], at: Instant
) -> Iterator[Thing]:
    """The divergences: decided by a proposal that every party signed, or by both having settled it."""
    decided: dict[str, Thing] = {}
    for thing, about in sorted(proposals, key=lambda one: one[0].decided or at, reverse=True):
        if thing.decided is not None:
            decided |= dict.fromkeys(about, thing)
    for entry in visible_entries(actor, kinds=(DIVERGENCE,)).values():
        stands = standing(entry, parties, at).state
        by_proposal = decided.get(entry.entry)
        settled = _settled(entry) if stands == SETTLED else None
        yield Thing(
            kind=QUESTION,
            opened_by=entry.opened_by,
            opened=entry.opened,
            answered=_answered(entry),
            decided=by_proposal.decided if by_proposal is not None else settled,
            enforced=by_proposal.enforced if by_proposal is not None else None,
            is_open=stands not in {SETTLED, WITHDRAWN},
        )


def _settled(entry: Entry) -> Instant:
    """When the last of the nations' newest words came to be that it is settled."""
    times = []
    for line in entry.lines.values():
        since = line[-1].at
        for said in reversed(line):
            if read_divergence(said.body).state != SETTLED:
                break
            since = said.at
        times.append(since)
    return max(times)


def _proposals(house: House, actor: Actor) -> Iterator[tuple[Thing, frozenset[str]]]:
    """Each proposal, and the divergences that it answers."""
    for facts in facts_of(house, actor, visible_proposals(actor).values()):
        leading = facts.leading
        stands = facts.standing(leading, deep=False)
        carried = facts.facts(leading, deep=False).carried if facts.agreed is not None else None
        begun = carried is not None and carried.effective_from <= facts.at
        thing = Thing(
            kind=DRAFT,
            opened_by=facts.entry.opened_by,
            opened=facts.entry.opened,
            answered=_answered(facts.entry),
            decided=facts.agreed.at if facts.agreed is not None else None,
            enforced=carried.effective_from if carried is not None and begun else None,
            is_open=stands.state not in CLOSED,
        )
        yield thing, frozenset(facts.proposals[leading.digest].divergences)


def _tasks(house: House, actor: Actor) -> Iterator[Thing]:
    rows = actions(house, actor)
    held = entries_of(row.entry for row in rows)
    for row in rows:
        entry = held[row.entry]
        done = entry.changed if row.state == "done" else None
        yield Thing(TASK, entry.opened_by, entry.opened, {}, None, done, row.state not in _CLOSED_ACTIONS)


def _answered(entry: Entry) -> dict[Nation, Instant]:
    return {nation: line[0].at for nation, line in entry.lines.items() if nation != entry.opened_by}


def _decided(actor: Actor, begin: Instant, end: Instant, most: int) -> Iterator[Decided]:
    listed = newest_decisions(actor, most)
    missing = [one for one in listed if one not in _counted]
    kept = most <= WEIGHED
    for start in range(0, len(missing), _BLOCK):
        for reference, made in decided(actor, missing[start : start + _BLOCK]):
            at, counted = _counts(made)
            if kept:
                _counted[reference] = at, counted
            if begin <= at <= end:
                yield counted
    gone = set(missing)
    yield from (
        found[1] for one in listed if one not in gone and (found := _counted.get(one)) and begin <= found[0] <= end
    )
    while len(_counted) > _KEPT:
        _counted.pop(next(iter(_counted)), None)


def _counts(made: Mapping[str, Any]) -> tuple[Instant, Decided]:
    """When it was decided, and what is counted of it: codes alone."""
    gates = [gate for gate in made["gates"] if gate["outcome"] != "does_not_apply"]
    return read_instant(made["at"], field="at"), Decided(
        permitted=bool(made["permitted"]),
        refused_by=tuple(gate["rule"] for gate in gates if gate["outcome"] in {"fails", "undecided"}),
        rested_on_unconfirmed=any(gate["unconfirmed"] for gate in gates),
    )


def whole_year(year: int, house: House) -> tuple[Instant, Instant]:
    """From the first instant of a year to its last, or to now: in UTC."""
    now = house.now()
    begin = now.replace(year=year, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return begin, min(now, begin.replace(year=year + 1) - timedelta(microseconds=1))
