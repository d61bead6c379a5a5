"""What would fix it, tried out: a refused request is decided again with the remedy applied to its facts (policy.md 3).

A remedy changes facts only as the named role could change them; it permits nothing by itself. Remedies that change
the agreement (an equivalent, the agreement itself, the list of facilities) cannot be expressed as facts of one case
and have no replay here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from relto.base.instants import Instant, Period
from relto.labels.audience import Only
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import (
    AuthorisationFacts,
    ConsentFacts,
    DecisionFacts,
    FacilityFacts,
    LevelCode,
    ListingFacts,
    PersonFacts,
)

SUPPOSED = "supposed"
_Remedy = Callable[[DecisionFacts, "Supposition"], DecisionFacts]


@dataclass(frozen=True, slots=True)
class Supposition:
    """What a remedy would bring: a period around the instant, the level that is needed, an approved channel."""

    at: Instant
    valid: Period
    needed: LevelCode | None
    channel: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """The decision with remedies applied. `applied`: remedy codes; `impossible`: remedies that facts cannot express."""

    decision: Decision
    applied: tuple[str, ...]
    impossible: tuple[str, ...]


def replay_with(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant, remedies: tuple[str, ...]) -> Replay:
    """Decide again as if each of `remedies` (codes from the failed gates) had been carried out."""
    level = bundle.ranks.equivalents(facts.item.level, at).get(facts.facility.nation)
    supposition = Supposition(
        at=at,
        valid=Period(at, at + timedelta(days=1)),
        needed=None if level is None else LevelCode(level.policy_oid, level.name),
        channel=min(bundle.limits.codes("approved_channels"), default=None),
    )
    applied = tuple(code for code in remedies if code in REMEDIES)
    for code in applied:
        facts = REMEDIES[code](facts, supposition)
    return Replay(
        decision=decide(bundle, action, facts, at),
        applied=applied,
        impossible=tuple(code for code in remedies if code not in REMEDIES),
    )


def _authorise(kind: str) -> _Remedy:
    def remedy(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
        granted = AuthorisationFacts(
            kind="export" if kind == "export" else "disclosure",
            reference=SUPPOSED,
            nation=facts.facility.nation,
            item=facts.item.item,
            programme=None,
            valid=supposed.valid,
        )
        return replace(facts, authorisations=(*facts.authorisations, granted))

    return remedy


def _facility(change: Callable[[FacilityFacts, Supposition], FacilityFacts]) -> _Remedy:
    return lambda facts, supposed: replace(facts, facility=change(facts.facility, supposed))


def _people(change: Callable[[PersonFacts, DecisionFacts, Supposition], PersonFacts]) -> _Remedy:
    return lambda facts, supposed: replace(
        facts, people=tuple(change(person, facts, supposed) for person in facts.people)
    )


def _list(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
    listed = tuple(ListingFacts(person.pseudonym, facts.item.item, SUPPOSED, supposed.valid) for person in facts.people)
    return replace(facts, listings=(*facts.listings, *listed))


def _mark(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
    del supposed
    audience = facts.item.audience
    named = audience.nations if isinstance(audience, Only) else frozenset()
    return replace(facts, item=replace(facts.item, audience=Only(named | {facts.facility.nation})))


def _consent(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
    consents = tuple(
        ConsentFacts(SUPPOSED, owner, facts.item.item, facts.facility.nation, facts.facility.code, supposed.valid)
        for owner in sorted(facts.item.owners)
    )
    return replace(facts, consents=(*facts.consents, *consents))


def _register(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
    del supposed
    return replace(facts, item=replace(facts.item, registered=True))


def _extend_release(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
    release = facts.release
    return facts if release is None else replace(facts, release=replace(release, valid=supposed.valid))


def _accept_release(facts: DecisionFacts, supposed: Supposition) -> DecisionFacts:
    del supposed
    release = facts.release
    if release is None or release.state != "released":
        return facts
    return replace(facts, release=replace(release, state="accepted"))


REMEDIES: Mapping[str, _Remedy] = {
    "grant_disclosure_authorisation": _authorise("disclosure"),
    "grant_export_authorisation": _authorise("export"),
    "raise_facility_clearance": _facility(lambda one, supposed: replace(one, level=supposed.needed)),
    "renew_facility_assurance": _facility(lambda one, supposed: replace(one, valid=supposed.valid, suspended=False)),
    "refresh_facility_status": _facility(lambda one, supposed: replace(one, status_at=supposed.at)),
    "raise_safeguarding": _facility(lambda one, supposed: replace(one, safeguarding=supposed.needed)),
    "raise_personal_clearance": _people(lambda one, _, supposed: replace(one, level=supposed.needed)),
    "renew_personal_assurance": _people(lambda one, _, supposed: replace(one, valid=supposed.valid, suspended=False)),
    "refresh_personal_status": _people(lambda one, _, supposed: replace(one, status_at=supposed.at)),
    "use_approved_channel": lambda facts, supposed: replace(facts, channel=supposed.channel),
    "assign_to_programme": _people(
        lambda one, facts, _: replace(one, programmes=one.programmes | {facts.item.programme or ""})
    ),
    "list_with_reason": _list,
    "extend_marking": _mark,
    "authorise_for_caveat": _people(lambda one, facts, _: replace(one, caveats=one.caveats | facts.item.caveats)),
    "ask_originator_consent": _consent,
    "register_manifest": _register,
    "extend_release": _extend_release,
    "accept_release": _accept_release,
}
"""Remedy code -> what carrying it out would change. Codes not here cannot be expressed as facts of one case."""
