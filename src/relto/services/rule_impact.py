"""What a proposed bundle would change on this node's real holdings and people, before anybody signs it.

Rules enforced here:
 1. A co-chair, a release officer and an inspector may weigh; nobody else. The co-chair is told counts; who and what is
    concerned is told by pseudonym and item to a release officer and an inspector alone.
 2. What is counted is the columns' answer, judged by Cedar (`relto.rules.impact.oracle`); joint items and open cases
    are asked of Cedar one by one, with the very facts that an opening or a decision is made from.
 3. Nothing is changed, and nothing is recorded: a draft is no message. Between drafts what was worked out for the rules
    in force is kept while the holdings stay as they are, for minutes only.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from relto.base.canonical import sha256_hex
from relto.base.instants import Instant
from relto.procedures.acceptance import ACCEPTED
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle, read_rules
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import Action
from relto.rules.impact.answer import Impact, Rows
from relto.rules.impact.asking import impact_of
from relto.rules.impact.holdings import Holdings
from relto.rules.impact.weighing import Kept, Progress, prepare
from relto.services import active_bundle, arrivals, releases
from relto.services.house import House
from relto.services.node_holdings import NodeHoldings, node_holdings
from relto.services.openings import facts_of_opening
from relto.services.release_view import HOME, RECIPIENT
from relto.store.models import Arrival, Item, Person, ReleaseReader
from relto.store.queries.weighing import WEIGHERS, open_arrivals, open_cases, weighed_people

LISTERS = (Role.RELEASE_OFFICER, Role.INSPECTOR)
MOST_LISTED = 1000
MOST_JOINT = 2000
"""Pairs of a person and a joint item that are asked one by one; above it the answer says that some were not."""
_KEPT_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CaseChange:
    """An open case whose gates a draft changes. `stops`, `frees`: rules that would stand in the way, or no longer."""

    case: str
    kind: str
    item: str
    number: str
    stops: tuple[str, ...]
    frees: tuple[str, ...]

    @property
    def change(self) -> str:
        """stopped, freed, or other_reasons."""
        return "other_reasons" if self.stops and self.frees else "stopped" if self.stops else "freed"


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Open releases and arrivals: how many there are, and of how many a draft changes the gates."""

    open: int
    stopped: int
    freed: int
    other_reasons: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far Cedar itself was asked; there were no differences, else there is no answer.

    `complete`: it answered every cell that the draft may change. `joint_left_out`: pairs of joint items not asked.
    """

    affected_cells: int
    cells_asked: int
    pairs_asked: int
    joint_pairs_asked: int
    joint_left_out: int
    complete: bool


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """What a draft changes for opening. A pair is a person and an item; `gained`: permitted by the draft alone.

    `people_rows`, `item_rows`, `case_rows` name pseudonyms, items and cases: None to whoever may read counts alone, and
    at most MOST_LISTED of each, those of most changes first (`listed_whole`: nothing was left out).
    """

    at: Instant
    draft_digest: str
    version_in_force: int
    version_proposed: int
    people: int
    items: int
    permitted_before: int
    permitted_after: int
    pairs_gained: int
    pairs_lost: int
    people_gaining: int
    people_losing: int
    items_gaining: int
    items_losing: int
    by_level: tuple[Mapping[str, Any], ...]
    by_programme: tuple[Mapping[str, Any], ...]
    cases: CaseCounts
    judged: Judgement
    people_rows: tuple[Mapping[str, Any], ...] | None
    item_rows: tuple[Mapping[str, Any], ...] | None
    case_rows: tuple[CaseChange, ...] | None
    listed_whole: bool


@dataclass(frozen=True)
class _Remembered:
    """What was worked out of one world under the rules in force."""

    holdings: Holdings
    print: str
    kept: Kept


_remembered: dict[tuple[str, str], _Remembered] = {}


def weigh_draft(house: House, actor: Actor, draft: bytes, *, progress: Progress | None = None) -> RuleImpact:
    """Weigh a bundle or an unsigned draft against the rules in force.

    Raises Refused("role"), Conflict("no_agreement"), MalformedInput or TooLarge for what is no draft or cannot be
    weighed, NotVerified("impact.cedar") when Cedar answers otherwise than the columns.
    """
    actor.require(*WEIGHERS)
    now = house.now()
    old, new = active_bundle.active(house, now), read_rules(draft)
    at = _same_moment(house, old, now)
    held = node_holdings(house, old, actor, at)
    impacts = []
    for name, world in held.worlds.items():
        key = f"{house.ledger_origin}/{name}", old.digest
        kept, impact = impact_of(_kept(key, world, old, at, progress), world, old, new, progress=progress)
        _remembered[key] = _Remembered(world, _print(world), kept)
        impacts.append(impact)
    totals = _Totals(house, held)
    for impact in impacts:
        totals.add(impact)
    for person, item, before, after in _joint_pairs(house, actor, held.joint, old, new, at, totals):
        totals.add_pair(person, item, before=before.permitted, after=after.permitted)
    changes = list(_case_changes(house, actor, old, new, now))
    return totals.answer(
        actor, at=at, draft_digest=sha256_hex(draft), versions=(old.version, new.version), cases=changes,
        everybody=weighed_people(actor).count(),
        judged=[impact.judged.as_dict() for impact in impacts],
    )  # fmt: skip


def _same_moment(house: House, old: Bundle, now: Instant) -> Instant:
    """The instant of the last weighing while that is minutes ago, so that its class matrix still serves."""
    mark = f"{house.ledger_origin}/"
    kept = [
        one.kept.room.at
        for (name, digest), one in _remembered.items()
        if name.startswith(mark) and digest == old.digest
    ]
    newest = max(kept, default=None)
    return newest if newest is not None and timedelta(0) <= now - newest <= _KEPT_FOR else now


def _kept(key: tuple[str, str], world: Holdings, old: Bundle, at: Instant, progress: Progress | None) -> Kept:
    found = _remembered.get(key)
    if found is not None and found.kept.room.at == at and found.print == _print(world):
        return found.kept
    for stale in [one for one in _remembered if one[0] == key[0]]:
        del _remembered[stale]
    return prepare(world, old, Action.OPEN, at, progress=progress)


def _print(world: Holdings) -> str:
    """A digest of everything in the holdings: equal ones answer alike."""
    digest = hashlib.sha256(repr((world.words, sorted(world.counts.items()))).encode())
    for part in (world.columns, world.sets, world.names):
        for name in sorted(part):
            digest.update(name.encode() + str(part[name].dtype).encode() + part[name].tobytes())
    return digest.hexdigest()


class _Totals:
    """The sums over all worlds."""

    def __init__(self, house: House, held: NodeHoldings) -> None:
        self._house, self._codes = house, dict(held.items)
        self.items = sum(world.items for world in held.worlds.values()) + len(held.joint)
        self.before = self.gained = self.lost = self.joint = self.joint_left_out = 0
        self._people: dict[str, Counter[str]] = {"gained": Counter(), "lost": Counter()}
        self._items: dict[str, Counter[str]] = {"gained": Counter(), "lost": Counter()}
        self._levels: dict[tuple[str, str], Counter[str]] = {}
        self._programmes: dict[str, Counter[str]] = {}

    def add(self, impact: Impact) -> None:
        """One world's answer."""
        self.before += impact.kept.permitted
        self.gained += impact.found.gained.pairs
        self.lost += impact.found.lost.pairs
        for row in impact.people_rows(impact.holdings.people):
            self._count(self._people, str(row["person"]), row)
        for row in impact.item_rows(impact.holdings.items):
            self._count(self._items, str(row["item"]), row)
        for row in impact.by_level():
            self._levels.setdefault((row["level"], row["nation"]), Counter()).update(_changes(row))
        for row in impact.by_programme():
            self._programmes.setdefault(row["programme"], Counter()).update(_changes(row))

    def add_pair(self, person: Person, item: Item, *, before: bool, after: bool) -> None:
        """One pair of a joint item."""
        self.joint += 1
        self.before += before
        if before == after:
            return
        row = {"gained": int(after), "lost": int(before)}
        self.gained, self.lost = self.gained + row["gained"], self.lost + row["lost"]
        self._codes[item.uuid] = item.id
        self._count(self._people, person.id, row)
        self._count(self._items, item.uuid, row)
        level = f"{item.label['policy']['oid']} {item.label['level']}"
        self._levels.setdefault((level, str(self._house.nation)), Counter()).update(row)
        self._programmes.setdefault(item.programme, Counter()).update(row)

    @staticmethod
    def _count(sums: Mapping[str, Counter[str]], name: str, row: Mapping[str, Any]) -> None:
        for kind in ("gained", "lost"):
            if row[kind]:
                sums[kind][name] += int(row[kind])

    def answer(
        self,
        actor: Actor,
        *,
        at: Instant,
        draft_digest: str,
        versions: tuple[int, int],
        cases: list[CaseChange | None],
        everybody: int,
        judged: list[dict[str, Any]],
    ) -> RuleImpact:
        """The view for this reader."""
        changed = [one for one in cases if one is not None]
        kinds = Counter(one.change for one in changed)
        lists = bool(actor.roles.intersection(LISTERS))
        people, items = _ranked(self._people, "person"), _ranked(self._items, "item")
        items = [{**row, "item": self._codes.get(row["item"], row["item"])} for row in items]
        affected, asked = (sum(one[name] for one in judged) for name in ("affected_cells", "cells_asked"))
        return RuleImpact(
            at=at,
            draft_digest=draft_digest,
            version_in_force=versions[0],
            version_proposed=versions[1],
            people=everybody,
            items=self.items,
            permitted_before=self.before,
            permitted_after=self.before + self.gained - self.lost,
            pairs_gained=self.gained,
            pairs_lost=self.lost,
            people_gaining=len(self._people["gained"]),
            people_losing=len(self._people["lost"]),
            items_gaining=len(self._items["gained"]),
            items_losing=len(self._items["lost"]),
            by_level=tuple(
                {"level": level, "nation": nation, "gained": row["gained"], "lost": row["lost"]}
                for (level, nation), row in sorted(self._levels.items())
            ),
            by_programme=tuple(
                {"programme": code, "gained": row["gained"], "lost": row["lost"]}
                for code, row in sorted(self._programmes.items())
            ),
            cases=CaseCounts(len(cases), kinds["stopped"], kinds["freed"], kinds["other_reasons"]),
            judged=Judgement(
                affected, asked, sum(one["pairs_asked"] for one in judged), self.joint, self.joint_left_out,
                complete=affected == asked and not self.joint_left_out,
            ),
            people_rows=tuple(people[:MOST_LISTED]) if lists else None,
            item_rows=tuple(items[:MOST_LISTED]) if lists else None,
            case_rows=tuple(changed[:MOST_LISTED]) if lists else None,
            listed_whole=max(len(people), len(items), len(changed)) <= MOST_LISTED,
        )  # fmt: skip


