"""Disclosure and export authorisations: two facts, none implying the other (USR-07, USR-08, USR-20).

The authority's registrar records its own disclosure authorisations; a company's security officer records the licence
that her company's empowered official holds. Both name a nation, and one programme or one item: an own one, or one that
is held here and is to be passed on. The nation may be a third one, no party to the agreement; what goes there needs the
originator's consent beside them (ISA-21.A).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from django.db.models import Q

from relto.base.countries import read_country
from relto.base.errors import Conflict, MalformedInput, NotAvailable, UnknownValue
from relto.base.ids import read_code
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.item import HELD
from relto.services import active_bundle
from relto.services.affected import Affected, uncovered_without
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_period, read_text
from relto.store.models import Authorisation, Item
from relto.store.queries.assurances import visible_authorisations
from relto.store.queries.items import visible_items
from relto.store.queries.narrowing import narrow
from relto.store.queries.organisation import visible_programmes

_OWN_OR_HELD = Q(held_as="own") | Q(held_as="received", state=HELD)


@dataclass(frozen=True, slots=True)
class AuthorisationView:
    """One authorisation. It covers one programme or one item; `company` "" is the authority's own.

    `affected` is told by the verb that withdraws it only: the releases that nothing of this kind covers any more.
    """

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
    withdrawal_reason: str = ""
    affected: Affected | None = None


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


def withdraw_authorisation(house: House, actor: Actor, authorisation_id: str, *, reason: str) -> AuthorisationView:
    """Withdraw an authorisation: no share leaves on its strength once this returned.

    The authority's disclosure authorisation is its registrar's to withdraw, a company's export authorisation its
    security officer's. Raises Refused("role"), NotAvailable("authorisation"), Conflict("withdrawn"), MalformedInput.
    """
    actor.require(Role.REGISTRAR, Role.SECURITY_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()

    def step() -> AuthorisationView:
        narrow()
        row = visible_authorisations(actor).select_for_update().filter(id=authorisation_id).first()
        if row is None:
            raise NotAvailable("authorisation", field="authorisation")
        actor.require(Role.REGISTRAR if row.kind == "disclosure" else Role.SECURITY_OFFICER)
        if row.kind == "export" and row.company != actor.company:
            raise NotAvailable("authorisation", field="authorisation")
        if row.withdrawn_at is not None:
            raise Conflict("withdrawn", field="authorisation", expected="an authorisation that stands")
        row.withdrawn_at, row.withdrawal_reason = now, reason
        row.save(update_fields=["withdrawn_at", "withdrawal_reason"])
        affected = uncovered_without(house, row, now)
        entry = enter(
            house,
            LeafEvent.AUTHORISATION_WITHDRAWN,
            actor=actor.person,
            subject=row.id,
            company=row.company,
            details={"kind": row.kind, "reference": row.reference, "cases": [one.id for one in affected.cases]},
            at=now,
        )
        return replace(_view(row, entry), affected=affected)

    return house.commit(step)


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
    recipient = read_country(nation)
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
        withdrawal_reason=row.withdrawal_reason,
    )
