"""A container that a stock client sealed: submitted, released, and opened at the partner under a label inside."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from relto.client.sealing import ServiceKey
from relto.labels.attributes import label_attributes
from relto.labels.label import label_from_dict
from relto.labels.stanag4774 import read_label
from relto.sealing.archive import container_chunks, open_archive
from relto.sealing.keys import load_private_key, public_key_of
from relto.sealing.manifest import parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.registration import NIL_UUID
from relto.sealing.wrapping import SessionKey, unwrap_share
from relto.services import items, release_sending
from relto.services.active_bundle import active
from relto.services.item_view import ItemView
from relto.services.openings import supply_partner_share
from relto.store.models import Item, OutboxMessage
from tests.support.houses import IND, PROGRAMME, USA, Node, nationhood
from tests.support.stock_containers import attribute_names, stock_container
from tests.unit.services.stories import DOCUMENT, ask_release, authorise, decide_case, sent_body
from tests.unit.services.test_arriving_and_opening import open_now
from tests.unit.services.test_withdrawals import originator


def submitted(node: Node, identity: str = "") -> ItemView:
    own = nationhood(node.house.nation)
    key = ServiceKey(own.urls.key_service, own.kid, public_key_of(own.service_key))
    attributes = (
        f"classification/value/{own.nation.lower()}-secret",
        f"owner/value/{own.nation.lower()}",
        "programme/value/monsoon-lark",
        "releasable-to/value/ind",
        "releasable-to/value/usa",
    )
    view = items.submit_container(
        node.house,
        node.actor("engineer"),
        iter([stock_container(DOCUMENT, key, attributes, identity)]),
        title="Seeker head, interface",
        file_name="seeker.pdf",
        media_type="application/pdf",
        programme=PROGRAMME,
        label={"level": "SECRET", "audience": ["USA", "IND"]},
        export_controlled=True,
    )
    assert sorted(view.attributes) == sorted(attribute_names(attributes)), "what the opening client compares"
    return view


@pytest.mark.parametrize("mode", ["live", "transferred"])
@pytest.mark.parametrize("nation", [USA, IND])
def test_what_a_stock_client_sealed_is_released_and_opened_with_its_label(
    db: None, tmp_path: Path, nation: str, mode: str
) -> None:
    node, peer = originator(tmp_path, nation)  # type: ignore[arg-type]
    given = peer.vouch(node.house, "reader")
    authorise(node)
    item = submitted(node)
    case = ask_release(node, peer, item, mode=mode)
    decide_case(node, case)
    assert release_sending.prepare_release(node.house, case.id)
    body = sent_body(node, peer, "release")
    content = base64.b64decode(body["manifest"])
    manifest = parse_manifest(content)
    own = load_private_key(nationhood(peer.nation).service_key)
    shares = {0: unwrap_share(manifest.key_access[0], own, manifest.policy_text)}
    if mode == "live":
        reader = peer.people["reader"]
        request, private = peer.opening_request(node.house, content, body["item"]["uuid"], reader, given[reader])
        answer = peer.read_share_answer(request, supply_partner_share(node.house, request, peer.nation))
        assert answer.code == ""
        shares[1] = SessionKey(load_private_key(private)).unwrap(answer.wrapped, answer.session_public_key)
    else:
        assert len(manifest.key_access) == 1
    message = OutboxMessage.objects.get(kind="release")
    payload = node.house.blobs.read_range(message.payload_blob, message.payload_offset, message.payload_size)
    received = b"".join(container_chunks(payload, message.payload_size, body["payload_crc32"], content))
    opened = open_container(open_archive(io.BytesIO(received)), io.BytesIO(received), shares, require_label=True)
    assert b"".join(opened.chunks()) == DOCUMENT
    policies = active(node.house).policies
    assert opened.label_xml is not None
    inside = read_label(opened.label_xml.encode(), policies)
    assert inside == label_from_dict(Item.objects.get(id=item.id).label, policies)
    assert sorted(opened.policy.attributes) == sorted(label_attributes(inside, PROGRAMME))


def test_containers_under_the_nil_uuid_are_told_apart_by_their_keys(usa: Node) -> None:
    """Some clients write the nil UUID (RFC 9562, 5.9) into every policy: each container is still its own item."""
    first, second = submitted(usa, NIL_UUID), submitted(usa, NIL_UUID)
    assert NIL_UUID not in {first.uuid, second.uuid}
    assert first.uuid != second.uuid
    for view in (first, second):
        manifest = parse_manifest(bytes(Item.objects.get(id=view.id).manifests.get().content))
        assert open_now(usa, "engineer", manifest).item == view.id
