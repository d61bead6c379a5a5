"""The signature boxes of an entry: what each nation signed, and the button of whoever may sign now.

Both nations have a box, whoever looks. A box says which version its nation signed, and that it was an older one when
the text has changed since. The button carries the digest of the version that the page shows; the service refuses it
when that is no longer the newest. Templates include `relto/parts/signatures.html` with what `signature_boxes` returns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from relto.alignment.signatures import SIGNED, TAKEN_BACK, Agreed, SignedVersion
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.services import active_bundle
from relto.services.alignment import signing
from relto.web.pages import PageRequest
from relto.web.surroundings import house

NEWEST: Final = "signed"
OLDER: Final = "older"
NOTHING: Final = "unsigned"


@dataclass(frozen=True, slots=True)
class Box:
    """A nation's signature. `state`: signed, older (its newest signature is under a superseded version) or unsigned.

    `line` and `number` name the version that it signed; `at`: since when.
    """

    nation: str
    state: str
    line: str = ""
    number: int = 0
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the reader may do with one version now: `word` is signed or taken_back."""

    line: str
    number: int
    digest: str
    word: str


@dataclass(frozen=True, slots=True)
class SignatureBoxes:
    """What the part of the page shows. `agreed`: what both nations signed last, None while they did not.

    `back`: the page to which the reader returns after signing.
    """

    entry: str
    boxes: tuple[Box, ...]
    offers: tuple[Offer, ...]
    agreed: Agreed | None
    back: str

    def without_offers(self) -> SignatureBoxes:
        """The same for a reader who may not sign now."""
        return replace(self, offers=())


def signature_boxes(request: PageRequest, entry: str, *, only: str = "") -> SignatureBoxes:
    """The boxes of this entry for this reader; with `only` the version of this digest is the one to sign.

    Raises Refused("role"), NotAvailable("alignment") for an entry that is not held or takes no signatures.
    """
    own = house()
    stands = signing.signatures(own, request.actor, entry)
    agreed = stands.agreed[-1] if stands.agreed else None
    parties = sorted(active_bundle.active(own).parties, key=lambda nation: (nation != own.nation, nation))
    offers = _offers(stands, own.nation, only) if request.actor.holds(Role.CO_CHAIR) else ()
    boxes = tuple(_box(nation, stands.versions) for nation in parties)
    return SignatureBoxes(entry, boxes, offers, agreed, request.path)


def _box(nation: Nation, versions: tuple[SignedVersion, ...]) -> Box:
    """The nation's box: a signature under a version that still stands before one under an older text."""
    signed = [one for one in versions if nation in one.signed]
    if not signed:
        return Box(nation, NOTHING)
    shown = max(signed, key=lambda one: (not one.superseded, one.signed[nation]))
    version = shown.version
    state = OLDER if shown.superseded else NEWEST
    return Box(nation, state, version.nation, version.number, shown.signed[nation])


def _offers(stands: signing.Standing, own: Nation, only: str) -> tuple[Offer, ...]:
    agreed = {one.digest for one in stands.agreed}
    return tuple(
        Offer(one.version.nation, one.version.number, one.version.digest, TAKEN_BACK if own in one.signed else SIGNED)
        for one in stands.versions
        if not one.superseded and one.version.digest not in agreed and only in {"", one.version.digest}
    )
