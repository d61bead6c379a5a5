"""The count of narrowings, which ties a share to the rights of the moment at which it leaves.

Rules: whoever narrows rights (withdraws, suspends, revokes, ends a membership, replaces the rules) calls `narrow` in
the same step; whoever decides or uses a decision calls `narrowings` in the same step and compares. On PostgreSQL both
take an advisory lock until their transaction ends, deciders a shared one, so that no use commits after a narrowing
that it did not see; on SQLite writing transactions follow one another anyway.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import F

from relto.store.models import Narrowing

_ROW = 1
_LOCK = 0x72656C746F6E  # "relton": this application's key for the database's advisory locks


def narrowings() -> int:
    """How often rights were narrowed so far. Inside a step; deciders never wait for each other."""
    _lock("pg_advisory_xact_lock_shared")
    return Narrowing.objects.filter(id=_ROW).values_list("count", flat=True).first() or 0


def narrow() -> None:
    """Rights are narrowed by this step: no earlier decision serves for a share any more."""
    _lock("pg_advisory_xact_lock")
    Narrowing.objects.get_or_create(id=_ROW)
    Narrowing.objects.filter(id=_ROW).update(count=F("count") + 1)


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_LOCK])
