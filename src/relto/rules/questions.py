"""From facts to the engine's questions, so that "for all" needs no quantifier.

Cedar has none, therefore a decision asks one question for each person and each owner of the item, and permits only if
every question is permitted. A retransfer goes to a facility and names no person: its questions are about nobody, of
whom nothing is known, so a rule about a person fails there. Of several authorisations or consents one is presented,
the one that fits best; the engine judges whether it suffices. Facts that contradict each other give no question at all
but an error code, which is a refusal. A group in an audience stands for its members of that instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.audience import Everyone, Only
from relto.labels.levels import Level
from relto.rules.engine import Question
from relto.rules.facts import (
    Action,
    AuthorisationFacts,
    ConsentFacts,
    DecisionFacts,
    FacilityFacts,
    ItemFacts,
    ListingFacts,
    PersonFacts,
)
from relto.rules.presented import presented_authorisation, presented_consent, presented_listing

if TYPE_CHECKING:
    from relto.rules.bundle import Bundle

MAX_PEOPLE = 200
_PEOPLE: Mapping[str, tuple[int, int]] = {Action.OPEN: (1, 1), Action.SUPPLY_SHARE: (1, 1), Action.RETRANSFER: (0, 0)}
FOREVER = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_NEVER = {"from": 0, "until": 0}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with the person and the owner that it is about, and which papers and level it presents."""

    person: PersonFacts
    owner: Nation
    question: Question
    required: Level | None
    disclosure: AuthorisationFacts | None
    export: AuthorisationFacts | None
    consent: ConsentFacts | None
    listing: ListingFacts | None


def contradictions(action: str, facts: DecisionFacts) -> tuple[str, ...]:
    """Codes of what makes these facts no possible case, in a stable order; empty when nothing does.

    A third nation is neither the holder of an item nor one of its owners.
    """
    if action not in set(Action):
        return ("facts.action",)
    pseudonyms = [person.pseudonym for person in facts.people]
    fewest, most = _PEOPLE.get(action, (1, MAX_PEOPLE))
    onward = action == Action.RETRANSFER
    node = facts.facility.nation if action in (Action.ACCEPT, Action.OPEN) else facts.releaser
    found = {
        "facts.owners": not facts.item.owners,
        "facts.people": not fewest <= len(pseudonyms) <= most,
        "facts.doubled": len(set(pseudonyms)) != len(pseudonyms),
        "facts.facility": any(person.facility != facts.facility.code for person in facts.people),
        "facts.nation": any(person.nation != facts.facility.nation for person in facts.people),
        "facts.node": action != Action.SUPPLY_SHARE and facts.node != node,
        "facts.own_partner": action == Action.SUPPLY_SHARE and facts.node == facts.facility.nation,
        "facts.third_nation": onward and facts.facility.nation in {facts.node, *facts.item.owners},
    }
    return tuple(code for code, holds in found.items() if holds)


def ask(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant) -> Iterator[Asked]:
    """The questions of one decision, persons and owners in order; they share one list of entities."""
    people = facts.people or (_nobody(facts.facility),)
    required = bundle.ranks.equivalents(facts.item.level, at)
    disclosure = presented_authorisation(facts, "disclosure", at)
    export = presented_authorisation(facts, "export", at)
    entities: list[dict[str, Any]] = [
        {
            "uid": _uid("Label", "label"),
            "attrs": {"rank": bundle.ranks.own(facts.item.level)},
            "parents": [],
            "tags": {nation: level.hierarchy for nation, level in required.items()},
        },
        _entity("Item", "item", _item(bundle, facts.item, at)),
        _entity("Facility", "facility", _facility(bundle, facts.facility)),
    ]
    entities += (_entity("Person", f"person-{place}", _person(bundle, one)) for place, one in enumerate(people))
    common = {
        **_shared_context(bundle, facts, at),
        "disclosure": _authorisation(disclosure),
        "export": _authorisation(export),
    }
    needed = required.get(facts.facility.nation)
    for place, person in enumerate(people):
        listing = presented_listing(facts, person, at)
        for owner in sorted(facts.item.owners):
            consent = presented_consent(facts, owner, at)
            context = {**common, "owner": owner, "consent": _consent(consent), "listing": _listing(listing)}
            question = Question(action, f"person-{place}", "item", entities, context)
            yield Asked(person, owner, question, needed, disclosure, export, consent, listing)


def _nobody(facility: FacilityFacts) -> PersonFacts:
    """Stands where no person is named: every rule that needs one fails. Only a retransfer may have no people."""
    return PersonFacts("", facility.nation, facility.code, None, frozenset(), None, None, frozenset(), suspended=False)