def _changes(row: Mapping[str, Any]) -> dict[str, int]:
    return {kind: int(row[kind]) for kind in ("gained", "lost")}


def _ranked(sums: Mapping[str, Counter[str]], name: str) -> Rows:
    """Those of most changes first."""
    gained, lost = sums["gained"], sums["lost"]
    rows = [{name: one, "gained": gained[one], "lost": lost[one]} for one in gained.keys() | lost.keys()]
    return sorted(rows, key=lambda row: (-(row["gained"] + row["lost"]), row[name]))


def _joint_pairs(  # noqa: PLR0917  two rule sets over what was read
    house: House, actor: Actor, joint: tuple[Item, ...], old: Bundle, new: Bundle, at: Instant, totals: _Totals
) -> Iterator[tuple[Person, Item, Decision, Decision]]:
    """Own readers of joint items, each decided under both rule sets with the facts of her opening."""
    people = {one.id: one for one in weighed_people(actor)} if joint else {}
    for item in joint:
        arrival: Arrival | None = item.arrivals.filter(state=ACCEPTED).order_by("-decided_at", "id").first()
        for pseudonym in _joint_readers(item, arrival):
            person = people.get(pseudonym)
            if person is None:
                continue
            if totals.joint >= MOST_JOINT:
                totals.joint_left_out += 1
                continue
            asker = Actor(person.id, house.nation, person.company_id, person.facility_id, frozenset(), frozenset())
            stated = facts_of_opening(house, old, asker, item, arrival=arrival, at=at)
            yield person, item, decide(old, Action.OPEN, stated, at), decide(new, Action.OPEN, stated, at)


