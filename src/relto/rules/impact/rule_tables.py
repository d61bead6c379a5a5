"""Rule tables: for each set of columns that rules read together, which keys of people and items they permit.

The rules of an action are conjunctive, so a pair is permitted when every table permits its keys. Rules that read the
same columns share a table, and a rule that reads fewer joins one that reads more while that stays small. A table is
kept with all that was said about it (rule text, what the bundle says): it is made again only when that changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy
import numpy as np

from relto.base.errors import MalformedInput, TooLarge
from relto.base.instants import Instant
from relto.rules.builtin import package_data
from relto.rules.bundle import POLICIES, SCHEMA, Bundle
from relto.rules.impact.cases import NOT_LISTED
from relto.rules.impact.classes import ItemClasses, Keys, item_keys, listing_keys, person_keys
from relto.rules.impact.columns import BundleTables, Grid, PaperRows, columns_read
from relto.rules.impact.expressions import Strings, permitted, reads
from relto.rules.impact.holdings import Column, Holdings

MOST_CELLS = 2**29
_SMALL = 2**20
_CHUNK = 2**17
_ASKED = "asked"
_OF_OWNER = ("context.owner", "context.consent.")


@dataclass(frozen=True, order=True)
class Support:
    """The columns that rules read: of people, of items, and whether they read the listing."""

    people: tuple[str, ...]
    items: tuple[str, ...]
    listing: bool

    def within(self, other: Support) -> bool:
        """True when the other one reads all of this."""
        return (
            set(self.people) <= set(other.people)
            and set(self.items) <= set(other.items)
            and self.listing <= other.listing
        )


@dataclass(frozen=True)
class RuleTable:
    """`cells[key of items, key of people]`, listings beside people when the support reads them."""

    rules: tuple[str, ...]
    said: str
    cells: Column


@dataclass(frozen=True)
class Axis:
    """The keys of one support: of each class of items, each person, each row of the listings (and of no row, last)."""

    items: Keys
    people: Keys
    listings: Keys | None

    @property
    def shape(self) -> tuple[int, int]:
        """How many keys of items, and of people with listings."""
        return len(self.items.first), len(self.people.first) * self.beside

    @property
    def beside(self) -> int:
        """How many keys of listings stand beside each key of people."""
        return 1 if self.listings is None else len(self.listings.first) + 1

    def of_entries(self, people: Column, listings: Column) -> Column:
        """The keys of entries: people with their row of the listings."""
        found = self.people.of[people].astype(np.int64)
        if self.listings is None:
            return found
        beside = np.append(self.listings.of, len(self.listings.first))[listings]
        return np.asarray(found * self.beside + beside)


class Room:
    """Holdings with one item for each class, and the axes of every support that was asked for."""

    def __init__(self, action: str, at: Instant, channel: str, classes: ItemClasses) -> None:
        """`channel` counts for a release only."""
        self.holdings, self.action, self.at = classes.holdings, action, at
        self.channel = channel if action == "release" else ""
        self.classes = classes
        self.papers = PaperRows(self.holdings)
        self._axes: dict[Support, Axis] = {}
        self._people: dict[tuple[str, ...], Keys] = {}
        self._items: dict[tuple[str, ...], Keys] = {}

    def axis(self, support: Support) -> Axis:
        """The keys of a support."""
        if support not in self._axes:
            if support.people not in self._people:
                self._people[support.people] = person_keys(self.holdings, support.people)
            if support.items not in self._items:
                self._items[support.items] = item_keys(self.classes, support.items)
            listings = listing_keys(self.holdings) if support.listing else None
            self._axes[support] = Axis(self._items[support.items], self._people[support.people], listings)
        return self._axes[support]

    def listing_rows(self, axis: Axis) -> Column:
        """For each key of listings a row of the listings; the last one is no row."""
        if axis.listings is None:
            return np.array([NOT_LISTED])
        return np.asarray(np.append(axis.listings.first, NOT_LISTED))


@dataclass(frozen=True)
class _Rule:
    name: str
    tree: Any
    paths: frozenset[str]
    support: Support


def tables_of(room: Room, bundle: Bundle, kept: Mapping[Support, RuleTable] | None = None) -> dict[Support, RuleTable]:
    """The tables of a bundle's rules; a kept one is taken where nothing about it changed.

    Raises MalformedInput("impact.unknown", "impact.schema") and TooLarge("impact.table").
    """
    if bundle.texts[SCHEMA] != package_data("schema.cedarschema").decode("utf-8"):
        raise MalformedInput("impact.schema", field=SCHEMA, expected="the schema of this version")
    tables = BundleTables(room.holdings, bundle, room.at, room.channel)
    found: dict[Support, RuleTable] = {}
    for support, rules in _shared(room, _rules(bundle, room.action)).items():
        said = _said(rules, tables)
        old = (kept or {}).get(support)
        if old is not None and old.said == said:
            found[support] = old
            continue
        found[support] = RuleTable(tuple(rule.name for rule in rules), said, _cells(room, support, rules, tables))
    if room.action == "release":
        support = Support(("nation",), ("releaser",), listing=False)
        table = found.get(support)
        asked = _asked(room, support)
        cells = asked if table is None else table.cells & asked
        found[support] = RuleTable(table.rules if table else (), (table.said if table else "") + _ASKED, cells)
    return found


def _rules(bundle: Bundle, action: str) -> list[_Rule]:
    parsed = json.loads(cedarpy.policies_to_json_str(bundle.texts[POLICIES]))
    (policy,) = (one for one in parsed["staticPolicies"].values() if one["annotations"]["id"] == f"decide-{action}")
    gates = bundle.gates_of_action(action)
    rules = []
    for gate, condition in zip(gates, policy["conditions"], strict=True):
        paths = frozenset(reads(condition["body"]))
        read = [columns_read(path) for path in paths]
        people = tuple(sorted({name for columns, _, _ in read for name in columns}))
        items = tuple(sorted({name for _, columns, _ in read for name in columns}))
        listing = any(listed for _, _, listed in read)
        rules.append(_Rule(gate.rule, condition["body"], paths, Support(people, items, listing)))
    return rules


def _shared(room: Room, rules: Sequence[_Rule]) -> dict[Support, list[_Rule]]:
    """The rules by support; those of few columns beside those of more, where both axes are the larger one's anyway."""
    supports = sorted({rule.support for rule in rules}, key=lambda one: (-len(one.people) - len(one.items), one))
    place: dict[Support, Support] = {}
    for support in supports:
        wider = (one for one in place.values() if support.within(one) and support.people and support.items)
        place[support] = next((one for one in wider if np.prod(room.axis(one).shape) <= _SMALL), support)
    found: dict[Support, list[_Rule]] = {}
    for rule in rules:
        found.setdefault(place[rule.support], []).append(rule)
    return found


