"""National overlays at a node: a co-chair submits what her own authority signed; the node proves it and follows it.

Promise: a nation tightens or suspends alone and at once, and never loosens alone. An overlay that is not proved to
permit nothing more than the bundles it will be on changes nothing; that it was tried is recorded. A newer version takes
the place of the older one; one that changes nothing withdraws it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from relto.base.canonical import read_object, sha256_hex
from relto.base.errors import Conflict, ReltoError
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.rules.authority_keys import signing_key_ids
from relto.rules.overlays import LARGEST_OVERLAY, Overlay, open_overlay
from relto.services import active_bundle
from relto.services.authority_trust import trust
from relto.services.book import enter
from relto.services.house import House
from relto.services.overlay_fit import LOOSENS, last_overlay, read_kept, require_proved
from relto.store.models import AgreementBundle, NationalOverlay
from relto.store.queries.governing import governing, newest_statement
from relto.store.queries.narrowing import narrow


@dataclass(frozen=True, slots=True)
class OverlayView:
    """One accepted overlay. `rules`: those that it adds; `changes`: the members of it that change something.

    `ends` None: until another takes its place. `in_force`: it is on the bundle that the node follows now.
    """

    nation: str
    agreement: str
    version: int
    digest: str
    base_from: int
    base_to: int | None
    effective_from: Instant
    ends: Instant | None
    reason: str
    changes: tuple[str, ...]
    rules: tuple[str, ...]
    withdraws: bool
    in_force: bool
    proof: str
    accepted_at: Instant
    entry: str


def submit_overlay(house: House, actor: Actor, file: bytes) -> OverlayView:
    """Check and prove an overlay of the own authority, and store it; it is followed from its instant on.

    Raises Refused("role"), MalformedInput, TooLarge, NotVerified("signature", "retired_key"), Conflict
    ("overlay.nation", "overlay.version", "overlay.ended", "overlay.agreement", "overlay.base", "no_agreement"),
    Refused("overlay.loosens", with ".ACTION" and the first case).
    """
    actor.require(Role.CO_CHAIR)
    now = house.now()
    last, latest = last_overlay(), trust(house).latest
    try:
        overlay = _opened(house, file, now)
        if last is not None and overlay.version <= last:
            expected = f"higher than {last}"
            raise Conflict("overlay.version", field="overlay.overlay_version", found=overlay.version, expected=expected)
        if overlay.ended(now):
            raise Conflict("overlay.ended", field="overlay.ends", expected="an end in the future, or none")
        newest = _newest_bundle()
        proofs = [
            require_proved(
                house, active_bundle.bundle_of_version(house, row.version), bytes(row.file), overlay, LOOSENS
            )
            for row in _bases(overlay, now)
        ]
    except ReltoError as error:
        _record_refusal(house, actor, file, error.full_code, now)
        raise

    def step() -> NationalOverlay:
        narrow()
        if (last_overlay(), _newest_bundle(), newest_statement()) != (last, newest, latest):
            raise Conflict("overlay.version", field="overlay", expected="what was in force when it was proved")
        links = {"overlay": overlay.digest, **({"proof": proofs[0]} if proofs[0] else {})}
        entry = enter(
            house,
            LeafEvent.OVERLAY_WITHDRAWN if overlay.is_withdrawal else LeafEvent.OVERLAY_ACTIVATED,
            actor=actor.person,
            subject=f"{overlay.agreement}/{overlay.nation}/{overlay.version}",
            details={"proofs": list(proofs)},
            links=links,
            at=now,
        )
        return NationalOverlay.objects.create(
            agreement=overlay.agreement,
            version=overlay.version,
            digest=overlay.digest,
            file=file,
            effective_from=overlay.effective_from,
            ends=overlay.ends,
            accepted_at=now,
            entry=entry,
            proof=proofs[0],
        )

    return _view(house.commit(step), overlay, house.now())


def overlays(house: House, actor: Actor) -> list[OverlayView]:
    """The overlays that this node accepted, newest first; every signed-in person may see what she works under."""
    del actor
    now = house.now()
    rows = NationalOverlay.objects.order_by("-version")
    return [_view(row, read_kept(house, bytes(row.file)), now) for row in rows]


def _opened(house: House, file: bytes, now: Instant) -> Overlay:
    known = trust(house)
    claimed = signing_key_ids(read_object(file, field="overlay", max_bytes=LARGEST_OVERLAY))
    known.refuse_retired(claimed, now, field="overlay")
    return open_overlay(file, known.current(now)[house.nation], house.nation)


def _bases(overlay: Overlay, now: Instant) -> list[AgreementBundle]:
    """The bundles that it will be on: the one in force when it begins, and those that come later."""
    start = max(now, overlay.effective_from)
    first = active_bundle.active_row(start)
    if first is None:
        raise Conflict("no_agreement", field="bundle", expected="an agreement bundle signed by both authorities")
    later = AgreementBundle.objects.filter(effective_from__gt=start).order_by("version")
    return [first, *later]


def _newest_bundle() -> int | None:
    found: int | None = AgreementBundle.objects.aggregate(last=Max("version"))["last"]
    return found


def _record_refusal(house: House, actor: Actor, file: bytes, code: str, now: Instant) -> None:
    def step() -> None:
        enter(
            house,
            LeafEvent.OVERLAY_REFUSED,
            actor=actor.person,
            subject="overlay",
            details={"code": code},
            links={"file": sha256_hex(file)},
            at=now,
        )

    house.commit(step)


def _view(row: NationalOverlay, overlay: Overlay, now: Instant) -> OverlayView:
    return OverlayView(
        nation=overlay.nation,
        agreement=overlay.agreement,
        version=overlay.version,
        digest=overlay.digest,
        base_from=overlay.base_from,
        base_to=overlay.base_to,
        effective_from=overlay.effective_from,
        ends=overlay.ends,
        reason=str(overlay.body["reason"]),
        changes=overlay.changes,
        rules=overlay.added_rules,
        withdraws=overlay.is_withdrawal,
        in_force=governing(now).overlay == overlay.digest,
        proof=row.proof,
        accepted_at=row.accepted_at,
        entry=row.entry,
    )
