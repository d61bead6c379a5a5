"""Items: what is stated of a document before it is sealed, and what is asked of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relto.client.answers.decisions import MayOpen
from relto.client.answers.items import AnnouncedItem, Item, ItemWithHistory
from relto.client.session import part
from relto.client.steps import Call, get, listed, post

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The protection that a document needs; nothing of it is guessed.

    `level`: a name in the own nation's policy; `audience`: everyone, or exactly these nations; `owners`: the nations
    of a joint item, the own one included.
    """

    level: str
    audience: str | Sequence[str]
    caveats: Sequence[str] = ()
    nation: str | None = None
    owners: Sequence[str] = ()

    def as_body(self) -> dict[str, Any]:
        """The label as the API takes it."""
        audience = self.audience if isinstance(self.audience, str) else list(self.audience)
        body: dict[str, Any] = {"level": self.level, "audience": audience, "caveats": list(self.caveats)}
        if self.nation is not None:
            body["nation"] = self.nation
        if self.owners:
            body["owners"] = list(self.owners)
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What will be sealed. Title and file name are kept encrypted at the node."""

    title: str = field(repr=False)
    file_name: str = field(repr=False)
    media_type: str
    programme: str
    label: Label
    export_controlled: bool

    def as_body(self) -> dict[str, Any]:
        """The announcement as the API takes it."""
        return {
            "title": self.title,
            "file_name": self.file_name,
            "media_type": self.media_type,
            "programme": self.programme,
            "label": self.label.as_body(),
            "export_controlled": self.export_controlled,
        }


def announce(announcement: Announcement, check: Mapping[str, Any] | None = None) -> Call[AnnouncedItem]:
    """Announce what will be sealed; the answer gives the policy and the label to put in.

    `check`: the record of the check of its markings, as `seal` states it; without one the item is "not checked".
    """
    stated = {} if check is None else {"check": dict(check)}
    return post("/items", AnnouncedItem, **announcement.as_body(), **stated)


def items() -> Call[list[Item]]:
    """The items I may see, newest first."""
    return listed("/items", Item)


def item(item: str) -> Call[ItemWithHistory]:
    """One item, with its last opening as far as I may know."""
    return get(f"/items/{part(item)}", ItemWithHistory)


def may_open(item: str) -> Call[MayOpen]:
    """The gates that would stand against an opening now, without opening."""
    return get(f"/items/{part(item)}/may-open", MayOpen)
