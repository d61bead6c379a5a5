"""Prepare decided releases in the background: manifest, registration and message (`release_sending`).

Promise: any number of workers share the releases, each of which is claimed by one of them; a release whose preparation
fails is tried again later, with growing pauses, and does not hold up the others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from relto.base.errors import Conflict, ReltoError
from relto.services.house import House
from relto.services.leases import HeldLease, claim_jobs, finish_jobs, job_of, postpone_job
from relto.services.release_sending import cases_to_prepare, prepare_release

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE = timedelta(milliseconds=500)
_LONGEST_PAUSE = timedelta(seconds=30)
_AT_ONCE = 4


@dataclass(slots=True)
class Preparation:
    """Prepares releases; one object lives as long as its worker."""

    house: House
    owner: str
    pauses: dict[str, timedelta] = field(default_factory=dict)

    def prepare_releases(self) -> int:
        """Prepare decided releases that are due and that no other worker holds; returns how many were prepared."""
        claimed = claim_jobs(self.house, "release", cases_to_prepare(), self.owner, _AT_ONCE)
        done: list[HeldLease] = []
        try:
            return sum(self._prepare(lease, done) for lease in claimed)
        finally:
            finish_jobs(self.house, done)

    def _prepare(self, lease: HeldLease, done: list[HeldLease]) -> bool:
        case = job_of(lease)
        pause = self.pauses.get(case, _FIRST_PAUSE)
        try:
            prepared = prepare_release(self.house, case)
        except ReltoError as error:
            _LOG.log(
                logging.WARNING if isinstance(error, Conflict) else logging.ERROR,
                "release.not_prepared %s: %s",
                case,
                error.full_code,
            )
            self.pauses[case] = min(pause * 2, _LONGEST_PAUSE)
            postpone_job(self.house, lease, self.house.now() + pause)
            return False
        self.pauses.pop(case, None)
        done.append(lease)
        return prepared
