"""Who sees which items and register lines.

* An engineer: her company's items of her own programmes; received items that were accepted at her facility and in which
  she is a named reader or whose programme she is assigned to. Those withdrawn since stay known; nothing opens them.
* A security officer: her company's items; received items accepted at her company's facilities.
* A release officer: items that stand in a release case or an arrival.
* Nobody else. Unknown and forbidden look the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet

from relto.base.instants import Instant
from relto.procedures import item
from relto.procedures.actors import Actor, Role
from relto.store.models import Arrival, Facility, Item, RegisterEntry
from relto.store.queries.releases import once_accepted, visible_cases


def visible_items(actor: Actor) -> QuerySet[Item]:
    """The items that the actor may know of."""
    seen = Q(pk__in=[])
    for one in _of_her_company(actor):
        seen |= one
    if actor.holds(Role.RELEASE_OFFICER):
        seen |= Q(release_cases__isnull=False) | Q(arrivals__isnull=False)
    return Item.objects.filter(seen).distinct()


def newest_of_company(actor: Actor, most: int) -> list[Item]:
    """Of what she may know of as one of her company's people the newest, `most` at most, the newest first.

    What she owns and what was accepted for her are asked for one by one: asked for together, a database walks through
    all that ever arrived.
    """
    newest: set[tuple[Instant, str]] = set()
    for one in _of_her_company(actor):
        rows = Item.objects.filter(one).order_by("-registered_at", "-id")
        newest.update(rows.values_list("registered_at", "id")[:most])
    chosen = [identity for _, identity in sorted(newest, reverse=True)[:most]]
    found = Item.objects.in_bulk(chosen)
    return [found[one] for one in chosen if one in found]


def _of_her_company(actor: Actor) -> Iterator[Q]:
    """The conditions under which an engineer and a security officer may know of an item; any of them is enough."""
    if actor.holds(Role.ENGINEER) and actor.company:
        yield Q(held_as="own", company_id=actor.company, programme__in=actor.programmes)
        accepted = Arrival.objects.filter(once_accepted(), facility=actor.facility or "")
        named = accepted.filter(readers__pseudonym=actor.person).values("item_id")
        yield Q(held_as="received", id__in=named)
        yield Q(held_as="received", id__in=accepted.values("item_id"), programme__in=actor.programmes)
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        own = Facility.objects.filter(company_id=actor.company).values("code")
        accepted = Arrival.objects.filter(once_accepted(), facility__in=own)
        yield Q(held_as="own", company_id=actor.company)
        yield Q(held_as="received", id__in=accepted.values("item_id"))


def holdable_items(actor: Actor) -> QuerySet[Item]:
    """The items whose ciphertext the actor may hold: those she sees, and what was accepted at her own facility.

    An engineer whom a colleague gave an item's id may so ask to open it, and be told why not; it tells her no title.
    """
    if not actor.holds(Role.ENGINEER) or not actor.facility:
        return visible_items(actor)
    accepted = Arrival.objects.filter(once_accepted(), facility=actor.facility).values("item_id")
    seen = visible_items(actor).values("id")
    return Item.objects.filter(Q(id__in=seen) | Q(held_as="received", id__in=accepted))


def submittable_items(actor: Actor) -> QuerySet[Item]:
    """The own company's announced items for which this actor may hand in the container."""
    return visible_items(actor).filter(held_as="own", company_id=actor.company, state=item.ANNOUNCED)


def not_asked_for(actor: Actor) -> QuerySet[Item]:
    """The own items in custody that she may know of and of which no release that she may see was ever asked for."""
    asked = visible_cases(actor).filter(item=OuterRef("pk"))
    return visible_items(actor).filter(~Exists(asked), held_as="own", state=item.REGISTERED)


def visible_register(actor: Actor) -> QuerySet[RegisterEntry]:
    """The authority's officers and inspectors: all lines; a security officer: her company's."""
    if actor.roles & {Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR}:
        return RegisterEntry.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        return RegisterEntry.objects.filter(company=actor.company)
    return RegisterEntry.objects.none()


def company_lines(actor: Actor) -> QuerySet[RegisterEntry]:
    """The lines about her own company, by whose numbers its people know what they hold; none without a company."""
    return RegisterEntry.objects.filter(company=actor.company) if actor.company else RegisterEntry.objects.none()
