"""Own companies, facilities, people and their roles: kept by the nation's registrar.

Clearance, role and need-to-know are three facts, none implying another (IND-05, GSO-20). Company roles belong to
people of a company, the authority's roles to people of none, so nobody decides on her own company's requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.base.ids import read_code
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import COMPANY_ROLES, Actor, Role
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import read_choice, read_choices, read_period, read_text
from relto.store.models import Company, Facility, Person, RoleGrant
from relto.store.queries.organisation import visible_companies, visible_facilities, visible_people

_APART_FROM_REGISTRAR = frozenset({Role.RELEASE_OFFICER, Role.CO_CHAIR, Role.INSPECTOR, Role.OPERATOR})
COMPANY_KINDS = ("government", "dpsu", "private")


@dataclass(frozen=True, slots=True)
class CompanyView:
    """An own company. `kind`: government, dpsu (defence public sector undertaking) or private (GSO-03)."""

    code: str
    title: str
    kind: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class FacilityView:
    """An own facility; clearance and safeguarding are two facts (ISA-13), levels are names in the own policy."""

    code: str
    company: str
    level: str
    safeguarding_level: str
    valid_from: Instant
    valid_until: Instant
    suspended_at: Instant | None
    entry: str = ""


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person. `clearance_level` "" means not cleared; `name` is shown only to those who may see her.

    `roles`: those without an end; what she holds in an emergency is said by `emergency_roles`.
    """

    pseudonym: str
    name: str
    company: str | None
    facility: str | None
    clearance_level: str
    caveats: tuple[str, ...]
    valid_from: Instant | None
    valid_until: Instant | None
    suspended_at: Instant | None
    roles: tuple[str, ...]
    programmes: tuple[str, ...]
    entry: str = ""


def register_company(house: House, actor: Actor, *, code: str, title: str, kind: str) -> CompanyView:
    """Register a company. Raises Refused("role"), Conflict("company"), MalformedInput or UnknownValue."""
    actor.require(Role.REGISTRAR)
    code, title = read_code(code), read_text(title, field="title")
    kind = read_choice(kind, COMPANY_KINDS, field="kind")
    now = house.now()

    def step() -> str:
        if Company.objects.filter(code=code).exists():
            raise Conflict("company", field="code", found=code, expected="a code that is not registered")
        Company.objects.create(code=code, title=title, kind=kind)
        return enter(
            house,
            LeafEvent.COMPANY_REGISTERED,
            actor=actor.person,
            subject=code,
            company=code,
            details={"company_kind": kind},
            at=now,
        )

    return CompanyView(code, title, kind, house.commit(step))


