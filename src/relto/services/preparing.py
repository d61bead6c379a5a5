"""Prepare decided releases in the background: manifest, registration and message (`release_sending`).

Promise: a release whose preparation fails is tried again later, with growing pauses, and does not hold up the others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from relto.base.errors import Conflict, ReltoError
from relto.base.instants import Instant
from relto.services.house import House
from relto.services.leases import take_lease
from relto.services.release_sending import cases_to_prepare, prepare_release

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE = timedelta(milliseconds=500)
_LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(slots=True)
class Preparation:
    """Prepares releases; one object lives as long as its worker."""

    house: House
    owner: str
    pauses: dict[str, tuple[timedelta, Instant]] = field(default_factory=dict)

    def prepare_releases(self) -> int:
        """Prepare every decided release that is due; returns how many were prepared."""
        waiting = cases_to_prepare()
        if not waiting or take_lease(self.house, "releases", self.owner) is None:
            return 0
        return sum(self._prepare(case) for case in waiting)

    def _prepare(self, case: str) -> bool:
        pause, until = self.pauses.get(case, (_FIRST_PAUSE, None))
        now = self.house.now()
        if until is not None and now < until:
            return False
        try:
            prepared = prepare_release(self.house, case)
        except ReltoError as error:
            _LOG.log(
                logging.WARNING if isinstance(error, Conflict) else logging.ERROR,
                "release %s not prepared: %s",
                case,
                error.full_code,
            )
            self.pauses[case] = (min(pause * 2, _LONGEST_PAUSE), now + pause)
            return False
        self.pauses.pop(case, None)
        return prepared
