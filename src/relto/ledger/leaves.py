"""The leaves of relto's log: version 1 of `relto/leaf`, canonical JSON, at most 65,535 bytes.

Promises: a leaf holds opaque ids, codes and digests only, so it tells nothing but that something happened; what
happened is fixed by `commitment`, SHA-256 over 32 random bytes and the canonical JSON of the details. The form is
frozen: members in RFC 8785 order, no others, values from small alphabets without escapes. Readers accept events that
they do not know.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput
from relto.base.instants import Instant, instant_text, read_instant

LEAF_TYPE = "relto/leaf"
LEAF_VERSION = 1
SALT_BYTES = 32
MOST_LINKS = 32
LARGEST_LEAF = 65_535


class LeafEvent(StrEnum):
    """What can happen, as subject:action. New events are added here; readers of old versions accept them."""

    ACCEPTANCE_DECIDED = "acceptance:decided"
    ACCEPTANCE_RECEIPTED = "acceptance:receipted"
    ALIGNMENT_NOTED = "alignment:noted"
    ALIGNMENT_RECEIVED = "alignment:received"
    ALIGNMENT_SAID = "alignment:said"
    ARRIVAL_WITHDRAWN = "arrival:withdrawn"
    ASSURANCE_GIVEN = "assurance:given"
    ASSURANCE_RECEIVED = "assurance:received"
    ASSURANCE_REVOKED = "assurance:revoked"
    ASSURANCE_SUSPENDED = "assurance:suspended"
    AUTHORISATION_RECORDED = "authorisation:recorded"
    AUTHORISATION_WITHDRAWN = "authorisation:withdrawn"
    AUTHORITY_KEY_ROTATED = "authority_key:rotated"
    BUNDLE_ACTIVATED = "bundle:activated"
    BUNDLE_FRESHNESS_STATED = "bundle:freshness_stated"
    BUNDLE_REFUSED = "bundle:refused"
    CALENDAR_CLOSED = "calendar:closed"
    CALENDAR_OPENED = "calendar:opened"
    COMPANY_REGISTERED = "company:registered"
    COPY_ARRIVED = "copy:arrived"
    COPY_DESTROYED = "copy:destroyed"
    COPY_DESTRUCTION_SIGNED = "copy:destruction_signed"
    COPY_DISPATCHED = "copy:dispatched"
    COPY_FOUND = "copy:found"
    COPY_HANDED_OVER = "copy:handed_over"
    COPY_RECORDED = "copy:recorded"
    COPY_REPRODUCED = "copy:reproduced"
    COPY_RETURNED = "copy:returned"
    COPY_SUSPECTED_LOST = "copy:suspected_lost"
    COURIER_MADE = "courier:made"
    COURIER_READ = "courier:read"
    COURIER_TAKEN = "courier:taken"
    CREDENTIAL_ISSUED = "credential:issued"
    CREDENTIAL_REVOKED = "credential:revoked"
    DISPOSITION_RECEIVED = "disposition:received"
    DISPOSITION_RECORDED = "disposition:recorded"
    DOSSIER_BEGUN = "dossier:begun"
    DOSSIER_CHANGED = "dossier:changed"
    DOSSIER_EFFECT = "dossier:effect"
    DOSSIER_OVERTAKEN = "dossier:overtaken"
    DOSSIER_RECEIVED = "dossier:received"
    DOSSIER_REFUSED = "dossier:refused"
    DOSSIER_SIGNED = "dossier:signed"
    DOSSIER_STEP_TAKEN = "dossier:step_taken"
    EMERGENCY_ASKED = "emergency:asked"
    EMERGENCY_BEGUN = "emergency:begun"
    EMERGENCY_ENDED = "emergency:ended"
    FACILITY_REGISTERED = "facility:registered"
    FACILITY_REINSTATED = "facility:reinstated"
    FACILITY_SUSPENDED = "facility:suspended"
    INVENTORY_CHECKED = "inventory:checked"
    INVENTORY_OPENED = "inventory:opened"
    INVENTORY_SIGNED = "inventory:signed"
    ITEM_ANNOUNCED = "item:announced"
    ITEM_REGISTERED = "item:registered"
    ITEM_SEALED = "item:sealed"
    ITEM_TRANSLATED = "item:translated"
    KEY_CREATED = "key:created"
    KEY_DESTROYED = "key:destroyed"
    KEY_RETIRED = "key:retired"
    LEDGER_DAMAGED = "ledger:damaged"
    LOG_CONTRADICTED = "log:contradicted"
    MEDIUM_ARRIVED = "medium:arrived"
    MEDIUM_DESTROYED = "medium:destroyed"
    MEDIUM_HANDED_OVER = "medium:handed_over"
    MEDIUM_OPENED = "medium:opened"
    MEDIUM_PACKED = "medium:packed"
    MEDIUM_RETURNED = "medium:returned"
    MEMBERSHIP_ENDED = "membership:ended"
    MEMBERSHIP_GRANTED = "membership:granted"
    NOTICES_BEGUN = "notices:begun"
    NOTICES_ENDED = "notices:ended"
    OPENING_GRANTED = "opening:granted"
    OPENING_PARTNER_FAILED = "opening:partner_failed"
    OPENING_PARTNER_GRANTED = "opening:partner_granted"
    OPENING_PARTNER_REFUSED = "opening:partner_refused"
    OPENING_REFUSED = "opening:refused"
    OPENING_SHARE_RECEIVED = "opening:share_received"
    OVERLAY_ACTIVATED = "overlay:activated"
    OVERLAY_REFUSED = "overlay:refused"
    OVERLAY_WITHDRAWN = "overlay:withdrawn"
    PERSON_ADDED = "person:added"
    PERSON_REINSTATED = "person:reinstated"
    PERSON_SUSPENDED = "person:suspended"
    PROGRAMME_REGISTERED = "programme:registered"
    QUARANTINE_LIFTED = "quarantine:lifted"
    RECONCILIATION_AGREED = "reconciliation:agreed"
    RECONCILIATION_DIFFERED = "reconciliation:differed"
    RECONCILIATION_STOPPED = "reconciliation:stopped"
    READING_BEGUN = "reading:begun"
    READING_ENDED = "reading:ended"
    RECOVERY_IMPORTED = "recovery:imported"
    RELEASE_DECIDED = "release:decided"
    RELEASE_PREPARED = "release:prepared"
    RELEASE_REQUESTED = "release:requested"
    RELEASE_WITHDRAWN = "release:withdrawn"
    ROLE_ASKED = "role:asked"
    ROLE_DECLINED = "role:declined"
    ROLE_GRANTED = "role:granted"
    ROLE_REMOVED = "role:removed"
    RULE_CONFIRMED = "rule:confirmed"
    SESSION_ENDED = "session:ended"
    STATEMENT_REFUSED = "statement:refused"
    TEMPLATE_FILLED_IN = "template:filled_in"
    THIRD_PARTY_ANSWERED = "third_party:answered"
    THIRD_PARTY_CHECKED = "third_party:checked"
    THIRD_PARTY_DECIDED = "third_party:decided"
    THIRD_PARTY_FORWARDED = "third_party:forwarded"
    THIRD_PARTY_RECEIVED = "third_party:received"
    THIRD_PARTY_REQUESTED = "third_party:requested"
    THIRD_PARTY_RETRANSFERRED = "third_party:retransferred"
    THIRD_PARTY_WITHDRAWN = "third_party:withdrawn"
    TRANSFER_CONTRADICTED = "transfer:contradicted"
    TRANSFER_RECEIPTED = "transfer:receipted"
    TRANSFER_RECEIVED = "transfer:received"
    TRANSFER_REFUSED = "transfer:refused"
    TRANSFER_UNVERIFIED = "transfer:unverified"


_OPAQUE = r"[A-Za-z0-9][A-Za-z0-9._:/#@-]{0,254}"
_ORIGIN = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}"
_LINK_NAME = r"[a-z][a-z0-9_]{0,31}"
_EVENT = r"[a-z][a-z0-9_]{0,31}:[a-z][a-z0-9_]{0,31}"
_DIGEST = r"[0-9a-f]{64}"
_LINK = rf'"{_LINK_NAME}":"{_OPAQUE}"'
# All values are free of escapes, so this pattern accepts exactly the RFC 8785 bytes (link order and date are checked
# after).
_LEAF = re.compile(
    rf'\{{"actor":"(?P<actor>{_OPAQUE})","at":"(?P<at>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z)"'
    rf',"commitment":"(?P<commitment>{_DIGEST})","event":"(?P<event>{_EVENT})"'
    rf',"links":\{{(?P<links>(?:{_LINK}(?:,{_LINK}){{0,{MOST_LINKS - 1}}})?)\}}'
    rf',"origin":"(?P<origin>{_ORIGIN})","subject":"(?P<subject>{_OPAQUE})","type":"relto/leaf","version":1\}}'
)
_PAIR = re.compile(rf'"({_LINK_NAME})":"({_OPAQUE})"')


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log.

    `origin` is the log's origin; `actor`, `subject` and link values are opaque ids, codes or digests.
    """

    event: str
    origin: str
    at: Instant
    actor: str
    subject: str
    commitment: str
    links: Mapping[str, str] = field(default_factory=dict)


