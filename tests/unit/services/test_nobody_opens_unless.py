"""For random worlds, nobody opens unless every gate holds on each node that must agree (promise 2).

A world is drawn value by value and written into the node's own tables; what must then be answered is worked out here
from the drawn values alone, by plain Python that shares nothing with the services that gather facts or the rules that
judge them. The rules themselves are compared with another naive reading in tests/unit/rules/test_against_naive.py.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from relto.base.errors import NotAuthenticated, Refused
from relto.base.nations import Nation
from relto.sealing.manifest import parse_manifest
from relto.store.models import (
    Arrival,
    Assurance,
    Authorisation,
    Facility,
    Item,
    Manifest,
    Membership,
    Person,
    ReleaseCase,
    ReleaseReader,
)
from tests.support.houses import FACILITY, IND, START, USA, YEAR, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, released
from tests.unit.services.test_arriving_and_opening import open_now
from tests.unit.services.test_withdrawals import code_of, originator, request_of

WORLDS = 160
MOSTLY_GOOD = 0.94
DAY = timedelta(days=1)
LEVELS = {
    USA: ["UNCLASSIFIED", "CONFIDENTIAL", "SECRET", "TOP SECRET"],
    IND: ["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET"],
}
PERIODS = {"now": (-DAY, DAY), "ended": (-2 * DAY, -DAY), "not yet": (DAY, 2 * DAY), "ends now": (-DAY, timedelta(0))}
GOOD_PERIOD = "now"


def sufficient(nation: Nation, level: str) -> bool:
    """The documents of these stories are SECRET in both nations."""
    return level in LEVELS[nation] and LEVELS[nation].index(level) >= LEVELS[nation].index("SECRET")


def dates(name: str, first: str = "valid_from", last: str = "valid_until") -> dict[str, Any]:
    start, end = PERIODS[name]
    return {first: START + start, last: START + end}


@dataclass(frozen=True)
class Vouched:
    """An assurance as a world has it."""

    present: bool
    status: str
    period: str
    fresh: bool

    @property
    def counts(self) -> bool:
        return self.present and self.status == "valid" and self.period == GOOD_PERIOD and self.fresh


def drawn(rng: random.Random, good: Any, *others: Any) -> Any:
    return good if not others or rng.random() < MOSTLY_GOOD else rng.choice(others)


def draw_vouched(rng: random.Random) -> Vouched:
    return Vouched(
        present=rng.random() < MOSTLY_GOOD,
        status=drawn(rng, "valid", "suspended", "revoked"),
        period=drawn(rng, "now", "ended", "ends now"),
        fresh=rng.random() < MOSTLY_GOOD,
    )


def write_vouched(rows: Any, world: Vouched) -> None:
    if not world.present:
        rows.delete()
        return
    status_at = START - (timedelta(hours=1) if world.fresh else timedelta(hours=25))
    rows.update(status=world.status, status_at=status_at, **dates(world.period))


@dataclass(frozen=True)
class HomeWorld:
    """What the asker's own node knows of her, her facility, and what it holds."""

    level: str
    facility_level: str
    safeguarding: str
    period: str
    facility_period: str
    suspended: bool
    facility_suspended: bool
    member: bool
    listed: str
    on_person: Vouched
    on_facility: Vouched
    arrival: str
    manifest_withdrawn: bool

    def opens(self, nation: Nation) -> bool:
        levels = (self.level, self.facility_level, self.safeguarding)
        return (
            all(sufficient(nation, level) for level in levels)
            and self.period == GOOD_PERIOD
            and self.facility_period == GOOD_PERIOD
            and not self.suspended
            and not self.facility_suspended
            and self.member
            and self.listed == "with a reason"
            and self.on_person.counts
            and self.on_facility.counts
            and self.arrival == "accepted"
            and not self.manifest_withdrawn
        )


def draw_home(rng: random.Random, nation: Nation) -> HomeWorld:
    levels = LEVELS[nation]
    return HomeWorld(
        level=drawn(rng, "SECRET", *levels, ""),
        facility_level=drawn(rng, "SECRET", *levels),
        safeguarding=drawn(rng, "SECRET", *levels, ""),
        period=drawn(rng, "now", "ended", "not yet", "ends now"),
        facility_period=drawn(rng, "now", "ended", "not yet"),
        suspended=rng.random() > MOSTLY_GOOD,
        facility_suspended=rng.random() > MOSTLY_GOOD,
        member=rng.random() < MOSTLY_GOOD,
        listed=drawn(rng, "with a reason", "no", "without a reason", "somebody else"),
        on_person=draw_vouched(rng),
        on_facility=draw_vouched(rng),
        arrival=drawn(rng, "accepted", "arrived", "refused", "withdrawn"),
        manifest_withdrawn=rng.random() > MOSTLY_GOOD,
    )


def write_home(node: Node, world: HomeWorld) -> None:
    person, facility = node.people["engineer"], FACILITY[node.house.nation]
    Person.objects.filter(id=person).update(
        clearance_level=world.level, suspended_at=START if world.suspended else None, **dates(world.period)
    )
    Facility.objects.filter(code=facility).update(
        level=world.facility_level,
        safeguarding_level=world.safeguarding,
        suspended_at=START if world.facility_suspended else None,
        **dates(world.facility_period),
    )
    if not world.member:
        Membership.objects.filter(person_id=person).update(until=START - DAY)
    readers = ReleaseReader.objects.filter(arrival__isnull=False)
    if world.listed == "no":
        readers.delete()
    elif world.listed == "somebody else":
        readers.update(pseudonym=node.people["colleague"])
    elif world.listed == "without a reason":
        for reader in readers:
            reader.reason = ""
            reader.save()
    given = Assurance.objects.filter(direction="given")
    write_vouched(given.filter(subject=person), world.on_person)
    write_vouched(given.filter(subject=facility), world.on_facility)
    Arrival.objects.update(state=world.arrival)
    if world.manifest_withdrawn:
        Manifest.objects.filter(kind="received").update(withdrawn_at=START)


