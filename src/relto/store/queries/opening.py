"""What an opening asks of the database, in few columns: the manifest and item it names, and who was named to read it.

These are the node's own questions about a share, asked for each decision anew; no actor's scope applies to them.
"""

from __future__ import annotations

from django.db.models import Q

from relto.store.models import Arrival, Item, Manifest, ReleaseReader
from relto.store.queries.prepared import Prepared

_OF_MANIFEST = ("id", "item_id", "kind", "policy_uuid", "fingerprint", "withdrawn_at")
_OF_ITEM = ("id", "uuid", "originator", "held_as", "company_id", "programme", "label", "export_controlled")

OPENED = Prepared(
    # A withdrawn release is told as such.
    lambda identity: (
        Manifest.objects.filter(policy_uuid=identity)
        .filter(Q(kind="original", withdrawn_at=None) | Q(kind="received"))
        .only(*_OF_MANIFEST)[:1]
    ),
    str,
)
"""By policy identity: what an own person may ask to open."""

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

ITEM = Prepared(lambda item: Item.objects.filter(id=item).only(*_OF_ITEM)[:1], str)

ARRIVAL = Prepared(
    lambda manifest: Arrival.objects.filter(manifest_id=manifest).only(
        *("id", "release", "number", "sender", "item_id", "manifest_id", "facility", "mode", "state", "arrived_at")
    )[:1],
    str,
)

ARRIVAL_READERS = Prepared(
    lambda arrival, side: ReleaseReader.objects.filter(arrival_id=arrival, side=side), *(str, str)
)
CASE_READERS = Prepared(lambda case, side: ReleaseReader.objects.filter(case_id=case, side=side), *(str, str))
