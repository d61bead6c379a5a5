"""What a suspension, a revocation or a withdrawn authorisation cuts: shown before it is done, and kept in its answer.

Codes, numbers and markings only; no title, no name. What is listed opens no more; what was opened stays opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import VALID
from relto.rules.bundle import Bundle
from relto.services import active_bundle, facts
from relto.services.house import House
from relto.services.labelling import banner_of
from relto.store.models import Arrival, Assurance, Authorisation, ReleaseCase
from relto.store.queries import affected as queries
from relto.store.queries.assurances import newest_received, visible_assurances, visible_authorisations


@dataclass(frozen=True, slots=True)
class AffectedPerson:
    """A person whose openings are cut."""

    pseudonym: str
    facility: str


@dataclass(frozen=True, slots=True)
class AffectedAssurance:
    """An assurance that no longer holds."""

    id: str
    recipient: str
    subject_kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class AffectedRelease:
    """An arrival or a case that opens no more, for all or some of its readers.

    `nation`: the other side's; `facility`: the one that the release goes to.
    """

    id: str
    number: str
    item: str
    banner: str
    nation: str
    facility: str


@dataclass(frozen=True, slots=True)
class Affected:
    """What is cut. `own_items`: how many own national items it concerns."""

    people: tuple[AffectedPerson, ...] = ()
    assurances: tuple[AffectedAssurance, ...] = ()
    arrivals: tuple[AffectedRelease, ...] = ()
    cases: tuple[AffectedRelease, ...] = ()
    own_items: int = 0


def affected_by_subject(house: House, kind: str, subject: str) -> Affected:
    """What the suspension of an own facility or person cuts. Part of a registrar's verb; changes nothing."""
    bundle = _bundle(house)
    if kind == "facility":
        return Affected(
            people=tuple(AffectedPerson(row.id, subject) for row in queries.people_at(subject)),
            assurances=_assurances(row for row in queries.given_on_facility(subject) if row.status == VALID),
            arrivals=_arrivals(bundle, queries.arrivals_at(subject)),
            cases=_cases(bundle, queries.cases_from(subject)),
            own_items=queries.own_items_at(subject),
        )
    given = queries.given_on_person(subject)
    return Affected(
        people=tuple(AffectedPerson(row.id, row.facility_id or "") for row in queries.person_of(subject)),
        assurances=_assurances(row for row in given if row.status == VALID),
        arrivals=_arrivals(bundle, queries.arrivals_of_reader(subject)),
        cases=_cases(bundle, queries.cases_of_home_reader(subject)),
        own_items=queries.own_items_of(subject),
    )


def affected_by_assurance(house: House, actor: Actor, assurance_id: str) -> Affected:
    """Which own releases a received assurance carries: those that its suspension or revocation closes.

    Nothing for one that a newer assurance superseded. Raises Refused("role"), NotAvailable("assurance").
    """
    actor.require(Role.RELEASE_OFFICER, Role.REGISTRAR)
    row = visible_assurances(actor).filter(id=assurance_id, direction="received").first()
    if row is None:
        raise NotAvailable("assurance", field="assurance")
    newest = newest_received(row.subject_kind, row.subject, row.issuer)
    if newest is None or newest.id != row.id:
        return Affected()
    bundle = _bundle(house)
    if row.subject_kind == "person":
        return Affected(
            people=(AffectedPerson(row.subject, row.facility),),
            assurances=_assurances([row]),
            cases=_cases(bundle, queries.cases_of_partner_reader(row.issuer, row.subject)),
        )
    people = queries.received_on_people_at(row.subject, row.issuer)
    return Affected(
        people=tuple(AffectedPerson(one.subject, one.facility) for one in people),
        assurances=_assurances([row, *people]),
        cases=_cases(bundle, queries.cases_to(row.issuer, row.subject)),
    )


def affected_by_authorisation(house: House, actor: Actor, authorisation_id: str) -> Affected:
    """Which own releases nothing of its kind covers now without this authorisation, whether it stands or not.

    For who may withdraw it: a registrar of a disclosure authorisation, a security officer of her company's export
    authorisation. Changes nothing. Raises Refused("role"), NotAvailable("authorisation").
    """
    actor.require(Role.REGISTRAR, Role.SECURITY_OFFICER)
    row = visible_authorisations(actor).filter(id=authorisation_id).first()
    if row is None or not actor.holds(Role.REGISTRAR if row.kind == "disclosure" else Role.SECURITY_OFFICER):
        raise NotAvailable("authorisation", field="authorisation")
    if row.kind == "export" and row.company != actor.company:
        raise NotAvailable("authorisation", field="authorisation")
    return uncovered_without(house, row, house.now())


def uncovered_without(house: House, row: Authorisation, at: Instant) -> Affected:
    """Which own releases no other authorisation of this kind covers at `at`. Part of verbs that checked the role."""
    bundle = _bundle(house)
    nation = Nation(row.nation)
    left = [
        case
        for case in queries.cases_under(row)
        if not any(
            one.kind == row.kind and one.valid.holds_at(at)
            for one in facts.authorisations_for(case.item, nation, without=row.id)
        )
    ]
    return Affected(cases=_cases(bundle, left))


def _assurances(rows: Iterable[Assurance]) -> tuple[AffectedAssurance, ...]:
    return tuple(AffectedAssurance(row.id, row.recipient, row.subject_kind, row.subject) for row in rows)


def _arrivals(bundle: Bundle | None, rows: Iterable[Arrival]) -> tuple[AffectedRelease, ...]:
    return tuple(_release(bundle, row, row.sender) for row in rows)


def _cases(bundle: Bundle | None, rows: Iterable[ReleaseCase]) -> tuple[AffectedRelease, ...]:
    return tuple(_release(bundle, row, row.nation) for row in rows)


def _release(bundle: Bundle | None, row: Arrival | ReleaseCase, nation: str) -> AffectedRelease:
    banner = banner_of(bundle, row.item.label) if bundle is not None else ""
    return AffectedRelease(row.id, row.number, row.item_id, banner, nation, row.facility)


def _bundle(house: House) -> Bundle | None:
    """The agreement in force, which words the markings; before the first one nothing is released anyway."""
    now = house.now()
    return active_bundle.active(house, now) if active_bundle.active_row(now) is not None else None
