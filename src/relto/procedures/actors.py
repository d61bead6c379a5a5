"""Who acts: a person of the own nation with the roles she holds here.

Clearance, authority (role) and need-to-know are three facts, none implying another (domain.md IND-05, GSO-20): a role
never opens content, and a clearance never grants a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relto.base.errors import Refused
from relto.base.nations import Nation


class Role(StrEnum):
    """The roles of design.md section 1."""

    ENGINEER = "engineer"
    SECURITY_OFFICER = "security_officer"
    RELEASE_OFFICER = "release_officer"
    REGISTRAR = "registrar"
    CO_CHAIR = "co_chair"
    INSPECTOR = "inspector"
    GOVERNMENT_REPRESENTATIVE = "government_representative"
    """A designated government representative (DGR): hands consignments over and takes them over (ISA-33)."""
    OPERATOR = "operator"


COMPANY_ROLES = frozenset({Role.ENGINEER, Role.SECURITY_OFFICER})
AUTHORITY_ROLES = frozenset(
    {Role.RELEASE_OFFICER, Role.REGISTRAR, Role.CO_CHAIR, Role.INSPECTOR, Role.GOVERNMENT_REPRESENTATIVE}
)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, re-read from the store at each request. `person` is the pseudonym."""

    person: str
    nation: Nation
    company: str | None
    facility: str | None
    roles: frozenset[Role]
    programmes: frozenset[str]

    def require(self, *allowed: Role) -> None:
        """Raise Refused("role") unless the actor holds one of these roles."""
        if not self.roles.intersection(allowed):
            raise Refused("role", field="role", expected=" or ".join(sorted(allowed)))

    def holds(self, role: Role) -> bool:
        """True when the actor holds the role."""
        return role in self.roles
