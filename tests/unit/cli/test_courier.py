"""`relto courier` at the operator's terminal: out, in, overdue, and the register of media."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused
from relto.services.courier_taking import Taking
from relto.services.message_kinds import HANDLERS, SETTLED
from tests.support.houses import IND, USA, vouch
from tests.support.peer_courier import PeerCourier
from tests.support.peer_simulator import Peer
from tests.unit.cli.desk import Desk

MEDIUM = ("--media", "M-7", "--carried-by", "courier/C-114", "--seal", "S-88")
BY_NAME = ("--carried-by", "Mr Smith")


def test_a_bundle_goes_out_another_comes_in_and_the_receipt_is_waited_for(desk: Desk, tmp_path: Path) -> None:
    node, peer = desk.door.node, Peer(IND, USA)
    assert "The link is up; nothing waits for a courier." in desk.types("operator", "courier", "list")
    with pytest.raises(Conflict):
        desk.types("operator", "courier", "export", "IND", "--output", str(tmp_path / "nothing"))
    vouch(node, IND, "engineer")
    with pytest.raises(Refused):
        desk.types("registrar", "courier", "export", "IND", "--output", str(tmp_path / "stick"))
    with pytest.raises(MalformedInput):
        desk.types("operator", "courier", "export", "IND", "--output", str(tmp_path / "stick"), "--media", "M-7")
    with pytest.raises(MalformedInput, match="performer"):
        desk.types("operator", "courier", "export", "IND", "--output", str(tmp_path / "stick"), *MEDIUM[:2], *BY_NAME)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter").touch()
    with pytest.raises(Conflict, match="folder_in_use"):
        desk.types("operator", "courier", "export", "IND", "--output", str(tmp_path / "used"))
    assert desk.asks("operator", "courier", "list") == [], "a refused command makes no bundle that lies nowhere"
    said = desk.types(
        "operator", "courier", "export", "IND", "--output", str(tmp_path / "stick"), *MEDIUM, "--certificate", "2026-4"
    )
    assert "IND 1:" in said
    assert "messages 2" in said
    file = tmp_path / "again.tar"
    desk.types("operator", "courier", "export", "IND", "--output", str(file), "--number", "1")
    courier, at = PeerCourier(peer), node.clock.now()
    messages, _ = courier.read(file.read_bytes())
    assert [one.kind for one in messages] == ["assurance", "assurance"]
    overdue = desk.types("inspector", "courier", "overdue")
    assert "No rule loaded" in overdue
    assert "IND/registrar" in overdue
    desk.types("registrar", "courier", "record", "M-7", "IND", "out", "1", "handed_over", "--by", "courier/C-114")
    with pytest.raises(Conflict):
        desk.types("registrar", "courier", "record", "M-7", "IND", "out", "1", "handed_over", "--by", "courier/C-114")
    with pytest.raises(MalformedInput):
        desk.types("operator", "courier", "import", str(tmp_path / "nowhere"))
    incoming = tmp_path / "incoming.tar"
    incoming.write_bytes(courier.bundle(courier.receipts(messages, at), (), at))
    torn = tmp_path / "torn.tar"
    torn.write_bytes(incoming.read_bytes().replace(b'"number":1', b'"number":2', 1))
    with pytest.raises(NotVerified):
        desk.types("operator", "courier", "import", str(torn))
    held = desk.types("operator", "courier", "import", str(incoming), "--wait", "0", *MEDIUM)
    assert "Read; waits to be taken" in held
    assert Taking(node.house, "worker", HANDLERS, SETTLED).take_bundles() == 1
    assert "Taken" in desk.types("operator", "courier", "import", str(incoming))
    assert "Nothing that went by courier" in desk.types("operator", "courier", "overdue")
    rows = desk.asks("inspector", "courier", "list")
    assert [(row["direction"], row["state"]) for row in rows] == [("in", "taken"), ("out", "made")]
    lines = desk.types("inspector", "courier", "media")
    for word in ("packed", "handed_over", "arrived", "opened", "C-114", "S-88", "2026-4"):
        assert word in lines


def test_a_bundle_that_comes_too_early_names_what_is_missing(desk: Desk, tmp_path: Path) -> None:
    courier, at = PeerCourier(Peer(IND, USA)), desk.door.node.clock.now()
    courier.number, courier.previous = 2, "a" * 96
    file = tmp_path / "early.tar"
    file.write_bytes(courier.bundle({}, (), at))
    assert "missing: 1, 2" in desk.types("operator", "courier", "import", str(file))
