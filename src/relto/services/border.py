"""What must hold of the agreement and of the own witness before anything crosses the border; national work needs none.

Rules, besides the gates of each decision: the own witness is in time (relto.services.witness_watch); the agreement is
as fresh as the bundle demands, and the authorities do not contradict it (relto.rules.freshness); the keys that signed
it were trusted when it was accepted (relto.rules.authority_keys). A bundle that expired fails its own gate.
"""

from __future__ import annotations

from relto.base.errors import Unreachable
from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.rules.freshness import MAX_AGE, BorderCode, border_closed_by, withheld
from relto.services.authority_trust import signers_of_bundle, trust
from relto.services.house import House
from relto.services.witness_watch import require_witness_in_time
from relto.store.models import AgreementBundle

_MENDS = {
    "not_stated": "the own authority's statement of which bundle is the newest",
    "stale": "a newer statement of the own authority of which bundle is the newest",
    "contradicted": "the same bundle on both sides",
    "distrusted": "a bundle signed by the authority's new key",
}


def require_open_border(house: House, bundle: Bundle, now: Instant) -> None:
    """Raises Unreachable: "witness_late", or "agreement." and a code of `closed_by`."""
    require_witness_in_time(bundle, now)
    code = closed_by(house, bundle, now)
    if code is not None:
        raise Unreachable(f"agreement.{code}", field="bundle", found=bundle.version, expected=_MENDS[code])


def closed_by(house: House, bundle: Bundle, now: Instant) -> BorderCode | None:
    """What of the agreement itself stands against crossing the border: a code, None when nothing does."""
    known = trust(house)
    max_age = bundle.limits.duration_if_named(MAX_AGE)
    if not known.latest and max_age is None:
        return None
    if _is_distrusted(house, bundle):
        return "distrusted"
    return border_closed_by(known.stated, house.nation, _held(), max_age, now)


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
