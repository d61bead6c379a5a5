"""Holdings as columns: facilities, people, items, papers and need-to-know lists, in the shape of the engine's facts.

One array a column, one row a thing; a word is a number in a list of words, a set of words is a row of a Boolean matrix.
Instants are whole seconds since 1970; a period includes `from` and excludes `until`, and one that ends where it starts
is unknown. A person is of her facility's nation. Each item has one need-to-know list, which it may share, and one set
of papers, likewise: of such a set at most one release a facility, one consent an owner and facility, and one
authorisation of each kind a nation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relto.base.errors import MalformedInput, TooLarge
from relto.base.nations import read_nation

Column = NDArray[Any]

STATES = ("proposed", "released", "accepted", "refused", "withdrawn")
KINDS = ("disclosure", "export")
WORDS = ("nations", "policies", "level_names", "programmes", "caveats", "facilities")
SETS = {"owner_sets": "nations", "audiences": "nations", "caveat_sets": "caveats", "programme_sets": "programmes"}
COUNTS = ("lists", "papers")
LARGEST = 32_472_144_000
"""The first instant of the year 2999."""
MOST_ROWS = 2**31 - 1
MOST_WORDS = 2**20
MOST_LETTERS = 200
_SECONDS, _FLAG = "seconds", "flag"
_VALID = {"valid_from": _SECONDS, "valid_until": _SECONDS, "status_at": _SECONDS, "suspended": _FLAG}
_PERIOD = {"from": _SECONDS, "until": _SECONDS}
_NONE_ALLOWED = frozenset(
    {"facility.level", "facility.safeguarding", "person.level", "item.programme", "authorisation.programme"}
)

GROUPS: Mapping[str, Mapping[str, str]] = {
    "facility": {"nation": "nations", "level": "levels", "safeguarding": "levels", **_VALID},
    "person": {
        "facility": "facilities", "level": "levels", "caveats": "caveat_sets", "programmes": "programme_sets", **_VALID
    },
    "item": {
        "list": "lists", "owners": "owner_sets", "releaser": "nations", "level": "levels", "audience": "audiences",
        "caveats": "caveat_sets", "programme": "programmes", "papers": "papers", "export": _FLAG, "physical": _FLAG,
        "registered": _FLAG,
    },
    "release": {"papers": "papers", "facility": "facilities", "state": "states", **_PERIOD},
    "authorisation": {"papers": "papers", "kind": "kinds", "nation": "nations", "programme": "programmes", **_PERIOD},
    "consent": {"papers": "papers", "by": "nations", "facility": "facilities", **_PERIOD},
    "listing": {"list": "lists", "person": "people", "reason": _FLAG, **_PERIOD},
}  # fmt: skip
"""Group -> column -> what its numbers are: a place in a list of words or sets, seconds, or a flag."""
_ONCE = {
    "release": ("papers", "facility"),
    "authorisation": ("papers", "kind", "nation"),
    "consent": ("papers", "by", "facility"),
    "listing": ("list", "person"),
}


@dataclass(frozen=True)
class Holdings:
    """`columns`: "group.column" -> array; `words`: list of words; `sets`: Boolean matrices; `counts`: lists, papers.

    `everyone`: which audiences are everyone. `names`: identities of "person" and "item" rows, where they are given.
    """

    columns: Mapping[str, Column]
    words: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, Column]
    everyone: Column
    counts: Mapping[str, int]
    names: Mapping[str, Column]

    def __post_init__(self) -> None:
        """Raises MalformedInput or TooLarge naming the field that does not fit."""
        _check(self)

    def __getitem__(self, name: str) -> Column:
        """A column by its full name, such as "person.level"."""
        return self.columns[name]

    @property
    def people(self) -> int:
        """How many people there are."""
        return len(self.columns["person.facility"])

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.columns["item.list"])

    def name(self, group: str, row: int) -> str:
        """The identity of a person or an item; its row number where the holdings name none."""
        if group in self.names:
            value = self.names[group][row]
            return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
        return f"{group}-{row}"


def size_of(holdings: Holdings, of: str) -> int:
    """How many different numbers a column of this kind may hold."""
    fixed = {"states": len(STATES), "kinds": len(KINDS), "levels": len(holdings.words["level_names"])}
    if of in fixed:
        return fixed[of]
    if of == "people":
        return holdings.people
    if of in SETS:
        return len(holdings.sets[of])
    return holdings.counts[of] if of in COUNTS else len(holdings.words[of])


def _check(holdings: Holdings) -> None:
    for name in WORDS:
        _check_words(name, holdings.words.get(name))
    for nation in holdings.words["nations"]:
        read_nation(nation, field="nations")
    if len(holdings.words["policies"]) != len(holdings.words["level_names"]):
        raise _malformed("level_names", "a name for each policy")
    for name in COUNTS:
        if not 0 <= holdings.counts.get(name, -1) <= MOST_ROWS:
            raise _malformed(name, "how many there are")
    _check_sets(holdings)
    for group, columns in GROUPS.items():
        rows = _check_group(holdings, group, columns)
        if group == "facility" and rows != len(holdings.words["facilities"]):
            raise _malformed("facilities", "a code for each facility")
        _check_once(holdings, group, rows)
    for group in holdings.names:
        if group not in ("person", "item") or holdings.names[group].shape != holdings[f"{group}.level"].shape:
            raise _malformed(f"{group}.name", "a name for each row")


def _check_sets(holdings: Holdings) -> None:
    for name, of in SETS.items():
        matrix = holdings.sets.get(name)
        if matrix is None or matrix.dtype != np.bool_ or matrix.shape != (len(matrix), len(holdings.words[of])):
            raise _malformed(name, f"a Boolean matrix with a column for each of {of}")
    if not holdings.sets["owner_sets"].any(axis=1).all():
        raise _malformed("owner_sets", "at least one owner in each")
    if holdings.everyone.dtype != np.bool_ or holdings.everyone.shape != (len(holdings.sets["audiences"]),):
        raise _malformed("everyone", "a flag for each audience")


def _check_words(name: str, words: tuple[str, ...] | None) -> None:
    if words is None or len(words) > MOST_WORDS or any(len(word) > MOST_LETTERS for word in words):
        raise _malformed(name, f"at most {MOST_WORDS} words of at most {MOST_LETTERS} letters")
    if name not in ("policies", "level_names") and (len(set(words)) != len(words) or "" in words):
        raise _malformed(name, "each word once, none empty")


def _check_group(holdings: Holdings, group: str, columns: Mapping[str, str]) -> int:
    """How many rows the group has."""
    rows = None
    for name, of in columns.items():
        field = f"{group}.{name}"
        column = holdings.columns.get(field)
        if column is None or column.ndim != 1 or len(column) != (len(column) if rows is None else rows):
            raise _malformed(field, "a column with as many rows as its group")
        rows = len(column)
        if rows > MOST_ROWS:
            raise TooLarge("holdings", field=field, found=rows, expected=f"at most {MOST_ROWS} rows")
        if column.dtype.kind != ("b" if of == _FLAG else "i"):
            raise _malformed(field, "flags" if of == _FLAG else "signed whole numbers")
        least = -1 if field in _NONE_ALLOWED else 0
        most = 1 if of == _FLAG else LARGEST if of == _SECONDS else size_of(holdings, of) - 1
        if rows and (int(column.min()) < least or int(column.max()) > most):
            raise _malformed(field, f"numbers from {least} to {most}")
    return rows or 0


def _check_once(holdings: Holdings, group: str, rows: int) -> None:
    if group in _ONCE and rows:
        order = np.lexsort([holdings.columns[f"{group}.{name}"] for name in _ONCE[group]])
        ordered = [holdings.columns[f"{group}.{name}"][order] for name in _ONCE[group]]
        if np.logical_and.reduce([column[1:] == column[:-1] for column in ordered]).any():
            raise _malformed(f"{group}.{_ONCE[group][-1]}", f"each {', '.join(_ONCE[group])} once")


def _malformed(field: str, expected: str) -> MalformedInput:
    return MalformedInput("holdings", field=field, expected=expected)
