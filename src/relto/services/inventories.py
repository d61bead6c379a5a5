"""Inventories: a company counts its copies as of a day, and signs what it found (LIM-12, USR-06, example 23).

Rules enforced:
 1. An inventory names every copy that was on record on its day and has not ended; each is looked for once more and
    recorded as found or not found. What was found and is on no register is listed as extra.
 2. It is signed only when every copy was looked for. The result is a statement under the node's key: counts, the ids of
    missing copies, who signed. One inventory of a company and level is open at a time.
 3. Each missing copy becomes a suspected loss with an entry of its own, and opens an incident, in the same step.
 4. How often it is due is a rule of the nation by level; where none is loaded no date is made up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.instants import Instant, instant_text
from relto.ledger.leaves import LeafEvent
from relto.procedures import copies as procedure
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.copies import suspect_lost
from relto.services.house import House
from relto.services.register_levels import own_level
from relto.services.suspected_losses import open_suspected_loss
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.signing.statements import sign_statement
from relto.store.models import Inventory, InventoryLine, ItemCopy
from relto.store.queries.registers import READERS, visible_inventories

STATEMENT = "inventory-result"
FOUND, NOT_FOUND, EXTRA = "found", "not_found", "extra"
_OLDEST = timedelta(days=366)
_MOST_EXTRA = 500


@dataclass(frozen=True, slots=True)
class InventoryLineView:
    """A copy in an inventory. `result`: found, not_found, extra, or "" while it was not looked for."""

    copy_id: str
    item: str
    number: int | None
    form: str
    facility: str
    custodian: str
    location: str
    result: str
    note: str
    by: str
    at: Instant | None


@dataclass(frozen=True, slots=True)
class InventoryView:
    """An inventory. `state`: open or signed; the counts; `lines`: only of one that was asked for by its id.

    `statement`: the signed result as it was signed, a DSSE envelope in JSON; "" until then.
    """

    id: str
    company: str
    level: str
    as_of: Instant
    opened_by: str
    opened_at: Instant
    state: str
    signed_by: str
    signed_at: Instant | None
    copies: int
    left: int
    found: int
    missing: int
    extra: int
    lines: tuple[InventoryLineView, ...]
    statement: str
    entry: str = ""


def inventories(house: House, actor: Actor) -> list[InventoryView]:
    """The inventories that the actor may see, newest first, without their lines."""
    del house
    actor.require(Role.SECURITY_OFFICER, *READERS)
    rows = visible_inventories(actor).prefetch_related("lines").order_by("-opened_at", "-id")
    return [_view(row, with_lines=False) for row in rows]


def inventory(house: House, actor: Actor, inventory_id: str) -> InventoryView:
    """One inventory with its lines. Raises NotAvailable("inventory")."""
    del house
    actor.require(Role.SECURITY_OFFICER, *READERS)
    return _view(_seen(actor, inventory_id))


def open_inventory(house: House, actor: Actor, *, as_of: Instant, level: str = "") -> InventoryView:
    """Open an inventory of the own company's copies as of an instant that has passed; `level` "" counts every level.

    Raises Refused("role"), MalformedInput, UnknownValue, Conflict("inventory") when one is open.
    """
    actor.require(Role.SECURITY_OFFICER)
    now = house.now()
    bundle = active_bundle.active(house, now)
    if level:
        bundle.policies.by_nation(house.nation).level(level)
    if as_of.tzinfo is None or not now - _OLDEST <= as_of <= now:
        raise MalformedInput("register_as_of", field="as_of", expected="an instant of the past twelve months")

    def step() -> InventoryView:
        company = actor.company or ""
        if Inventory.objects.filter(company_id=company, level=level, signed_at=None).exists():
            raise Conflict("inventory", field="level", expected="no open inventory of this level")
        rows = ItemCopy.objects.filter(company_id=company, state__in=procedure.PRESENT, recorded_at__lte=as_of)
        counted = [row for row in rows.select_related("item").order_by("recorded_at", "id") if _of(row, now)]
        identity = house.new_id("inv")
        entry = enter(
            house,
            LeafEvent.INVENTORY_OPENED,
            actor=actor.person,
            subject=identity,
            company=company,
            details={"as_of": instant_text(as_of), "level": level, "copies": len(counted)},
            at=now,
        )
        row = Inventory.objects.create(
            id=identity,
            company_id=company,
            level=level,
            as_of=as_of,
            opened_by=actor.person,
            opened_at=now,
            entry=entry,
        )
        InventoryLine.objects.bulk_create(InventoryLine(inventory=row, copy=one) for one in counted)
        return _view(row, entry=entry)

    def _of(row: ItemCopy, at: Instant) -> bool:
        if not level:
            return True
        own = own_level(house, bundle, row.item, at)
        return own is not None and own.name == level

    return house.commit(step)


def check_copy(
    house: House, actor: Actor, inventory_id: str, *, result: str, copy: str = "", note: str = ""
) -> InventoryView:
    """Record that a copy was found or not found; or, without a copy, something extra, described in the note.

    A copy that was looked for may be looked for again until the inventory is signed. Raises Refused("role"),
    NotAvailable("inventory" or "copy"), Conflict("state"), UnknownValue, MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER)
    result = read_choice(result, (FOUND, NOT_FOUND, EXTRA), field="result")
    if (result == EXTRA) == bool(copy):
        raise MalformedInput("inventory_copy", field="copy", expected="a copy; for something extra, none and a note")
    if note or result == EXTRA:
        note = read_text(note, field="note", longest=LONGEST_REASON)
    now = house.now()

    def step() -> InventoryView:
        row = _seen(actor, inventory_id, lock=True)
        _require_open(actor, row)
        if result == EXTRA:
            if row.lines.filter(result=EXTRA).count() >= _MOST_EXTRA:
                raise MalformedInput("inventory_extra", field="note", expected=f"at most {_MOST_EXTRA} extra things")
            line = InventoryLine(inventory=row)
        else:
            found = row.lines.filter(copy_id=copy).first()
            if found is None:
                raise NotAvailable("copy", field="copy")
            line = found
        line.result, line.note, line.by, line.at = result, note, actor.person, now
        line.save()
        entry = enter(
            house,
            LeafEvent.INVENTORY_CHECKED,
            actor=actor.person,
            subject=row.id,
            company=row.company_id,
            details={"copy": copy, "result": result},
            at=now,
        )
        return _view(row, entry=entry)

    return house.commit(step)


