"""What an impact says: counts for everybody, lists for those allowed, tables and pictures of the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from relto.base.instants import instant_text
from relto.rules.bundle import Bundle
from relto.rules.impact.holdings import Column, Holdings
from relto.rules.impact.oracle import Judged
from relto.rules.impact.weighing import Changes, Difference, Kept

Rows = list[dict[str, Any]]
MOST_LISTED = 100_000


@dataclass(frozen=True)
class Impact:
    """An answer about whole holdings; `holdings` are the ones that were asked about, with all their items."""

    holdings: Holdings
    kept: Kept
    found: Difference
    judged: Judged
    old: Bundle
    new: Bundle

    def as_dict(self) -> dict[str, Any]:
        """Counts only: no person and no item is named."""
        room = self.kept.room
        gained, lost = self.found.gained, self.found.lost
        return {
            "action": room.action,
            "at": instant_text(room.at),
            "versions": [self.old.version, self.new.version],
            "people": self.holdings.people,
            "items": self.holdings.items,
            "permitted_before": self.kept.permitted,
            "permitted_after": self.kept.permitted + gained.pairs - lost.pairs,
            "pairs_gained": gained.pairs,
            "pairs_lost": lost.pairs,
            "people_gaining": int((gained.people > 0).sum()),
            "people_losing": int((lost.people > 0).sum()),
            "items_gaining": self._items(gained),
            "items_losing": self._items(lost),
            "by_level_and_nation": self.by_level(),
            "by_programme": self.by_programme(),
            "class_cells": self.kept.cells,
            "cells_worked_out_anew": self.found.cells,
            "judged_by_cedar": self.judged.as_dict(),
        }

    def _items(self, changes: Changes) -> int:
        return int(self.kept.room.classes.count[changes.classes > 0].sum())

    def by_level(self) -> Rows:
        """Pairs by level of the item and nation of the person; levels and nations without a change are left out."""
        words, rows = self.holdings.words, []
        gained, lost = self.found.gained.levels, self.found.lost.levels
        for level, nation in np.argwhere((gained > 0) | (lost > 0)):
            rows.append(
                {
                    "level": f"{words['policies'][level]} {words['level_names'][level]}",
                    "nation": words["nations"][nation],
                    "gained": int(gained[level, nation]),
                    "lost": int(lost[level, nation]),
                }
            )
        return rows

    def by_programme(self) -> Rows:
        """Pairs by programme of the item; an empty code is no programme."""
        room, words = self.kept.room, [*self.holdings.words["programmes"], ""]
        programme = room.holdings["item.programme"]
        sums = []
        for changes in (self.found.gained, self.found.lost):
            total = np.zeros(len(words), dtype=np.int64)
            np.add.at(total, programme, changes.classes * room.classes.count)
            sums.append(total)
        return [
            {"programme": words[one], "gained": int(sums[0][one]), "lost": int(sums[1][one])}
            for one in np.flatnonzero(sums[0] + sums[1])
        ]

    def people_rows(self, most: int = MOST_LISTED) -> Rows:
        """Who gains or loses how many items, those of most changes first; at most `most`."""
        gained, lost = self.found.gained.people, self.found.lost.people
        return [
            {"person": self.holdings.name("person", int(one)), "gained": int(gained[one]), "lost": int(lost[one])}
            for one in _most(gained + lost, most)
        ]

    def item_rows(self, most: int = MOST_LISTED) -> Rows:
        """Which items somebody gains or loses, those of most changes first; at most `most`."""
        gained, lost = self.found.gained.classes, self.found.lost.classes
        classes = _most(gained + lost, most)
        items, of = self.kept.room.classes.items_of(classes)
        order = np.argsort(-(gained + lost)[of], kind="stable")[:most]
        return [
            {
                "item": self.holdings.name("item", int(items[one])),
                "gained": int(gained[of[one]]),
                "lost": int(lost[of[one]]),
            }
            for one in order
        ]

    def pair_rows(self, most: int) -> Iterator[dict[str, Any]]:
        """Some of the pairs that change, as `weigh` remembered them: at most `most` gained and as many lost."""
        people, entries = self.kept.entries.people, self.found.examples
        items, of = self.kept.room.classes.items_of(np.array([one for _, one, _ in entries], dtype=np.int64))
        order = np.argsort(of, kind="stable")
        items, of = items[order], of[order]
        left = {"gained": most, "lost": most}
        for kind, one, entry in entries:
            start, stop = np.searchsorted(of, [one, one + 1])
            for item in items[start : min(int(stop), int(start) + left[kind])]:
                left[kind] -= 1
                person = self.holdings.name("person", int(people[entry]))
                yield {"change": kind, "person": person, "item": self.holdings.name("item", int(item))}


def _most(changes: Column, most: int) -> Column:
    changed = np.flatnonzero(changes)
    return changed[np.argsort(-changes[changed], kind="stable")[:most]]
