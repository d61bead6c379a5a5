"""What the working group may rehearse, and what rehearsals were told of in the shared record.

The scenarios ship with relto as files; a node runs none of them (`relto rehearse` does, on two throw-away nodes). What
a node knows of a rehearsal is what a nation said of it: digests and counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from relto.alignment.rehearsals import Rehearsed, read_rehearsed
from relto.alignment.shared_record import REHEARSED
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services.house import House
from relto.store.queries.alignment import READERS, visible_entries

_SUFFIX = ".yaml"


@dataclass(frozen=True, slots=True)
class ShippedScenario:
    """A scenario that ships with relto. `title`, `trains`: by language; `injects`: codes of what goes wrong."""

    code: str
    title: Mapping[str, str]
    trains: Mapping[str, str]
    steps: int
    days: int
    injects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RehearsalTold:
    """One rehearsal as a nation told of it; `entry`: of the statement, `rehearsed.about`: the proposal."""

    entry: str
    nation: Nation
    at: Instant
    rehearsed: Rehearsed


def scenarios(house: House, actor: Actor) -> tuple[ShippedScenario, ...]:
    """The shipped scenarios, by code. Raises Refused("role")."""
    del house
    actor.require(*READERS)
    return _shipped()


def rehearsals(house: House, actor: Actor) -> list[RehearsalTold]:
    """Every rehearsal that was told of, the newest first. Raises Refused("role")."""
    del house
    actor.require(*READERS)
    told = [
        RehearsalTold(entry.entry, said.nation, said.at, read_rehearsed(said.body))
        for entry in visible_entries(actor, kinds=(REHEARSED,)).values()
        for said in entry.newest.values()
    ]
    return sorted(told, key=lambda one: (one.at, one.entry), reverse=True)


@cache
def _shipped() -> tuple[ShippedScenario, ...]:
    """Read from the package's own files, each of which its tests read in full (`relto.rehearsal.scenario_reading`)."""
    folder = resources.files("relto").joinpath("rehearsal", "scenarios")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(_SUFFIX)), key=lambda one: one.name)
    return tuple(_scenario(yaml.safe_load(one.read_bytes())) for one in files)


def _scenario(told: Mapping[str, Any]) -> ShippedScenario:
    course = told["course"]
    return ShippedScenario(
        code=told["scenario"],
        title=told["title"],
        trains=told["trains"],
        steps=len(course),
        days=max(int(step.get("day", 0)) for step in course),
        injects=tuple(step["inject"] for step in course if "inject" in step),
    )
