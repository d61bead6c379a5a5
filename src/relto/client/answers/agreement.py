"""What stands between the two authorities: the agreement bundle, assurances, authorisations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.affected import Affected
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class AgreementBundle(Answer):
    """A bundle that the node accepted. `rules_unconfirmed` of `rules` rest on something unconfirmed.

    `confirmed_beside`: provisions that the authorities confirmed by statements beside it. `border_closed_by`: what of
    the agreement itself stops what crosses the border now, empty when nothing does. `withheld_by`: authorities that
    name a newer bundle than the node holds. `overlay`: the version of the nation's own overlay that is on it, or None.
    """

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
    confirmed_beside: tuple[str, ...] = ()
    border_closed_by: str = ""
    withheld_by: tuple[str, ...] = ()
    overlay: int | None = None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class BundleSigner(Answer):
    """An authority, and with which of its keys it signed."""

    nation: str
    key_id: str


@dataclass(frozen=True, kw_only=True)
class BundleVersion(Answer):
    """A version that was ever activated; `until` None: nothing took its place. `changes`: how many, by part."""

    agreement: str
    version: int
    digest: str
    effective_from: datetime
    until: datetime | None
    expires: datetime
    activated_at: datetime
    signers: tuple[BundleSigner, ...]
    changes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class BundleChange(Answer):
    """A difference to the version before: added, removed or changed (`kind`), at `place` of `part`."""

    part: str
    place: tuple[str, ...]
    kind: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class AuthorityStatement(Answer):
    """What an authority stated beside the bundles: `kind` confirmation, rotation or freshness.

    `counts`: for a confirmation whether the bundle in force carries exactly this text, otherwise whether it is its
    authority's newest.
    """

    kind: str
    nation: str
    subject: str
    citation: str
    number: int
    digest: str
    key_id: str
    stated_at: datetime
    accepted_at: datetime
    counts: bool
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
