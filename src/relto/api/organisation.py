"""Own companies, facilities and people, and what lets a person in: the registrar's work."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Code, Form, Id, Level, Moment, Names, Text
from relto.api.surroundings import caller, house
from relto.base.instants import Instant, read_instant
from relto.services import accounts, credentials, organisation, sign_in_links

router = Router(tags=["organisation"])
_MOST_DAYS = 366


class CompanyForm(Form):
    """A company to register. `kind`: government, dpsu or private."""

    code: Code
    title: Text
    kind: Code


class Company(Answer):
    """An own company."""

    code: str
    title: str
    kind: str
    entry: str = ENTRY


class FacilityForm(Form):
    """A facility to register; clearance and safeguarding are two facts."""

    code: Code
    company: Code
    level: Level
    safeguarding_level: Level = ""
    valid_from: Moment
    valid_until: Moment


class Facility(Answer):
    """An own facility."""

    code: str
    company: str
    level: str
    safeguarding_level: str
    valid_from: str
    valid_until: str
    suspended_at: str | None
    entry: str = ENTRY


class PersonForm(Form):
    """A person to add. A clearance needs its period; people of the authority have no company."""

    name: Text
    company: Code | None = None
    facility: Code | None = None
    clearance_level: Level = ""
    caveats: Names = Field(default_factory=list)
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    roles: Names = Field(default_factory=list)


class Person(Answer):
    """A person of the own nation; `person` is the pseudonym, the only thing about her that ever crosses the border."""

    person: str
    company: str | None
    facility: str | None
    clearance_level: str
    caveats: list[str]
    valid_from: str | None
    valid_until: str | None
    suspended_at: str | None
    roles: list[str]
    programmes: list[str]
    entry: str = ENTRY


class ListedPerson(Person):
    """A person with her name, which those who may see her are told."""

    name: str


class RoleForm(Form):
    """A role to grant."""

    role: Level


class CredentialForm(Form):
    """For how long a credential is to hold."""

    days: Annotated[int, Field(ge=1, le=_MOST_DAYS)]


class Credential(Answer):
    """A new client credential; its secret is shown this once."""

    client_id: str
    client_secret: str
    person: str
    expires_at: str
    entry: str = ENTRY


class HeldCredential(Answer):
    """A client credential that a person holds or held; its secret is told to nobody."""

    client_id: str
    person: str
    created_at: str
    expires_at: str
    revoked_at: str | None
    entry: str = ENTRY


class OpenedAccount(Answer):
    """A portal account's login code and its first password, which is shown this once and ends `until`."""

    username: str
    first_password: str
    person: str
    until: str | None = None
    entry: str = ENTRY


class SignInLink(Answer):
    """A single-use sign-in link of a training node; `path` is below the portal's address."""

    path: str
    person: str
    expires_at: str
    entry: str = ENTRY


@router.post("/companies", response={201: Company})
def register_company(request: HttpRequest, body: CompanyForm) -> Status[dict[str, Any]]:
    """Register a company of the own nation (registrar)."""
    return Status(201, plain(organisation.register_company(house(), caller(request), **body.model_dump())))


@router.get("/companies", response=list[Company])
def list_companies(request: HttpRequest) -> list[dict[str, Any]]:
    """The companies that I may see: a registrar her nation's, others their own."""
    return [plain(view) for view in organisation.companies(house(), caller(request))]


@router.post("/facilities", response={201: Facility})
def register_facility(request: HttpRequest, body: FacilityForm) -> Status[dict[str, Any]]:
    """Register a facility with its clearance and safeguarding (registrar)."""
    made = organisation.register_facility(
        house(),
        caller(request),
        code=body.code,
        company=body.company,
        level=body.level,
        safeguarding_level=body.safeguarding_level,
        valid_from=read_instant(body.valid_from, field="valid_from"),
        valid_until=read_instant(body.valid_until, field="valid_until"),
    )
    return Status(201, plain(made))


@router.get("/facilities", response=list[Facility])
def list_facilities(request: HttpRequest) -> list[dict[str, Any]]:
    """The facilities that I may see: a registrar her nation's, others their company's."""
    return [plain(view) for view in organisation.facilities(house(), caller(request))]


@router.post("/people", response={201: Person})
def add_person(request: HttpRequest, body: PersonForm) -> Status[dict[str, Any]]:
    """Add a person under a fresh pseudonym (registrar)."""
    added = organisation.add_person(
        house(),
        caller(request),
        name=body.name,
        company=body.company,
        facility=body.facility,
        clearance_level=body.clearance_level,
        caveats=body.caveats,
        valid_from=_instant(body.valid_from, "valid_from"),
        valid_until=_instant(body.valid_until, "valid_until"),
        roles=body.roles,
    )
    return Status(201, _person(added))


@router.get("/people", response=list[ListedPerson])
def list_people(request: HttpRequest) -> list[dict[str, Any]]:
    """The people that I may see: a registrar her nation's, a security officer her company's, others themselves."""
    return [_person(view) for view in organisation.people_of(house(), caller(request))]


@router.post("/people/{person}/roles", response={201: Person})
def grant_role(request: HttpRequest, person: Id, body: RoleForm) -> Status[dict[str, Any]]:
    """Give a person a role (registrar)."""
    return Status(201, _person(organisation.grant_role(house(), caller(request), person=person, role=body.role)))


@router.post("/people/{person}/credentials", response={201: Credential})
def issue_credential(request: HttpRequest, person: Id, body: CredentialForm) -> Status[dict[str, Any]]:
    """Give a person a client credential (registrar); the secret is shown this once."""
    return Status(201, plain(credentials.issue_credential(house(), caller(request), person=person, days=body.days)))


@router.get("/people/{person}/credentials", response=list[HeldCredential])
def list_credentials(request: HttpRequest, person: Id) -> list[dict[str, Any]]:
    """A person's credentials without their secrets, newest first (registrar)."""
    return [plain(view) for view in credentials.credentials_of(house(), caller(request), person=person)]


@router.delete("/people/{person}/credentials/{client_id}", response=HeldCredential)
def revoke_credential(request: HttpRequest, person: Id, client_id: Id) -> dict[str, Any]:
    """Revoke a credential (registrar); tokens that were issued under it are refused from now on."""
    revoked = credentials.revoke_credential(house(), caller(request), client_id=client_id, person=person)
    return dict(plain(revoked))


@router.post("/people/{person}/account", response={201: OpenedAccount})
def open_account(request: HttpRequest, person: Id) -> Status[dict[str, Any]]:
    """A first password for the portal, shown this once (registrar); an account that exists is signed out everywhere."""
    return Status(201, plain(accounts.open_account(house(), caller(request), person=person)))


@router.post("/people/{person}/sign-in-links", response={201: SignInLink})
def make_sign_in_link(request: HttpRequest, person: Id) -> Status[dict[str, Any]]:
    """A single-use link that signs a person in within an hour (registrar; training nodes only)."""
    return Status(201, plain(sign_in_links.issue_link(house(), caller(request), person)))


def _instant(text: str | None, field: str) -> Instant | None:
    return None if text is None else read_instant(text, field=field)


def _person(view: organisation.PersonView) -> dict[str, Any]:
    return {**plain(view), "person": view.pseudonym}
