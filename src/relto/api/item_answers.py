"""An item as answers show it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from relto.api.answers import ENTRY, Answer


class Item(Answer):
    """An item. `label` is the whole label, `banner` its banner line in English; `cases`: those the caller may see."""

    id: str
    uuid: str
    title: str
    file_name: str
    media_type: str
    originator: str
    held_as: str
    company: str | None
    programme: str
    label: dict[str, Any]
    banner: str
    export_controlled: bool
    state: str
    plaintext_size: int
    registered_at: str
    control_number: str
    cases: list[str]
    entry: str = ENTRY


class AnnouncedItem(Item):
    """An announced item with what the sealing client must put into the container."""

    policy: str = Field(description="The policy text that the key is bound to, in base64, byte for byte.")
    label_xml: str = Field(description="The STANAG 4774 label for the container's assertion.")


class Opening(Answer):
    """A decided opening: who asked (pseudonym), when, and where the ledger says so."""

    reference: str
    person: str
    permitted: bool
    at: str
    entry: str


class ItemWithHistory(Item):
    """An item with its last opening, as far as the caller may know."""

    last_opening: Opening | None
