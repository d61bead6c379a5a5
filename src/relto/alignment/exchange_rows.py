"""What goes out of the shared record and comes in again: rows, one for each nation's newest word on an entry.

A row says who says it (`nation`), in which entry, and what; it carries no signature, no private note, no pseudonym.
Rows are told apart from statements on purpose: what is read in from a file is said by nobody until a co-chair says it.

Rules enforced here, when a file is read in (`weigh`):
 1. A row of the own nation is `new`, `answers` an entry in which it has not spoken, `changed`, or the `same`.
 2. A row of a partner is the `same` as its newest word, or it is refused: nobody writes a partner's line.
 3. A row that names what the rule book does not carry, that no form allows, or that stands twice is refused,
    by its place, the column and a code. Nothing is guessed and nothing is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from relto.alignment.divergences import STATES
from relto.alignment.relations import CONFIDENCES, RELATIONS
from relto.alignment.shared_record import DIVERGENCE, RELATION, Entry
from relto.base.instants import instant_text
from relto.base.nations import Nation

NEW: Final = "new"
ANSWERS: Final = "answers"
CHANGED: Final = "changed"
SAME: Final = "same"
REFUSED: Final = "refused"
OUTCOMES: Final = (NEW, ANSWERS, CHANGED, SAME, REFUSED)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    RELATION: ("entry", "nation", "to", "provisions", "relation", "reason", "confidence"),
    DIVERGENCE: ("entry", "nation", "question", "provisions", "owner", "options", "state"),
}
"""The columns of a kind's sheet that are read in, in order."""
TOLD: Final = ("number", "said_at")
"""Columns that are told beside them, and passed over when a file is read in."""
LISTS: Final = frozenset({"provisions", "options"})
MOST_ROWS: Final = 100_000
LONGEST_CELL: Final = 8192
"""Characters of a cell: of the longest list that a statement may carry."""
_MOST_IN_LIST: Final = 64
_CODE: Final = 3
_MIRRORED: Final = {"stricter": "looser", "looser": "stricter"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `place`: where it stands in its file, such as "relations 3" (counted from 1), "" in an export.

    `values`: column -> text, or a tuple of texts for `provisions` and `options`.
    """

    kind: str
    values: Mapping[str, str | tuple[str, ...]]
    place: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    def text(self, column: str) -> str:
        """A column that holds one text; "" where it is not given."""
        value = self.values.get(column, "")
        return value if isinstance(value, str) else ""

    def as_json(self) -> dict[str, Any]:
        """The values as JSON has them."""
        return {name: value if isinstance(value, str) else [*value] for name, value in self.values.items()}

    def list(self, column: str) -> tuple[str, ...]:
        """A column that holds a list; empty where it is not given."""
        value = self.values.get(column, ())
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a row would do. `reason`, `column`: of a refused one, else empty."""

    row: Row
    outcome: str
    reason: str = ""
    column: str = ""


def rows_of(record: Iterable[Entry]) -> list[Row]:
    """One row for each nation's newest word on each relation and divergence, in the order of the entries."""
    return [
        Row(entry.kind, _values(entry.kind, entry.entry, said.nation, said.body), told=_told(said.number, said.at))
        for entry in record
        if entry.kind in COLUMNS
        for said in entry.newest.values()
    ]


def _told(number: int, at: Any) -> dict[str, str]:
    return {"number": str(number), "said_at": instant_text(at)}


def _values(kind: str, entry: str, nation: Nation, body: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    if kind == DIVERGENCE:
        return {
            "entry": entry,
            "nation": str(nation),
            "question": body["question"],
            "provisions": tuple(sorted(body["provisions"])),
            "owner": body["owner"],
            "options": tuple(body["options"]),
            "state": body["state"],
        }
    of_itself = body["of"] == nation
    word = body["relation"] if of_itself else _MIRRORED.get(body["relation"], body["relation"])
    return {
        "entry": entry,
        "nation": str(nation),
        "to": body["to"] if of_itself else body["of"],
        "provisions": tuple(sorted(one for ids in body["provisions"].values() for one in ids)),
        "relation": word,
        "reason": body["reason"],
        "confidence": body["confidence"],
    }


def weigh(rows: Iterable[Row], record: Mapping[str, Entry], own: Nation) -> list[Weighed]:
    """What each row would do, as far as the rows and the record tell. `record`: the entries that the rows name."""
    found, seen = [], set[tuple[str, str]]()
    for row in rows:
        weighed = _weighed(row, record, own)
        key = (row.text("entry"), row.text("nation"))
        if weighed.outcome != REFUSED and key[0]:
            if key in seen:
                weighed = Weighed(row, REFUSED, "twice", "entry")
            seen.add(key)
        found.append(weighed)
    return found


def _weighed(row: Row, record: Mapping[str, Entry], own: Nation) -> Weighed:
    fault = _fault(row)
    if fault is not None:
        return Weighed(row, REFUSED, *fault)
    nation = row.text("nation") or str(own)
    held = record.get(row.text("entry"))
    if row.text("entry") and (held is None or held.kind != row.kind):
        return Weighed(row, REFUSED, "entry_unknown", "entry")
    line = held.lines.get(Nation(nation)) if held is not None else None
    said = dict(_values(row.kind, held.entry, Nation(nation), line[-1].body)) if held is not None and line else None
    is_same = said is not None and said == _complete(row, nation)
    if nation != own:
        return Weighed(row, SAME) if is_same else Weighed(row, REFUSED, "partner_line", "nation")
    if held is None:
        return Weighed(row, NEW)
    return Weighed(row, SAME if is_same else CHANGED if said is not None else ANSWERS)


def _complete(row: Row, nation: str) -> dict[str, str | tuple[str, ...]]:
    values: dict[str, str | tuple[str, ...]] = {
        name: row.list(name) if name in LISTS else row.text(name) for name in COLUMNS[row.kind]
    }
    return {**values, "nation": nation, "provisions": tuple(sorted(row.list("provisions")))}


def _fault(row: Row) -> tuple[str, str] | None:
    """(code, column) of what no file may say, None when it may."""
    nation = row.text("nation")
    codes = {RELATION: ("to",), DIVERGENCE: ("owner",)}[row.kind]
    for column in ("nation", *codes):
        code = row.text(column)
        if (code or column in codes) and not (len(code) == _CODE and code.isascii() and code.isupper()):
            return "nation", column
    words: Mapping[str, Sequence[str]] = (
        {"relation": RELATIONS, "confidence": CONFIDENCES} if row.kind == RELATION else {"state": STATES}
    )
    for column, allowed in words.items():
        if row.text(column) not in allowed:
            return "word", column
    if not 1 <= len(row.list("provisions")) <= _MOST_IN_LIST:
        return "provisions", "provisions"
    for column in ("reason", "question"):
        if column in COLUMNS[row.kind] and not row.text(column):
            return "empty", column
    return None if nation != row.text("to") or row.kind != RELATION else ("nation", "to")


def placed(row: Row, place: str) -> Row:
    """The row with its place in a file."""
    return replace(row, place=place)