def sign_inventory(house: House, actor: Actor, inventory_id: str) -> InventoryView:
    """Sign the result; each copy that was not found becomes a suspected loss and opens its incident.

    Raises Refused("role"), NotAvailable("inventory"), Conflict("state") for one that is signed, and
    Conflict("inventory_left") while copies were not looked for.
    """
    actor.require(Role.SECURITY_OFFICER)
    now = house.now()

    def step() -> InventoryView:
        row = _seen(actor, inventory_id, lock=True)
        _require_open(actor, row)
        counts = Counter(row.lines.values_list("result", flat=True))
        if left := counts[""]:
            raise Conflict("inventory_left", field="inventory", found=left, expected="every copy looked for")
        lines = row.lines.filter(result=NOT_FOUND).select_related("copy__item").order_by("copy_id")
        missing = [line.copy for line in lines if line.copy is not None]
        stated: dict[str, Json] = {
            "issuer": house.nation,
            "inventory": row.id,
            "company": row.company_id,
            "level": row.level,
            "as_of": instant_text(row.as_of),
            "signed_at": instant_text(now),
            "signed_by": actor.person,
            "found": counts[FOUND],
            "missing": [one.id for one in missing],
            "extra": counts[EXTRA],
        }
        row.statement = sign_statement(STATEMENT, 1, stated, [house.node_key])
        row.signed_by, row.signed_at = actor.person, now
        row.save(update_fields=["statement", "signed_by", "signed_at"])
        entry = enter(
            house,
            LeafEvent.INVENTORY_SIGNED,
            actor=actor.person,
            subject=row.id,
            company=row.company_id,
            details=stated,
            at=now,
        )
        for one in missing:
            open_suspected_loss(house, actor, one, row.id, now)
            suspect_lost(house, actor, one, row.id, now)
        return _view(row, entry=entry)

    return house.commit(step)


def _require_open(actor: Actor, row: Inventory) -> None:
    if row.company_id != actor.company:
        raise NotAvailable("inventory", field="inventory")
    if row.signed_at is not None:
        raise Conflict("state", field="inventory", found="signed", expected="open")


def _seen(actor: Actor, inventory_id: str, *, lock: bool = False) -> Inventory:
    rows = visible_inventories(actor)
    row = (rows.select_for_update(of=("self",)) if lock else rows).filter(id=inventory_id).first()
    if row is None:
        raise NotAvailable("inventory", field="inventory")
    return row


def _view(row: Inventory, *, entry: str = "", with_lines: bool = True) -> InventoryView:
    lines = list(row.lines.select_related("copy").order_by("id")) if with_lines else list(row.lines.all())
    counts = Counter(line.result for line in lines)
    return InventoryView(
        id=row.id,
        company=row.company_id,
        level=row.level,
        as_of=row.as_of,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        state="signed" if row.signed_at is not None else "open",
        signed_by=row.signed_by,
        signed_at=row.signed_at,
        copies=sum(line.copy_id is not None for line in lines),
        left=counts[""],
        found=counts[FOUND],
        missing=counts[NOT_FOUND],
        extra=counts[EXTRA],
        lines=tuple(_line(line) for line in lines) if with_lines else (),
        statement=bytes(row.statement).decode("utf-8") if row.statement else "",
        entry=entry or row.entry,
    )


def _line(line: InventoryLine) -> InventoryLineView:
    copy = line.copy
    return InventoryLineView(
        copy_id=copy.id if copy is not None else "",
        item=copy.item_id if copy is not None else "",
        number=copy.number if copy is not None else None,
        form=copy.form if copy is not None else "",
        facility=copy.facility if copy is not None else "",
        custodian=copy.custodian if copy is not None else "",
        location=copy.location if copy is not None else "",
        result=line.result,
        note=line.note,
        by=line.by,
        at=line.at,
    )
