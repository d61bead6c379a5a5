"""What stands between the two authorities: the agreement bundle, assurances, authorisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.affected import Affected
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class AgreementBundle(Answer):
    """A bundle that the node accepted. `rules_unconfirmed` of `rules` rest on something unconfirmed."""

    agreement: str
    version: int
    digest: str
    parties: tuple[str, ...]
    effective_from: datetime
    expires: datetime
    activated_at: datetime
    in_force: bool
    rules: int
    rules_unconfirmed: int
    unconfirmed_rules: tuple[str, ...]
    programmes: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Assurance(Answer):
    """An assurance. `direction`: given or received; levels are names in the issuer's policy.

    `status`: valid, suspended or revoked.
    """

    id: str
    direction: str
    issuer: str
    recipient: str
    subject_kind: str
    subject: str
    facility: str
    level: str
    safeguarding_level: str
    caveats: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    status: str
    status_at: datetime
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Authorisation(Answer):
    """A disclosure or export authorisation; `company` is empty for the authority's own."""

    id: str
    kind: str
    reference: str
    nation: str
    programme: str
    item: str
    company: str
    valid_from: datetime
    valid_until: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str = ""
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class WithdrawnAuthorisation(Authorisation):
    """A withdrawn authorisation with the releases that nothing of its kind covers any more."""

    affected: Affected
