"""The control register of a company below the item: copies recorded, made, moved and ended (GSO-17, ISA-27, USR-06).

Rules enforced:
 1. Only the security officer of the company writes; who was named as second signatory of a destruction signs that one.
 2. A copy stands at a facility of the company whose storage reaches the item's level, with a role or a cleared person
    of the company: clearance and safeguarding are two facts (ISA-13).
 3. What a rule of the own nation demands (copy number, originator's consent, second signatory) is demanded here by the
    name of its field; where no rule is loaded the step goes on and the view says so (`procedures.register_rules`).
 4. One step, one ledger entry, and one numbered line for each copy it concerns. Places and reasons are encrypted at
    rest; the leaf holds ids only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures import copies as procedure
from relto.procedures.actors import Actor, Role
from relto.procedures.register_rules import COPY_NUMBER, REPRODUCTION_CONSENT, SIGNATORIES
from relto.procedures.table import advance
from relto.rules.bundle import Bundle
from relto.services import active_bundle, destruction
from relto.services.book import enter
from relto.services.copy_view import CopyView, Holding, copy_view, holding, holdings_of
from relto.services.house import House
from relto.services.numbers import numbered
from relto.services.register_levels import check_custodian, check_facility, demand_on
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.store.models import CopyEvent, Item, ItemCopy
from relto.store.queries.registers import READERS, kept_items, registered_items, visible_copies

LONGEST_LOCATION = 120
LONGEST_REFERENCE = 64
MOST_COPIES = 50
LARGEST_NUMBER = 99_999
_DIGITS = 6
_DAY = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_CODES: Mapping[str, tuple[str, ...]] = {"medium": procedure.MEDIA, "method": procedure.METHODS}


def holdings(house: House, actor: Actor, first: int = 0, most: int | None = None) -> list[Holding]:
    """What is held, with copies and places: the own company's, or everything for the authority's officers.

    The oldest first: from a number on, `most` at most.
    """
    actor.require(Role.SECURITY_OFFICER, *READERS)
    rows = list(registered_items(actor).order_by("registered_at", "id")[first : None if most is None else first + most])
    if not rows:
        return []
    bundle = active_bundle.active(house)
    return holdings_of(house, bundle, actor, rows)


def item_holding(house: House, actor: Actor, item_id: str) -> Holding:
    """One item with its copies. Raises Refused("role"), NotAvailable("item")."""
    actor.require(Role.SECURITY_OFFICER, *READERS)
    return holding(house, active_bundle.active(house), actor, _item(actor, item_id))


def one_copy(house: House, actor: Actor, copy_id: str) -> CopyView:
    """One copy with its lines. Raises NotAvailable("copy")."""
    return copy_view(house, active_bundle.active(house), actor, _copy(actor, copy_id))


def to_witness(house: House, actor: Actor) -> list[CopyView]:
    """The copies whose destruction waits for this person's signature."""
    rows = visible_copies(actor).filter(witness=actor.person, state=procedure.DESTROYING).select_related("item")
    found = list(rows.order_by("since", "id"))
    bundle = active_bundle.active(house) if found else None
    return [copy_view(house, bundle, actor, row) for row in found] if bundle is not None else []


