"""Narrow again what a restored copy does not know was narrowed: withdrawn, suspended, revoked and ended stay so.

Promise 2 after a recovery: no share leaves here for what this node had withdrawn, although the details of it are lost.
The leaves say enough, because each names the subject of its event; this node signed the tree they stand in. Nothing is
loosened: whatever a lost entry loosened, people loosen again. Where a leaf does not say which of several things ended,
all of them end. No entry is made, because the leaf is the entry. What the partner told is told again by its messages
(`recovered_messages`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from relto.base.instants import Instant
from relto.ledger.leaves import Leaf, LeafEvent
from relto.procedures import acceptance, assurance, release, third_party
from relto.services.withdrawals import close_manifests
from relto.store.models import (
    ApiClient,
    Arrival,
    Assurance,
    Authorisation,
    Facility,
    Membership,
    Person,
    ReleaseCase,
    ThirdPartyRequest,
)
from relto.store.queries.narrowing import narrow
from relto.store.queries.third_party import RECEIVED


def narrow_again(leaves: Iterable[Leaf]) -> None:
    """Apply the narrowings among these leaves, in their order, to what the copy knows; inside the step that takes them.

    One that a later leaf of these took back is left as the copy has it.
    """
    standing: dict[tuple[LeafEvent, str], Leaf] = {}
    for leaf in leaves:
        event = _event_of(leaf)
        if event is None:
            continue
        if event in _TAKES_BACK:
            standing.pop((_TAKES_BACK[event], leaf.subject), None)
        if event in _NARROWINGS:
            standing[event, leaf.subject] = leaf
    if standing:
        narrow()
    for (event, subject), leaf in standing.items():
        _NARROWINGS[event](subject, leaf.at, leaf.actor)


def _event_of(leaf: Leaf) -> LeafEvent | None:
    """None for an event of a newer node than this one."""
    try:
        return LeafEvent(leaf.event)
    except ValueError:
        return None


def _suspend_facility(subject: str, at: Instant, _actor: str) -> None:
    Facility.objects.filter(code=subject, suspended_at=None).update(suspended_at=at)


def _suspend_person(subject: str, at: Instant, _actor: str) -> None:
    Person.objects.filter(id=subject, suspended_at=None).update(suspended_at=at)


def _suspend_assurance(subject: str, at: Instant, _actor: str) -> None:
    rows = Assurance.objects.filter(id=subject, direction="given", status=assurance.VALID)
    rows.update(status=assurance.SUSPENDED, status_at=at)


def _revoke_assurance(subject: str, at: Instant, _actor: str) -> None:
    rows = Assurance.objects.filter(id=subject, direction="given").exclude(status=assurance.REVOKED)
    rows.update(status=assurance.REVOKED, status_at=at)


def _withdraw_release(subject: str, at: Instant, actor: str) -> None:
    row = ReleaseCase.objects.select_related("manifest").filter(id=subject).exclude(state=release.WITHDRAWN).first()
    if row is not None:
        close_manifests(at, row.manifest)
        row.state, row.withdrawn_by, row.withdrawn_at = release.WITHDRAWN, actor, at
        row.save(update_fields=["state", "withdrawn_by", "withdrawn_at"])


def _withdraw_arrival(subject: str, at: Instant, actor: str) -> None:
    """Of a joint item, by its owner here. What its originator withdrew is told again by the originator's message."""
    rows = Arrival.objects.select_related("manifest", "partner_manifest").filter(id=subject)
    row = rows.exclude(state=acceptance.WITHDRAWN).first()
    if row is not None and actor != row.sender:
        close_manifests(at, row.manifest, row.partner_manifest)
        row.state, row.withdrawn_at = acceptance.WITHDRAWN, at
        row.save(update_fields=["state", "withdrawn_at"])


def _withdraw_authorisation(subject: str, at: Instant, _actor: str) -> None:
    Authorisation.objects.filter(id=subject, withdrawn_at=None).update(withdrawn_at=at)


def _withdraw_consent(subject: str, _at: Instant, _actor: str) -> None:
    rows = ThirdPartyRequest.objects.filter(id=subject, direction=RECEIVED)
    rows.update(state=third_party.WITHDRAWN)


def _end_memberships(subject: str, at: Instant, _actor: str) -> None:
    """The leaf names the person, not the programme: whoever knows assigns her again."""
    Membership.objects.filter(person_id=subject, until=None).update(until=at)


def _revoke_credential(subject: str, at: Instant, _actor: str) -> None:
    ApiClient.objects.filter(client_id=subject, revoked_at=None).update(revoked_at=at)


_NARROWINGS: Mapping[LeafEvent, Callable[[str, Instant, str], None]] = {
    LeafEvent.FACILITY_SUSPENDED: _suspend_facility,
    LeafEvent.PERSON_SUSPENDED: _suspend_person,
    LeafEvent.ASSURANCE_SUSPENDED: _suspend_assurance,
    LeafEvent.ASSURANCE_REVOKED: _revoke_assurance,
    LeafEvent.RELEASE_WITHDRAWN: _withdraw_release,
    LeafEvent.ARRIVAL_WITHDRAWN: _withdraw_arrival,
    LeafEvent.AUTHORISATION_WITHDRAWN: _withdraw_authorisation,
    LeafEvent.THIRD_PARTY_WITHDRAWN: _withdraw_consent,
    LeafEvent.MEMBERSHIP_ENDED: _end_memberships,
    LeafEvent.CREDENTIAL_REVOKED: _revoke_credential,
}
_TAKES_BACK: Mapping[LeafEvent, LeafEvent] = {
    LeafEvent.FACILITY_REINSTATED: LeafEvent.FACILITY_SUSPENDED,
    LeafEvent.PERSON_REINSTATED: LeafEvent.PERSON_SUSPENDED,
    LeafEvent.ASSURANCE_GIVEN: LeafEvent.ASSURANCE_SUSPENDED,
}
