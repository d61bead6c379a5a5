"""The class matrix and what a draft changes in it (policy.md 5).

Need-to-know lists are equality keys: a pair off the list is not permitted unless a rule table permits it without a
listing, so as a rule only the people on a list meet its items. For each list the classes of its items stand against
its people as rows of bits; a pair is permitted when every rule table has its bit. A draft touches only the rows and
people whose keys some table answers differently: only those are worked out anew, under both rule sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from relto.base.errors import TooLarge
from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.rules.impact.cases import DEFAULT_CHANNEL, NOT_LISTED, check_action
from relto.rules.impact.classes import ItemClasses, item_classes
from relto.rules.impact.holdings import Column, Holdings, size_of
from relto.rules.impact.rule_tables import Room, RuleTable, Support, tables_of

MOST_CELLS = 2**34
_WIDE = 2**16
Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Entries:
    """The people who meet the items of each list, with their row of the listings: list -> from `starts` on."""

    people: Column
    listings: Column
    starts: Column


@dataclass(frozen=True)
class Kept:
    """What one rule set permits on the holdings, ready to be compared. Lives as long as the holdings do not change."""

    room: Room
    entries: Entries
    tables: Mapping[Support, RuleTable]
    everybody: bool
    permitted: int
    cells: int


@dataclass
class Changes:
    """Pairs of each person, of an item of each class, by level and nation, and all."""

    people: Column
    classes: Column
    levels: Column
    pairs: int = 0


@dataclass
class Difference:
    """What a draft changes. `cells`: how many class cells were worked out; `touched`: the supports that differ."""

    gained: Changes
    lost: Changes
    touched: tuple[Support, ...]
    cells: int = 0
    examples: list[tuple[str, int, int]] = field(default_factory=list)
    """("gained" or "lost", class of items, entry), a bounded choice."""


def prepare(
    holdings: Holdings,
    bundle: Bundle,
    action: str,
    at: Instant,
    *,
    channel: str = DEFAULT_CHANNEL,
    everybody: bool = False,
    classes: ItemClasses | None = None,
    progress: Progress | None = None,
) -> Kept:
    """Work out the class matrix of a rule set.

    `everybody`: also pairs that are on no list; needed only where a rule set permits one. Raises MalformedInput, and
    TooLarge("impact.cells") when there are more class cells than can be worked out.
    """
    check_action(action)
    told = progress or _silent
    told("classes", 0, 1)
    room = Room(action, at, channel, classes or item_classes(holdings))
    told("rules", 0, 1)
    tables = tables_of(room, bundle)
    everybody = everybody or _off_list(room, tables)
    entries = _entries(holdings, room.classes, everybody=everybody)
    view = View(room, entries, tables)
    permitted = cells = 0
    lists = holdings.counts["lists"]
    for one, rows, columns in _blocks(room.classes, entries):
        if one % 64 == 0:
            told("lists", one, lists)
        for part in _parts(rows, len(columns)):
            bits = view.bits(part, columns)
            permitted += int(np.bitwise_count(bits).sum(axis=1, dtype=np.int64) @ room.classes.count[part])
            cells += len(part) * len(columns)
    return Kept(room, entries, tables, everybody, permitted, cells)


def weigh(kept: Kept, draft: Bundle, *, examples: int = 0, progress: Progress | None = None) -> Difference:
    """Compare a draft with what is kept; only affected cells are worked out. `examples`: how many cells to remember."""
    told = progress or _silent
    room, held = kept.room, kept.room.holdings
    told("rules", 0, 1)
    new = tables_of(room, draft, kept.tables)
    if not kept.everybody and _off_list(room, new):
        raise NeedsEverybody
    touched = {
        support: (_or_all(room, support, kept.tables), _or_all(room, support, new))
        for support in sorted(kept.tables.keys() | new.keys())
        if not _equal(room, support, kept.tables, new)
    }
    found = Difference(_nothing(kept), _nothing(kept), tuple(touched))
    if not touched:
        return found
    common = View(room, kept.entries, {one: table for one, table in kept.tables.items() if one not in touched})
    before, after = (
        View(room, kept.entries, {one: RuleTable((), "", pair[number]) for one, pair in touched.items()})
        for number in (0, 1)
    )
    row_changes = np.zeros(len(room.classes.count), dtype=bool)
    entry_changes = np.zeros(len(kept.entries.people), dtype=bool)
    for support, (old_cells, new_cells) in touched.items():
        changed, axis = np.asarray(old_cells ^ new_cells), room.axis(support)
        row_changes |= np.asarray(changed.any(axis=1))[axis.items.of]
        entry_changes |= np.asarray(changed.any(axis=0))[axis.of_entries(kept.entries.people, kept.entries.listings)]
    lists = held.counts["lists"]
    level = held["item.level"]
    for one, all_rows, all_columns in _blocks(room.classes, kept.entries, row_changes, entry_changes):
        if one % 64 == 0:
            told("lists", one, lists)
        for rows in _parts(all_rows, len(all_columns)):
            found.cells += len(rows) * len(all_columns)
            of_both = common.bits(rows, all_columns)
            was, will = before.bits(rows, all_columns), after.bits(rows, all_columns)
            for word, changes, bits in (
                ("gained", found.gained, of_both & will & ~was),
                ("lost", found.lost, of_both & was & ~will),
            ):
                if bits.any():
                    _add(changes, room, level, kept.entries, rows, all_columns, bits)
                    _remember(found, word, rows, all_columns, bits, examples)
    for changes in (found.gained, found.lost):
        changes.pairs = int(changes.people.sum())
    return found


class NeedsEverybody(Exception):
    """The draft permits pairs that are on no list, so the class matrix must be of everybody."""


def _silent(_stage: str, _done: int, _of: int) -> None:
    return


def _nothing(kept: Kept) -> Changes:
    held = kept.room.holdings
    return Changes(
        np.zeros(held.people, dtype=np.int64),
        np.zeros(len(kept.room.classes.count), dtype=np.int64),
        np.zeros((size_of(held, "levels"), len(held.words["nations"])), dtype=np.int64),
    )


def _or_all(room: Room, support: Support, tables: Mapping[Support, RuleTable]) -> Column:
    return tables[support].cells if support in tables else np.ones(room.axis(support).shape, dtype=bool)


def _equal(room: Room, support: Support, old: Mapping[Support, RuleTable], new: Mapping[Support, RuleTable]) -> bool:
    if support in old and support in new and old[support] is new[support]:
        return True
    return bool(np.array_equal(_or_all(room, support, old), _or_all(room, support, new)))


def _off_list(room: Room, tables: Mapping[Support, RuleTable]) -> bool:
    """True when no table refuses every pair that is on no list."""
    for support, table in tables.items():
        if support.listing:
            beside = room.axis(support).beside
            if not table.cells[:, beside - 1 :: beside].any():
                return False
    return True


def _entries(holdings: Holdings, classes: ItemClasses, *, everybody: bool) -> Entries:
    lists = holdings.counts["lists"]
    order = np.argsort(holdings["listing.list"], kind="stable")
    starts = np.searchsorted(holdings["listing.list"][order], np.arange(lists + 1))
    people = holdings["listing.person"][order]
    if not everybody:
        return Entries(people, order, starts)
    cells = len(classes.count) * holdings.people
    if cells > MOST_CELLS or lists * holdings.people > MOST_CELLS // 64:
        raise TooLarge("impact.cells", field="holdings", found=cells, expected=f"at most {MOST_CELLS} class cells")
    listings = np.full((lists, holdings.people), NOT_LISTED, dtype=np.int64)
    listings[holdings["listing.list"][order], people] = order
    everyone = np.tile(np.arange(holdings.people), lists)
    return Entries(everyone, listings.reshape(-1), np.arange(lists + 1) * holdings.people)


def _blocks(
    classes: ItemClasses, entries: Entries, rows: Column | None = None, columns: Column | None = None
) -> Iterator[tuple[int, Column, Column]]:
    """(list, classes of its items, entries of its people); of those marked only, where marks are given."""
    for one in range(len(classes.starts) - 1):
        first, end = int(classes.starts[one]), int(classes.starts[one + 1])
        start, stop = int(entries.starts[one]), int(entries.starts[one + 1])
        if first == end or start == stop:
            continue
        chosen = np.arange(first, end) if rows is None else first + np.flatnonzero(rows[first:end])
        people = np.arange(start, stop) if columns is None else start + np.flatnonzero(columns[start:stop])
        if len(chosen) and len(people):
            yield one, chosen, people


def _parts(rows: Column, columns: int) -> Iterator[Column]:
    step = max(64, 2**27 // columns)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


class View:
    """One rule set's tables, ready for any block."""

    def __init__(self, room: Room, entries: Entries, tables: Mapping[Support, RuleTable]) -> None:
        self._entry_fits = np.ones(len(entries.people), dtype=bool)
        self._row_fits = np.ones(len(room.classes.count), dtype=bool)
        self._tables = []
        for support, table in tables.items():
            axis = room.axis(support)
            if axis.shape[0] == 1 and len(axis.items.of):
                self._entry_fits &= table.cells[0][axis.of_entries(entries.people, entries.listings)]
            elif axis.shape[1] == 1:
                self._row_fits &= table.cells[:, 0][axis.items.of]
            else:
                keys = axis.of_entries(entries.people, entries.listings).astype(np.int32)
                self._tables.append((np.ascontiguousarray(table.cells), axis.items.of, keys))

    def bits(self, rows: Column, columns: Column) -> Column:
        """The permitted pairs of some classes (a row each) and entries (a bit each)."""
        found = np.repeat(np.packbits(self._entry_fits[columns])[None, :], len(rows), axis=0)
        for cells, items, people in self._tables:
            used, place = _used(items[rows], len(cells))
            found &= np.packbits(cells[used[:, None], people[columns]], axis=1)[place]
        found[~self._row_fits[rows]] = 0
        return found


