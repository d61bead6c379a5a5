"""A joint item over the API: announced with two manifests; the container is handed in, then the second manifest."""

from __future__ import annotations

import io

from relto.client.sealing import JointOrder, JointSealing, ManifestOrder, ServiceKey, ShareOrder
from tests.unit.api.door import Door
from tests.unit.api.test_answers import LABEL, announce

OWNERS = {**LABEL, "owners": ["USA", "IND"]}
OCTETS = "application/octet-stream"


def test_a_joint_item_is_sealed_with_what_the_announcement_says(door: Door) -> None:
    announced = announce(door, label=OWNERS).json
    assert (announced["joint"], announced["owners"], announced["state"]) == (True, ["IND", "USA"], "announced")
    home, partner = (
        ManifestOrder(
            order["policy"],
            tuple(ShareOrder(one["sid"], ServiceKey(one["url"], one["kid"], one["pem"])) for one in order["shares"]),
        )
        for order in announced["manifests"]
    )
    sealing = JointSealing(JointOrder(announced["label_xml"], "application/pdf", home, partner))
    container = b"".join(sealing.container(io.BytesIO(b"MARKINGS ARE FOR TRAINING PURPOSES ONLY")))
    place = f"/items/{announced['id']}"

    def put(part: str, content: bytes) -> tuple[int, dict[str, object]]:
        answer = door.call("engineer", "PUT", f"{place}/{part}", content, content_type=OCTETS)
        return answer.status, answer.json

    status, early = put("partner-manifest", sealing.partner_manifest)
    assert (status, early["code"]) == (409, "conflict.not_sealed")
    status, kept = put("container", container)
    assert (status, kept["state"]) == (200, "announced")
    status, wrong = put("partner-manifest", b"{}")
    assert status == 400
    assert str(wrong["message"])
    status, registered = put("partner-manifest", sealing.partner_manifest)
    assert (status, registered["state"], registered["mode"]) == (200, "registered", "live")


def test_owners_are_refused_by_name(door: Door) -> None:
    for owners, code in ((["USA", "IND", "FRA"], "malformed.label.owners"), (["USA", "FRA"], "unknown.label.owners")):
        audience = sorted({"USA", "IND", *owners})
        refused = announce(door, label={**OWNERS, "owners": owners, "audience": audience})
        assert (refused.status // 100, refused.json["code"], refused.json["field"]) == (4, code, "label.owners")
