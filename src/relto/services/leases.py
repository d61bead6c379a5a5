"""Leases of background work: one worker at a time, and a late one cannot write (fencing).

Promise: each taking of a lease gives a larger fencing token; work that ends in the database checks its token inside
its step and is refused when somebody else has taken the lease since. A lease that is not renewed falls free at `until`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from relto.base.errors import Conflict
from relto.services.house import House
from relto.store.models import Lease

DURATION = timedelta(seconds=3)


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


def check_lease(lease: HeldLease) -> None:
    """Inside the step that writes the outcome: raises Conflict("lease_lost") when another owner took it since."""
    row = Lease.objects.select_for_update().filter(kind=lease.kind).first()
    if row is None or (row.owner, row.fencing_token) != (lease.owner, lease.token):
        raise Conflict("lease_lost", field="lease", found=lease.kind, expected="the newest fencing token")


def give_back_all(house: House, owner: str) -> None:
    """Let others take this owner's leases at once: for a worker that stops in good order."""

    def step() -> None:
        Lease.objects.filter(owner=owner).update(owner="", until=house.now())

    house.commit(step)