def _said(rules: Sequence[_Rule], tables: BundleTables) -> str:
    digest = hashlib.sha256()
    for rule in rules:
        for part in (rule.name.encode(), json.dumps(rule.tree).encode(), *map(tables.said_of, sorted(rule.paths))):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _cells(room: Room, support: Support, rules: Sequence[_Rule], tables: BundleTables) -> Column:
    axis = room.axis(support)
    rows, columns = axis.shape
    if rows * columns > MOST_CELLS:
        raise TooLarge("impact.table", field=" ".join(rule.name for rule in rules), found=rows * columns,
                       expected=f"at most {MOST_CELLS} cells")  # fmt: skip
    people = np.repeat(axis.people.first, axis.beside)
    listings = np.tile(room.listing_rows(axis), len(axis.people.first))
    cells = np.ones((rows, columns), dtype=bool)
    step = max(1, _CHUNK // max(columns, 1))
    by_owner = [rule for rule in rules if any(path.startswith(_OF_OWNER) for path in rule.paths)]
    plain = [rule for rule in rules if rule not in by_owner]
    nations = range(len(room.holdings.words["nations"]))
    strings = _strings(room.holdings, tables)
    for start in range(0, rows, step):
        items = axis.items.first[start : start + step]
        part = cells[start : start + step]
        owned = room.holdings.sets["owner_sets"][room.holdings["item.owners"][items]]
        for owner, asked in [(0, plain), *((nation, by_owner) for nation in nations)]:
            if not asked or (asked is by_owner and not owned[:, owner].any()):
                continue
            of_others = ~owned[:, owner][:, None] if asked is by_owner else np.array(False)  # noqa: FBT003
            grid = Grid(room.papers, tables, strings, room.action == "release", people, items, listings, owner)
            for rule in asked:
                part &= permitted(rule.tree, grid) | of_others
    return cells


def _strings(holdings: Holdings, tables: BundleTables) -> Strings:
    """Every word with its number."""
    strings = Strings()
    for words in (*holdings.words.values(), tables.programmes, *tables.texts.values()):
        for word in words:
            strings.number(word)
    return strings


def _asked(room: Room, support: Support) -> Column:
    axis = room.axis(support)
    nation = room.holdings["facility.nation"][room.holdings["person.facility"][axis.people.first]]
    releaser = room.holdings["item.releaser"][axis.items.first]
    return np.asarray(nation[None, :] != releaser[:, None])
