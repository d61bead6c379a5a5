"""The node's holdings as columns for weighing: own people, and the items that they could be asked to open.

Each world holds what one kind of opening is decided from, as `relto.services.openings` reads it for one person: own
items at home by the register, and for each partner the items that it released here, with people and facilities as this
authority vouched for them to it. A joint item needs both owners and stands in no world (`rule_impact` asks of it one by
one). Nobody who stands at no facility, and no title or name, is in a world.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.label import label_from_dict
from relto.procedures import assurance as assurances
from relto.procedures import item as item_states
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.rules.impact.cases import seconds_of
from relto.rules.impact.holdings import LARGEST, Holdings
from relto.rules.impact.reading import holdings_of_rows
from relto.services.facts import since
from relto.services.house import House
from relto.services.item_view import is_joint
from relto.services.release_view import RECIPIENT
from relto.store.models import Arrival, Assurance, Facility, Item, Person
from relto.store.queries.weighing import (
    given_assurances,
    weighed_arrivals,
    weighed_facilities,
    weighed_items,
    weighed_memberships,
    weighed_people,
)

AT_HOME = "home"
_Row = dict[str, Any]


@dataclass(frozen=True)
class NodeHoldings:
    """`worlds`: "home" or the partner that released -> holdings; `joint`: the joint items that were left out."""

    worlds: Mapping[str, Holdings]
    joint: tuple[Item, ...]
    items: Mapping[str, str]
    """uuid -> the node's own identifier of each item in the worlds."""


def node_holdings(house: House, bundle: Bundle, actor: Actor, at: Instant) -> NodeHoldings:
    """Read what the actor may weigh, as of `at`."""
    people, facilities = list(weighed_people(actor)), list(weighed_facilities(actor))
    programmes: dict[str, set[str]] = defaultdict(set)
    memberships = [one for one in weighed_memberships(actor) if one.since <= at]
    for one in memberships:
        programmes[one.person_id].add(one.programme_id)
    items = [one for one in weighed_items(actor) if one.state in (item_states.REGISTERED, item_states.HELD)]
    joint = tuple(one for one in items if is_joint(one))
    single = [one for one in items if not is_joint(one)]
    given = _newest(given_assurances(actor))
    world = _World(house, bundle, at, people, facilities, programmes)

    own = [one for one in single if one.held_as == "own"]
    company_of = {one.id: one.company_id or "" for one in people}
    home = world.rows(own, releaser=house.nation, vouched=None)
    home["listing"] = [
        _listing(
            f"{company_of[one.person_id]}/{one.programme_id}", one.person_id, bool(one.reason), one.since, one.until
        )
        for one in memberships
        if one.person_id in company_of
    ]
    for row, item in zip(home["item"], own, strict=True):
        row["list"] = f"{item.company_id or ''}/{item.programme}" if item.programme else f"item/{item.uuid}"
    worlds = {AT_HOME: holdings_of_rows(home)} if own else {}

    arrivals: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in weighed_arrivals(actor):
        arrivals[arrival.item_id].append(arrival)
    known = {one.id for one in people}
    senders = sorted({arrival.sender for all_of in arrivals.values() for arrival in all_of})
    for sender in senders:
        received = [one for one in single if any(each.sender == sender for each in arrivals[one.id])]
        if not received:
            continue
        rows = world.rows(received, releaser=Nation(sender), vouched=given.get(sender, {}))
        for item in received:
            _add_arrivals(rows, item, arrivals[item.id], known)
        worlds[sender] = holdings_of_rows(rows)
    return NodeHoldings(worlds, joint, {one.uuid: one.id for one in single})


