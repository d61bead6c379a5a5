"""What governs a decision at a moment: the agreement bundle in force, and how often rights were narrowed so far."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Subquery

from relto.base.instants import Instant
from relto.store.models import AgreementBundle, Narrowing
from relto.store.queries.narrowing import narrowings_stay
from relto.store.queries.prepared import Prepared

_MOMENT = Prepared(
    lambda at: (
        AgreementBundle.objects.filter(effective_from__lte=at)
        .order_by("-version")
        .values_list("id", "version", "digest", Subquery(Narrowing.objects.values("count")[:1]))[:1]
    ),
    Instant,
)


@dataclass(frozen=True, slots=True)
class Governing:
    """`bundle`: the row of the bundle in force, None when none ever was; `narrowings`: see relto.store.queries."""

    bundle: int | None
    version: int | None
    digest: str
    narrowings: int


def governing(at: Instant) -> Governing:
    """Both in one read. Inside a step nothing that it tells changes before the step is durable."""
    narrowings_stay()
    found = _MOMENT.first(at)
    if found is None:
        return Governing(None, None, "", 0)
    bundle, version, digest, count = found
    return Governing(bundle, version, digest, count or 0)
