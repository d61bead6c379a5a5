"""What a re-check found is an alarm: in the log, on the portal's page of the node, and once in the ledger itself.

Promises: the newest check is kept, and what was ever found, once, for ever; the same findings make one entry, whoever
looks however often; the entry counts by code and names nothing else in its leaf than the digest of what was found.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.services.book import enter
from relto.services.house import House
from relto.services.ledger_check import LedgerCheck
from relto.store.models import LedgerCheck as CheckRow

_LOG = logging.getLogger(__name__)
BETWEEN_CHECKS = timedelta(days=1)
STEP_SECONDS = 0.2
"""How long one round of a running node looks, before it lets the others work."""


@dataclass(frozen=True, slots=True)
class CheckView:
    """The newest finished re-check, for people; `counts` is empty when nothing was found."""

    finished_at: Instant
    size: int
    counts: dict[str, int]
    named: tuple[dict[str, str], ...]
    entry: str


def newest_check() -> CheckView | None:
    """What the newest finished re-check found, None before the first."""
    row = CheckRow.objects.order_by("-id").first()
    return CheckView(row.finished_at, row.size, dict(row.counts), tuple(row.named), row.entry) if row else None


def note_check(house: House, check: LedgerCheck, *, enters: bool = True) -> str:
    """Keep a finished check; the id of the entry about what it found, "" when it found nothing.

    A node in quarantine enters nothing, nor does a command (`enters` False): the finding is then kept without an entry,
    which the next check of the running node makes.
    """
    counts = dict(sorted(check.findings.counts.items()))
    for code, count in counts.items():
        first = next((one.place for one in check.findings.named if one.code == code), "")
        _LOG.error("ledger.damaged %s, %d times, first at %s", code, count, first)
    may_enter = enters and house.standing.state() == "ready"

    def step() -> str:
        entry = _entry(house, check.digest, counts, enters=may_enter) if counts else ""
        row = CheckRow.objects.create(
            finished_at=house.now(),
            size=check.size,
            counts=counts,
            named=[one.as_dict() for one in check.findings.named],
            digest=check.digest,
            entry=entry,
        )
        CheckRow.objects.filter(digest__in=("", check.digest)).exclude(id=row.id).delete()
        return entry

    return house.commit(step)


def _entry(house: House, digest: str, counts: dict[str, int], *, enters: bool) -> str:
    known = CheckRow.objects.filter(digest=digest).exclude(entry="").first()
    if known is not None:
        return known.entry
    if not enters:
        return ""
    told: dict[str, Json] = dict(counts)
    return enter(
        house,
        LeafEvent.LEDGER_DAMAGED,
        actor=house.nation,
        subject=digest,
        details={"findings": told},
        links={"findings": digest},
    )


@dataclass(slots=True)
class LedgerRounds:
    """The re-checks of a running node: one at its start and one a day, in short steps beside its other work."""

    house: House
    make: Callable[[], LedgerCheck]
    _check: LedgerCheck | None = None
    _work: Iterator[int] = field(default_factory=lambda: iter(()))
    _due: Instant | None = None

    def round(self) -> int:
        """Look for a moment; 1 when a check was finished."""
        if self._check is None:
            now = self.house.now()
            if self._due is not None and now < self._due:
                return 0
            self._check, self._due = self.make(), now + BETWEEN_CHECKS
            self._work = self._check.run()
        until = time.monotonic() + STEP_SECONDS
        try:
            while time.monotonic() < until:
                next(self._work)
        except StopIteration:
            done, self._check = self._check, None
            note_check(self.house, done)
            return 1
        except BaseException:
            self._check, self._due = None, None  # the next round begins anew
            raise
        return 0
