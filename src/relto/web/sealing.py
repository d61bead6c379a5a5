"""From a sealed upload and a chosen label to a registered item.

The node makes the container here only because the document came through its own pages; the sealing itself is that of
`relto.client`. The payload key is wrapped for the own key service and then forgotten. Of a joint item it is split
anew for each of the two manifests, so that none is ever made that one nation's service could serve alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.procedures.actors import Actor
from relto.sealing.archive import container_chunks
from relto.sealing.assertions import build_label_assertion
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import build_manifest
from relto.sealing.recovery_assertion import orders_by_split, recovery_assertions
from relto.sealing.shares import split
from relto.sealing.wrapping import wrap_share
from relto.services.house import House
from relto.services.item_view import ItemView, ManifestOrder, ShareOrder
from relto.services.items import announce_item, receive_container, receive_partner_manifest
from relto.services.service_keys import strongest_wrapping_key
from relto.web.upload import SealedUpload


@dataclass(frozen=True, slots=True)
class Description:
    """What the engineer said of the document."""

    title: str
    programme: str
    label: Mapping[str, Json]
    export_controlled: bool
    check: Mapping[str, Json]


def seal_upload(house: House, actor: Actor, upload: SealedUpload, said: Description) -> ItemView:
    """Announce, close the container and register it. Raises what the verbs raise; then nothing of it is kept.

    A joint item is registered when its second manifest was handed in too.
    """
    item = announce_item(
        house,
        actor,
        title=said.title,
        file_name=str(upload.name or ""),
        media_type=upload.media_type,
        programme=said.programme,
        label=said.label,
        export_controlled=said.export_controlled,
        check=said.check,
    )
    label = build_label_assertion(item.label_xml, upload.sealed.integrity, upload.payload_key)

    def manifest(policy: str, wrapped: Sequence[KeyAccess], shares: Sequence[bytes]) -> bytes:
        split_ids = [one.sid for one in wrapped]
        pieces = recovery_assertions(
            list(zip(split_ids, shares, strict=True)),
            orders_by_split(split_ids, item.recovery),
            policy_text=policy,
            integrity=upload.sealed.integrity,
            payload_key=upload.payload_key,
            random=house.entropy.random_bytes,
        )
        return build_manifest(policy, list(wrapped), upload.sealed, [label, *pieces], item.media_type)

    def handed_in(home: bytes) -> ItemView:
        chunks = container_chunks(upload.ciphertext(), upload.sealed.encrypted_size, upload.sealed.crc32, home)
        return receive_container(house, actor, item.id, chunks)

    if not item.joint:
        return handed_in(manifest(item.policy, [_for_one(house, upload, item.policy)], [upload.payload_key]))
    made = {order.kind: manifest(order.policy, *_for_both(house, upload, order)) for order in item.manifests}
    handed_in(made["home"])
    return receive_partner_manifest(house, actor, item.id, made["partner"])


def _for_one(house: House, upload: SealedUpload, policy: str) -> KeyAccess:
    key = strongest_wrapping_key()
    return _wrapped(house, upload.payload_key, ShareOrder("", house.urls.key_service, key.kid, key.public_pem), policy)


def _for_both(house: House, upload: SealedUpload, order: ManifestOrder) -> tuple[list[KeyAccess], list[bytes]]:
    """Two fresh shares of the key, one wrapped for each nation's key service, and the shares themselves."""
    shares = split(upload.payload_key, len(order.shares), house.entropy.random_bytes)
    wrapped = [_wrapped(house, share, place, order.policy) for share, place in zip(shares, order.shares, strict=True)]
    return wrapped, shares


def _wrapped(house: House, share: bytes, place: ShareOrder, policy: str) -> KeyAccess:
    return wrap_share(
        share,
        public_key_pem=place.pem,
        kid=place.kid,
        url=place.url,
        sid=place.sid,
        policy_text=policy,
        random=house.entropy.random_bytes,
    )