def _joint_readers(item: Item, arrival: Arrival | None) -> list[str]:
    if arrival is not None:
        rows = ReleaseReader.objects.filter(arrival=arrival, side=RECIPIENT)
    else:
        case = item.release_cases.order_by("-asked_at", "-id").first()
        rows = ReleaseReader.objects.filter(case=case, side=HOME) if case is not None else ReleaseReader.objects.none()
    return sorted(rows.values_list("pseudonym", flat=True))


def _case_changes(house: House, actor: Actor, old: Bundle, new: Bundle, at: Instant) -> Iterator[CaseChange | None]:
    """Each open case: what a draft changes about its gates, None when nothing."""
    for case in open_cases(actor):
        before, stated = releases.evaluate(house, old, case, at)
        yield _changed("release", case.id, case.item_id, case.number, before, decide(new, Action.RELEASE, stated, at))
    for arrival in open_arrivals(actor):
        before, stated = arrivals.evaluate(house, old, arrival, at)
        after = decide(new, Action.ACCEPT, stated, at)
        yield _changed("arrival", arrival.id, arrival.item_id, arrival.number, before, after)


def _changed(  # noqa: PLR0917  a case and its two decisions
    kind: str, case: str, item: str, number: str, before: Decision, after: Decision
) -> CaseChange | None:
    was, will = set(before.failed_rules), set(after.failed_rules)
    if was == will and before.errors == after.errors:
        return None
    stops = tuple(rule for rule in after.failed_rules if rule not in was)
    frees = tuple(rule for rule in before.failed_rules if rule not in will)
    return CaseChange(case, kind, item, number, stops, frees)
