"""Cedar as the judge of the class matrix: what the columnar evaluator says is asked of it, pair by pair.

Every cell of each rule table in which the two rule sets differ is asked under both, of a person and an item that have
its keys, as long as there are at most `bound` such cells; else an even choice of them, and the answer says so. Beside
that, pairs drawn from all changed and from unchanged ones are asked as a whole. A single difference refuses the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from relto.base.errors import NotVerified
from relto.rules.bundle import Bundle
from relto.rules.engine import Verdict
from relto.rules.impact.cases import DEFAULT_CHANNEL, Cases
from relto.rules.impact.holdings import Column
from relto.rules.impact.rule_tables import RuleTable, Support, tables_of
from relto.rules.impact.weighing import Difference, Kept, View

DEFAULT_BOUND = 1000
DEFAULT_PAIRS = 100
_Tables = Mapping[Support, RuleTable]


@dataclass(frozen=True)
class Judged:
    """`affected`: cells of the rule tables that differ; `asked`: how many of them Cedar answered, under both rule sets.

    `pairs`: whole pairs that Cedar answered, under both. There were no differences: else there is no answer.
    """

    affected: int
    asked: int
    pairs: int

    @property
    def complete(self) -> bool:
        """True when Cedar itself answered every affected cell."""
        return self.affected == self.asked

    def as_dict(self) -> dict[str, int | bool]:
        """For answers and reports."""
        return {
            "affected_cells": self.affected,
            "cells_asked": self.asked,
            "pairs_asked": self.pairs,
            "every_affected_cell_asked": self.complete,
            "differences": 0,
        }


def judge(
    kept: Kept,
    old: Bundle,
    new: Bundle,
    found: Difference,
    *,
    bound: int = DEFAULT_BOUND,
    pairs: int = DEFAULT_PAIRS,
    seed: int = 0,
) -> Judged:
    """Ask Cedar. Raises NotVerified("impact.cedar") when it answers one cell or pair otherwise."""
    room = kept.room
    cases = Cases(room.holdings, room.action, room.channel or DEFAULT_CHANNEL)
    after = tables_of(room, new, kept.tables)
    affected = asked = 0
    for support in found.touched:
        tables = [one.get(support) for one in (kept.tables, after)]
        cells = int(np.prod(room.axis(support).shape))
        affected += cells
        chosen = _even(cells, max(bound - asked, 0))
        answered = [
            len(chosen) if table is None else _ask_cells(kept, cases, bundle, support, table, chosen)
            for bundle, table in zip((old, new), tables, strict=True)
        ]
        asked += min(answered)
    whole = 0
    for bundle, tables_of_one in ((old, kept.tables), (new, after)):
        whole = 0
        for person, item, listing, permitted in _drawn(kept, found, tables_of_one, pairs, seed):
            whole += 1
            answers = cases.verdicts(bundle, person, item, listing, room.at)
            _same(bool(answers) and all(one.permitted for one in answers or ()), permitted, "pair")
    return Judged(affected, asked, whole)


def _even(cells: int, most: int) -> Column:
    if cells <= most:
        return np.arange(cells)
    return np.unique(np.linspace(0, cells - 1, most).astype(np.int64)) if most else np.arange(0)


def _ask_cells(  # noqa: PLR0917  one table's cells
    kept: Kept, cases: Cases, bundle: Bundle, support: Support, table: RuleTable, chosen: Column
) -> int:
    """How many of the cells were answered: not one whose pair is not asked, or whose facts err in another rule."""
    answered = 0
    axis, room = kept.room.axis(support), kept.room
    listings = room.listing_rows(axis)
    for cell in chosen:
        row, column = divmod(int(cell), axis.shape[1])
        person, beside = divmod(column, axis.beside)
        answers = cases.verdicts(
            bundle, int(axis.people.first[person]), int(axis.items.first[row]), int(listings[beside]), room.at
        )
        if answers and not any(one.errors for one in answers):
            answered += 1
            _same(_holds(answers, table.rules), bool(table.cells[row, column]), " ".join(table.rules))
    return answered


def _holds(answers: list[Verdict], rules: tuple[str, ...]) -> bool:
    return not any(one.failed.intersection(rules) for one in answers)


def _same(by_cedar: bool, by_columns: bool, of: str) -> None:  # noqa: FBT001  the two answers
    if by_cedar != by_columns:
        raise NotVerified("impact.cedar", field=of, found=by_columns, expected=f"{by_cedar}, as Cedar answers")


def _drawn(
    kept: Kept, found: Difference, tables: _Tables, pairs: int, seed: int
) -> Iterator[tuple[int, int, int, bool]]:
    """(person, item, row of the listings, permitted by the tables) of gained, lost and other pairs, always the same."""
    room, entries = kept.room, kept.entries
    classes = room.classes
    if not pairs or not len(classes.count) or not len(entries.people):
        return
    draw = np.random.default_rng(seed)
    view = View(room, entries, tables)
    lists = room.holdings["item.list"]
    marks = (found.gained.classes > 0, found.lost.classes > 0, np.ones(len(classes.count), dtype=bool))
    for mark in marks:
        rows = np.flatnonzero(mark)
        for row in draw.choice(rows, min(pairs, len(rows)), replace=False) if len(rows) else ():
            start, stop = entries.starts[lists[row] : lists[row] + 2]
            if start == stop:
                continue
            columns = np.arange(start, stop)
            bits = np.unpackbits(view.bits(np.array([row]), columns)[0], count=len(columns)).astype(bool)
            weight = 1 + bits * (len(bits) - 1)
            place = int(draw.choice(len(columns), p=weight / weight.sum()))
            entry = int(columns[place])
            yield int(entries.people[entry]), int(row), int(entries.listings[entry]), bool(bits[place])
