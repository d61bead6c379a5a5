"""Copies, translations and whole holdings as those see them who may; codes, places and pseudonyms, no titles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Final

from django.db.models import Q

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.copies import HELD, IN_TRANSIT, steps_open_to
from relto.procedures.register_rules import WORKING_PAPER_DAYS, Demand
from relto.rules.bundle import Bundle
from relto.services.house import House
from relto.services.labelling import banner_of
from relto.services.register_levels import demands_on, is_foreign, own_level
from relto.store.models import Item, ItemCopy, RegisterEntry, Translation
from relto.store.queries.registers import visible_copies, visible_translations

_BLOCK: Final = 500


@dataclass(frozen=True, slots=True)
class CopyLine:
    """One line of a copy's own register: the company's number, what was done, to which state, where, by whom."""

    number: str
    step: str
    state: str
    at: Instant
    by: str
    facility: str
    custodian: str
    location: str
    details: Mapping[str, str]
    reason: str
    entry: str


@dataclass(frozen=True, slots=True)
class CopyView:
    """A copy. `number`: the one that stands on it, None without; `source`: the copy it was made from, "" without.

    `witness`: who has to sign its destruction too; `open_matters`: no_location, in_transit, second_signature,
    suspected_lost, working_paper; `controlled_from`: when a working paper has to be handled as a finished document,
    where a rule says so; `steps`: those that the reader may take now; `events`: its lines, oldest first.
    """

    id: str
    item: str
    uuid: str
    banner: str
    company: str
    form: str
    number: int | None
    source: str
    state: str
    facility: str
    custodian: str
    location: str
    witness: str
    recorded_at: Instant
    since: Instant
    controlled_from: Instant | None
    open_matters: tuple[str, ...]
    steps: tuple[str, ...]
    events: tuple[CopyLine, ...]
    entry: str = ""


@dataclass(frozen=True, slots=True)
class TranslationView:
    """A translation: `derived` says in `language` what `source` says."""

    derived: str
    source: str
    language: str
    translator: str
    at: Instant
    entry: str


@dataclass(frozen=True, slots=True)
class Holding:
    """An item that is held, with its copies. `level`: in the own policy, "" where it has no equivalent there.

    `foreign`: another nation owns it, alone or too. The sealed original stays at the node under `control_number`;
    `demands`: what the own nation's rules ask of its register, gaps included.
    """

    item: str
    uuid: str
    banner: str
    level: str
    foreign: bool
    held_as: str
    state: str
    programme: str
    control_number: str
    copies: tuple[CopyView, ...]
    translations: tuple[TranslationView, ...]
    demands: tuple[Demand, ...]
    entry: str = ""


def copy_view(house: House, bundle: Bundle, actor: Actor, row: ItemCopy, entry: str = "") -> CopyView:
    """The view of a copy that the actor's scope already let through."""
    return _copy_view(bundle, actor, row, _paper_days(demands_on(house, bundle, row.item, house.now())), entry)


def holding(house: House, bundle: Bundle, actor: Actor, item: Item, entry: str = "") -> Holding:
    """The view of an item that the actor's scope already let through, with the copies and translations she may see."""
    return replace(holdings_of(house, bundle, actor, [item])[0], entry=entry)


def holdings_of(house: House, bundle: Bundle, actor: Actor, items: Collection[Item]) -> list[Holding]:
    """The views of items that the actor's scope already let through, in their order: few reads for 500 of them."""
    each, found = iter(items), []
    while block := list(islice(each, _BLOCK)):
        ids = [one.id for one in block]
        copies: dict[str, list[ItemCopy]] = {one: [] for one in ids}
        rows = visible_copies(actor).filter(item__in=ids).select_related("item").prefetch_related("events")
        for row in rows.order_by("number", "recorded_at", "id"):
            copies[row.item_id].append(row)
        numbers: dict[str, str] = {}
        lines = RegisterEntry.objects.filter(item__in=ids, direction__in=("created", "received"))
        for item, number in lines.order_by("at", "number").values_list("item_id", "number"):
            numbers.setdefault(item, number)
        linked: dict[str, list[Translation]] = {one: [] for one in ids}
        for made in visible_translations(actor).filter(Q(source__in=ids) | Q(derived__in=ids)):
            for item in {made.source_id, made.derived_id} & linked.keys():
                linked[item].append(made)
        found += [_holding(house, bundle, actor, one, copies[one.id], numbers, linked[one.id]) for one in block]
    return found


def _holding(  # noqa: PLR0917  an item with what stands about it
    house: House,
    bundle: Bundle,
    actor: Actor,
    item: Item,
    copies: Iterable[ItemCopy],
    numbers: Mapping[str, str],
    linked: Iterable[Translation],
) -> Holding:
    now = house.now()
    demands, level = demands_on(house, bundle, item, now), own_level(house, bundle, item, now)
    days = _paper_days(demands)
    return Holding(
        item=item.id,
        uuid=item.uuid,
        banner=banner_of(bundle, item.label),
        level=level.name if level is not None else "",
        foreign=is_foreign(house, item),
        held_as=item.held_as,
        state=item.state,
        programme=item.programme,
        control_number=numbers.get(item.id, ""),
        copies=tuple(_copy_view(bundle, actor, row, days) for row in copies),
        translations=tuple(
            TranslationView(one.derived_id, one.source_id, one.language, one.translator, one.at, one.entry)
            for one in sorted(linked, key=lambda one: (one.at, one.derived_id))
        ),
        demands=demands,
    )


def _copy_view(bundle: Bundle, actor: Actor, row: ItemCopy, paper_days: int | None, entry: str = "") -> CopyView:
    paper = row.form == "working_paper" and row.state in {HELD, IN_TRANSIT} and paper_days is not None
    return CopyView(
        id=row.id,
        item=row.item_id,
        uuid=row.item.uuid,
        banner=banner_of(bundle, row.item.label),
        company=row.company_id,
        form=row.form,
        number=row.number,
        source=row.source_id or "",
        state=row.state,
        facility=row.facility,
        custodian=row.custodian,
        location=row.location,
        witness=row.witness,
        recorded_at=row.recorded_at,
        since=row.since,
        controlled_from=row.recorded_at + timedelta(days=paper_days) if paper and paper_days is not None else None,
        open_matters=matters_of(row.state, row.location) + (("working_paper",) if paper else ()),
        steps=steps_open_to(row.state, actor, row.witness),
        events=tuple(
            CopyLine(
                number=one.number,
                step=one.step,
                state=one.state,
                at=one.at,
                by=one.by,
                facility=one.facility,
                custodian=one.custodian,
                location=one.location,
                details=one.details,
                reason=one.reason,
                entry=one.entry,
            )
            for one in sorted(row.events.all(), key=lambda line: (line.at, line.number))
        ),
        entry=entry,
    )


def matters_of(state: str, location: str) -> tuple[str, ...]:
    """What of a copy in this state and at this place needs somebody; that it is a working paper does not count."""
    found = {
        "no_location": state == HELD and not location,
        "in_transit": state == IN_TRANSIT,
        "second_signature": state == "destroying",
        "suspected_lost": state == "suspected_lost",
    }
    return tuple(code for code, holds in found.items() if holds)


def _paper_days(demands: tuple[Demand, ...]) -> int | None:
    return next((one.value for one in demands if one.demand == WORKING_PAPER_DAYS), None)
