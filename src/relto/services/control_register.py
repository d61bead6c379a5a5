"""Writing the nation's control register: one numbered line for each thing that happened to an item (ISA-38, GSO-17)."""

from __future__ import annotations

from typing import Literal

from relto.base.instants import Instant
from relto.services.house import House
from relto.services.numbers import numbered
from relto.store.models import Item, RegisterEntry

Direction = Literal["created", "sent", "received", "withdrawn", "destroyed", "returned", "retransferred"]
_DIGITS = 6


def add_line(
    house: House, item: Item, direction: Direction, *, company: str, counterpart: str, entry: str, at: Instant
) -> str:
    """Add a line inside the step that caused it; returns its control number, such as IND-2026-000001."""

    def make(number: str) -> str:
        RegisterEntry.objects.create(
            number=number,
            item=item,
            direction=direction,
            counterpart=counterpart,
            company=company,
            details={"label": item.label, "programme": item.programme, "uuid": item.uuid},
            at=at,
            entry=entry,
        )
        return number

    def taken(start: str) -> int:
        return RegisterEntry.objects.filter(number__startswith=start).count()

    return numbered(house.nation, at.year, _DIGITS, taken, make)
