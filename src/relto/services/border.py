"""What must hold of the agreement and of the own witness before anything crosses the border; national work needs none.

Rules, besides the gates of each decision: the own witness is in time (relto.services.witness_watch); the agreement is
as fresh as the bundle demands, and the authorities do not contradict it (relto.rules.freshness); the keys that signed
it were trusted when it was accepted (relto.rules.authority_keys); a node that was recovered from an older copy holds
again what its log says that it had accepted of its authorities. A bundle that expired fails its own gate.
"""

from __future__ import annotations

from relto.base.errors import Unreachable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent, read_leaf
from relto.rules.bundle import Bundle
from relto.rules.freshness import MAX_AGE, BorderCode, border_closed_by, withheld
from relto.services.authority_trust import ROTATION, signers_of_bundle, trust
from relto.services.house import House
from relto.services.overlay_fit import last_overlay
from relto.services.witness_watch import require_witness_in_time
from relto.store.models import AgreementBundle, AuthorityStatement, LedgerEntry

_MENDS = {
    "not_stated": "the own authority's statement of which bundle is the newest",
    "stale": "a newer statement of the own authority of which bundle is the newest",
    "contradicted": "the same bundle on both sides",
    "distrusted": "a bundle signed by the authority's new key",
    "lost": "the overlay or key rotation of the authority that was lost, or a newer one, submitted again",
}


def require_open_border(house: House, bundle: Bundle, now: Instant) -> None:
    """Raises Unreachable: "witness_late", or "agreement." and a code of `closed_by`."""
    require_witness_in_time(bundle, now)
    code = closed_by(house, bundle, now)
    if code is not None:
        raise Unreachable(f"agreement.{code}", field="bundle", found=bundle.version, expected=_MENDS[code])


def closed_by(house: House, bundle: Bundle, now: Instant) -> BorderCode | None:
    """What of the agreement itself stands against crossing the border: a code, None when nothing does."""
    if _is_lost(house, bundle):
        return "lost"
    known = trust(house)
    max_age = bundle.limits.duration_if_named(MAX_AGE)
    if not known.latest and max_age is None:
        return None
    if _is_distrusted(house, bundle):
        return "distrusted"
    return border_closed_by(known.stated, house.nation, _held(), max_age, now)


def _is_lost(house: House, bundle: Bundle) -> bool:
    """Whether the log names an overlay or a key of an authority that this node, recovered from a copy, has no more.

    Of what was taken from an export there is only the leaf (its salt is empty). A newer overlay takes its place.
    """
    start = f"{bundle.agreement}/{house.nation}/"
    after = start.removesuffix("/") + "0"  # the character after the slash: all subjects that begin with `start`
    taken = LedgerEntry.objects.filter(salt=b"")
    overlays = taken.filter(
        subject__gt=start, subject__lt=after, event__in=(LeafEvent.OVERLAY_ACTIVATED, LeafEvent.OVERLAY_WITHDRAWN)
    ).values_list("subject", flat=True)
    versions = [int(subject.removeprefix(start)) for subject in overlays]
    if versions and max(versions) > (last_overlay() or 0):
        return True
    subjects = [f"{nation}/{ROTATION}" for nation in bundle.parties]
    rotations = taken.filter(subject__in=subjects, event=LeafEvent.AUTHORITY_KEY_ROTATED).values_list("leaf", flat=True)
    digests = {read_leaf(bytes(leaf)).links.get("statement", "") for leaf in rotations}
    return AuthorityStatement.objects.filter(digest__in=digests).count() < len(digests) if digests else False


def withholders(house: House) -> tuple[str, ...]:
    """The authorities that name a newer bundle than this node holds: somebody withholds it, which is an alarm."""
    stated = trust(house).stated
    return withheld(stated, _held()) if stated else ()


def _held() -> dict[int, str]:
    return dict(AgreementBundle.objects.values_list("version", "digest"))


def _is_distrusted(house: House, bundle: Bundle) -> bool:
    """Whether a key that signed the bundle was compromised before the bundle was accepted here."""
    known = trust(house)
    if all(one.distrusted_from is None for chain in known.chains.values() for one in chain.versions):
        return False
    row = AgreementBundle.objects.get(agreement=bundle.agreement, version=bundle.version)
    signers = signers_of_bundle(known, bytes(row.file))
    return any(not known.chains[nation].trusts(key.key_id, row.activated_at) for nation, key in signers.items())
