"""Two nodes that meet by courier: what is made here is read there, with or without the link beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from relto.adapters.log_files import FolderLogFiles
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services.courier_making import bundle_stream, make_bundle
from relto.services.courier_reading import read_bundle
from relto.services.courier_taking import Taking
from relto.services.courier_view import CourierView
from relto.services.house import House
from relto.services.sending import PayloadRef, queue_message
from relto.store.models import OutboxMessage
from tests.unit.services_exchange.world import BODY, IND, USA, World, make_world

PIECE = 777


@dataclass
class CourierWorld:
    """Both nodes, their operators, and what lies between them on media."""

    world: World
    folder: Path
    media: dict[tuple[Nation, int], bytes] = field(default_factory=dict)

    def house(self, nation: Nation) -> House:
        return self.world.usa if nation == USA else self.world.ind

    @staticmethod
    def other(nation: Nation) -> Nation:
        return IND if nation == USA else USA

    @staticmethod
    def operator(nation: Nation) -> Actor:
        return Actor("prs_" + "o" * 24, nation, None, None, frozenset({Role.OPERATOR}), frozenset())

    def files(self, nation: Nation) -> FolderLogFiles:
        return FolderLogFiles(self.folder / f"log-{nation}")

    def queue(self, sender: Nation, payload: bytes = b"") -> str:
        house = self.house(sender)
        reference = self.payload(house, payload) if payload else None
        return house.commit(lambda: queue_message(house, self.other(sender), "assurance", BODY, reference))

    @staticmethod
    def payload(house: House, data: bytes) -> PayloadRef:
        writer = house.blobs.create()
        writer.write(data)
        return PayloadRef(writer.finish().name, 0, len(data), hashlib.sha256(data).hexdigest())

    def make(self, sender: Nation, *, again: bool = False) -> CourierView:
        """A bundle on a medium."""
        made = make_bundle(
            self.house(sender), self.operator(sender), self.other(sender), files=self.files(sender), again=again
        )
        self.media[sender, made.number] = self.bytes_of(sender, made.number)
        return made

    def bytes_of(self, sender: Nation, number: int) -> bytes:
        size, chunks = bundle_stream(self.house(sender), self.operator(sender), self.other(sender), number)
        data = b"".join(chunks)
        assert len(data) == size
        return data

    def read(self, reader: Nation, data: bytes) -> CourierView:
        pieces: Iterator[bytes] = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
        return read_bundle(self.house(reader), self.operator(reader), pieces)

    def arrive(self, sender: Nation, number: int) -> CourierView:
        return self.read(self.other(sender), self.media[sender, number])

    def taking(self, nation: Nation) -> Taking:
        handlers = self.world.to_ind.handlers
        return Taking(self.house(nation), f"worker-{nation}", handlers, {})

    def take(self, nation: Nation) -> int:
        return self.taking(nation).take_bundles()

    def clock_on(self) -> None:
        """Long enough for another worker to take a lease that a killed one held, and for a held bundle's next try."""
        self.world.clock.pass_time(seconds=10)

    def deliver(self, sender: Nation) -> CourierView:
        """Make a bundle, carry it over, take it."""
        made = self.make(sender)
        self.arrive(sender, made.number)
        self.clock_on()
        self.take(self.other(sender))
        return made

    def states(self, sender: Nation) -> Mapping[int, str]:
        rows = OutboxMessage.objects.filter(partner=self.other(sender)).order_by("sequence")
        return {row.sequence: row.state for row in rows}


def make_courier_world(folder: Path) -> CourierWorld:
    return CourierWorld(make_world(folder), folder)
