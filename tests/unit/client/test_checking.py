"""Markings are checked where the document is: before anything is sent, and inside a container for who may open it."""

from __future__ import annotations

import uuid
from io import BytesIO
from pathlib import Path

import pytest

from relto.adapters.documents.before_sealing import checked_pieces
from relto.base.errors import FaultsFound, NotVerified
from relto.client import Announcement, Label
from relto.client.checking import marks_of, statement
from relto.client.files import continued, read_at_most
from relto.client.node import NodeClient
from relto.client.sealing import SealingOrder, ServiceKey, sealed_container
from relto.labels.attributes import label_attributes
from relto.labels.checking.stated import stated_label
from relto.labels.shipped import shipped_policies
from relto.labels.stanag4774 import write_label
from relto.sealing.keys import public_key_of
from relto.sealing.policy import build_policy
from tests.unit.adapters.documents.test_before_sealing import ASKED, CLEAN
from tests.unit.client.doors import opened_door
from tests.unit.client.test_opening_submitted import Node, served

UNMARKED = CLEAN.replace(b"(S//REL TO USA, IND) ", b"")
LABEL = Label(level="SECRET", audience=("USA", "IND"))


def announcement(file_name: str) -> Announcement:
    return Announcement(
        title="t",
        file_name=file_name,
        media_type="text/plain",
        programme="MONSOON-LARK",
        label=LABEL,
        export_controlled=False,
    )


def test_faults_stop_the_sealing_before_anything_is_sent(tmp_path: Path) -> None:
    place = tmp_path / "report.txt"
    place.write_bytes(UNMARKED)
    with opened_door() as door, NodeClient(door.url, "c", "s") as node:
        with pytest.raises(FaultsFound) as said:
            node.seal(place, announcement(place.name))
        assert door.asked == ["GET /api/v1/node"]
    (fault,) = said.value.faults
    assert (fault["code"], fault["page"], fault["rule"]) == ("portion_unmarked", 1, "32-CFR-2001.24")
    assert "rotor" not in str(said.value), "an error that may be logged quotes nothing of the document"
    assert "rotor" not in str(said.value.as_dict())


def test_a_document_from_a_pipe_is_checked_before_anything_is_sent() -> None:
    with opened_door() as door, NodeClient(door.url, "c", "s") as node:
        with pytest.raises(FaultsFound) as said:
            node.seal_stream(BytesIO(UNMARKED), announcement("report.txt"))
        assert door.asked == ["GET /api/v1/node"]
    assert [fault["code"] for fault in said.value.faults] == ["portion_unmarked"]


def test_a_pipe_gives_what_was_held_and_then_the_rest_once() -> None:
    pipe = BytesIO(bytes(range(256)) * 40)
    head = read_at_most(pipe, 1000)
    assert head == (bytes(range(256)) * 4)[:1000]
    again = continued(head, pipe)
    assert b"".join(iter(lambda: again.read(333), b"")) == bytes(range(256)) * 40


def test_a_reason_goes_with_the_faults_and_only_with_them() -> None:
    faulty = checked_pieces(iter([UNMARKED]), len(UNMARKED), "r.txt", ASKED)
    clean = checked_pieces(iter([CLEAN]), len(CLEAN), "r.txt", ASKED)
    assert statement(faulty, " needed at\nsea ")["reason"] == "needed at sea"
    assert statement(clean, "needed at sea") == clean.record.as_dict()
    with pytest.raises(FaultsFound):
        statement(faulty, "  ")


def test_marks_are_those_of_the_own_nations_label() -> None:
    assert marks_of(LABEL, "USA") == ("SECRET//REL TO USA, IND", "(S//REL TO USA, IND)")
    assert marks_of(LABEL, "IND") == ("//IND SECRET//REL TO USA, IND", "(//IND S//REL TO USA, IND)")


def sealed(node: Node, document: bytes) -> bytes:
    label = stated_label(
        "USA", level="SECRET", audience=["USA", "IND"], caveats=(), owners=(), policies=shipped_policies()
    )
    policy = build_policy(str(uuid.uuid4()), label_attributes(label, "MONSOON-LARK"))
    key = ServiceKey(node.url, "usa-1", public_key_of(node.service_key))
    order = SealingOrder(policy, write_label(label, shipped_policies()).decode("utf-8"), "text/plain", key)
    return b"".join(sealed_container(BytesIO(document), order))


@pytest.mark.parametrize(
    ("document", "codes"), [(CLEAN, []), (UNMARKED, ["portion_unmarked"])], ids=["clean", "faulty"]
)
def test_a_container_is_checked_against_the_label_inside_and_leaves_no_plaintext(
    tmp_path: Path, document: bytes, codes: list[str]
) -> None:
    with served() as node, NodeClient(node.url, "c", "s") as client:
        place = tmp_path / "report.txt.tdf"
        place.write_bytes(sealed(node, document))
        report = client.check_container(place)
    assert report.declared == "SECRET//REL TO USA, IND"
    assert [each.code for each in report.findings] == codes
    assert list(tmp_path.iterdir()) == [place]
    assert b"rotor" not in place.read_bytes()


def test_a_container_without_a_label_inside_is_not_checked(tmp_path: Path) -> None:
    with served() as node, NodeClient(node.url, "c", "s") as client:
        node.keep()
        place = tmp_path / "stock.tdf"
        place.write_bytes(node.container)
        with pytest.raises(NotVerified):
            client.check_container(place)