@dataclass(frozen=True)
class PartnerWorld:
    """What the other node knows of the asker by its partner's word, and of its own release."""

    level: str
    facility_level: str
    safeguarding: str
    on_person: Vouched
    on_facility: Vouched
    disclosure: str
    export: str
    controlled: bool
    state: str
    listed: str
    manifest_withdrawn: bool
    audience: bool

    def opens(self, nation: Nation) -> bool:
        levels = (self.level, self.facility_level, self.safeguarding)
        return (
            all(sufficient(nation, level) for level in levels)
            and self.on_person.counts
            and self.on_facility.counts
            and self.disclosure == "in force"
            and (not self.controlled or self.export == "in force")
            and self.state == "accepted"
            and self.listed == "with a reason"
            and not self.manifest_withdrawn
            and self.audience
        )


def draw_partner(rng: random.Random, nation: Nation) -> PartnerWorld:
    levels = LEVELS[nation]
    authorisations = ("ended", "not yet", "withdrawn", "for another nation", "for another item", "missing")
    return PartnerWorld(
        level=drawn(rng, "SECRET", *levels),
        facility_level=drawn(rng, "SECRET", *levels),
        safeguarding=drawn(rng, "SECRET", *levels, ""),
        on_person=draw_vouched(rng),
        on_facility=draw_vouched(rng),
        disclosure=drawn(rng, "in force", *authorisations),
        export=drawn(rng, "in force", *authorisations),
        controlled=rng.random() < MOSTLY_GOOD,
        state=drawn(rng, "accepted", "refused", "returned", "withdrawn", "asked"),
        listed=drawn(rng, "with a reason", "no", "without a reason"),
        manifest_withdrawn=rng.random() > MOSTLY_GOOD,
        audience=rng.random() < MOSTLY_GOOD,
    )


def write_authorisation(kind: str, state: str, own: Nation) -> None:
    rows = Authorisation.objects.filter(kind=kind)
    if state == "missing":
        rows.delete()
    elif state == "withdrawn":
        rows.update(withdrawn_at=START - DAY)
    elif state == "for another nation":
        rows.update(nation="FRA")
    elif state == "for another item":
        rows.update(item="itm_" + "2" * 24, programme="")
    elif state != "in force":
        rows.update(**dates(state))
    assert own


def write_partner(node: Node, nation: Nation, person: str, world: PartnerWorld) -> None:
    received = Assurance.objects.filter(direction="received")
    received.filter(subject=person).update(level=world.level)
    received.filter(subject=FACILITY[nation]).update(level=world.facility_level, safeguarding_level=world.safeguarding)
    write_vouched(received.filter(subject=person), world.on_person)
    write_vouched(received.filter(subject=FACILITY[nation]), world.on_facility)
    write_authorisation("disclosure", world.disclosure, node.house.nation)
    write_authorisation("export", world.export, node.house.nation)
    for item in Item.objects.all():
        item.export_controlled = world.controlled
        item.label = {**item.label, "release": sorted({node.house.nation, *([nation] if world.audience else [])})}
        item.save()
    ReleaseCase.objects.update(state=world.state)
    readers = ReleaseReader.objects.filter(case__isnull=False)
    if world.listed == "no":
        readers.delete()
    elif world.listed == "without a reason":
        for reader in readers:
            reader.reason = ""
            reader.save()
    if world.manifest_withdrawn:
        Manifest.objects.filter(kind="release").update(withdrawn_at=START)


def test_at_home_nobody_opens_unless_all_of_it_holds(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    answers = []
    for seed in range(WORLDS):
        world = draw_home(random.Random(seed), IND)  # noqa: S311  a reproducible draw, not a secret
        with transaction.atomic():
            write_home(ind, world)
            try:
                open_now(ind, "engineer", manifest)
                opened = True
            except (Refused, NotAuthenticated):
                opened = False
            transaction.set_rollback(True)
        assert opened == world.opens(IND), (seed, world)
        answers.append(opened)
    assert 10 < sum(answers) < WORLDS - 10


@pytest.mark.parametrize("nation", [USA, IND])
def test_the_partners_share_is_given_only_when_all_of_it_holds(db: None, tmp_path: Path, nation: Nation) -> None:
    node, peer = originator(tmp_path, nation)
    given = peer.vouch(node.house, "reader")
    _, body = released(node, peer)
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert peer.code_of(peer.send(node.house, "acceptance", peer.custody(body, policy))) == ""
    answers = []
    for seed in range(WORLDS // 2):
        world = draw_partner(random.Random(seed), peer.nation)  # noqa: S311  a reproducible draw, not a secret
        with transaction.atomic():
            write_partner(node, peer.nation, peer.people["reader"], world)
            opened = code_of(node, peer, request_of(node, peer, body, given)) == ""
            transaction.set_rollback(True)
        assert opened == world.opens(peer.nation), (seed, world)
        answers.append(opened)
    assert 5 < sum(answers) < WORLDS // 2 - 5


def test_every_member_of_a_world_is_drawn_both_ways() -> None:
    """A value that was never drawn would prove nothing."""
    for draw in (draw_home, draw_partner):
        worlds = [draw(random.Random(seed), IND) for seed in range(WORLDS // 2)]  # noqa: S311  as above
        for member in fields(worlds[0]):
            assert len({repr(getattr(world, member.name)) for world in worlds}) > 1, member.name
    assert YEAR > DAY
