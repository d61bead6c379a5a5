"""What the worker does for dossiers: steps of the node's own whose time has come, and due instants under new rules.

Promises: each round is bounded, finds its work by an index, and does each dossier in a step of its own: what one cannot
do stands in no other's way. A step whose guards do not hold yet is looked at again at the next instant at which a date
of its form or a clock says so, and not before.
"""

from __future__ import annotations

import logging

from django.db.models import Q

from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.procedures.packs.registry import procedures
from relto.services import active_bundle
from relto.services.dossiers.changing import pack_of
from relto.services.dossiers.clocks import count_dues, rules_digest
from relto.services.dossiers.known import Rules
from relto.services.dossiers.taking import take_own
from relto.services.house import House
from relto.store.models import Dossier, DossierDue

_LOG = logging.getLogger(__name__)
_MOST_LOOKS, _COUNTED_AT_ONCE, _MOST_TIMES = 100, 50, 10


def tend_dossiers(house: House) -> int:
    """One round: take the node's own steps that are due, count due instants anew; how many dossiers changed."""
    now = house.now()
    bundle = active_bundle.active_or_none(house, now)
    if bundle is None:
        return 0
    rules = Rules.of(bundle)
    return _take_due(house, rules, now) + _count_again(house, rules)


def _take_due(house: House, rules: Rules, now: Instant) -> int:
    due = DossierDue.objects.filter(clock="", at__lte=now).order_by("at", "id")
    looked = list(dict.fromkeys(due.values_list("dossier_id", flat=True)[:_MOST_LOOKS]))
    return sum(house.commit(lambda one=one: _look(house, rules, one, now)) for one in looked)  # type: ignore[misc]


def _look(house: House, rules: Rules, identity: str, now: Instant) -> bool:
    """Take the first own step of this dossier whose guards hold; until the next instant it is not looked at again."""
    row = Dossier.objects.select_for_update().get(id=identity)
    DossierDue.objects.filter(dossier=row, clock="", at__lte=now).delete()
    if row.procedure not in procedures():
        return False
    for one in pack_of(row).table.transitions:
        if row.state in one.sources and not one.roles and one.guards and one.side in {"", row.side}:
            try:
                if take_own(house, rules, row, one.name, now):
                    return True
            except ReltoError as error:
                # Whoever looks at the dossier sees that its clock ran out; the other dossiers go on.
                _LOG.warning("dossier.step_not_taken dossier %s, step %s, %s", row.id, one.name, error.full_code)
                return False
    return False


def _count_again(house: House, rules: Rules) -> int:
    """Count due instants of dossiers that were counted under other rules, some at once: nobody waits for all."""
    counted = 0
    for _ in range(_MOST_TIMES):
        some = _count_some(house, rules)
        counted += some
        if some < _COUNTED_AT_ONCE:
            break
    return counted


def _count_some(house: House, rules: Rules) -> int:
    digest = rules_digest(rules)
    known = list(procedures())
    others = Q(dues_of__lt=digest) | Q(dues_of__gt=digest)
    rows = Dossier.objects.filter(others, is_open=True, procedure__in=known)
    stale = list(rows.order_by("id").values_list("id", flat=True)[:_COUNTED_AT_ONCE])
    if not stale:
        return 0

    def step() -> int:
        for row in Dossier.objects.select_for_update().filter(id__in=stale):
            count_dues(house, rules, row, pack_of(row))
            row.save(update_fields=["due_at", "dues_of"])
        return len(stale)

    return house.commit(step)
