"""The rules once more, written naively and independently in Python: what the engine must agree with."""

from __future__ import annotations

from datetime import datetime, timedelta

from relto.base.instants import Period
from relto.base.nations import Nation
from relto.labels.audience import Everyone, Only
from relto.rules.facts import DecisionFacts, LevelCode, PersonFacts
from tests.unit.rules.agreement import DAY, FACILITY, IND, NOW, POLICY, PROGRAMME, USA

NAMES = {
    USA: ["UNCLASSIFIED", "CONFIDENTIAL", "SECRET", "TOP SECRET"],
    IND: ["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET"],
}
NATION = {oid: nation for nation, oid in POLICY.items()}


def inside(period: Period | None, at: datetime) -> bool:
    return period is not None and period.holds_at(at)


def fresh(status_at: datetime | None, at: datetime) -> bool:
    return status_at is not None and timedelta(0) <= at - status_at <= timedelta(hours=24)


def demanded(level: LevelCode, nation: Nation) -> str | None:
    """The name of the level that the item demands in the nation's policy."""
    home = NATION.get(level.policy)
    if home is None or level.name not in NAMES[home] or nation not in NAMES:
        return None
    return level.name if level.name in NAMES[nation] else None


def suffices(held: LevelCode | None, nation: Nation, needed: str) -> bool:
    if held is None or held.policy != POLICY.get(nation) or held.name not in NAMES[nation]:
        return False
    return NAMES[nation].index(held.name) >= NAMES[nation].index(needed)


def failed_for(action: str, facts: DecisionFacts, person: PersonFacts, at: datetime) -> set[str]:
    """The numbers of the rules that stand against one person."""
    item, facility, release = facts.item, facts.facility, facts.release
    nation = facility.nation
    crossing = nation != facts.releaser or nation not in item.owners
    failed: set[str] = set()

    def need(rule: str, actions: str, holds: bool) -> None:  # noqa: FBT001
        if action in actions.split() and not holds:
            failed.add(rule)

    everywhere = "release accept open supply_share"
    with_onward = everywhere + " retransfer"
    giving, receiving = "release supply_share retransfer", "accept open supply_share"
    in_force = NOW - 30 * DAY <= at < NOW + 300 * DAY
    need("R01", everywhere, not crossing or ({nation, facts.releaser} <= {USA, IND} and in_force))
    for rule, kind in (("R02", "disclosure"), ("R03", "export")):
        given = any(
            one.kind == kind
            and one.nation == nation
            and (
                one.item == item.item
                or (one.item is None and one.programme is not None and one.programme == item.programme)
            )
            and one.valid.holds_at(at)
            for one in facts.authorisations
        )
        need(rule, giving, given or not crossing or (rule == "R03" and not item.export_controlled))
    needed = demanded(item.level, nation)
    need("R16", everywhere, needed is not None)
    if needed is not None:
        need("R04", everywhere, suffices(facility.level, nation, needed))
        need("R07", everywhere, not item.physical or suffices(facility.safeguarding, nation, needed))
        need("R08", everywhere, suffices(person.level, nation, needed))
    need("R05", everywhere, not facility.suspended and inside(facility.valid, at))
    need("R06", everywhere, fresh(facility.status_at, at))
    need("R09", everywhere, not person.suspended and inside(person.valid, at))
    need("R10", everywhere, fresh(person.status_at, at))
    need("R11", "release accept supply_share", not crossing or facts.channel == "link")
    need("R12", "accept open", item.programme is None or item.programme in person.programmes)
    listed = any(
        one.pseudonym == person.pseudonym and one.item == item.item and one.reason and one.valid.holds_at(at)
        for one in facts.listings
    )
    need("R13", everywhere, listed)
    basic = item.programme == PROGRAMME and FACILITY.get(nation) == facility.code
    need("R14", everywhere, not crossing or item.programme is None or basic)
    admitted = isinstance(item.audience, Everyone) or (
        isinstance(item.audience, Only) and nation in item.audience.nations
    )
    need("R15", with_onward, nation in item.owners or admitted)
    need("R17", everywhere, item.caveats <= person.caveats)
    need("R18", receiving, not crossing or (release is not None and release.valid.holds_at(at)))
    for owner in item.owners - {nation, facts.releaser}:
        consented = any(
            (one.by, one.item, one.nation, one.facility) == (owner, item.item, nation, facility.code)
            and one.valid.holds_at(at)
            for one in facts.consents
        )
        need("R19", with_onward, consented)
    at_home = nation == facts.releaser and nation in item.owners and item.level.name == "UNCLASSIFIED"
    need("R20", with_onward, item.registered or (at_home and item.level.policy in NATION))
    running = release is not None and release.state in ("released", "accepted")
    matching = release is not None and (release.item, release.recipient, release.facility) == (
        item.item,
        nation,
        facility.code,
    )
    need("R21", receiving, not crossing or (running and matching))
    need("R22", "open", not crossing or release is None or release.state != "released")
    need("R23", "retransfer", item.owners | {facts.releaser} <= {USA, IND} and in_force)
    under = release is not None and (release.item, release.recipient) == (item.item, facts.releaser)
    accepted = release is not None and release.state == "accepted" and release.valid.holds_at(at)
    need("R24", "retransfer", under and accepted)
    return failed


def failed_rules(action: str, facts: DecisionFacts, at: datetime) -> set[str]:
    """The numbers of all rules that stand against the request."""
    nobody = PersonFacts("", facts.facility.nation, "", None, frozenset(), None, None, frozenset(), suspended=False)
    return set().union(*(failed_for(action, facts, person, at) for person in facts.people or (nobody,)))
