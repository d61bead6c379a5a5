"""An item as those see it who may know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.services.labelling import banner_of
from relto.store.models import Item
from relto.store.queries.releases import visible_cases


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item. `policy` and `label_xml` are what the sealing client must put in, given with the announcement only."""

    id: str
    uuid: str
    title: str
    file_name: str
    media_type: str
    originator: str
    held_as: str
    company: str | None
    programme: str
    label: Mapping[str, Json]
    banner: str
    export_controlled: bool
    state: str
    plaintext_size: int
    registered_at: Instant
    control_number: str
    cases: tuple[str, ...]
    policy: str = ""
    label_xml: str = ""
    entry: str = ""


def item_view(
    bundle: Bundle, actor: Actor, row: Item, *, policy: str = "", label_xml: str = "", entry: str = ""
) -> ItemView:
    """The view of an item that the actor's scope already let through."""
    line = row.register_entries.filter(direction__in=("created", "received")).order_by("at", "number").first()
    return ItemView(
        id=row.id,
        uuid=row.uuid,
        title=row.title,
        file_name=row.file_name,
        media_type=row.media_type,
        originator=row.originator,
        held_as=row.held_as,
        company=row.company_id,
        programme=row.programme,
        label=row.label,
        banner=banner_of(bundle, row.label),
        export_controlled=row.export_controlled,
        state=row.state,
        plaintext_size=row.plaintext_size,
        registered_at=row.registered_at,
        control_number=line.number if line is not None else "",
        cases=tuple(visible_cases(actor).filter(item=row).order_by("number").values_list("id", flat=True)),
        policy=policy,
        label_xml=label_xml,
        entry=entry,
    )
