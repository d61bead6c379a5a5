"""What changed in a request between two of its steps: each field as it stood and as it stands, with its citation.

The citation of a change is the ledger entry of the step that brought it. Answers about a person are told as on the page
of the dossier itself; the partner's node tells what it was told, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.procedure import Procedure
from relto.services.dossiers.editions import Amendment
from relto.services.dossiers.views import DossierView
from relto.web.dossier_answers import ReadAnswer, read_answer
from relto.web.dossier_pages import step_words


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field. `before`, `after`: its lines; empty where nothing stood or stands."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AmendmentRow:
    """What changed with one step. `nation`: whose step it was; `entry`: its ledger entry."""

    words: str
    nation: str
    at: Instant
    entry: str
    changes: tuple[FieldChange, ...]


def amended(own: Nation, view: DossierView, pack: Procedure, found: Iterable[Amendment]) -> list[AmendmentRow]:
    """The changes of a dossier, the newest first."""
    rows = []
    for one in found:
        changes = []
        for code in one.fields:
            before = read_answer(pack.form, code, one.before.get(code), own)
            after = read_answer(pack.form, code, one.after.get(code), own)
            known = after or before
            changes.append(FieldChange(known.label if known is not None else code, _lines(before), _lines(after)))
        nation = str(own) if one.side == view.side else view.partner
        rows.append(AmendmentRow(step_words(pack, one.step), nation, one.at, one.entry, tuple(changes)))
    return rows


def _lines(answer: ReadAnswer | None) -> tuple[str, ...]:
    """An answer as lines: of a group, one line for each of its rows."""
    if answer is None:
        return ()
    if not answer.rows:
        return answer.lines
    return tuple("; ".join(f"{inner.label}: {', '.join(_lines(inner))}" for inner in row) for row in answer.rows)
