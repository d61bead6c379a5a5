"""Whether this nation's overlays and the bundles of the agreement fit each other: put together, and proved to tighten.

Rules enforced here:
 1. An overlay is followed over a bundle only if it is proved, over that very bundle, to permit nothing more than it.
 2. A bundle to which the overlay in force, or one that begins later, does not fit is refused by name: whoever signed
    the overlay withdraws it or puts another in its place first. A tightening is never dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from relto.base.canonical import read_object
from relto.base.errors import Refused, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.ports.proving import ProofQuestion
from relto.rules.bundle import Bundle
from relto.rules.overlays import Overlay, combined, open_overlay
from relto.rules.proving.proof import overlay_digest
from relto.services.authority_trust import trust
from relto.services.house import House
from relto.services.rule_proofs import kept_or_made, seconds, unproved
from relto.store.models import NationalOverlay

LOOSENS = "overlay.loosens"
DOES_NOT_FIT = "bundle.overlay"


def read_kept(house: House, file: bytes) -> Overlay:
    """An overlay that this node holds, verified with the key of its day."""
    signer = trust(house).signers_of(read_object(file, field="overlay"))[house.nation]
    return open_overlay(file, signer, house.nation)


def proved_over(house: House, base: Bundle, file: bytes, overlay: Overlay) -> dict[str, Any]:
    """The proof of an overlay over the bundle in `file`, whatever it says; `digest` empty for one that changes nothing.

    Raises Conflict or MalformedInput when they cannot be put together, Unreachable("prover").
    """
    above = combined(base, overlay)
    if overlay.is_withdrawal:
        return {"proved": True, "result": "proved", "digest": "", "obligations": []}
    question = ProofQuestion(draft=file, before=None, today=seconds(house.now()), overlay=overlay.text())
    return kept_or_made(house, overlay_digest(base, above), question)[0]


def require_proved(house: House, base: Bundle, file: bytes, overlay: Overlay, reason: str) -> str:
    """The digest of the proof.

    Raises Refused with the reason, or with "REASON.ACTION" and the first case; Conflict or MalformedInput as
    `proved_over`.
    """
    try:
        proof = proved_over(house, base, file, overlay)
    except Unreachable as error:
        expected = "a proof within the prover's memory and time"
        raise Refused(reason, field="prover", found="unknown", expected=expected) from error
    if not proof["proved"]:
        raise unproved(proof, reason, base)
    return str(proof["digest"])


def require_overlays_fit(house: House, bundle: Bundle, file: bytes) -> None:
    """Every overlay that would be on this bundle fits it. Raises Refused("bundle.overlay") naming the first one."""
    for row in _on(max(house.now(), bundle.effective_from)):
        named = f"overlay/{row.version}"
        try:
            require_proved(house, bundle, file, read_kept(house, bytes(row.file)), DOES_NOT_FIT)
        except Refused:
            raise
        except ReltoError as error:
            expected = "a bundle on which the nation's overlay can be put; or the overlay withdrawn first"
            raise Refused(DOES_NOT_FIT, field=named, found=error.full_code, expected=expected) from error


def last_overlay() -> int | None:
    """The version of the newest overlay that this node accepted, None before the first."""
    found: int | None = NationalOverlay.objects.aggregate(last=Max("version"))["last"]
    return found


def _on(start: Instant) -> Iterator[NationalOverlay]:
    rows = NationalOverlay.objects.order_by("-version")
    first = rows.filter(effective_from__lte=start).first()
    if first is not None and (first.ends is None or start < first.ends):
        yield first
    # One that begins after the bundle's end counts too, for an expired bundle is still followed; an older version than
    # the one that has begun does not, for it never comes into force.
    yield from rows.filter(effective_from__gt=start, version__gt=first.version if first is not None else 0)
