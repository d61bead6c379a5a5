"""Facts for a decision, read from the rows inside the step: who says what about whom, and since when.

Whose word counts depends on the node. The own register speaks for own facilities and people, and once something
crosses the border only as far as this authority has also vouched for them to the partner. For the partner's facilities
and people only the assurances that its authority signed count; without one nothing is known, and what needs it fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.label import Label, label_from_dict
from relto.procedures import assurance as assurances
from relto.rules.bundle import Bundle
from relto.rules.facts import (
    AuthorisationFacts,
    FacilityFacts,
    ItemFacts,
    LevelCode,
    ListingFacts,
    PersonFacts,
)
from relto.services.house import House
from relto.store.models import Assurance, Authorisation, Item, Membership, Person, ReleaseReader
from relto.store.queries.assurances import newest_given, newest_received
from relto.store.queries.organisation import CURRENT, FACILITY, PERSON
from relto.store.queries.prepared import Reads


def since(moment: Instant, until: Instant | None = None) -> Period:
    """From the whole second of a recorded instant on, because the engine counts whole seconds."""
    return Period(moment.replace(microsecond=0), until)


def mode_of(mode: str) -> Literal["live", "transferred"]:
    """A release's mode as the facts know it."""
    return "transferred" if mode == "transferred" else "live"


def item_facts(bundle: Bundle, item: Item, *, registered: bool) -> ItemFacts:
    """The item by its label."""
    return labelled_item(
        label_from_dict(item.label, bundle.policies),
        code=item.uuid,
        programme=item.programme or None,
        export_controlled=item.export_controlled,
        registered=registered,
    )


def labelled_item(
    label: Label, *, code: str, programme: str | None, export_controlled: bool, registered: bool
) -> ItemFacts:
    """What bears this label. It counts as stored at the facility: what is opened there is a file there."""
    return ItemFacts(
        item=code,
        owners=frozenset(label.owner),
        level=LevelCode(label.policy.oid, label.level.name),
        audience=label.release,
        caveats=_caveats(label.policy.oid, label.caveats),
        programme=programme,
        export_controlled=export_controlled,
        physical=True,
        registered=registered,
    )


