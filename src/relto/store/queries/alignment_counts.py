"""What rests on provisions: entries of the shared record, and how much work is open here, as codes and counts.

Of the open work no id, no answer and no name is read from the store, so none can come out; a count is for the nation's
own people.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count

from relto.base.instants import Instant
from relto.procedures import release
from relto.procedures.actors import Actor
from relto.store.models import AlignmentMention, Dossier, ReleaseCase
from relto.store.queries.alignment import READERS

_AT_ONCE = 500
"""Provisions in one question to the store."""
_OPEN_CASES = (release.ASKED, *sorted(release.IN_FORCE))


def entries_about(actor: Actor, provisions: Collection[str], most: int) -> list[str]:
    """Relations and divergences that are about any of these provisions, the oldest first, so many at most."""
    if not actor.roles.intersection(READERS):
        return []
    found: dict[str, Instant] = {}
    named = sorted(provisions)
    for start in range(0, len(named), _AT_ONCE):
        rows = AlignmentMention.objects.filter(provision__in=named[start : start + _AT_ONCE])
        ordered = rows.order_by("place__opened", "place_id").values_list("place_id", "place__opened").distinct()
        found.update(ordered[:most])
    return sorted(found, key=lambda entry: (found[entry], entry))[:most]


def open_dossier_counts(actor: Actor, procedures: Collection[str]) -> list[tuple[str, str, int]]:
    """(procedure, state, how many) of the open dossiers of these procedures, in the order of their codes."""
    if not actor.roles.intersection(READERS):
        return []
    rows = Dossier.objects.filter(is_open=True, procedure__in=list(procedures)).order_by("procedure", "state")
    return list(rows.values_list("procedure", "state").annotate(many=Count("id")))


def open_case_counts(actor: Actor) -> list[tuple[str, int]]:
    """(state, how many) of the release cases that wait for a decision or under which a release is in force."""
    if not actor.roles.intersection(READERS):
        return []
    rows = ReleaseCase.objects.filter(state__in=_OPEN_CASES).order_by("state")
    return list(rows.values_list("state").annotate(many=Count("id")))
