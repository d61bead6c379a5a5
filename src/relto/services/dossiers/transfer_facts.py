"""What lets an item cross, as the checks of transfers know it: the exact release or authorisation, or only the class.

Rules enforced here (domain.md USR-07, USR-08; needs.md N-10): disclosure and export are two facts, and each must name
the very item; an authorisation for its programme covers the class and is told apart. A company's dossier knows its own
items and authorisations and the authority's disclosures, and nothing of another company's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby

from django.db.models import Q

from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.label import label_from_dict
from relto.procedures.known import AuthorisationKnown, ItemCover
from relto.procedures.release import IN_FORCE
from relto.rules.bundle import Bundle
from relto.store.models import Authorisation, Item, ReleaseCase

_KINDS = ("disclosure", "export")


def item_covers(  # noqa: PLR0917  the rules, the items, where they go, whose they are
    bundle: Bundle, items: Collection[str], partner: Nation | None, facility: str, company: str, at: Instant
) -> Mapping[str, ItemCover]:
    """By item id: what lets these items go to `facility` of `partner` ("": any), as far as `company` may know them."""
    if not items or partner is None:
        return {}
    rows = Item.objects.filter(id__in=items)
    if company:
        rows = rows.filter(company=company)
    held = list(rows)
    cases = ReleaseCase.objects.filter(item__in=held, nation=partner, state__in=IN_FORCE)
    if facility:
        cases = cases.filter(facility=facility)
    released = set(cases.values_list("item_id", flat=True))
    named = Q(item__in=[one.id for one in held]) | Q(programme__in=[one.programme for one in held if one.programme])
    standing = Authorisation.objects.filter(
        named, nation=partner, withdrawn_at=None, valid_from__lte=at, valid_until__gt=at
    ).order_by("kind")
    by_kind = {kind: list(every) for kind, every in groupby(standing, lambda one: one.kind)}
    return {one.id: _cover(bundle, one, by_kind, released=one.id in released) for one in held}


def _cover(bundle: Bundle, item: Item, by_kind: Mapping[str, list[Authorisation]], *, released: bool) -> ItemCover:
    demanded = _KINDS if item.export_controlled else _KINDS[:1]
    held = [by_kind.get(kind, []) for kind in demanded]
    exact = all(any(one.item == item.id for one in every) for every in held)
    # An authorisation names an item or a programme; those that were read may be another item's of the form.
    by_class = all(any(one.item == item.id or one.programme == item.programme != "" for one in every) for every in held)
    label = label_from_dict(item.label, bundle.policies)
    level = f"{bundle.policies.of(label.policy).nation}:{label.level.name}"
    return ItemCover(item.id, level, exact=released or exact, by_class=by_class)


def authorisations_named(ids: Collection[str], company: str) -> Mapping[str, AuthorisationKnown]:
    """The authorisations of these ids, as far as `company` may know them: its own and the authority's."""
    if not ids:
        return {}
    rows = Authorisation.objects.filter(id__in=ids)
    if company:
        rows = rows.filter(company__in=[company, ""])
    return {
        row.id: AuthorisationKnown(
            id=row.id,
            kind=row.kind,
            nation=Nation(row.nation),
            programme=row.programme,
            item=row.item,
            valid=Period(row.valid_from, row.valid_until),
            withdrawn=row.withdrawn_at is not None,
        )
        for row in rows
    }
