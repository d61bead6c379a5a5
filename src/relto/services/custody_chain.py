"""The chain of custody of an item, and of one copy, from what this node holds (GSO-17, example 22).

The ledger is the source: every entry about the item, its releases, arrivals, requests, openings and copies, in one
order, each with its state, who signed and whether its evidence holds. What the register names and the ledger lacks is
a gap, as is what was expected and is not seen (`procedures.custody_chain`). Of the partner's side this node knows
receipts and notices only, and shows no more. Who opened it the company's own security officer sees; others, how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from relto.base import calendars
from relto.base.errors import NotAvailable
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.procedures import copies
from relto.procedures.actors import Actor, Role
from relto.procedures.custody_chain import FAILS, HOLDS, NONE_KEPT, Chain, CustodyEvent, Gap, Link, build_chain
from relto.procedures.register_rules import INVENTORY_MONTHS, RECEIPT_DAYS, SIGNATORIES, Demand
from relto.services import active_bundle
from relto.services.copy_view import CopyView, copy_view
from relto.services.custody_evidence import StatementEvidence, entry_evidence, read_leaf_link
from relto.services.custody_threads import AboutCopy, RegisterLineFact, Threads, threads_of
from relto.services.house import House
from relto.services.labelling import banner_of
from relto.services.ledger import entry_states
from relto.services.register_levels import demand_on
from relto.store.models import InventoryLine, Item, ItemCopy
from relto.store.queries.registers import READERS, StoredEntry, registered_items, stored_entries, visible_copies

_FROM_PARTNER = frozenset({"transfer:receipted"})
_OPENINGS = frozenset({"opening:granted", "opening:refused", "opening:partner_granted", "opening:partner_refused"})
_MONTHS = 12
_AFTER_ALL = 2**62  # a line without an entry has no place in the ledger: it stands last at its instant


@dataclass(frozen=True, slots=True)
class CustodyView:
    """An item's or a copy's custody. `item_copy`: None for the item as a whole; `copies`: those that she may see.

    `nations`: own first, then whose receipts and notices stand in the chain. `place`: at_node, or the copy's state.
    `next_inventory`: when the copy is due to be counted, None where no rule is loaded. `rules`: what was checked
    against, gaps included. `openings` and `refusals`: how often it was opened, and refused, here or for the partner.
    """

    item: str
    uuid: str
    banner: str
    originator: str
    held_as: str
    state: str
    control_number: str
    item_copy: CopyView | None
    copies: tuple[CopyView, ...]
    nations: tuple[str, ...]
    place: str
    since: Instant
    unbroken: bool
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]
    openings: int
    refusals: int
    next_inventory: Instant | None
    rules: tuple[Demand, ...]
    as_of: Instant


def custody(house: House, actor: Actor, item_id: str, copy_id: str = "") -> CustodyView:
    """The chain as this node knows it now. Raises Refused("role"), NotAvailable("item" or "copy")."""
    actor.require(Role.SECURITY_OFFICER, *READERS)
    now = house.now()
    row = registered_items(actor).filter(id=item_id).first()
    if row is None:
        raise NotAvailable("item", field="item")
    bundle = active_bundle.active(house, now)
    held = [copy_view(house, bundle, actor, one) for one in _copies(actor, row)]
    chosen = next((one for one in held if one.id == copy_id), None)
    if copy_id and chosen is None:
        raise NotAvailable("copy", field="copy")
    rules = tuple(demand_on(house, bundle, row, name, now) for name in (RECEIPT_DAYS, SIGNATORIES, INVENTORY_MONTHS))
    limits = {rule.demand: rule.value for rule in rules if rule.value is not None}
    threads = threads_of(actor, row)
    chain = _chain(house, actor, row, threads, copy_id, limits, now)
    line = row.register_entries.filter(direction__in=("created", "received")).order_by("at", "number").first()
    others = sorted({link.event.nation for link in chain.links} - {str(house.nation)})
    return CustodyView(
        item=row.id,
        uuid=row.uuid,
        banner=banner_of(bundle, row.label),
        originator=row.originator,
        held_as=row.held_as,
        state=row.state,
        control_number=line.number if line is not None else "",
        item_copy=chosen,
        copies=tuple(held),
        nations=(str(house.nation), *others),
        place=chosen.state if chosen is not None else "at_node",
        since=chosen.since if chosen is not None else row.registered_at,
        unbroken=chain.is_unbroken,
        links=chain.links,
        gaps=chain.gaps,
        openings=_count(chain, "granted"),
        refusals=_count(chain, "refused"),
        next_inventory=_next_inventory(house, chosen, limits.get(INVENTORY_MONTHS)),
        rules=rules,
        as_of=now,
    )


def _chain(  # noqa: PLR0917  what a chain is made from
    house: House,
    actor: Actor,
    row: Item,
    threads: Threads,
    copy_id: str,
    limits: dict[str, int],
    now: Instant,
) -> Chain:
    found = stored_entries(threads.subjects, threads.entries)
    by_entry = {one.entry: one for one in found}
    state_of, statements = entry_states(), StatementEvidence(house, row)
    sees_all = bool(actor.roles & READERS)
    events: list[CustodyEvent] = []
    for one in found:
        # An item that two companies hold: a security officer sees what her own people did, and what the node did.
        if not sees_all and one.company not in {"", actor.company}:
            continue
        events += _events_of(house, one, threads, state_of(one.index), statements)
    events += [_against(house, line, "register:line") for line in threads.lines if line.entry not in by_entry]
    events += [_against(house, line, "register:state") for line in threads.differing]
    if copy_id:
        wanted = {row.id, copy_id, *threads.arrivals}
        events = [one for one in events if one.thread in wanted and one.kind not in _OPENINGS]
    return build_chain(_merged(events, by_company=not sees_all), now=now, limits=limits)


def _events_of(
    house: House, found: StoredEntry, threads: Threads, state: str, statements: StatementEvidence
) -> list[CustodyEvent]:
    """The events that an entry stands for: one, or one for each copy that it concerns."""
    partner = found.actor if found.actor.isalpha() and found.actor.isupper() else ""
    of_partner = bool(partner) and partner != house.nation
    if found.event in _FROM_PARTNER:
        partner = threads.partner_of.get(found.subject, partner)
        of_partner = bool(partner)
    base = CustodyEvent(
        thread=threads.thread_of.get(found.subject, found.subject),
        kind=found.event,
        outcome=_outcome(found),
        at=found.recorded_at,
        nation=partner if of_partner else house.nation,
        signer=found.actor,
        entry=found.entry,
        index=found.index,
        state=state,
        order=found.serial,
        entry_evidence=entry_evidence(found),
        signature=statements.of(found),
        detail=_detail(found),
    )
    about = threads.copies_of.get(found.entry)
    if about is None:
        if found.event in _OPENINGS:
            return [replace(base, thread=threads.item)]
        # An entry about a copy always has a line in the register; one that was taken out shows here.
        return [replace(base, entry_evidence=FAILS) if found.event.startswith("copy:") else base]
    return [
        replace(
            base,
            thread=one.copy,
            place=one.facility,
            outcome="" if one.location_sha256 else "no_location",
            entry_evidence=base.entry_evidence if _line_holds(found, one) else FAILS,
            signature=statements.of_certificate(one.certificate) if one.certificate else base.signature,
        )
        for one in about
    ]


def _line_holds(found: StoredEntry, one: AboutCopy) -> bool:
    """True when the register's line says of the place what the entry fixed."""
    line = {"facility": one.facility, "custodian": one.custodian, "location_sha256": one.location_sha256}
    return all(found.details.get(name, value) == value for name, value in line.items())


