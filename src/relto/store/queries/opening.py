"""What an opening asks of the database, in few columns: the manifest and item it names, and who was named to read it.

These are the node's own questions about a share, asked for each decision anew; no actor's scope applies to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from relto.store.models import Arrival, Item, Manifest, ReleaseCase, ReleaseReader
from relto.store.queries.prepared import Prepared, Reads, model_of

_OF_MANIFEST = ("id", "item_id", "kind", "policy_uuid", "fingerprint", "withdrawn_at")
_OF_ITEM = ("id", "uuid", "originator", "held_as", "company_id", "programme", "label", "export_controlled")

OPENED = Prepared(
    # A withdrawn release is told as such.
    lambda identity: (
        Manifest.objects.filter(policy_uuid=identity)
        .filter(Q(kind="original", withdrawn_at=None) | Q(kind="received"))
        .values_list(*_OF_MANIFEST, *(f"item__{name}" for name in _OF_ITEM), "arrival__id")[:1]
    ),
    str,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What an own person asks to open: the manifest, its item and, of a received one, the arrival that brought it."""

    manifest: Manifest
    item: Item
    arrival: Arrival | None


def opened(identity: str, reads: Reads | None = None) -> Opened | None:
    """By policy identity; None for a container that is not registered here. `reads`: where it was read already."""
    found = (reads or Reads()).first(OPENED, identity)
    if found is None:
        return None
    cut = len(_OF_MANIFEST)
    manifest = model_of(Manifest, None, _OF_MANIFEST, found[:cut])
    item = model_of(Item, None, _OF_ITEM, found[cut:-1])
    manifest.item = item
    arrival = _ARRIVAL.first(found[-1]) if found[-1] is not None else None
    if arrival is not None:
        arrival.item, arrival.manifest = item, manifest
    return Opened(manifest, item, arrival)


SERVED = {
    "open": Prepared(
        lambda identity: Manifest.objects.filter(
            policy_uuid=identity, kind__in=("original", "received"), withdrawn_at=None
        ).only(*_OF_MANIFEST)[:1],
        str,
    ),
    "supply_share": Prepared(
        lambda identity: Manifest.objects.filter(
            policy_uuid=identity, kind__in=("release", "partner"), withdrawn_at=None
        ).only(*_OF_MANIFEST)[:1],
        str,
    ),
}
"""By policy identity: what a share is served of. A partner's share is only ever one of two: the whole key of an
original never leaves under a decision about a release."""

_ARRIVAL = Prepared(
    lambda arrival: Arrival.objects.filter(id=arrival).only(
        *("id", "release", "number", "sender", "item_id", "manifest_id", "facility", "mode", "state", "arrived_at")
    )[:1],
    str,
)

ARRIVAL_READERS = Prepared(
    lambda arrival, side: ReleaseReader.objects.filter(arrival_id=arrival, side=side), *(str, str)
)
CASE_READERS = Prepared(lambda case, side: ReleaseReader.objects.filter(case_id=case, side=side), *(str, str))
CASE_OF_MANIFEST = Prepared(
    lambda manifest, nation: (
        ReleaseCase.objects.filter(manifest_id=manifest, nation=nation)
        .order_by("-asked_at", "-id")
        .only(
            *("id", "number", "nation", "facility", "mode", "channel", "state", "asked_at", "company", "decided_at"),
            "manifest_id",
        )[:1]
    ),
    *(str, str),
)
"""By manifest and nation: the newest case that released it there."""