def _uid(kind: str, identity: str) -> dict[str, str]:
    return {"type": kind, "id": identity}


def _entity(kind: str, identity: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"uid": _uid(kind, identity), "attrs": attributes, "parents": []}


def _item(bundle: Bundle, item: ItemFacts, at: Instant) -> dict[str, Any]:
    stated = item.audience.nations if isinstance(item.audience, Only) else frozenset[Nation]()
    return {
        "code": item.item,
        "label": {"__entity": _uid("Label", "label")},
        "owners": sorted(item.owners),
        "everyone": isinstance(item.audience, Everyone),
        "audience": sorted(bundle.groups.admitted(stated, at)),
        "caveats": sorted(item.caveats),
        "programme": item.programme or "",
        "exportControlled": item.export_controlled,
        "physical": item.physical,
        "registered": item.registered,
    }


def _facility(bundle: Bundle, facility: FacilityFacts) -> dict[str, Any]:
    listed = [code for code, one in bundle.programmes.items() if one.facilities.get(facility.code) == facility.nation]
    return {
        "code": facility.code,
        "nation": facility.nation,
        "rank": bundle.ranks.held(facility.nation, facility.level),
        "safeguarding": bundle.ranks.held(facility.nation, facility.safeguarding),
        "programmes": sorted(listed),
        **_assurance(facility),
    }


def _person(bundle: Bundle, person: PersonFacts) -> dict[str, Any]:
    return {
        "pseudonym": person.pseudonym,
        "nation": person.nation,
        "facility": {"__entity": _uid("Facility", "facility")},
        "rank": bundle.ranks.held(person.nation, person.level),
        "caveats": sorted(person.caveats),
        "programmes": sorted(person.programmes),
        **_assurance(person),
    }


def _assurance(subject: FacilityFacts | PersonFacts) -> dict[str, Any]:
    """An unknown status is one of the year 1970, which no limit calls fresh."""
    valid = period_seconds(subject.valid)
    status_at = 0 if subject.status_at is None else _second_after(subject.status_at)
    return {
        "validFrom": valid["from"],
        "validUntil": valid["until"],
        "statusAt": status_at,
        "suspended": subject.suspended,
    }


def _shared_context(bundle: Bundle, facts: DecisionFacts, at: Instant) -> dict[str, Any]:
    """The context but for the papers that are presented and what is about one owner."""
    return {
        "now": _second_before(at),
        "node": facts.node,
        "releaser": facts.releaser,
        "statusMaxAge": bundle.limits.seconds("assurance_status_max_age"),
        "unregisteredMaxRank": bundle.ranks.unregistered_max(facts.item.level),
        "channel": facts.channel or "",
        "channels": sorted(bundle.limits.codes("approved_channels")),
        "agreement": {"parties": sorted(bundle.parties), **period_seconds(bundle.period)},
        "release": _release(facts),
    }


def _authorisation(found: AuthorisationFacts | None) -> dict[str, Any]:
    if found is None:
        return {"nation": "", "item": "", "programme": "", **_NEVER}
    return {
        "nation": found.nation,
        "item": found.item or "",
        "programme": found.programme or "",
        **period_seconds(found.valid),
    }


def _consent(found: ConsentFacts | None) -> dict[str, Any]:
    if found is None:
        return {"by": "", "item": "", "nation": "", "facility": "", **_NEVER}
    return {
        "by": found.by,
        "item": found.item,
        "nation": found.nation,
        "facility": found.facility,
        **period_seconds(found.valid),
    }


def _listing(found: ListingFacts | None) -> dict[str, Any]:
    if found is None:
        return {"person": "", "item": "", "reason": "", **_NEVER}
    return {"person": found.pseudonym, "item": found.item, "reason": found.reason, **period_seconds(found.valid)}


def _release(facts: DecisionFacts) -> dict[str, Any]:
    release = facts.release
    if release is None:
        return {"item": "", "nation": "", "facility": "", "state": "", **_NEVER}
    return {
        "item": release.item,
        "nation": release.recipient,
        "facility": release.facility,
        "state": release.state,
        **period_seconds(release.valid),
    }


def period_seconds(valid: Period | None) -> dict[str, int]:
    """A period in whole seconds since 1970, `from` and `until`, rounded so that no period grows; empty when unknown."""
    if valid is None:
        return dict(_NEVER)
    return {"from": _second_after(valid.start), "until": FOREVER if valid.end is None else _second_before(valid.end)}


def _second_before(moment: Instant) -> int:
    return (moment - _EPOCH) // _SECOND


def _second_after(moment: Instant) -> int:
    return -((_EPOCH - moment) // _SECOND)
