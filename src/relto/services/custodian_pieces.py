"""The recovery pieces in manifests, as the agreement's custodians demand them (promise 2: the one audited exception).

Rules enforced:
 1. Where every nation that holds a share names custodians, each manifest carries pieces of each share for exactly the
    custodians of that nation, with its quorum; a manifest that lacks them is refused. Where one names none, a manifest
    carries no pieces at all, and nobody recovers it.
 2. A container that a stock client sealed has none, and may be submitted so: its releases, made here, have them.
 3. What is inside a piece only its custodian can see: the node trusts the maker of the manifest for that. A sealing
    client makes its originals, the releasing nation's key service its releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relto.base.nations import Nation
from relto.rules.bundle import Bundle
from relto.rules.custodians import recovery_orders
from relto.sealing.manifest import Manifest
from relto.sealing.recovery_assertion import check_recovery
from relto.sealing.recovery_pieces import RecoveryOrder
from relto.services.share_places import SharePlace


def orders_for(bundle: Bundle, nations: Iterable[Nation]) -> tuple[RecoveryOrder, ...]:
    """For whose custodians the shares of these nations are split, in this order; () when nobody may recover."""
    return recovery_orders({nation: party.custodians for nation, party in bundle.parties.items()}, nations)


def check_own_pieces(bundle: Bundle, manifest: Manifest, nation: Nation, *, demanded: bool = True) -> None:
    """Of a manifest that the own key service alone serves. Raises NotVerified("recovery") or MalformedInput."""
    split_ids = sorted({share.sid for share in manifest.key_access})
    orders = orders_for(bundle, [nation] * len(split_ids))
    check_recovery(manifest, dict(zip(split_ids, orders, strict=False)), demanded=demanded)


def check_placed_pieces(bundle: Bundle, manifest: Manifest, places: Sequence[SharePlace]) -> None:
    """Of a manifest whose shares `share_places.check_shares` found in these places. Raises as `check_own_pieces`."""
    holders = {place.url.rstrip("/"): place.nation for place in places}
    nations = {share.sid: holders[share.url.rstrip("/")] for share in manifest.key_access}
    orders = orders_for(bundle, nations.values())
    check_recovery(manifest, dict(zip(nations, orders, strict=False)))
