"""What hangs on a facility, a person or an authorisation: asked by verbs that narrow, whose role their service checks.

Registrars and release officers of the nation only: none of these is a question of a company.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from relto.procedures import acceptance, item, release
from relto.store.models import Arrival, Assurance, Authorisation, Facility, Item, Membership, Person, ReleaseCase
from relto.store.queries.assurances import governing

_ARRIVALS = (acceptance.ARRIVED, acceptance.ACCEPTED)


def people_at(facility: str) -> QuerySet[Person]:
    """The own people of an own facility."""
    return Person.objects.filter(facility_id=facility).order_by("id")


def person_of(pseudonym: str) -> QuerySet[Person]:
    """The one own person of this pseudonym, or nobody."""
    return Person.objects.filter(id=pseudonym)


def given_on_facility(facility: str) -> list[Assurance]:
    """The governing assurances given on an own facility and on its people."""
    return governing(Assurance.objects.filter(direction="given", facility=facility))


def given_on_person(person: str) -> list[Assurance]:
    """The governing assurances given on an own person."""
    return governing(Assurance.objects.filter(direction="given", subject_kind="person", subject=person))


def received_on_people_at(facility: str, issuer: str) -> list[Assurance]:
    """The governing assurances received on people of a partner's facility."""
    rows = Assurance.objects.filter(direction="received", issuer=issuer, subject_kind="person")
    return [row for row in governing(rows) if row.facility == facility]


def arrivals_at(facility: str) -> QuerySet[Arrival]:
    """What arrived for an own facility and is neither refused nor withdrawn."""
    return _arrivals().filter(facility=facility)


def arrivals_of_reader(person: str) -> QuerySet[Arrival]:
    """What arrived for an own person by name and is neither refused nor withdrawn."""
    return _arrivals().filter(readers__pseudonym=person, readers__side="recipient").distinct()


def cases_from(facility: str) -> QuerySet[ReleaseCase]:
    """The releases in force of joint items that people of an own facility open."""
    return _cases().filter(home_facility=facility)


def cases_of_home_reader(person: str) -> QuerySet[ReleaseCase]:
    """The releases in force of joint items that an own person opens by name."""
    return _cases().filter(readers__pseudonym=person, readers__side="home").distinct()


def cases_to(nation: str, facility: str) -> QuerySet[ReleaseCase]:
    """The releases in force to a partner's facility."""
    return _cases().filter(nation=nation, facility=facility)


def cases_of_partner_reader(nation: str, person: str) -> QuerySet[ReleaseCase]:
    """The releases in force that name a partner's person."""
    return _cases().filter(nation=nation, readers__pseudonym=person, readers__side="recipient").distinct()


def cases_under(row: Authorisation) -> QuerySet[ReleaseCase]:
    """The releases in force that this authorisation may cover and that no other one of its kind covers today."""
    scope = Q(item_id=row.item) if row.item else Q(item__programme=row.programme)
    rows = _cases().filter(scope, nation=row.nation)
    return rows.filter(item__company_id=row.company) if row.kind == "export" else rows


def own_items_at(facility: str) -> int:
    """How many own items of the facility's company its people work on."""
    company = Facility.objects.filter(code=facility).values("company_id")
    programmes = Membership.objects.filter(person__facility_id=facility, until=None).values("programme_id")
    return _own_items().filter(company_id__in=company, programme__in=programmes).count()


def own_items_of(person: str) -> int:
    """How many own items of her company a person works on."""
    company = Person.objects.filter(id=person).exclude(company=None).values("company_id")
    programmes = Membership.objects.filter(person_id=person, until=None).values("programme_id")
    return _own_items().filter(company_id__in=company, programme__in=programmes).count()


def _arrivals() -> QuerySet[Arrival]:
    return Arrival.objects.select_related("item").filter(state__in=_ARRIVALS).order_by("arrived_at", "id")


def _cases() -> QuerySet[ReleaseCase]:
    return ReleaseCase.objects.select_related("item").filter(state__in=release.IN_FORCE).order_by("number")


def _own_items() -> QuerySet[Item]:
    return Item.objects.filter(held_as="own", state=item.REGISTERED)
