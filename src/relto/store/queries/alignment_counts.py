"""How much work is open on this node, as codes and counts: what a change of law or of a rule touches at home.

No id, no answer and no name is read from the store, so none can come out; a count is for the nation's own people.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count

from relto.procedures import release
from relto.procedures.actors import Actor
from relto.store.models import Dossier, ReleaseCase
from relto.store.queries.alignment import READERS

_OPEN_CASES = (release.ASKED, *sorted(release.IN_FORCE))


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