def _used(keys: Column, size: int) -> tuple[Column, Column]:
    if size > _WIDE:
        used, place = np.unique(keys, return_inverse=True)
        return used, place.reshape(-1)
    seen = np.zeros(size, dtype=bool)
    seen[keys] = True
    used = np.flatnonzero(seen)
    place = np.zeros(size, dtype=np.int32)
    place[used] = np.arange(len(used))
    return used, place[keys]


def _add(  # noqa: PLR0917  a sum over one block
    changes: Changes, room: Room, level: Column, entries: Entries, rows: Column, columns: Column, bits: Column
) -> None:
    held, people = room.holdings, entries.people[columns]
    some = np.flatnonzero(bits.any(axis=1))
    rows, bits = rows[some], bits[some]
    changes.classes[rows] += np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    nation = held["facility.nation"][held["person.facility"][people]]
    for step in np.array_split(np.arange(len(rows)), max(1, bits.shape[1] * 8 * len(rows) // 2**24)):
        pairs = np.unpackbits(bits[step], axis=1, count=len(columns)).astype(np.float32)
        # Doubles hold every count of pairs exactly; floats are only the zeros and ones.
        by_level = np.zeros((len(changes.levels), len(step)), dtype=np.float64)
        by_level[level[rows[step]], np.arange(len(step))] = room.classes.count[rows[step]]
        used = np.flatnonzero(by_level.any(axis=1))
        sums = (by_level[used] @ pairs).astype(np.int64)
        np.add.at(changes.people, people, sums.sum(axis=0))
        for row, each in zip(used, sums, strict=True):
            np.add.at(changes.levels[row], nation, each)


def _remember(found: Difference, word: str, rows: Column, columns: Column, bits: Column, most: int) -> None:  # noqa: PLR0917
    room = most - sum(kind == word for kind, _, _ in found.examples)
    if room <= 0:
        return
    for row in np.flatnonzero(bits.any(axis=1))[:room]:
        held = np.flatnonzero(np.unpackbits(bits[row], count=len(columns)))[:room]
        found.examples += [(word, int(rows[row]), int(columns[place])) for place in held]
        room -= len(held)
        if room <= 0:
            return
