"""A file of rows read in: first told what it would say, row by row; said only when the co-chair says so.

Rules enforced here:
 1. Nothing of a file is said before somebody has seen what it would say: a dry run changes nothing.
 2. Each row that says something new becomes a statement of its own by the co-chair, as if she had typed it; a file of
    which one row is refused says nothing at all.
 3. A partner's line is never written (relto.alignment.exchange_rows); provisions are never read in: they live in the
    bundle, and change by a new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from relto.adapters.alignment_workbook import read_workbook
from relto.alignment.divergences import make_divergence
from relto.alignment.exchange_file import read_exchange_file
from relto.alignment.exchange_rows import (
    ANSWERS,
    CHANGED,
    MOST_ROWS,
    NEW,
    OUTCOMES,
    REFUSED,
    Row,
    Weighed,
    weigh,
)
from relto.alignment.oscal import read_mapping_collection
from relto.alignment.relations import make_relation
from relto.alignment.shared_record import RELATION, Entry
from relto.base.errors import Conflict, ReltoError, TooLarge, UnknownValue, Unreachable
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.alignment.exporting import JSON, OSCAL, WORKBOOK
from relto.services.alignment.record import party, say
from relto.services.alignment.saying import LONGEST_OPTION, LONGEST_QUESTION
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.queries.alignment import entries_of

MOST_SAID: Final = 2000
"""Statements that one file may make."""
MOST_TOLD: Final = 1000
"""Rows that are told; how many there are is counted."""
_READERS: Final[Mapping[str, Callable[[bytes], list[Row]]]] = {
    JSON: read_exchange_file,
    WORKBOOK: read_workbook,
    OSCAL: read_mapping_collection,
}
_ENTRIES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class RowTold:
    """One row of a file. `place`: in the file; `outcome`: new, answers, changed, same or refused; `entry`: its own."""

    place: str
    kind: str
    entry: str
    outcome: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportTold:
    """What a file would say, or has said. `counts`: outcome -> rows; `rows`: the refused ones first, not the same ones.

    `said`: the entries in which something was said, in the order of the rows; empty after a dry run.
    """

    counts: Mapping[str, int]
    rows: tuple[RowTold, ...]
    said: tuple[str, ...] = ()


def import_alignment(house: House, actor: Actor, file: bytes, form: str, *, apply: bool = False) -> ImportTold:
    """Weigh the file's rows; with `apply` say them, each in a step of its own.

    Raises Refused("role"), UnknownValue("alignment.form"), MalformedInput or TooLarge for a file that cannot be read,
    Conflict("alignment.import_refused") for one that is to be said while a row of it is refused.
    """
    actor.require(Role.CO_CHAIR)
    if form not in _READERS:
        raise UnknownValue("alignment.form", field="as", expected=", ".join(_READERS))
    rows = _READERS[form](file)
    if len(rows) > MOST_ROWS:
        raise TooLarge("alignment.rows", field="file", found=len(rows), expected=f"at most {MOST_ROWS} rows")
    bundle = active_bundle.active(house)
    weighed = [_checked(house, bundle, one) for one in weigh(rows, _named(rows), house.nation)]
    told = _told([one for one, _ in weighed])
    if not apply:
        return told
    if told.counts[REFUSED]:
        raise Conflict("alignment.import_refused", field="file", found=told.counts[REFUSED], expected="no refused row")
    saying = [(one.row, body) for one, body in weighed if body is not None]
    if len(saying) > MOST_SAID:
        raise TooLarge("alignment.rows", field="file", found=len(saying), expected=f"at most {MOST_SAID} to be said")
    said = [say(house, actor, row.kind, body, entry=row.text("entry")) for row, body in saying]
    return replace(told, said=tuple(said))


def _named(rows: list[Row]) -> dict[str, Entry]:
    """The entries that the rows name, as this node holds them."""
    identities = sorted({row.text("entry") for row in rows} - {""})
    found: dict[str, Entry] = {}
    for start in range(0, len(identities), _ENTRIES_AT_ONCE):
        found |= entries_of(identities[start : start + _ENTRIES_AT_ONCE])
    return found


def _checked(house: House, bundle: Bundle, weighed: Weighed) -> tuple[Weighed, dict[str, Any] | None]:
    """The row with the body that it would say; refused where the rule book or a bound does not allow it."""
    if weighed.outcome not in {NEW, ANSWERS, CHANGED}:
        return weighed, None
    try:
        return weighed, _body(house, bundle, weighed.row)
    except Unreachable:
        raise
    except ReltoError as error:
        return replace(weighed, outcome=REFUSED, reason=error.full_code, column=error.field or ""), None


def _body(house: House, bundle: Bundle, row: Row) -> dict[str, Any]:
    if row.kind == RELATION:
        return make_relation(
            bundle.provisions,
            of=house.nation,
            to=party(house, row.text("to"), field="to"),
            named=row.list("provisions"),
            relation=row.text("relation"),
            reason=read_text(row.text("reason"), field="reason", longest=LONGEST_REASON),
            confidence=row.text("confidence"),
        ).body()
    return make_divergence(
        bundle.provisions,
        sorted(bundle.parties),
        question=read_text(row.text("question"), field="question", longest=LONGEST_QUESTION),
        named=row.list("provisions"),
        owner=party(house, row.text("owner"), own=True, field="owner"),
        options=[read_text(one, field="options", longest=LONGEST_OPTION) for one in row.list("options")],
        state=row.text("state"),
    ).body()


def _told(weighed: list[Weighed]) -> ImportTold:
    counted = Counter(one.outcome for one in weighed)
    order = (REFUSED, CHANGED, ANSWERS, NEW)
    shown = sorted((one for one in weighed if one.outcome in order), key=lambda one: order.index(one.outcome))
    rows = [
        RowTold(one.row.place, one.row.kind, one.row.text("entry"), one.outcome, one.column, _code(one))
        for one in shown[:MOST_TOLD]
    ]
    return ImportTold({outcome: counted[outcome] for outcome in OUTCOMES}, tuple(rows))


def _code(weighed: Weighed) -> str:
    """The code of why: that of the error, or of the file's own rule."""
    return weighed.reason if not weighed.reason or "." in weighed.reason else f"import_row.{weighed.reason}"