def record_copy(
    house: House,
    actor: Actor,
    item_id: str,
    *,
    form: str,
    facility: str,
    custodian: str,
    location: str = "",
    number: int | None = None,
) -> CopyView:
    """Put a copy that exists on record: on paper, on a medium, a working paper; `number`: the one that stands on it.

    Raises Refused("role"), NotAvailable("item"), UnknownValue, MalformedInput naming the field (also what a rule
    demands and is missing), Conflict("copy_number") for a number that is taken.
    """
    actor.require(Role.SECURITY_OFFICER)
    form = read_choice(form, procedure.FORMS, field="form")
    number, now = _number(number, "number"), house.now()
    bundle = active_bundle.active(house, now)

    def step() -> CopyView:
        item = _kept(actor, item_id)
        demand = demand_on(house, bundle, item, COPY_NUMBER, now)
        procedure.demanded(demand, number, field="number", expected="the copy number that stands on the copy")
        state = advance(procedure.COPY, procedure.UNRECORDED, "record", actor=actor, held={"number_stated"})
        row = _new_copy(house, bundle, actor, item, state, now, form=form, place=(facility, custodian, location))
        row.number = number
        _save_new(row)
        entry = _enter(house, actor, LeafEvent.COPY_RECORDED, row, {"form": form, "number": number or 0}, now)
        _line(actor, row, "record", entry, now)
        return copy_view(house, bundle, actor, row, entry)

    return house.commit(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """Copies that were made. `numbers`: those that stand on them, one each, or none.

    `source`: the copy they were made from, "" for the sealed original; `authority`: who allowed it; `consent`: the
    reference of the originator's written approval, where a rule demands it (USR-61).
    """

    form: str
    count: int
    authority: str
    facility: str
    custodian: str
    reason: str
    numbers: Sequence[int] = ()
    source: str = ""
    consent: str = ""
    location: str = ""


def reproduce(house: House, actor: Actor, item_id: str, made: Reproduction) -> Holding:
    """Record that copies were made, on whose authority, and why so many (USR-60: as few as the work needs).

    Raises as `record_copy` does, and NotAvailable("copy") for the source.
    """
    actor.require(Role.SECURITY_OFFICER)
    form, count, consent = read_choice(made.form, procedure.FORMS, field="form"), made.count, made.consent
    if type(count) is not int or not 1 <= count <= MOST_COPIES:
        raise MalformedInput("register_count", field="count", expected=f"1 to {MOST_COPIES} copies")
    given = [_number(one, "numbers") for one in made.numbers]
    if given and (len(given) != count or len(set(given)) != count):
        raise MalformedInput("register_numbers", field="numbers", expected="a number for each copy, each once, or none")
    details: dict[str, str] = {"authority": read_text(made.authority, field="authority", longest=LONGEST_REFERENCE)}
    if consent:
        details["consent"] = read_text(consent, field="consent", longest=LONGEST_REFERENCE)
    reason, now = read_text(made.reason, field="reason", longest=LONGEST_REASON), house.now()
    bundle = active_bundle.active(house, now)

    def step() -> Holding:
        item = _kept(actor, item_id)
        numbering = demand_on(house, bundle, item, COPY_NUMBER, now)
        procedure.demanded(numbering, given, field="numbers", expected="a copy number for each copy")
        consenting = demand_on(house, bundle, item, REPRODUCTION_CONSENT, now)
        procedure.demanded(consenting, consent, field="consent", expected="the originator's written approval")
        made_from = _source(actor, item, made.source)
        held = {"number_stated", "consent_stated"}
        state = advance(procedure.COPY, procedure.UNRECORDED, "reproduce", actor=actor, held=held)
        rows = []
        for number in given or [None] * count:
            place = (made.facility, made.custodian, made.location)
            row = _new_copy(house, bundle, actor, item, state, now, form=form, place=place)
            row.number, row.source = number, made_from
            _save_new(row)
            rows.append(row)
        told: dict[str, Json] = {"copies": [row.id for row in rows], "form": form, **_place(rows[0]), **details}
        entry = enter(
            house,
            LeafEvent.COPY_REPRODUCED,
            actor=actor.person,
            subject=item.id,
            company=actor.company,
            details=told,
            at=now,
        )
        for row in rows:
            _line(actor, row, "reproduce", entry, now, details=details, reason=reason)
        return holding(house, bundle, actor, item, entry)

    return house.commit(step)


def take_step(house: House, actor: Actor, copy_id: str, step_name: str, given: Mapping[str, str]) -> CopyView:
    """Take one step of `procedures.copies.STEPS` with a copy; `given`: what it states, by the names of its fields.

    Raises Refused("role" or "guard"), NotAvailable("copy"), Conflict("state"), UnknownValue, and MalformedInput naming
    the field that is missing, does not fit, or is demanded by a rule.
    """
    actor.require(Role.SECURITY_OFFICER, Role.ENGINEER)
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> CopyView:
        row = _copy(actor, copy_id, lock=True)
        if row.company_id != actor.company:
            raise NotAvailable("copy", field="copy")
        signatories = demand_on(house, bundle, row.item, SIGNATORIES, now)
        taken = procedure.take(
            row.state, step_name, actor=actor, given=given, signatories=signatories, named_witness=row.witness
        )
        said = _checked(house, bundle, row, given, now)
        row.state, row.since = taken.state, now
        if step_name == "dispatch":
            row.facility, row.custodian, row.location = said["facility"], "", ""
        if "custodian" in said:
            row.custodian, row.location = said["custodian"], said["location"]
        row.witness = said.get("witness", row.witness)
        row.save(update_fields=["state", "since", "facility", "custodian", "location", "witness"])
        details = {name: said[name] for name in said if name not in {"facility", "custodian", "location", "reason"}}
        entry = _enter(house, actor, taken.event, row, {"step": step_name, **details}, now)
        if taken.state == procedure.DESTROYED:
            details[destruction.MEMBER] = destruction.certificate(house, row, actor.person, said, now)
        _line(actor, row, step_name, entry, now, details=details, reason=said.get("reason", ""))
        return copy_view(house, bundle, actor, row, entry)

    return house.commit(step)


def suspect_lost(house: House, actor: Actor, row: ItemCopy, inventory: str, at: Instant) -> str:
    """A copy that an inventory did not find, inside the step that signs it; the entry of its suspected loss."""
    if row.state not in {procedure.HELD, procedure.IN_TRANSIT}:
        return ""
    row.state, row.since = advance(procedure.COPY, row.state, "suspect", actor=actor), at
    row.save(update_fields=["state", "since"])
    entry = _enter(house, actor, LeafEvent.COPY_SUSPECTED_LOST, row, {"inventory": inventory}, at)
    _line(actor, row, "suspect", entry, at, details={"inventory": inventory})
    return entry


def _checked(house: House, bundle: Bundle, row: ItemCopy, given: Mapping[str, str], now: Instant) -> dict[str, str]:
    """What the step states, each value of its kind. Raises MalformedInput or UnknownValue naming the field."""
    company, said = row.company_id, {name: value for name, value in given.items() if value}
    for name, known in _CODES.items():
        if name in said:
            read_choice(said[name], known, field=name)
    if "facility" in said:
        check_facility(house, bundle, row.item, company, said["facility"], now)
        if said["facility"] == row.facility:
            raise MalformedInput("register_facility", field="facility", expected="another facility of the company")
    if "custodian" in said:
        check_custodian(house, bundle, row.item, company, said["custodian"], now)
    if "witness" in said:
        _check_witness(house, bundle, row, said["witness"], now)
    if "done_on" in said and (not _DAY.match(said["done_on"]) or said["done_on"] > f"{now:%Y-%m-%d}"):
        raise MalformedInput("register_day", field="done_on", expected="a day that has come, as year-month-day")
    for name, longest in (
        ("location", LONGEST_LOCATION),
        ("reference", LONGEST_REFERENCE),
        ("recipient", LONGEST_REFERENCE),
        ("reason", LONGEST_REASON),
    ):
        if name in said:
            said[name] = read_text(said[name], field=name, longest=longest)
    return said


def _check_witness(house: House, bundle: Bundle, row: ItemCopy, who: str, now: Instant) -> None:
    """A person, not a role: she has to sign herself."""
    if not who.startswith("prs_"):
        raise MalformedInput("register_witness", field="witness", expected="the pseudonym of a person of the company")
    try:
        check_custodian(house, bundle, row.item, row.company_id, who, now)
    except MalformedInput as error:
        raise MalformedInput("register_witness", field="witness", expected=error.expected) from error


def _new_copy(  # noqa: PLR0917  what a copy consists of
    house: House,
    bundle: Bundle,
    actor: Actor,
    item: Item,
    state: str,
    now: Instant,
    *,
    form: str,
    place: tuple[str, str, str],
) -> ItemCopy:
    facility, custodian, location = place
    company = actor.company or ""
    return ItemCopy(
        id=house.new_id("cpy"),
        item=item,
        company_id=company,
        form=form,
        state=state,
        facility=check_facility(house, bundle, item, company, facility, now),
        custodian=check_custodian(house, bundle, item, company, custodian, now),
        location=read_text(location, field="location", longest=LONGEST_LOCATION) if location else "",
        recorded_at=now,
        since=now,
    )


def _save_new(row: ItemCopy) -> None:
    """Raises Conflict("copy_number") when another copy of the item bears the number."""
    if row.number is not None and ItemCopy.objects.filter(item=row.item, number=row.number).exists():
        raise Conflict("copy_number", field="number", found=row.number, expected="a number that no other copy bears")
    row.save(force_insert=True)


def _source(actor: Actor, item: Item, source: str) -> ItemCopy | None:
    if not source:
        return None
    found = visible_copies(actor).filter(id=source, item=item, state=procedure.HELD).first()
    if found is None:
        raise NotAvailable("copy", field="source")
    return found


def _enter(  # noqa: PLR0917  what an entry says of a copy
    house: House, actor: Actor, event: LeafEvent, row: ItemCopy, details: Mapping[str, Json], at: Instant
) -> str:
    told = {"item": row.item_id, **_place(row), **details}
    return enter(house, event, actor=actor.person, subject=row.id, company=row.company_id, details=told, at=at)


def _place(row: ItemCopy) -> dict[str, Json]:
    """Where a copy is, as an entry fixes it: the place's text stands there as a digest only."""
    digest = sha256_hex(row.location.encode("utf-8")) if row.location else ""
    return {"facility": row.facility, "custodian": row.custodian, "location_sha256": digest}


def _line(
    actor: Actor,
    row: ItemCopy,
    step: str,
    entry: str,
    at: Instant,
    *,
    details: Mapping[str, str] | None = None,
    reason: str = "",
) -> str:
    """The next numbered line of the company."""

    def make(number: str) -> str:
        CopyEvent.objects.create(
            number=number,
            copy=row,
            step=step,
            state=row.state,
            at=at,
            by=actor.person,
            facility=row.facility,
            custodian=row.custodian,
            location=row.location,
            details=dict(details or {}),
            reason=reason,
            entry=entry,
        )
        return number

    def taken(start: str) -> int:
        return CopyEvent.objects.filter(number__startswith=start).count()

    return numbered(row.company_id, at.year, _DIGITS, taken, make)


def _kept(actor: Actor, item_id: str) -> Item:
    row = kept_items(actor).filter(id=item_id).first()
    if row is None:
        raise NotAvailable("item", field="item")
    return row


def _item(actor: Actor, item_id: str) -> Item:
    row = registered_items(actor).filter(id=item_id).first()
    if row is None:
        raise NotAvailable("item", field="item")
    return row


def _copy(actor: Actor, copy_id: str, *, lock: bool = False) -> ItemCopy:
    rows = visible_copies(actor).select_related("item")
    row = (rows.select_for_update(of=("self",)) if lock else rows).filter(id=copy_id).first()
    if row is None:
        raise NotAvailable("copy", field="copy")
    return row


def _number(value: object, field: str) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= LARGEST_NUMBER:
        raise MalformedInput("copy_number", field=field, expected=f"a whole number from 1 to {LARGEST_NUMBER}")
    return value
