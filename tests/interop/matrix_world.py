"""What lies ready for the matrix: the two nations, and each item sealed, registered, released or withdrawn once.

Several cells use one item: whoever asks first has it made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from relto.client import Announcement, Label
from relto.client.answers import Item
from relto.rehearsal.cast import PROGRAMME, Member
from relto.rehearsal.passage import Passage
from relto.rehearsal.straight_path import StraightPath
from tests.interop.stock_clients import JavaClient, Order, StockClient
from tests.support.stock_containers import SECRET_FOR_BOTH

SECRET_FOR_USA = tuple(name for name in SECRET_FOR_BOTH if name != "releasable-to/value/ind")
SECRET_FOR_PARTNER = tuple(
    name.replace("/usa-", "/ind-").replace("owner/value/usa", "owner/value/ind") for name in SECRET_FOR_BOTH
)
SIZES = {"one_nation": 10_000, "two_nations": 10_000, "three_segments": 5 << 20, "empty": 0, "large": 64 << 20}


def plain_of(case: str) -> bytes:
    """The document of a case: never the same in two."""
    size = SIZES[case]
    block = (f"{case} ".encode() + bytes(range(256))) * 4096
    return (block * (size // len(block) + 1))[:size]


@dataclass
class World:
    """Both nations, and what lies ready in them."""

    story: StraightPath
    folder: Path
    clients: dict[str, StockClient]
    seen: list[tuple[str, str]]
    java_without_proofs: JavaClient
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    received: dict[tuple[str, str], tuple[Path, str]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    @cached_property
    def engineer(self) -> Member:
        """She who seals, in the USA."""
        return self.story.usa["engineer"]

    @cached_property
    def colleague(self) -> Member:
        """Her colleague outside the programme."""
        return self.story.usa["colleague"]

    @cached_property
    def reader(self) -> Member:
        """She to whom items are released, in India."""
        return self.story.ind["engineer"]

    @property
    def way(self) -> Passage:
        """From the USA to India."""
        return self.story.eastward

    def plain(self, case: str) -> Path:
        """The document of a case as a file."""
        place = self.folder / f"{case}.plain"
        if not place.exists():
            place.write_bytes(plain_of(case))
        return place

    def announcement(self, case: str) -> Announcement:
        """What the engineer states of an item."""
        audience = ["USA"] if case == "one_nation" else ["USA", "IND"]
        label = Label(level="SECRET", audience=audience)
        return Announcement(
            title="Sealed with another client",
            file_name=f"{case}.bin",
            media_type="application/octet-stream",
            programme=PROGRAMME,
            label=label,
            export_controlled=True,
        )

    def item(self, sealer: str, case: str) -> Item:
        """The registered item of a case, sealed by a stock client or by relto."""
        if (sealer, case) not in self.items:
            node = self.engineer.node
            if sealer == "relto":
                made = node.seal(self.plain(case), self.announcement(case))
            else:
                made = node.submit(self.sealed(sealer, case), self.announcement(case))
            self.items[sealer, case] = made
        return self.items[sealer, case]

    def sealed(self, sealer: str, case: str) -> Path:
        """The container as a stock client made it."""
        place = self.folder / f"{sealer}-{case}.tdf"
        if not place.exists():
            attributes = SECRET_FOR_USA if case == "one_nation" else SECRET_FOR_BOTH
            note = "for the members of the programme" if sealer != "otdf-python" else ""
            order = Order(self.plain(case), place, attributes, note)
            done = self.clients[sealer].seal(self.engineer, order)
            assert done.succeeded, done.said
        return place

    def container(self, sealer: str, case: str) -> Path:
        """The registered container, as her node keeps it."""
        place = self.folder / f"registered-{sealer}-{case}.tdf"
        if not place.exists():
            self.engineer.node.download_container(self.item(sealer, case).id, place)
        return place

    def released(self, sealer: str, case: str = "two_nations") -> tuple[Path, str]:
        """What came to India of an item, and its number there: two shares, at her own key service and relay."""
        if (sealer, case) not in self.received:
            release = self.way.release(self.way.ask(self.item(sealer, case)))
            arrival = self.way.receive(release)
            place = self.folder / f"received-{sealer}-{case}.tdf"
            self.reader.node.download_container(arrival.item.id, place)
            self.received[sealer, case] = place, arrival.item.id
        return self.received[sealer, case]

    def withdraw(self, sealer: str) -> tuple[Path, str]:
        """What came to India, after its release was withdrawn."""
        container, received = self.released(sealer)
        if sealer not in self.withdrawn:
            officer = self.story.usa["release_officer"].node
            uuid = self.item(sealer, "two_nations").uuid
            (case,) = (one for one in officer.cases() if officer.case(one.id).item.uuid == uuid)
            officer.withdraw_release(case.id, "the stock client's story ends")
            self.withdrawn.add(sealer)
            self.story.wait(lambda: not self.reader.node.may_open(received).permitted)
        return container, received