def register_facility(
    house: House,
    actor: Actor,
    *,
    code: str,
    company: str,
    level: str,
    safeguarding_level: str = "",
    valid_from: Instant,
    valid_until: Instant,
) -> FacilityView:
    """Register a facility with its clearance and, apart from it, its safeguarding.

    Raises Refused("role"), Conflict("facility"), NotAvailable("company"), MalformedInput or UnknownValue.
    """
    actor.require(Role.REGISTRAR)
    code = read_code(code)
    valid_from, valid_until = read_period(valid_from, valid_until)
    policy = active_bundle.own_policy(house)
    policy.level(level)
    if safeguarding_level:
        policy.level(safeguarding_level, field="safeguarding_level")
    now = house.now()

    def step() -> FacilityView:
        if Facility.objects.filter(code=code).exists():
            raise Conflict("facility", field="code", found=code, expected="a code that is not registered")
        if not Company.objects.filter(code=company).exists():
            raise NotAvailable("company", field="company")
        row = Facility.objects.create(
            code=code,
            company_id=company,
            level=level,
            safeguarding_level=safeguarding_level,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        entry = enter(
            house,
            LeafEvent.FACILITY_REGISTERED,
            actor=actor.person,
            subject=code,
            company=company,
            details={"level": level, "safeguarding_level": safeguarding_level},
            at=now,
        )
        return _facility_view(row, entry)

    return house.commit(step)


def add_person(
    house: House,
    actor: Actor,
    *,
    name: str,
    company: str | None = None,
    facility: str | None = None,
    clearance_level: str = "",
    caveats: Collection[str] = (),
    valid_from: Instant | None = None,
    valid_until: Instant | None = None,
    roles: Iterable[str] = (),
) -> PersonView:
    """Add a person of the own nation under a fresh pseudonym. A clearance needs its period.

    On a live node she comes without roles of the authority: those need two people, see `role_changes`.
    Raises Refused("role"), Refused("two_people"), NotAvailable("company"/"facility"), MalformedInput or UnknownValue.
    """
    actor.require(Role.REGISTRAR)
    name = read_text(name, field="name")
    granted = read_choices(roles, Role, field="roles")
    _check_roles(granted, company)
    check_apart(set(granted))
    if house.kind == "live" and granted - COMPANY_ROLES:
        raise Refused("two_people", field="roles", expected="no role of the authority yet: ask for it afterwards")
    if clearance_level:
        policy = active_bundle.own_policy(house)
        policy.level(clearance_level, field="clearance_level")
        for caveat in caveats:
            policy.caveat(caveat)
        if valid_from is None or valid_until is None:
            raise MalformedInput("period", field="valid_until", expected="the clearance's period")
        read_period(valid_from, valid_until)
    elif caveats or valid_from is not None or valid_until is not None:
        raise MalformedInput("clearance", field="clearance_level", expected="a level for the period and caveats given")
    now = house.now()

    def step() -> PersonView:
        _check_place(company, facility)
        person = Person.objects.create(
            id=house.new_id("prs"),
            name=name,
            company_id=company,
            facility_id=facility,
            clearance_level=clearance_level,
            caveats=sorted(set(caveats)),
            valid_from=valid_from,
            valid_until=valid_until,
        )
        for role in sorted(granted):
            RoleGrant.objects.create(person=person, role=role, granted_at=now)
        entry = enter(
            house,
            LeafEvent.PERSON_ADDED,
            actor=actor.person,
            subject=person.id,
            company=company,
            details={"clearance_level": clearance_level, "facility": facility, "roles": [*sorted(granted)]},
            at=now,
        )
        return _person_view(person, entry)

    return house.commit(step)


def grant_role(house: House, actor: Actor, *, person: str, role: str) -> PersonView:
    """Give a person of a company a role there; the authority's roles need two people, see `role_changes`.

    Raises Refused("role"), Refused("own_role"), Refused("two_people"), NotAvailable("person"), Conflict("role"),
    MalformedInput.
    """
    actor.require(Role.REGISTRAR)
    if person == actor.person:
        raise Refused("own_role", field="person", expected="another person: nobody grants herself a role")
    (granted,) = read_choices([role], Role, field="role")
    if granted not in COMPANY_ROLES:
        raise Refused("two_people", field="role", expected="a second person's word: ask for the change")
    now = house.now()

    def step() -> PersonView:
        row = visible_people(actor).filter(id=person).first()
        if row is None:
            raise NotAvailable("person", field="person")
        _check_roles(frozenset({granted}), row.company_id)
        if row.role_grants.filter(role=granted).exists():
            raise Conflict("role", field="role", found=granted, expected="a role the person does not hold")
        RoleGrant.objects.create(person=row, role=granted, granted_at=now)
        entry = enter(
            house,
            LeafEvent.ROLE_GRANTED,
            actor=actor.person,
            subject=row.id,
            company=row.company_id,
            details={"role": str(granted)},
            at=now,
        )
        return _person_view(row, entry)

    return house.commit(step)


@dataclass(frozen=True, slots=True)
class FirstPeople:
    """Pseudonyms of the first operator and the first registrar of a new node."""

    operator: str
    registrar: str


def bootstrap(house: House, *, operator_name: str, registrar_name: str) -> FirstPeople:
    """The first two people of an empty node, for `relto node init` only. Raises Conflict("people") afterwards."""
    names = {
        Role.OPERATOR: read_text(operator_name, field="operator_name"),
        Role.REGISTRAR: read_text(registrar_name, field="registrar_name"),
    }
    now = house.now()

    def step() -> FirstPeople:
        if Person.objects.exists():
            raise Conflict("people", field="people", expected="a node without people")
        made = {}
        for role, name in names.items():
            person = Person.objects.create(id=house.new_id("prs"), name=name)
            RoleGrant.objects.create(person=person, role=role, granted_at=now)
            made[role] = person.id
            enter(
                house,
                LeafEvent.PERSON_ADDED,
                actor=house.nation,
                subject=person.id,
                details={"roles": [str(role)]},
                at=now,
            )
        return FirstPeople(operator=made[Role.OPERATOR], registrar=made[Role.REGISTRAR])

    return house.commit(step)


def companies(house: House, actor: Actor) -> list[CompanyView]:
    """The companies that the actor may see."""
    del house
    return [CompanyView(row.code, row.title, row.kind) for row in visible_companies(actor).order_by("code")]


def facilities(house: House, actor: Actor) -> list[FacilityView]:
    """The facilities that the actor may see."""
    del house
    return [_facility_view(row) for row in visible_facilities(actor).order_by("code")]


def people_of(house: House, actor: Actor) -> list[PersonView]:
    """The people that the actor may see: a registrar all, a security officer her company's, others themselves."""
    del house
    rows = visible_people(actor).prefetch_related("role_grants", "memberships").order_by("id")
    return [_person_view(row) for row in rows]


def person(house: House, actor: Actor, pseudonym: str) -> PersonView:
    """One person. Raises NotAvailable("person") for an unknown one and for one that the actor may not see."""
    del house
    row = visible_people(actor).filter(id=pseudonym).first()
    if row is None:
        raise NotAvailable("person", field="person")
    return _person_view(row)


def _check_roles(roles: frozenset[Role], company: str | None) -> None:
    if company is None and roles & COMPANY_ROLES:
        raise MalformedInput("roles.company", field="company", expected="a company for a company's role")
    if company is not None and roles - COMPANY_ROLES:
        raise MalformedInput("roles.authority", field="roles", expected="only company roles for people of a company")


def check_apart(roles: set[Role]) -> None:
    """Who adds people decides, signs and inspects nothing (design.md section 5: a dishonest registrar).

    Raises MalformedInput("roles.apart").
    """
    if Role.REGISTRAR in roles and roles & _APART_FROM_REGISTRAR:
        raise MalformedInput("roles.apart", field="roles", expected="a registrar with no other role of the authority")


def _check_place(company: str | None, facility: str | None) -> None:
    if company is not None and not Company.objects.filter(code=company).exists():
        raise NotAvailable("company", field="company")
    if facility is not None and not Facility.objects.filter(code=facility, company_id=company).exists():
        raise NotAvailable("facility", field="facility")


def _facility_view(row: Facility, entry: str = "") -> FacilityView:
    return FacilityView(
        code=row.code,
        company=row.company_id,
        level=row.level,
        safeguarding_level=row.safeguarding_level,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        suspended_at=row.suspended_at,
        entry=entry,
    )


def _person_view(row: Person, entry: str = "") -> PersonView:
    return PersonView(
        pseudonym=row.id,
        name=row.name,
        company=row.company_id,
        facility=row.facility_id,
        clearance_level=row.clearance_level,
        caveats=tuple(row.caveats),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        suspended_at=row.suspended_at,
        roles=tuple(sorted(grant.role for grant in row.role_grants.all() if grant.until is None)),
        programmes=tuple(sorted(one.programme_id for one in row.memberships.all() if one.until is None)),
        entry=entry,
    )
