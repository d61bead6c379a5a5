"""The count of narrowings, which ties a share to the rights of the moment at which it leaves.

Rules: whoever narrows rights (withdraws, suspends, revokes, ends a membership, replaces the rules) calls `narrow` in
the same step, before the step locks a row. Whoever decides about a share calls `narrowings` before the first fact is
read, and keeps the count with the decision; who uses the decision compares in the using step. On PostgreSQL both take
an advisory lock until their transaction ends, users a shared one, so that no use commits after a narrowing that its
decision did not see; on SQLite writing transactions follow one another anyway.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import F

from relto.store.models import Narrowing
from relto.store.queries.prepared import Prepared

NOT_FOR_A_SHARE = -1  # the count of a decision under which no share ever leaves
_ROW = 1
_LOCK = 0x72656C746F6E  # "relton": this application's key for the database's advisory locks
_COUNT = Prepared(lambda: Narrowing.objects.filter(id=_ROW).values_list("count")[:1])


def narrowings() -> int:
    """How often rights were narrowed so far. Callers never wait for each other, only for a narrowing."""
    narrowings_stay()
    found = _COUNT.first()
    return found[0] if found else 0


def narrowings_stay() -> None:
    """Until the transaction ends, no narrowing commits; outside of one it says nothing."""
    _lock("pg_advisory_xact_lock_shared")


def narrow() -> None:
    """Rights are narrowed by this step: no earlier decision serves for a share any more."""
    _lock("pg_advisory_xact_lock")
    Narrowing.objects.get_or_create(id=_ROW)
    Narrowing.objects.filter(id=_ROW).update(count=F("count") + 1)


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_LOCK])
