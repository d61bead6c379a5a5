"""Dossiers as rows: what waits for the reader first, the earliest limit on top; then what waits on the other side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedures
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services import dossiers as verbs
from relto.services.dossiers import DossierView, QueueRow
from relto.services.dossiers.looking import PAGE
from relto.services.dossiers.queues import HERE
from relto.services.house import House
from relto.web.dossier_pages import dues_in_words
from relto.web.dossier_rows import DueRow
from relto.web.words import said

_MOST_MINE: Final = 30
_MOST_AWAY: Final = 15
_MOST_OTHERS: Final = 20
"""So many rows keep the page light; a procedure or a state that is chosen shows the others."""
_NOT_PEOPLE: Final = frozenset({"partner", "node"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. `after`: the last dossier of the page before."""

    procedure: str = ""
    state: str = ""
    number: str = ""
    after: str = ""

    @property
    def code(self) -> str:
        """The number as numbers are written; an id as it is."""
        return self.number if self.number.startswith("dos_") else self.number.upper()

    @property
    def narrow(self) -> bool:
        """Whether what waits is no answer to it: one state, one number, an older page."""
        return bool(self.state or self.number or self.after)

    @property
    def filters(self) -> bool:
        """Whether only some are asked for."""
        return bool(self.procedure or self.state or self.number or self.after)


@dataclass(frozen=True, slots=True)
class Row:
    """A dossier in a list. `steps`: what the reader may do now; `partner`: on whom it waits on the other side.

    `waits`: roles on which it waits here; `dues`: the earliest limit that runs; `receipt`: waiting, receipted or
    refused, of the message that told the partner, "" where nothing was told.
    """

    view: DossierView
    title: str
    state: str
    steps: tuple[tuple[str, str], ...]
    partner: str
    waits: tuple[str, ...]
    dues: tuple[DueRow, ...]
    since: Instant
    receipt: str

    @property
    def mine(self) -> bool:
        """It waits for the reader."""
        return bool(self.steps)


def listed(own: House, actor: Actor, asked: Asked) -> dict[str, Any]:
    """The context of the list: three tables, or one that was asked for."""
    known = procedures()
    asked_for = known.get(asked.procedure)
    bundle = active_bundle.active_or_none(own, own.now())
    possible = (not asked.procedure or asked_for is not None) and not asked.number
    queued = verbs.queue(own, actor, procedure=asked.procedure) if possible and not asked.narrow else []
    here = [one for one in queued if one.where == HERE]
    there = [one for one in queued if one.where != HERE]
    found: Sequence[DossierView] = []
    if possible:
        found = verbs.dossiers(own, actor, procedure=asked.procedure, state=asked.state, after=asked.after)
    waiting = {one.view.id for one in queued}
    others = [one for one in found if one.id not in waiting]
    return {
        "asked": asked,
        "filtered": asked.filters,
        "mine": [_row(own, one.view, bundle, one) for one in here[:_MOST_MINE]],
        "away": [_row(own, one.view, bundle, one) for one in there[:_MOST_AWAY]],
        "rest": [_row(own, one, bundle) for one in others[:_MOST_OTHERS]],
        "more": max(0, len(here) - _MOST_MINE) + max(0, len(there) - _MOST_AWAY),
        "choices": sorted(((code, said("procedure", code)) for code in known), key=lambda one: one[1]),
        "states": _states(asked.procedure) if asked_for is not None else (),
        "after": _older(asked, found, others),
    }


def _older(asked: Asked, found: Sequence[DossierView], others: Sequence[DossierView]) -> str:
    """The query of the next page, "" when there is none."""
    if len(others) > _MOST_OTHERS:
        last = others[_MOST_OTHERS - 1]
    elif len(found) >= PAGE:
        last = found[-1]
    else:
        return ""
    kept = {"procedure": asked.procedure, "state": asked.state, "after": last.id}
    return urlencode({name: value for name, value in kept.items() if value})


def _states(code: str) -> tuple[tuple[str, str], ...]:
    return tuple((state, said("state", f"{code}.{state}")) for state in procedures()[code].table.states)


def _row(own: House, view: DossierView, bundle: Bundle | None, queued: QueueRow | None = None) -> Row:
    steps = queued.steps if queued is not None else ()
    return Row(
        view=view,
        title=said("procedure", view.procedure),
        state=said("state", f"{view.procedure}.{view.state}"),
        steps=tuple((step, said("step", f"{view.procedure}.{step}")) for step in steps),
        partner=view.partner if "partner" in view.waits_on and view.is_open else "",
        waits=tuple(said("role", one) for one in view.waits_on if one not in _NOT_PEOPLE),
        dues=dues_in_words(own, view, bundle)[:1],
        since=queued.since if queued is not None else view.since,
        receipt=queued.receipt if queued is not None else "",
    )
