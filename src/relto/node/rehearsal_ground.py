"""Two throw-away nodes for a rehearsal: set up once, copied for each course, started, cut, ended and removed.

Each course runs on fresh copies of both nodes, so that nothing of an earlier one is left: databases, ledgers and
registers begin empty; the training keys are those of the one set-up. When a course has ended its processes are killed
whole and its folder is removed, whatever happened in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from relto.adapters.training_clock import TrainingClock, put_ahead
from relto.node.processes import Supervisor
from relto.node.rehearsed_rules import RulesBeneath, grafted, with_limits
from relto.node.training_ground import (
    MARKER,
    Ground,
    authority_signs,
    draft_bundle,
    ground_time,
    prepare_ground,
    registrar_credential,
    start_ground,
)

NATIONS = ("USA", "IND")
_LINK = "{nation}/link"
_PREPARED, _COURSE = "prepared", "course"


@dataclass
class RehearsalGround:
    """Both nations of one course, running. `rules`: on which its bundles are drafted; None: the training rules."""

    ground: Ground
    supervisor: Supervisor
    rules: RulesBeneath | None = None

    def now(self) -> datetime:
        """The present instant of the exercise."""
        return ground_time(self.ground)

    def ahead(self) -> float:
        """By how many seconds that is ahead of this machine's clock."""
        return TrainingClock(self.ground.clock_file).seconds()

    def pass_to(self, moment: datetime) -> None:
        """Have every process of both nations stand at this instant, which is not past."""
        by = max(timedelta(), moment - self.now()) + TrainingClock(self.ground.clock_file).ahead()
        put_ahead(self.ground.clock_file, by)

    def link(self, works: bool) -> None:  # noqa: FBT001  a switch
        """Cut the link between the nodes, or have it work again: its processes are gone, or there."""
        for nation in NATIONS:
            child = self.supervisor.children[_LINK.format(nation=nation)]
            child.kill()
            if works:
                child.start()
        if works:
            self.supervisor.wait_ready()

    def draft(self, version: int, programme: str, facilities: Sequence[str], limits: Sequence[str]) -> bytes:
        """The next agreement bundle between these nodes, unsigned, with these limits changed."""
        file = draft_bundle(self.ground, programme, facilities, version=version)
        if self.rules is not None:
            file = grafted(self.rules, file)
        return with_limits(file, limits) if limits else file

    def sign(self, file: bytes) -> bytes:
        """With both training authorities' signatures."""
        for nation in NATIONS:
            file = authority_signs(self.ground, nation, file)
        return file

    def credential(self, nation: str) -> dict[str, str]:
        """The first registrar's credential."""
        return registrar_credential(self.ground, nation)


class RehearsalGrounds:
    """The set-up, and fresh copies of it in a folder of their own."""

    def __init__(self, folder: Path, base_port: int | None = None) -> None:
        """Set both nations up below `folder`, which is removed by `remove`. Raises Misconfigured, Conflict."""
        self._folder = folder
        self._prepared = prepare_ground(folder / _PREPARED, base_port, rehearsal=True)

    @contextmanager
    def running(self, *, begin: datetime | None = None) -> Iterator[RehearsalGround]:
        """A fresh copy of both nodes at work; `begin`: the exercise begins then, when that is still to come."""
        root = self._folder / _COURSE
        _remove(root)  # of a run that was killed
        ground = replace(self._prepared, root=root.resolve())
        supervisor: Supervisor | None = None
        try:
            shutil.copytree(self._prepared.root, root)
            if begin is not None and begin > ground_time(ground):
                put_ahead(ground.clock_file, begin - ground_time(ground))
            supervisor = start_ground(ground)
            yield RehearsalGround(ground, supervisor)
        finally:
            if supervisor is not None:
                for child in supervisor.children.values():
                    child.kill()
            _remove(root)

    def remove(self) -> None:
        """Remove the set-up and whatever is left of a course."""
        for place in (self._folder / _COURSE, self._folder / _PREPARED):
            _remove(place)
        with suppress(OSError):
            self._folder.rmdir()


def _remove(place: Path) -> None:
    """Remove a training ground; nothing else that lies there."""
    if (place / MARKER).is_file():
        shutil.rmtree(place, ignore_errors=True)
