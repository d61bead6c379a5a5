"""Courier bundles as people and programs see them: numbers, sizes, states and codes; never what is inside."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.errors import Conflict, NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation, read_nation
from relto.exchange.courier import Carried, stated_manifest
from relto.procedures.actors import Actor, Role
from relto.services.active_bundle import active
from relto.services.house import House
from relto.store.models import CourierBundle, OutboxMessage
from relto.store.queries.courier import (
    HELD,
    IN,
    bundle_row,
    bundles,
    carried_up_to,
    first_carried_at,
    missing_before,
)

READERS = (Role.OPERATOR, Role.REGISTRAR, Role.RELEASE_OFFICER, Role.INSPECTOR)
MAKERS = (Role.OPERATOR,)
FOLLOW_UP = "transfer_receipt_follow_up"
_MOST_OVERDUE = 200


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file of a bundle that was not taken as it came, and why."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class CourierView:
    """A courier bundle. `direction`: out or in; `state`: made, held or taken.

    `missing`: the numbers that must come before a held one; `problem`: the code of what keeps this node from taking it;
    `results`: by file name, the code of what was not taken as it came; `digest`: SHA-384 of the signed manifest.
    """

    partner: Nation
    direction: str
    number: int
    digest: str
    state: str
    created_at: Instant
    expires_at: Instant
    received_at: Instant | None
    taken_at: Instant | None
    size: int
    messages: int
    answers: int
    payloads: int
    missing: tuple[int, ...]
    problem: str
    results: tuple[FileResult, ...]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message that went by courier and has no receipt.

    `call`: whom people ask, the partner's authority; `due`: when the agreement's limit was reached, None when no such
    rule is loaded; `late`: whether it has passed, None likewise.
    """

    partner: Nation
    message: str
    sequence: int
    bundle: int
    since: Instant
    due: Instant | None
    late: bool | None
    call: str


@dataclass(frozen=True, slots=True)
class CourierPage:
    """What goes by courier, what came: the bundles, what waits to be carried, and what has no receipt."""

    partners: tuple[Nation, ...]
    waiting: tuple[tuple[Nation, int], ...]
    bundles: tuple[CourierView, ...]
    overdue: tuple[Overdue, ...]


def view_of(row: CourierBundle) -> CourierView:
    """A row as people see it."""
    manifest = stated_manifest(bytes(row.note))
    partner = Nation(row.partner)
    held = row.direction == IN and row.state == HELD
    return CourierView(
        partner=partner,
        direction=row.direction,
        number=row.number,
        digest=row.digest,
        state=row.state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        received_at=row.received_at,
        taken_at=row.taken_at,
        size=manifest.size,
        messages=len(manifest.of_kind(Carried.MESSAGE)),
        answers=len(manifest.of_kind(Carried.ANSWER)),
        payloads=len(manifest.of_kind(Carried.PAYLOAD)),
        missing=missing_before(partner, row.number) if held else (),
        problem=row.problem,
        results=tuple(FileResult(str(name), str(code)) for name, code in sorted(row.results.items())),
    )


def partners_of(house: House) -> tuple[Nation, ...]:
    """The nations of the agreement in force, but one's own; none without one."""
    try:
        return tuple(sorted(nation for nation in active(house).parties if nation != house.nation))
    except Conflict:
        return ()


def courier_bundles(_house: House, actor: Actor) -> list[CourierView]:
    """The newest bundles of both directions, newest first. Raises Refused("role")."""
    actor.require(*READERS)
    return [view_of(row) for row in bundles()]


def courier_bundle(_house: House, actor: Actor, partner: str, direction: str, number: int) -> CourierView:
    """One bundle. Raises Refused("role"), NotAvailable("courier")."""
    actor.require(*READERS)
    row = bundle_row(read_nation(partner, field="partner"), direction, number)
    if row is None:
        raise NotAvailable("courier", field="number")
    return view_of(row)


def overdue_receipts(house: House, actor: Actor) -> list[Overdue]:
    """What went by courier and has no receipt, oldest first: for people to chase where no return path exists.

    The limit is the agreement bundle's; where it names none, no rule is loaded, and everything without a receipt is
    listed. Raises Refused("role").
    """
    actor.require(*READERS)
    try:
        limit = active(house).limits.duration_if_named(FOLLOW_UP)
    except Conflict:
        limit = None
    found: list[Overdue] = []
    rows = OutboxMessage.objects.filter(state="waiting").order_by("created_at", "partner", "sequence")
    for row in rows[:_MOST_OVERDUE]:
        carried = first_carried_at(Nation(row.partner), row.sequence)
        if carried is None:
            continue
        number, since = carried
        due = since + limit if limit is not None else None
        late = None if due is None else house.now() > due
        found.append(
            Overdue(Nation(row.partner), row.id, row.sequence, number, since, due, late, f"{row.partner}/registrar")
        )
    return found


def courier_page(house: House, actor: Actor) -> CourierPage:
    """All that the page shows. Raises Refused("role")."""
    actor.require(*READERS)
    partners = partners_of(house)
    return CourierPage(
        partners=partners,
        waiting=tuple((partner, _not_carried(partner)) for partner in partners),
        bundles=tuple(courier_bundles(house, actor)),
        overdue=tuple(overdue_receipts(house, actor)),
    )


def _not_carried(partner: Nation) -> int:
    rows = OutboxMessage.objects.filter(partner=partner, state="waiting", sequence__gt=carried_up_to(partner))
    return rows.count()
