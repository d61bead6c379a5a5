"""A third-party request at the terminal: the holder's side and the originator's, each at its own node."""

from __future__ import annotations

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from tests.support.houses import IND, USA, vouch
from tests.support.peer_simulator import Peer
from tests.unit.cli.desk import Desk
from tests.unit.services.stories import accept, arrived

PERIOD = ("--valid-from", "2026-12-01T00:00:00Z", "--valid-until", "2027-03-01T00:00:00Z")
TO = ("--nation", "FRA", "--recipient", "FRA-F001")


def held_item(desk: Desk) -> str:
    """The id of an item that India released to the engineer's facility."""
    node, india = desk.door.node, Peer(IND, USA)
    vouch(node, IND, "engineer")
    arrival, _ = arrived(node, india)
    accept(node, arrival)
    return arrival.item.id


def test_a_holder_asks_and_forwards_and_may_not_pass_on_before_an_answer(desk: Desk) -> None:
    item = held_item(desk)
    ask = ("third-party", "ask", item, *TO, "--purpose", "joint test", *PERIOD)
    with pytest.raises(Refused):
        desk.types("engineer", *ask)
    made = desk.asks("security_officer", *ask)
    assert (made["state"], made["direction"], made["recipient"]) == ("asked", "made", "FRA-F001")
    assert made["number"] in desk.types("release_officer", "third-party", "list")
    forward = ("third-party", "forward", made["id"], "--outcome", "forward", "--reason", "sound")
    with pytest.raises(Refused):
        desk.types("security_officer", *forward)
    said = desk.types("release_officer", *forward)
    assert f"{made['number']}: Waiting for the originator's authority" in said
    assert "forwarded to the originator" in said
    with pytest.raises(Refused) as refused:
        desk.types("release_officer", "third-party", "retransfer", made["id"], "--reason", "now")
    assert refused.value.details["reference"]
    assert "It may not be passed on there now." in desk.types(
        "security_officer", "third-party", "may-retransfer", item, *TO
    )
    with pytest.raises(NotAvailable):
        desk.types("release_officer", "third-party", "show", "tpr_" + "a" * 24)
    with pytest.raises(NotAvailable):
        desk.types("release_officer", "third-party", "decide", made["id"], "--outcome", "consent", "--reason", "r")
    with pytest.raises(Conflict):
        desk.types("release_officer", *forward)


def test_wrong_requests_are_told_by_their_field(desk: Desk) -> None:
    item = held_item(desk)
    ask = ("third-party", "ask", item, "--purpose", "p")
    for words, field in (
        ((*TO, "--valid-from", "soon", "--valid-until", "2027-03-01T00:00:00Z"), "valid_from"),
        ((*TO, "--valid-from", "2027-03-01T00:00:00Z", "--valid-until", "2026-12-01T00:00:00Z"), "valid_until"),
        (("--nation", "fra", "--recipient", "X-1", *PERIOD), "nation"),
        (("--nation", "IND", "--recipient", "IND-F007", *PERIOD), "nation"),
        (("--nation", "FRA", "--recipient", "no code", *PERIOD), "recipient"),
    ):
        with pytest.raises(MalformedInput) as wrong:
            desk.types("security_officer", *ask, *words)
        assert (wrong.value.field, bool(wrong.value.expected)) == (field, True)
    assert desk.types("release_officer", "third-party", "list") == "No request to pass an item on is visible to you.\n"