class _World:
    """What every world has in common."""

    def __init__(  # noqa: PLR0917  what was read
        self,
        house: House,
        bundle: Bundle,
        at: Instant,
        people: list[Person],
        facilities: list[Facility],
        programmes: Mapping[str, set[str]],
    ) -> None:
        self._nation, self._bundle, self._at = house.nation, bundle, at
        self._people, self._facilities, self._programmes = people, facilities, programmes
        self._policy = bundle.policies.by_nation(house.nation).oid

    def rows(
        self, items: Iterable[Item], *, releaser: Nation, vouched: Mapping[tuple[str, str], Assurance] | None
    ) -> dict[str, list[_Row]]:
        """Facilities, people and items. `vouched`: what the releaser was told of them; None at home."""
        return {
            "facility": [self._facility(one, vouched) for one in self._facilities],
            "person": [self._person(one, vouched) for one in self._people],
            "item": [self._item(one, releaser) for one in items],
            "listing": [],
            "release": [],
        }

    def _facility(self, row: Facility, vouched: Mapping[tuple[str, str], Assurance] | None) -> _Row:
        return {
            "code": row.code,
            "nation": str(self._nation),
            "level": self._level(row.level),
            "safeguarding": self._level(row.safeguarding_level),
            **self._known(("facility", row.code), row, vouched),
        }

    def _person(self, row: Person, vouched: Mapping[tuple[str, str], Assurance] | None) -> _Row:
        return {
            "pseudonym": row.id,
            "facility": row.facility_id or "",
            "level": self._level(row.clearance_level),
            "caveats": sorted(f"{self._policy}/{name}" for name in row.caveats),
            "programmes": sorted(self._programmes.get(row.id, ())),
            **self._known(("person", row.id), row, vouched),
        }

    def _known(
        self, subject: tuple[str, str], row: Facility | Person, vouched: Mapping[tuple[str, str], Assurance] | None
    ) -> _Row:
        """Until when a subject is good and as of when: at home as of now, towards a partner as it was last told."""
        start, end, status = row.valid_from, row.valid_until, self._at.replace(microsecond=0)
        if vouched is not None:
            told = vouched.get(subject)
            holds = told is not None and told.status == assurances.VALID
            if told is None or not holds or not told.valid_from <= self._at < told.valid_until:
                start = end = None
            if told is not None:
                told_at = told.status_at.replace(microsecond=0)
                ahead = self._at < told_at <= self._at + self._bundle.limits.duration("link_clock_skew")
                status = status if ahead else told_at
        return {
            "valid_from": 0 if start is None or end is None else _second_after(start),
            "valid_until": 0 if start is None or end is None else min(seconds_of(end), LARGEST),
            "status_at": seconds_of(status),
            "suspended": row.suspended_at is not None,
        }

    def _item(self, row: Item, releaser: Nation) -> _Row:
        label = label_from_dict(row.label, self._bundle.policies)
        audience = label.release
        return {
            "code": row.uuid,
            "list": f"item/{row.uuid}",
            "owners": sorted(str(one) for one in label.owner),
            "releaser": str(releaser),
            "level": [label.policy.oid, label.level.name],
            "audience": "everyone" if isinstance(audience, Everyone) else _named(audience),
            "caveats": sorted(f"{label.policy.oid}/{name}" for name in label.caveats),
            "programme": row.programme or None,
            "papers": row.uuid,
            "export": row.export_controlled,
            "physical": True,
            "registered": True,
        }

    def _level(self, name: str) -> list[str] | None:
        return [self._policy, name] if name else None


def _add_arrivals(rows: dict[str, list[_Row]], item: Item, arrivals: Iterable[Arrival], known: set[str]) -> None:
    """The releases of an item to own facilities, the newest of each, and their named readers."""
    newest = {one.facility: one for one in sorted(arrivals, key=lambda one: (one.decided_at or one.arrived_at, one.id))}
    listed: dict[str, _Row] = {}
    for facility, arrival in sorted(newest.items()):
        if all(one["code"] != facility for one in rows["facility"]):
            continue
        start = seconds_of(since(arrival.arrived_at).start)
        state = "withdrawn" if arrival.manifest.withdrawn_at is not None else "accepted"
        rows["release"].append(
            {"papers": item.uuid, "facility": facility, "state": state, "from": start, "until": LARGEST}
        )
        for reader in arrival.readers.all():
            if reader.side == RECIPIENT and reader.pseudonym in known:
                listed[reader.pseudonym] = _listing(
                    f"item/{item.uuid}", reader.pseudonym, bool(reader.reason), arrival.arrived_at, None
                )
    rows["listing"] += listed.values()


def _listing(of: str, person: str, reason: bool, start: Instant, end: Instant | None) -> _Row:  # noqa: FBT001  a fact
    until = LARGEST if end is None else min(seconds_of(end), LARGEST)
    return {
        "list": of, "person": person, "reason": reason, "from": seconds_of(since(start).start), "until": until
    }  # fmt: skip


def _named(audience: Audience) -> list[str]:
    return sorted(map(str, audience.nations)) if isinstance(audience, Only) else []


def _newest(rows: Iterable[Assurance]) -> dict[str, dict[tuple[str, str], Assurance]]:
    """Partner -> subject -> what it was told last."""
    found: dict[str, dict[tuple[str, str], Assurance]] = defaultdict(dict)
    for row in rows:
        found[row.recipient][row.subject_kind, row.subject] = row
    return found


def _second_after(moment: Instant) -> int:
    return seconds_of(moment) + (moment.microsecond > 0)
