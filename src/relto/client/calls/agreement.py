"""What stands between the two authorities: the agreement bundle, assurances, authorisations."""

from __future__ import annotations

from relto.base.instants import Instant, instant_text
from relto.client.answers.agreement import (
    AgreementBundle,
    Assurance,
    Authorisation,
    AuthorityStatement,
    BundleChange,
    BundleVersion,
)
from relto.client.answers.reading import read_answer
from relto.client.session import Session, part, read_reply
from relto.client.steps import Call, Reply, Request, Send, Steps, get, listed, post

OCTETS = {"Content-Type": "application/octet-stream"}


def submit_bundle(file: bytes) -> Call[AgreementBundle]:
    """Submit a signed agreement bundle; the node checks it whole and follows it from its effective instant."""
    request = Request("POST", "/bundles", content=file, headers=OCTETS)
    return Call(request, lambda value: read_answer(AgreementBundle, value))


def active_bundle() -> Call[AgreementBundle]:
    """The bundle in effect: version, digest, dates, how many rules are unconfirmed."""
    return get("/bundles/active", AgreementBundle)


def active_bundle_file(_session: Session) -> Steps[bytes]:
    """The bundle in effect, byte for byte as both authorities signed it."""
    reply: Reply = yield Send(Request("GET", "/bundles/active/file"))
    if reply.is_error:
        read_reply(reply)
    return reply.content


def bundle_history() -> Call[list[BundleVersion]]:
    """Every version of the agreement that was ever activated, newest first."""
    return listed("/bundles", BundleVersion)


def bundle_changes(version: int) -> Call[list[BundleChange]]:
    """What a version changed of the one before it."""
    return listed(f"/bundles/{version}/changes", BundleChange)


def bundle_file(_session: Session, version: int) -> Steps[bytes]:
    """A version byte for byte as both authorities signed it."""
    reply: Reply = yield Send(Request("GET", f"/bundles/{version}/file"))
    if reply.is_error:
        read_reply(reply)
    return reply.content


def submit_statement(file: bytes) -> Call[AuthorityStatement]:
    """Submit what an authority signed offline: a confirmed rule, its next key, which bundle is the newest."""
    request = Request("POST", "/authority-statements", content=file, headers=OCTETS)
    return Call(request, lambda value: read_answer(AuthorityStatement, value))


def authority_statements() -> Call[list[AuthorityStatement]]:
    """What the authorities stated beside the bundles, newest first."""
    return listed("/authority-statements", AuthorityStatement)


def give_assurance(subject_kind: str, subject: str, recipient: str, valid_until: Instant) -> Call[Assurance]:
    """Give the partner authority a signed assurance about an own facility or person."""
    return post(
        "/assurances",
        Assurance,
        subject_kind=subject_kind,
        subject=subject,
        recipient=recipient,
        valid_until=instant_text(valid_until),
    )


def assurances() -> Call[list[Assurance]]:
    """Assurances given and received that I may see."""
    return listed("/assurances", Assurance)


def renew_assurance(assurance: str) -> Call[Assurance]:
    """Confirm the status of a given assurance as of now."""
    return post(f"/assurances/{part(assurance)}/renewal", Assurance)


def revoke_assurance(assurance: str) -> Call[Assurance]:
    """Revoke a given assurance; it is never revived."""
    return post(f"/assurances/{part(assurance)}/revocation", Assurance)


def record_authorisation(
    kind: str,
    reference: str,
    nation: str,
    *,
    programme: str | None = None,
    item: str | None = None,
    valid_from: Instant,
    valid_until: Instant,
) -> Call[Authorisation]:
    """Record a disclosure or export authorisation (`kind`), for one programme or one item."""
    return post(
        "/authorisations",
        Authorisation,
        kind=kind,
        reference=reference,
        nation=nation,
        programme=programme,
        item=item,
        valid_from=instant_text(valid_from),
        valid_until=instant_text(valid_until),
    )


def authorisations() -> Call[list[Authorisation]]:
    """The authorisations I may see."""
    return listed("/authorisations", Authorisation)