def _against(house: House, line: RegisterLineFact, kind: str) -> CustodyEvent:
    """What the register says and the ledger does not bear out."""
    return CustodyEvent(
        thread=line.thread,
        kind=kind,
        outcome=line.what,
        at=line.at,
        nation=house.nation,
        signer="",
        entry=line.entry,
        index=None,
        state="missing" if line.entry else "recorded",
        order=_AFTER_ALL,
        entry_evidence=FAILS,
    )


def _outcome(found: StoredEntry) -> str:
    for name in ("outcome", "disposition", "code"):
        value = found.details.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _detail(found: StoredEntry) -> str:
    """A code that tells one event from another: a control number, a language, a method, a medium."""
    for name in ("control_number", "number", "language", "method", "medium", "inventory"):
        value = found.details.get(name)
        if isinstance(value, str) and value:
            return value
    return read_leaf_link(found, "receipt")[:16]


def _merged(events: Iterable[CustodyEvent], *, by_company: bool) -> list[CustodyEvent]:
    """Openings next to each other become one event that counts them; whose they were only her own company reads."""
    done: list[CustodyEvent] = []
    for one in sorted(events, key=lambda event: (event.at, event.order)):
        event = one
        if event.kind in _OPENINGS and not by_company:
            event = replace(event, signer="")
        last = done[-1] if done else None
        if (
            last is not None
            and event.kind in _OPENINGS
            and (last.kind, last.signer, last.nation, last.state)
            == (event.kind, event.signer, event.nation, event.state)
        ):
            done[-1] = replace(
                last,
                count=last.count + 1,
                detail=instant_text(event.at),
                entry_evidence=_weaker(last.entry_evidence, event.entry_evidence),
                signature=_weaker(last.signature, event.signature),
            )
        else:
            done.append(event)
    return done


def _weaker(one: str, other: str) -> str:
    return next((value for value in (FAILS, NONE_KEPT, HOLDS) if value in {one, other}), FAILS)


def _count(chain: Chain, what: str) -> int:
    return sum(
        link.event.count for link in chain.links if link.event.kind in _OPENINGS and link.event.kind.endswith(what)
    )


def _copies(actor: Actor, row: Item) -> Sequence[ItemCopy]:
    rows = visible_copies(actor).filter(item=row).select_related("item").prefetch_related("events")
    return list(rows.order_by("number", "recorded_at", "id"))


def _next_inventory(house: House, copy: CopyView | None, months: int | None) -> Instant | None:
    """When a copy that is present has to be counted next: so many months after the last signed count, or its start."""
    if copy is None or months is None or copy.state not in copies.PRESENT:
        return None
    counted = InventoryLine.objects.filter(copy_id=copy.id, result="found", inventory__signed_at__isnull=False)
    newest = counted.order_by("-inventory__signed_at").select_related("inventory").first()
    start = newest.inventory.signed_at if newest is not None and newest.inventory.signed_at else copy.recorded_at
    local = start.astimezone(calendars.zone_of(Nation(house.nation)))
    years, month = divmod(local.month - 1 + months, _MONTHS)
    day = min(local.day, 28)  # the same day in every month
    return local.replace(year=local.year + years, month=month + 1, day=day)