def commitment(salt: bytes, details: Mapping[str, Any]) -> str:
    """Hex SHA-256 over 32 random bytes and the canonical JSON of `details`: fixes them without telling them."""
    if len(salt) != SALT_BYTES:
        raise MalformedInput("leaf.salt", field="salt", found=len(salt), expected=f"{SALT_BYTES} random bytes")
    return hashlib.sha256(salt + canonical_bytes(details)).hexdigest()


def build_leaf(
    *,
    event: LeafEvent,
    origin: str,
    at: Instant,
    actor: str,
    subject: str,
    commitment: str,
    links: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a leaf.

    Raises MalformedInput when a value is not opaque (spaces, quotes and letters beyond ASCII are not).
    """
    data = canonical_bytes(
        {
            "type": LEAF_TYPE,
            "version": LEAF_VERSION,
            "event": event.value,
            "origin": origin,
            "at": instant_text(at),
            "actor": actor,
            "subject": subject,
            "commitment": commitment,
            "links": dict(links or {}),
        }
    )
    read_leaf(data)
    return data


def read_leaf(data: bytes) -> Leaf:
    """The leaf that an entry holds. Raises MalformedInput unless it is a version 1 leaf in its one canonical form."""
    refused = MalformedInput("leaf", field="leaf", expected="a relto/leaf of version 1 in canonical JSON")
    if len(data) > LARGEST_LEAF:
        raise refused
    try:
        found = _LEAF.fullmatch(data.decode("ascii"))
    except UnicodeDecodeError as error:
        raise refused from error
    if not found:
        raise refused
    pairs = _PAIR.findall(found["links"])
    names = [name for name, _ in pairs]
    if any(left >= right for left, right in itertools.pairwise(names)):
        raise refused
    return Leaf(
        event=found["event"],
        origin=found["origin"],
        at=read_instant(found["at"], field="at"),
        actor=found["actor"],
        subject=found["subject"],
        commitment=found["commitment"],
        links=dict(pairs),
    )


def leaf_is_well_formed(data: bytes, origin: str | None = None) -> bool:
    """True for a version 1 leaf (of this origin), or for canonical JSON with another type or a later version."""
    try:
        leaf = read_leaf(data)
    except MalformedInput:
        return _is_other_document(data)
    return origin is None or leaf.origin == origin


def _is_other_document(data: bytes) -> bool:
    try:
        document = read_object(data, field="leaf", max_bytes=LARGEST_LEAF)
        kind, version = document.get("type"), document.get("version")
        canonical = canonical_bytes(document) == data
    except MalformedInput:
        return False
    if (
        not isinstance(kind, str)
        or not kind
        or not isinstance(version, int)
        or isinstance(version, bool)
        or version < 1
    ):
        return False
    return canonical and (kind, version) != (LEAF_TYPE, LEAF_VERSION)
