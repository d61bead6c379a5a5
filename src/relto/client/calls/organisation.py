"""Who I am, and the registrar's work: companies, facilities, people, what lets them in, programmes."""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.instants import Instant, instant_text
from relto.client.answers.organisation import (
    Company,
    Credential,
    Facility,
    HeldCredential,
    Me,
    Member,
    OpenedAccount,
    Person,
    Programme,
    SignInLink,
)
from relto.client.session import part
from relto.client.steps import Call, delete, get, listed, post


def me() -> Call[Me]:
    """Who I am here: pseudonym, company, facility, roles, programmes."""
    return get("/me", Me)


def register_company(code: str, title: str, kind: str) -> Call[Company]:
    """Register a company of the own nation; kind: government, dpsu or private."""
    return post("/companies", Company, code=code, title=title, kind=kind)


def companies() -> Call[list[Company]]:
    """The companies I may see."""
    return listed("/companies", Company)


def register_facility(
    code: str, *, company: str, level: str, safeguarding_level: str = "", valid_from: Instant, valid_until: Instant
) -> Call[Facility]:
    """Register a facility; clearance (`level`) and safeguarding are two facts, "" is none."""
    return post(
        "/facilities",
        Facility,
        code=code,
        company=company,
        level=level,
        safeguarding_level=safeguarding_level,
        valid_from=instant_text(valid_from),
        valid_until=instant_text(valid_until),
    )


def facilities() -> Call[list[Facility]]:
    """The facilities I may see."""
    return listed("/facilities", Facility)


def add_person(
    name: str,
    *,
    company: str | None = None,
    facility: str | None = None,
    clearance_level: str = "",
    caveats: Sequence[str] = (),
    valid_from: Instant | None = None,
    valid_until: Instant | None = None,
    roles: Sequence[str] = (),
) -> Call[Person]:
    """Add a person under a fresh pseudonym. A clearance needs its period; people of the authority have no company."""
    return post(
        "/people",
        Person,
        name=name,
        company=company,
        facility=facility,
        clearance_level=clearance_level,
        caveats=list(caveats),
        valid_from=None if valid_from is None else instant_text(valid_from),
        valid_until=None if valid_until is None else instant_text(valid_until),
        roles=list(roles),
    )


def people() -> Call[list[Person]]:
    """The people I may see: all of the nation for a registrar, the own company's for a security officer."""
    return listed("/people", Person)


def grant_role(person: str, role: str) -> Call[Person]:
    """Give a person a role."""
    return post(f"/people/{part(person)}/roles", Person, role=role)


def issue_credential(person: str, days: int) -> Call[Credential]:
    """A client credential for a person; its secret is shown this once."""
    return post(f"/people/{part(person)}/credentials", Credential, days=days)


def credentials(person: str) -> Call[list[HeldCredential]]:
    """A person's client credentials, without their secrets."""
    return listed(f"/people/{part(person)}/credentials", HeldCredential)


def revoke_credential(person: str, client_id: str) -> Call[HeldCredential]:
    """Revoke a credential; tokens issued under it are refused at once."""
    return delete(f"/people/{part(person)}/credentials/{part(client_id)}", HeldCredential)


def open_account(person: str) -> Call[OpenedAccount]:
    """A first password for the portal, shown this once; a new one ends the sessions of an account that exists."""
    return post(f"/people/{part(person)}/account", OpenedAccount)


def sign_in_link(person: str) -> Call[SignInLink]:
    """A single-use link that signs a person in to the portal (training nodes only)."""
    return post(f"/people/{part(person)}/sign-in-links", SignInLink)


def register_programme(code: str, title: str) -> Call[Programme]:
    """Register a joint programme under the code that both nations use."""
    return post("/programmes", Programme, code=code, title=title)


def programmes() -> Call[list[Programme]]:
    """The programmes I may see."""
    return listed("/programmes", Programme)


def assign_member(programme: str, person: str, reason: str) -> Call[Member]:
    """Assign a person to a programme, with the reason for her need-to-know."""
    return post(f"/programmes/{part(programme)}/members", Member, person=person, reason=reason)
