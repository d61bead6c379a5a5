"""Classes: people and items that no rule tells apart are counted, not repeated (policy.md 5).

A class of items holds those that are equal in every column; the need-to-know list leads, so the classes of one list
stand side by side. A key is one combination of some columns; each class has one key, and each person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from relto.base.errors import TooLarge
from relto.rules.impact.holdings import GROUPS, Column, Holdings, size_of

_DENSE = 2**25
_RUN = 2**16
_LARGEST_CODE = 2**62
_FACILITY = {"nation": "nation", "facility_level": "level", "facility_safeguarding": "safeguarding"}


@dataclass(frozen=True)
class Keys:
    """`of`: for each row its key; `first`: for each key a row that has it."""

    of: Column
    first: Column


@dataclass(frozen=True)
class ItemClasses:
    """`holdings`: the same with one item for each class; `count`: how many items each class has.

    `starts`: list -> its first class, and an end. `codes`: for each item of the whole holdings the code of its class;
    `found`: for each class its code.
    """

    holdings: Holdings
    count: Column
    starts: Column
    codes: Column
    found: Column

    def items_of(self, classes: Column) -> tuple[Column, Column]:
        """(items of these classes, the class of each)."""
        wanted = np.unique(self.found[classes])
        items = np.flatnonzero(np.isin(self.codes, wanted))
        return items, np.searchsorted(self.found, self.codes[items])


def combined(columns: Sequence[tuple[Column, int]], rows: int) -> Keys:
    """Keys of rows by several columns, each with how many numbers it may hold (0 up to that), in the columns' order.

    Works in passes over the rows without sorting them while there are at most 2^25 combinations.
    """
    code, size = np.zeros(rows, dtype=np.int64), 1
    for column, most in columns:
        if size * most > _DENSE:
            code, size = _dense(code, size)
        if size * most > 2**62:
            raise TooLarge("holdings", field="columns", expected="fewer combinations")
        code *= most
        code += column
        size *= most
    code, size = _dense(code, size)
    first = np.zeros(size, dtype=np.int64)
    first[code[::-1]] = np.arange(rows - 1, -1, -1)
    return Keys(code.astype(np.int32), first)


def _dense(code: Column, size: int) -> tuple[Column, int]:
    """The same order with the numbers that do not occur left out."""
    if size > _DENSE:
        found, dense = np.unique(code, return_inverse=True)
        return dense.astype(np.int64), len(found)
    seen = np.zeros(size, dtype=bool)
    seen[code] = True
    place = np.cumsum(seen, dtype=np.int32)
    found_count = int(place[-1]) if size else 0
    place -= 1
    return place[code].astype(np.int64), found_count


def item_classes(holdings: Holdings) -> ItemClasses:
    """All items by all their columns."""
    names = list(GROUPS["item"])
    columns = _item_columns(holdings, names)
    sizes = [max(most, 1) for _, most in columns]
    if math.prod(sizes) < _LARGEST_CODE:
        codes = _codes(columns, holdings.items)
        found, count = _counted(codes)
        kept, rest = {}, found.copy()
        for name, size in reversed(list(zip(names, sizes, strict=True))):
            kept[f"item.{name}"] = rest % size
            rest //= size
    else:
        keys = combined(columns, holdings.items)
        codes, found = keys.of, np.arange(len(keys.first), dtype=np.int32)
        count = np.bincount(codes, minlength=len(found))
        kept = {f"item.{name}": column[keys.first] for name, (column, _) in zip(names, columns, strict=True)}
    for name, of in GROUPS["item"].items():
        column = kept[f"item.{name}"]
        kept[f"item.{name}"] = column.astype(bool) if of == "flag" else column.astype(np.int64) - (name == "programme")
    classed = replace(
        holdings,
        columns={**holdings.columns, **kept},
        names={group: names for group, names in holdings.names.items() if group != "item"},
    )
    starts = np.searchsorted(kept["item.list"], np.arange(holdings.counts["lists"] + 1))
    return ItemClasses(classed, count, starts, codes, found)


def _codes(columns: Sequence[tuple[Column, int]], rows: int) -> Column:
    """One number for each row, the first column leading; in runs that stay in the processor's cache."""
    codes = np.zeros(rows, dtype=np.int64)
    for start in range(0, rows, _RUN):
        part = codes[start : start + _RUN]
        for column, most in columns:
            part *= max(most, 1)
            part += column[start : start + _RUN]
    return codes


def _counted(codes: Column) -> tuple[Column, Column]:
    """The codes that occur, in order, and how often each does."""
    ordered = np.sort(codes)
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)])
    return ordered[ends], np.diff(ends, prepend=-1)


def _item_columns(holdings: Holdings, names: Sequence[str]) -> list[tuple[Column, int]]:
    """Columns of items with how many numbers each may hold; none (-1) comes first."""
    found = []
    for name in names:
        column, of = holdings[f"item.{name}"], GROUPS["item"][name]
        if name == "programme":
            found.append((column.astype(np.int32) + 1, size_of(holdings, of) + 1))
        else:
            found.append((column, 2 if of == "flag" else size_of(holdings, of)))
    return found


def item_keys(classes: ItemClasses, names: Sequence[str]) -> Keys:
    """Keys of the classes by some columns."""
    return combined(_item_columns(classes.holdings, names), len(classes.count))


def person_keys(holdings: Holdings, names: Sequence[str]) -> Keys:
    """Keys of people by some columns, such as "level", "nation" or "facility_level"."""
    columns = []
    for name in names:
        if name in _FACILITY:
            column = holdings[f"facility.{_FACILITY[name]}"][holdings["person.facility"]]
            of = GROUPS["facility"][_FACILITY[name]]
        else:
            column, of = holdings[f"person.{name}"], GROUPS["person"][name]
        if of == "seconds":
            _, column = np.unique(column, return_inverse=True)
            columns.append((column.reshape(-1), int(column.max(initial=0)) + 1))
        else:
            columns.append((column.astype(np.int64) + 1, (2 if of == "flag" else size_of(holdings, of)) + 1))
    return combined(columns, holdings.people)


def listing_keys(holdings: Holdings) -> Keys:
    """Keys of the rows of the listings by reason and period."""
    columns: list[tuple[Column, int]] = [(holdings["listing.reason"], 2)]
    for name in ("from", "until"):
        _, column = np.unique(holdings[f"listing.{name}"], return_inverse=True)
        columns.append((column.reshape(-1), int(column.max(initial=0)) + 1))
    return combined(columns, len(holdings["listing.list"]))
