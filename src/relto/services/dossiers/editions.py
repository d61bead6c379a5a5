"""How a request changed from one of its steps to a later one: field by field, what stood there and what stands there.

Whoever sees the dossier sees its editions, on either node: the partner's node keeps what it was told, and no more.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedure
from relto.services.dossiers.looking import dossier_row
from relto.services.house import House
from relto.store.models import DossierEdition

_MOST = 20


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changed with a step. `step`, `entry`: the step that brought it and its ledger entry; `fields`: their codes.

    `before`, `after`: the answers as they stood and as they stand; a field without an answer is missing.
    """

    step: str
    side: str
    at: Instant
    entry: str
    fields: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def amendments(house: House, actor: Actor, dossier: str) -> list[Amendment]:
    """What changed in the main form between the steps of a dossier, the newest first. Raises NotAvailable."""
    row = dossier_row(house, actor, dossier)
    codes = [one.code for one in procedure(row.procedure).form.fields]
    editions = list(DossierEdition.objects.filter(dossier=row).order_by("-position")[: _MOST + 1])
    steps = {one.position: one for one in row.steps.filter(position__in=[one.position for one in editions])}
    found = []
    for after, before in itertools.pairwise(editions):
        step = steps[after.position]
        fields = tuple(code for code in codes if before.answers.get(code) != after.answers.get(code))
        if fields:
            found.append(Amendment(step.step, step.side, after.at, step.entry, fields, before.answers, after.answers))
    return found
