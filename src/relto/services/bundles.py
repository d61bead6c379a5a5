"""Agreement bundles at a node: a co-chair submits what both authorities signed; the node checks it and follows it.

A bundle that does not hold, or is not proved to stay within the originators' own rules, changes nothing; that it was
tried is recorded. The entry of one that is accepted links its proof. A bundle may be effective in the future.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, ReltoError
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle, open_bundle
from relto.services import active_bundle
from relto.services.authority_trust import refuse_retired_signers, trust
from relto.services.book import enter
from relto.services.border import closed_by, withholders
from relto.services.house import House
from relto.services.overlay_fit import last_overlay, require_overlays_fit
from relto.services.rule_proofs import require_proof
from relto.store.models import AgreementBundle
from relto.store.queries.governing import newest_statement
from relto.store.queries.narrowing import narrow


@dataclass(frozen=True, slots=True)
class BundleView:
    """One accepted bundle. `unconfirmed_rules` of `rules` rest on something unconfirmed for any party.

    `confirmed_beside`: provisions that the authorities confirmed by statements beside the bundle. `border_closed_by`:
    what of the agreement itself stops what crosses the border now (relto.rules.freshness), empty when nothing does;
    `withheld_by`: the authorities that name a newer bundle than this node holds. `overlay`: the version of the nation's
    own overlay that is on it, None without one.
    """

    agreement: str
    version: int
    digest: str
    parties: tuple[str, ...]
    effective_from: Instant
    expires: Instant
    activated_at: Instant
    rules: int
    unconfirmed_rules: tuple[str, ...]
    programmes: tuple[str, ...]
    in_force: bool
    confirmed_beside: tuple[str, ...] = ()
    border_closed_by: str = ""
    withheld_by: tuple[str, ...] = ()
    overlay: int | None = None
    entry: str = ""


def submit_bundle(house: House, actor: Actor, file: bytes) -> BundleView:
    """Check and prove a bundle, and store it; it is followed from its effective instant.

    Raises what `rules.bundle.open_bundle` and `rule_proofs.require_proof` raise, and Conflict("bundle.version") when
    another bundle, an overlay or a statement of an authority was stored meanwhile: it was not checked with that.
    """
    actor.require(Role.CO_CHAIR)
    now = house.now()
    last, overlay = _last_version(), last_overlay()
    known = trust(house)
    try:
        refuse_retired_signers(known, file, now)
        bundle = open_bundle(
            file,
            authorities=known.current(now),
            at=now,
            active_version=last,
            node_kind=house.kind,
            confirmations=known.confirmations(),
        )
        proof = require_proof(house, bundle, file)
        require_overlays_fit(house, bundle, file)
    except ReltoError as error:
        _record_refusal(house, actor, file, error.full_code, now)
        raise

    def step() -> str:
        narrow()
        if (_last_version(), last_overlay(), newest_statement()) != (last, overlay, known.latest):
            expected = "the version, overlay and statements that were there when the bundle was checked"
            raise Conflict("bundle.version", field="manifest.bundle_version", found=bundle.version, expected=expected)
        AgreementBundle.objects.create(
            agreement=bundle.agreement,
            version=bundle.version,
            digest=bundle.digest,
            file=file,
            effective_from=bundle.effective_from,
            expires=bundle.expires,
            activated_at=now,
            proof=proof,
        )
        return enter(
            house,
            LeafEvent.BUNDLE_ACTIVATED,
            actor=actor.person,
            subject=f"{bundle.agreement}/{bundle.version}",
            details={"unconfirmed_rules": list(bundle.unconfirmed_rules())},
            links={"bundle": bundle.digest, "proof": proof},
            at=now,
        )

    entry = house.commit(step)
    active_bundle.keep(house, bundle)
    return _view(house, bundle, now, now, entry)


def active_bundle_view(house: House, actor: Actor) -> BundleView:
    """The bundle this node follows now; every signed-in person may see under which rules she works."""
    del actor
    now = house.now()
    bundle = active_bundle.active(house, now)
    row = AgreementBundle.objects.get(agreement=bundle.agreement, version=bundle.version)
    return _view(house, bundle, row.activated_at, now, "")


def active_bundle_file(house: House, actor: Actor) -> bytes:
    """The active bundle byte for byte as signed."""
    del actor
    row = active_bundle.active_row(house.now())
    if row is None:
        raise Conflict("no_agreement", field="bundle", expected="an agreement bundle signed by both authorities")
    return bytes(row.file)


def _last_version() -> int | None:
    found: int | None = AgreementBundle.objects.aggregate(last=Max("version"))["last"]
    return found


def _record_refusal(house: House, actor: Actor, file: bytes, code: str, now: Instant) -> None:
    def step() -> None:
        enter(
            house,
            LeafEvent.BUNDLE_REFUSED,
            actor=actor.person,
            subject="bundle",
            details={"code": code},
            links={"file": sha256_hex(file)},
            at=now,
        )

    house.commit(step)


def _view(house: House, bundle: Bundle, activated_at: Instant, now: Instant, entry: str) -> BundleView:
    return BundleView(
        agreement=bundle.agreement,
        version=bundle.version,
        digest=bundle.digest,
        parties=tuple(sorted(bundle.parties)),
        effective_from=bundle.effective_from,
        expires=bundle.expires,
        activated_at=activated_at,
        rules=len(bundle.gates.gates),
        unconfirmed_rules=bundle.unconfirmed_rules(),
        programmes=tuple(sorted(bundle.programmes)),
        in_force=bundle.period.holds_at(now),
        confirmed_beside=tuple(one for one in bundle.provisions if bundle.is_confirmed_beside(one)),
        border_closed_by=closed_by(house, bundle, now) or "",
        withheld_by=withholders(house),
        overlay=bundle.overlay.version if bundle.overlay else None,
        entry=entry,
    )
