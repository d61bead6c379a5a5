"""Leases of background work: one worker at a time, and a late one cannot write (fencing).

Promise: each taking of a lease gives a larger fencing token; work that ends in the database checks its token inside
its step and is refused when somebody else has taken the lease since. A lease that is not renewed falls free at `until`.

Two kinds. The lease of a *round* (`take_lease`) is renewed by its holder: one sequences, one delivers to a partner.
The lease of a *job* (`claim_jobs`) is one piece of many that any number of workers share: each is claimed by one of
them, past those that others are just claiming (SKIP LOCKED on PostgreSQL), and forgotten when it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.services.house import House
from relto.store.models import Lease

DURATION = timedelta(seconds=3)
JOB_DURATION = timedelta(seconds=15)
"""After so long a job is another worker's to take, when its worker neither finished nor postponed it."""
_LOOKED_AT = 8  # times the wanted jobs: others may be claiming the first of them


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease held by `owner`; `token` is its fencing token."""

    kind: str
    owner: str
    token: int


def take_lease(house: House, kind: str, owner: str) -> HeldLease | None:
    """Take or renew the lease of `kind` for `owner`; None while another owner holds it."""
    seen = Lease.objects.filter(kind=kind).first()
    if seen is not None:
        now = house.now()
        if seen.owner == owner and seen.until > now + DURATION / 2:
            return HeldLease(kind, owner, seen.fencing_token)
        if seen.owner not in {"", owner} and seen.until > now:
            return None

    def step() -> HeldLease | None:
        now = house.now()
        Lease.objects.get_or_create(kind=kind, defaults={"owner": "", "until": now})
        row = Lease.objects.select_for_update().get(kind=kind)
        if row.owner != owner and row.until > now:
            return None
        if row.owner != owner:
            row.owner = owner
            row.fencing_token += 1
        row.until = now + DURATION
        row.save()
        return HeldLease(kind, owner, row.fencing_token)

    return house.commit(step)


def claim_jobs(house: House, kind: str, jobs: Sequence[str], owner: str, most: int) -> list[HeldLease]:
    """Leases of some of these jobs, `most` at most, that nobody holds now; their `kind` is `<kind>:<job>`.

    What is claimed ends with `finish_jobs` or `postpone_job`, and inside the step that does it `check_lease` holds a
    late worker back. A job may have been done since it was listed: its own step has to look.
    """
    if not jobs:
        return []
    rows = Lease.objects.filter(kind__startswith=f"{kind}:", until__gt=house.now()).exclude(owner="")
    held = set(rows.values_list("kind", flat=True))
    free = [name for name in (f"{kind}:{job}" for job in jobs) if name not in held][: most * _LOOKED_AT]

    def step() -> list[HeldLease]:
        now = house.now()
        Lease.objects.bulk_create([Lease(kind=name, owner="", until=now) for name in free], ignore_conflicts=True)
        rows = Lease.objects.filter(Q(owner="") | Q(until__lte=now), kind__in=free).order_by("kind")
        claimed = []
        for row in rows.select_for_update(skip_locked=True)[:most]:
            row.owner, row.until, row.fencing_token = owner, now + JOB_DURATION, row.fencing_token + 1
            row.save()
            claimed.append(HeldLease(row.kind, owner, row.fencing_token))
        return claimed

    return house.commit(step) if free else []


def job_of(lease: HeldLease) -> str:
    """The job that a lease of `claim_jobs` is of."""
    return lease.kind.partition(":")[2]


def finish_jobs(house: House, leases: Sequence[HeldLease]) -> None:
    """Forget these jobs: they are done. One that another worker has taken since is left to it."""

    def step() -> None:
        for lease in leases:
            Lease.objects.filter(kind=lease.kind, owner=lease.owner, fencing_token=lease.token).delete()

    if leases:
        house.commit(step)


def postpone_job(house: House, lease: HeldLease, until: Instant) -> None:
    """Nobody takes this job before `until`; then anybody does."""

    def step() -> None:
        rows = Lease.objects.filter(kind=lease.kind, owner=lease.owner, fencing_token=lease.token)
        rows.update(until=until)

    house.commit(step)


def check_lease(lease: HeldLease) -> None:
    """Inside the step that writes the outcome: raises Conflict("lease_lost") when another owner took it since."""
    row = Lease.objects.select_for_update().filter(kind=lease.kind).first()
    if row is None or (row.owner, row.fencing_token) != (lease.owner, lease.token):
        raise Conflict("lease_lost", field="lease", found=lease.kind, expected="the newest fencing token")


def give_back_all(house: House, owner: str) -> None:
    """Let others take this owner's leases at once: for a worker that stops in good order."""
    _give_back(house, Q(owner=owner))


def give_back_of_dead(house: House, prefix: str, living: str) -> None:
    """The same for whoever had a name that begins so, is known to be gone, and is not `living`."""
    _give_back(house, Q(owner__startswith=prefix) & ~Q(owner=living))


def _give_back(house: House, whose: Q) -> None:
    house.commit(lambda: Lease.objects.filter(whose).update(owner="", until=house.now()))