def own_facility(
    house: House,
    bundle: Bundle,
    code: str | None,
    at: Instant,
    *,
    vouched_to: Nation | None,
    reads: Reads | None = None,
) -> FacilityFacts:
    """An own facility by the register; `vouched_to`: the nation that must hold our valid assurance on it.

    `reads`: where the register was read already.
    """
    row = (reads or Reads()).first(FACILITY, code) if code else None
    if row is None:
        return unknown_facility(code or "", house.nation)
    policy = bundle.policies.by_nation(house.nation).oid
    valid, status_at = _as_vouched(
        bundle, "facility", row.code, Period(row.valid_from, row.valid_until), vouched_to, at
    )
    return FacilityFacts(
        code=row.code,
        nation=house.nation,
        level=_level(policy, row.level),
        safeguarding=_level(policy, row.safeguarding_level),
        valid=valid,
        status_at=status_at,
        suspended=row.suspended_at is not None,
    )


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register says of an own person now, read once for one decision."""

    person: Person
    memberships: Sequence[Membership]


def registered(pseudonym: str, at: Instant, reads: Reads | None = None) -> Registered | None:
    """An own person with her present assignments; None for an unknown one. `reads`: where it was read already."""
    found = reads or Reads()
    person = found.first(PERSON, pseudonym)
    return Registered(person, found.rows(CURRENT, pseudonym, at)) if person is not None else None


def own_person(house: House, bundle: Bundle, pseudonym: str, at: Instant, *, vouched_to: Nation | None) -> PersonFacts:
    """An own person by the register; `vouched_to`: the nation that must hold our valid assurance on her."""
    return person_facts(house, bundle, registered(pseudonym, at), pseudonym, at, vouched_to=vouched_to)


def person_facts(
    house: House, bundle: Bundle, held: Registered | None, pseudonym: str, at: Instant, *, vouched_to: Nation | None
) -> PersonFacts:
    """The same, of what was read already."""
    if held is None:
        return unknown_person(pseudonym, house.nation, "")
    row = held.person
    policy = bundle.policies.by_nation(house.nation).oid
    valid = Period(row.valid_from, row.valid_until) if row.valid_from is not None else None
    valid, status_at = _as_vouched(bundle, "person", row.id, valid, vouched_to, at)
    return PersonFacts(
        pseudonym=row.id,
        nation=house.nation,
        facility=row.facility_id or "",
        level=_level(policy, row.clearance_level),
        caveats=_caveats(policy, row.caveats),
        valid=valid,
        status_at=status_at,
        programmes=frozenset(one.programme_id for one in held.memberships),
        suspended=row.suspended_at is not None,
    )


def partner_facility(bundle: Bundle, code: str, nation: Nation, at: Instant) -> FacilityFacts:
    """A partner's facility as its authority's newest assurance describes it."""
    row = newest_assurance("facility", code, nation)
    if row is None:
        return unknown_facility(code, nation)
    policy = bundle.policies.by_nation(nation).oid
    return FacilityFacts(
        code=code,
        nation=nation,
        level=_level(policy, row.level),
        safeguarding=_level(policy, row.safeguarding_level),
        valid=Period(row.valid_from, row.valid_until),
        status_at=_seen(bundle, row.status_at, at),
        suspended=row.status != assurances.VALID,
    )


def partner_person(bundle: Bundle, pseudonym: str, nation: Nation, facility: str, at: Instant) -> PersonFacts:
    """A partner's person as her authority's newest assurance describes her; her programmes are not told."""
    row = newest_assurance("person", pseudonym, nation)
    if row is None:
        return unknown_person(pseudonym, nation, facility)
    policy = bundle.policies.by_nation(nation).oid
    return PersonFacts(
        pseudonym=pseudonym,
        nation=nation,
        facility=row.facility,
        level=_level(policy, row.level),
        caveats=_caveats(policy, row.caveats),
        valid=Period(row.valid_from, row.valid_until),
        status_at=_seen(bundle, row.status_at, at),
        programmes=frozenset(),
        suspended=row.status != assurances.VALID,
    )


def newest_assurance(kind: str, subject: str, issuer: Nation) -> Assurance | None:
    """The received assurance on a subject that `issuer` confirmed last."""
    return newest_received(kind, subject, issuer)


def authorisations_for(
    item: Item, nation: Nation, company: str | None = None, *, without: str = ""
) -> tuple[AuthorisationFacts, ...]:
    """The disclosure and export authorisations recorded here that may concern this item and nation.

    An export authorisation is its own company's: it never covers another company's item. `company`: which holds a
    received item; an own item is its company's. `without`: the id of one that is not counted.
    """
    rows = Authorisation.objects.filter(nation=nation, withdrawn_at=None).filter(
        Q(item=item.id) | Q(item="", programme=item.programme)
    )
    rows = rows.exclude(id=without)
    rows = rows.filter(Q(kind="disclosure") | Q(kind="export", company=company or item.company_id or ""))
    return tuple(
        AuthorisationFacts(
            kind="disclosure" if row.kind == "disclosure" else "export",
            reference=row.reference,
            nation=nation,
            item=item.uuid if row.item else None,
            programme=row.programme or None,
            valid=Period(row.valid_from, row.valid_until),
        )
        for row in rows.order_by("id")
    )


def listings(readers: Iterable[ReleaseReader], item: Item, reference: str, start: Instant) -> tuple[ListingFacts, ...]:
    """The need-to-know list of a release: each named reader; the reason itself stays encrypted, its record is cited."""
    return tuple(
        ListingFacts(reader.pseudonym, item.uuid, reference if reader.reason else "", since(start))
        for reader in readers
    )


def membership_listing(held: Registered | None, item: Item) -> tuple[ListingFacts, ...]:
    """For the own company's item at home: the reasoned assignment to its programme lists the person (GSO-20)."""
    if held is None or held.person.company_id != item.company_id or not item.programme:
        return ()
    return tuple(programme_listing(row, item.uuid) for row in held.memberships if row.programme_id == item.programme)


def programme_listing(row: Membership, item: str) -> ListingFacts:
    """An assignment to a programme as an entry of an item's need-to-know list; without a reason it lists nobody."""
    reason = f"programme/{row.programme_id}" if row.reason else ""
    return ListingFacts(row.person_id, item, reason, since(row.since, row.until))


def _as_vouched(  # noqa: PLR0917  a subject, its dates, to whom and when
    bundle: Bundle,
    kind: Literal["facility", "person"],
    subject: str,
    registered: Period | None,
    to: Nation | None,
    at: Instant,
) -> tuple[Period | None, Instant]:
    """Until when an own subject is good, and as of when: at home as of now, towards `to` as it was last told.

    So whoever is refused for a stale status learns it here, where her own authority can confirm it.
    """
    now = at.replace(microsecond=0)
    if to is None:
        return registered, now
    row = newest_given(kind, subject, to)
    if row is None:
        return None, now
    valid = row.status == assurances.VALID and row.valid_from <= at < row.valid_until
    return (registered if valid else None), _seen(bundle, row.status_at.replace(microsecond=0), at)


def _seen(bundle: Bundle, status_at: Instant, at: Instant) -> Instant:
    """A status from within the allowed clock skew ahead of us counts as of now."""
    ahead = at < status_at <= at + bundle.limits.duration("link_clock_skew")
    return at.replace(microsecond=0) if ahead else status_at


def _level(policy: str, name: str) -> LevelCode | None:
    return LevelCode(policy, name) if name else None


def _caveats(policy: str, names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{policy}/{name}" for name in names)


def unknown_facility(code: str, nation: Nation) -> FacilityFacts:
    """A facility of which nothing is known: every gate that needs it fails."""
    return FacilityFacts(code, nation, None, None, None, None, suspended=False)


def unknown_person(pseudonym: str, nation: Nation, facility: str) -> PersonFacts:
    """A person of whom nothing is known: every gate that needs her fails."""
    return PersonFacts(pseudonym, nation, facility, None, frozenset(), None, None, frozenset(), suspended=False)
