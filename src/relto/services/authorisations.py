"""Disclosure and export authorisations: two facts, none implying the other (USR-07, USR-08, USR-20).

The authority's registrar records its own disclosure authorisations; a company's security officer records the licence
that her company's empowered official holds. Both name a nation, and one programme or one item: an own one, or one that
is held here and is to be passed on. The nation may be a third one, no party to the agreement; what goes there needs the
originator's consent beside them (ISA-21.A).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from relto.base.errors import MalformedInput, NotAvailable, UnknownValue
from relto.base.ids import read_code
from relto.base.instants import Instant
from relto.base.nations import read_nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.item import HELD
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import read_period
from relto.store.models import Authorisation, Item
from relto.store.queries.assurances import visible_authorisations
from relto.store.queries.items import visible_items
from relto.store.queries.organisation import visible_programmes

_OWN_OR_HELD = Q(held_as="own") | Q(held_as="received", state=HELD)


@dataclass(frozen=True, slots=True)
class AuthorisationView:
    """One authorisation. It covers one programme or one item; `company` "" is the authority's own."""

    id: str
    kind: str
    reference: str
    nation: str
    programme: str
    item: str
    company: str
    valid_from: Instant
    valid_until: Instant
    withdrawn_at: Instant | None
    entry: str = ""


def record_disclosure(
    house: House,
    actor: Actor,
    *,
    reference: str,
    nation: str,
    programme: str | None = None,
    item: str | None = None,
    valid_from: Instant,
    valid_until: Instant,
) -> AuthorisationView:
    """Record the authority's disclosure authorisation for a programme or an item that is own or held here.

    Raises Refused("role"), NotAvailable("programme"/"item"), UnknownValue("nation"), MalformedInput.
    """
    actor.require(Role.REGISTRAR)

    def covers() -> None:
        if item is not None and not Item.objects.filter(_OWN_OR_HELD, id=item).exists():
            raise NotAvailable("item", field="item")
        if programme is not None and not visible_programmes(actor).filter(code=programme).exists():
            raise NotAvailable("programme", field="programme")

    return _record(
        house, actor, "disclosure", "", reference, nation, programme, item, (valid_from, valid_until), covers
    )


def record_export(
    house: House,
    actor: Actor,
    *,
    reference: str,
    nation: str,
    programme: str | None = None,
    item: str | None = None,
    valid_from: Instant,
    valid_until: Instant,
) -> AuthorisationView:
    """Record the own company's export authorisation for a programme or one of its items, own or held.

    Raises Refused("role"), NotAvailable("programme"/"item"), UnknownValue("nation"), MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER)
    company = actor.company or ""

    def covers() -> None:
        if item is not None and not visible_items(actor).filter(_OWN_OR_HELD, id=item).exists():
            raise NotAvailable("item", field="item")
        agreed = active_bundle.company_programmes(house, actor.company)
        if programme is not None and not visible_programmes(actor, agreed).filter(code=programme).exists():
            raise NotAvailable("programme", field="programme")

    return _record(
        house, actor, "export", company, reference, nation, programme, item, (valid_from, valid_until), covers
    )


def authorisations(house: House, actor: Actor) -> list[AuthorisationView]:
    """The authorisations that the actor may see."""
    del house
    return [_view(row) for row in visible_authorisations(actor).order_by("-recorded_at", "id")]


def _record(  # noqa: PLR0917  one place behind two verbs that name every part
    house: House,
    actor: Actor,
    kind: Literal["disclosure", "export"],
    company: str,
    reference: str,
    nation: str,
    programme: str | None,
    item: str | None,
    period: tuple[Instant, Instant],
    covers: Callable[[], None],
) -> AuthorisationView:
    reference = read_code(reference, field="reference")
    recipient = read_nation(nation)
    if recipient == house.nation:
        raise UnknownValue("nation.own", field="nation", expected="another nation than the own")
    if (programme is None) == (item is None):
        raise MalformedInput("authorisation.scope", field="programme", expected="one programme or one item")
    valid_from, valid_until = read_period(*period)
    now = house.now()

    def step() -> AuthorisationView:
        covers()
        row = Authorisation.objects.create(
            id=house.new_id("aut"),
            kind=kind,
            reference=reference,
            nation=recipient,
            programme=programme or "",
            item=item or "",
            company=company,
            valid_from=valid_from,
            valid_until=valid_until,
            recorded_by=actor.person,
            recorded_at=now,
        )
        entry = enter(
            house,
            LeafEvent.AUTHORISATION_RECORDED,
            actor=actor.person,
            subject=row.id,
            company=company,
            details={
                "kind": kind,
                "reference": reference,
                "nation": recipient,
                "programme": programme,
                "item": item,
            },
            at=now,
        )
        return _view(row, entry)

    return house.commit(step)


def _view(row: Authorisation, entry: str = "") -> AuthorisationView:
    return AuthorisationView(
        id=row.id,
        kind=row.kind,
        reference=row.reference,
        nation=row.nation,
        programme=row.programme,
        item=row.item,
        company=row.company,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        withdrawn_at=row.withdrawn_at,
        entry=entry,
    )
