"""The register of media: who carried which medium with which courier bundle, under which seal.

Rules kept here:
 1. Each line is one step of the table (procedures.medium), one row and one ledger entry; none is changed later.
 2. A person stands here as a role and an opaque identifier, never by name; names, dates of birth and passports belong
    on the courier certificate, of which only the number is kept (MIS-24, LIM-10).
 3. A medium is spoken of with the bundle on it: the same medium with another bundle begins anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import QuerySet

from relto.base.errors import MalformedInput, NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation, read_nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.procedures.medium import MEDIUM, check_performer
from relto.procedures.table import advance
from relto.services.book import enter
from relto.services.courier_view import READERS
from relto.services.house import House
from relto.services.sending import locked_channel
from relto.services.texts import read_choice
from relto.store.models import MediaEntry
from relto.store.queries.courier import IN, OUT, bundle_row

STEPS = tuple(one.name for one in MEDIUM.transitions)
DIRECTIONS = (OUT, IN)
_CODE = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,31}\Z")
_MOST = 500


@dataclass(frozen=True, slots=True)
class MediaView:
    """A line of the register. `performer`: role/id; `state`: of the medium after the step; `entry`: in the ledger."""

    medium: str
    partner: Nation
    direction: str
    number: int
    step: str
    state: str
    performer: str
    seal: str
    certificate: str
    at: Instant
    recorded_by: str
    entry: str


def record_medium(
    house: House,
    actor: Actor,
    *,
    medium: str,
    partner: str,
    direction: str,
    number: int,
    step: str,
    performer: str,
    seal: str = "",
    certificate: str = "",
) -> MediaView:
    """Record a step of a medium.

    `performer`: role/id of who had it in hand; `seal`, `certificate`: numbers, "" when there is none. Raises
    Refused("role") when the step is another role's, Conflict("state") when it does not follow, NotAvailable("courier")
    for an unknown bundle, MalformedInput, UnknownValue.
    """
    actor.require(*(role for one in MEDIUM.transitions for role in one.roles))
    nation = read_nation(partner, field="partner")
    direction = read_choice(direction, DIRECTIONS, field="direction")
    step = read_choice(step, STEPS, field="step")
    medium = _code(medium, "medium")
    check_performer(performer)
    seal = _code(seal, "seal") if seal else ""
    certificate = _code(certificate, "certificate") if certificate else ""
    if bundle_row(nation, direction, number) is None:
        raise NotAvailable("courier", field="number")

    def record() -> MediaView:
        locked_channel(nation, direction)
        last = _lines().filter(medium=medium, partner=nation, direction=direction, number=number).first()
        state = advance(MEDIUM, last.state if last else MEDIUM.start, step, actor=actor)
        at = house.now()
        entry = enter(
            house,
            LeafEvent(f"medium:{step}"),
            actor=actor.person,
            subject=f"{nation}-{direction}/{number}",
            details={"medium": medium, "performer": performer, "seal": seal, "certificate": certificate},
            at=at,
        )
        return _view(
            MediaEntry.objects.create(
                medium=medium,
                partner=nation,
                direction=direction,
                number=number,
                step=step,
                state=state,
                performer=performer,
                seal=seal,
                certificate=certificate,
                at=at,
                recorded_by=actor.person,
                entry=entry,
            )
        )

    return house.commit(record)


def media_register(_house: House, actor: Actor) -> list[MediaView]:
    """The register, newest first. Raises Refused("role")."""
    actor.require(*READERS)
    return [_view(row) for row in _lines()[:_MOST]]


def _lines() -> QuerySet[MediaEntry]:
    return MediaEntry.objects.order_by("-id")


def _code(text: str, field: str) -> str:
    if not _CODE.match(text):
        raise MalformedInput("courier.code", field=field, expected="1 to 32 letters, digits, and . _ / -")
    return text


def _view(row: MediaEntry) -> MediaView:
    return MediaView(
        medium=row.medium,
        partner=Nation(row.partner),
        direction=row.direction,
        number=row.number,
        step=row.step,
        state=row.state,
        performer=row.performer,
        seal=row.seal,
        certificate=row.certificate,
        at=row.at,
        recorded_by=row.recorded_by,
        entry=row.entry,
    )
