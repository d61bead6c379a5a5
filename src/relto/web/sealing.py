"""From a sealed upload and a chosen label to a registered item.

The node makes the container here only because the document came through its own pages; the sealing itself is that of
`relto.client`. The payload key is wrapped for the own key service and then forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.procedures.actors import Actor
from relto.sealing.archive import container_chunks
from relto.sealing.assertions import build_label_assertion
from relto.sealing.manifest import build_manifest
from relto.sealing.wrapping import wrap_share
from relto.services.house import House
from relto.services.item_view import ItemView
from relto.services.items import announce_item, receive_container
from relto.services.service_keys import current_wrapping_key
from relto.web.upload import SealedUpload

_WRAPPING = "ec:secp256r1"


@dataclass(frozen=True, slots=True)
class Description:
    """What the engineer said of the document."""

    title: str
    programme: str
    label: Mapping[str, Json]
    export_controlled: bool


def seal_upload(house: House, actor: Actor, upload: SealedUpload, said: Description) -> ItemView:
    """Announce, close the container and register it. Raises what the two verbs raise; then nothing of it is kept."""
    item = announce_item(
        house,
        actor,
        title=said.title,
        file_name=str(upload.name or ""),
        media_type=upload.media_type,
        programme=said.programme,
        label=said.label,
        export_controlled=said.export_controlled,
    )
    key = current_wrapping_key(_WRAPPING)
    key_access = wrap_share(
        upload.payload_key,
        public_key_pem=key.public_pem,
        kid=key.kid,
        url=house.urls.key_service,
        sid="",
        policy_text=item.policy,
        random=house.entropy.random_bytes,
    )
    label = build_label_assertion(item.label_xml, upload.sealed.integrity, upload.payload_key)
    manifest = build_manifest(item.policy, [key_access], upload.sealed, [label], item.media_type)
    chunks = container_chunks(upload.ciphertext(), upload.sealed.encrypted_size, upload.sealed.crc32, manifest)
    return receive_container(house, actor, item.id, chunks)
