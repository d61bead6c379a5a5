"""What one document lives through, told by the services themselves: the rows of each thread are what is multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.db import connection, models

from relto.services import copies, dossiers
from relto.store.models import Manifest
from tests.support.houses import FACILITY, IND, USA, Node, staffed_house, vouch
from tests.support.peer_simulator import Peer
from tests.unit.services import stories
from tests.unit.services.third_parties import Scene, ask, forward

OF_A_THREAD: Final = (
    "Item",
    "Manifest",
    "DecisionRecord",
    "ReleaseCase",
    "Arrival",
    "ReleaseReader",
    "RegisterEntry",
    "ThirdPartyRequest",
    "ItemCopy",
    "CopyEvent",
    "Dossier",
    "DossierStep",
    "DossierDue",
    "DossierKey",
    "OutboxMessage",
    "InboxMessage",
    "LedgerEntry",
)
"""Parents before what hangs on them."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Thread:
    """Rows that one course of events left. `waits`: it still waits for somebody; `documents`: how many items it has."""

    name: str
    rows: dict[str, list[Row]]
    waits: bool

    @property
    def documents(self) -> int:
        """How many items one copy of it is."""
        return len(self.rows.get("Item", ()))


@dataclass
class Stage:
    """A staffed node, its partner in memory, and what was told there."""

    node: Node
    peer: Peer
    threads: list[Thread]


def model_of(name: str) -> type[models.Model]:
    """The model of this name."""
    return apps.get_model("store", name)


def rows_of(model: type[models.Model]) -> list[Row]:
    """The rows as the database has them, encrypted columns included."""
    columns = [str(one.column) for one in model._meta.concrete_fields]
    with connection.cursor() as cursor:
        listed = ", ".join(connection.ops.quote_name(one) for one in columns)
        cursor.execute(f"SELECT {listed} FROM {model._meta.db_table}")  # noqa: S608  names of the models alone
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def played(folder: Path) -> Stage:
    """Tell it all once, on the database that Django speaks to."""
    peer = Peer(IND, USA)
    node = staffed_house(folder, USA, {IND: peer})  # type: ignore[dict-item]
    vouch(node, IND, "engineer", "security_officer")
    peer.people |= peer.vouch(node.house, "reader")
    stories.authorise(node)
    told = Stage(node, peer, [])
    for name, waits, tell in _threads(node, peer):
        told.threads.append(_told(name, tell, waits=waits))
    return told


def _told(name: str, tell: Callable[[], object], *, waits: bool) -> Thread:
    before = {one: {_key(model_of(one), row) for row in rows_of(model_of(one))} for one in OF_A_THREAD}
    tell()
    found = {}
    for one in OF_A_THREAD:
        new = [row for row in rows_of(model_of(one)) if _key(model_of(one), row) not in before[one]]
        if new:
            found[one] = new
    return Thread(name, found, waits)


def _key(model: type[models.Model], row: Row) -> object:
    key: Any = model._meta.pk
    return row[str(key.column)]


def _threads(node: Node, peer: Peer) -> Iterator[tuple[str, bool, Callable[[], object]]]:
    yield "sealed", False, lambda: stories.seal_item(node)
    yield "released", False, lambda: _released(node, peer, received=True)
    yield "refused", False, lambda: stories.decide_case(node, _asked(node, peer), "refuse")
    yield "received", False, lambda: stories.accept(node, stories.arrived(node, peer)[0])
    yield "copied", False, lambda: _copied(node)
    yield "asked", True, lambda: _asked(node, peer)
    yield "sent", True, lambda: _released(node, peer, received=False)
    yield "arrived", True, lambda: stories.arrived(node, peer)
    yield "third_party", True, lambda: _third_party(node, peer, forwarded=True)
    yield "declined", False, lambda: _third_party(node, peer, forwarded=False)
    yield "visit", True, lambda: _visit(node)


def _asked(node: Node, peer: Peer) -> Any:
    return stories.ask_release(node, peer, stories.seal_item(node))


def _released(node: Node, peer: Peer, *, received: bool) -> None:
    from relto.services import release_sending  # noqa: PLC0415  beside the others it hides what is told

    case = _asked(node, peer)
    stories.decide_case(node, case)
    assert release_sending.prepare_release(node.house, case.id)
    if not received:
        return
    manifest = Manifest.objects.get(release_cases__id=case.id)
    answer = peer.custody(stories.sent_body(node, peer, "release"), manifest.policy_uuid)
    assert peer.code_of(peer.send(node.house, "acceptance", answer)) == ""


def _copied(node: Node) -> None:
    item = stories.seal_item(node)
    where: Any = {"form": "physical", "facility": FACILITY[USA], "location": "Vault 2, safe 4"}
    where["custodian"] = "security_officer"
    copies.record_copy(node.house, node.actor("security_officer"), item.id, **where)


def _third_party(node: Node, peer: Peer, *, forwarded: bool) -> None:
    from relto.store.models import Item  # noqa: PLC0415  as above

    sent = peer.release({node.people["engineer"]: "analyses it"}, content=b"content", marked_for=("FRA",))
    assert peer.code_of(peer.send(node.house, "release", sent.body, sent.payload)) == ""
    item = Item.objects.get(uuid=sent.body["item"]["uuid"])
    arrival = next(row for row in _arrivals(node) if row.item.id == item.id)
    stories.accept(node, arrival)
    scene = Scene(node, peer)
    request = ask(scene, item)
    forward(scene, request.id, "forward" if forwarded else "decline")


def _arrivals(node: Node) -> Any:
    from relto.services import arrivals  # noqa: PLC0415  as above

    return arrivals.arrivals(node.house, node.actor("release_officer"))


def _visit(node: Node) -> None:
    dossiers.begin(node.house, node.actor("security_officer"), "visit", {})
