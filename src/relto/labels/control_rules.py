"""Which further controls a policy knows and at which levels they may stand: deny by default.

A policy that says nothing about a control does not know it, so a label with that control is invalid under it. Each row
has its source. Rules enforced by `check_controls`:
 1. Display, RELIDO and foreign government information are allowed by name.
 2. A dissemination word and a category value are known, and each word stands at its levels and beside none that it
    excludes.
 3. A compartment is covered by at least one row, and every row that covers it (its own or a parent's) holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from relto.base.errors import MalformedInput, UnknownValue
from relto.labels.controls import (
    COMPARTMENT_KINDS,
    CategoryKind,
    CompartmentKind,
    Controls,
    NoForeignInformation,
    Path,
)
from relto.labels.levels import Level
from relto.labels.provenance import Provenance


@dataclass(frozen=True, slots=True)
class LevelRange:
    """The lowest and highest level, by name, at which a control may stand; None is no limit."""

    lowest: str | None
    highest: str | None


@dataclass(frozen=True, slots=True)
class DissemRule:
    """A dissemination word beyond the caveats."""

    name: str
    levels: LevelRange
    excludes: frozenset[str]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CompartmentRule:
    """A compartment and all below it; the empty path is any of its kind."""

    kind: CompartmentKind
    path: Path
    levels: LevelRange
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """A category tag set of one kind; `values` None: any well-formed value, because the register is not public."""

    oid: str
    name: str
    kind: CategoryKind
    values: frozenset[str] | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ControlRules:
    """All further controls that a policy knows. `tag_set`: object identifier and name of the set that carries them.

    It carries what is no category of its own, where a form knows only categories (`relto.labels.controls_text`).
    """

    tag_set: tuple[str, str] | None = None
    display_only: bool = False
    relido: bool = False
    foreign_information: bool = False
    dissem: tuple[DissemRule, ...] = ()
    compartments: tuple[CompartmentRule, ...] = ()
    categories: tuple[CategoryRule, ...] = ()


NO_CONTROL_RULES: Final = ControlRules()


def check_controls(controls: Controls, level: Level, rules: ControlRules, levels: Iterable[Level]) -> None:
    """Raises UnknownValue or MalformedInput naming the control that the policy does not allow at this level.

    No compartment, category value or source is named in the error.
    """
    by_name = {one.name: one for one in levels}
    flags = (
        ("display_to", bool(controls.display_to), rules.display_only),
        ("relido", controls.relido, rules.relido),
        ("fgi", not isinstance(controls.fgi, NoForeignInformation), rules.foreign_information),
    )
    for name, is_set, is_known in flags:
        if is_set and not is_known:
            raise _unknown(name)
    _check_dissem(controls, level, rules, by_name)
    for kind in COMPARTMENT_KINDS:
        rows = [row for row in rules.compartments if row.kind == kind]
        for path in controls.paths(kind):
            covering = [row for row in rows if path[: len(row.path)] == row.path]
            if not covering:
                raise _unknown(kind)
            for row in covering:
                _check_level(level, row.levels, by_name, kind)
    known = {(row.oid, row.kind): row for row in rules.categories}
    for category in controls.categories:
        found = known.get((category.tag_set_oid, category.kind))
        if found is None or (found.values is not None and not category.values <= found.values):
            raise _unknown("categories")


def _check_dissem(controls: Controls, level: Level, rules: ControlRules, by_name: dict[str, Level]) -> None:
    known = {row.name: row for row in rules.dissem}
    for name in sorted(controls.dissem):
        if name not in known:
            raise _unknown("dissem")
        _check_level(level, known[name].levels, by_name, "dissem")
        if known[name].excludes & controls.dissem:
            raise MalformedInput("label.control", field="label.controls.dissem", expected="controls that go together")


def _check_level(level: Level, allowed: LevelRange, by_name: dict[str, Level], part: str) -> None:
    too_low = allowed.lowest is not None and level < by_name[allowed.lowest]
    too_high = allowed.highest is not None and level > by_name[allowed.highest]
    if too_low or too_high:
        limit = f"at least {allowed.lowest}" if too_low else f"at most {allowed.highest}"
        raise MalformedInput("label.control", field=f"label.controls.{part}", expected=limit)


def _unknown(part: str) -> UnknownValue:
    return UnknownValue("label.control", field=f"label.controls.{part}", expected="a control that the policy knows")
