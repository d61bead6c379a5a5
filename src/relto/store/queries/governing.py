"""What governs a decision at a moment: the bundle in force, how often rights were narrowed, what authorities stated.

All of it comes from one read.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Subquery

from relto.base.instants import Instant
from relto.store.models import AgreementBundle, AuthorityStatement, Narrowing, NationalOverlay
from relto.store.queries.narrowing import narrowings_stay
from relto.store.queries.prepared import Prepared


def _newest_overlay(at: Instant, member: str) -> Subquery:
    return Subquery(NationalOverlay.objects.filter(effective_from__lte=at).order_by("-version").values(member)[:1])


_MOMENT = Prepared(
    lambda at, begun, ending: (
        AgreementBundle.objects.filter(effective_from__lte=at)
        .order_by("-version")
        .values_list(
            "id",
            "version",
            "digest",
            Subquery(Narrowing.objects.values("count")[:1]),
            Subquery(AuthorityStatement.objects.order_by("-id").values("id")[:1]),
            _newest_overlay(begun, "digest"),
            _newest_overlay(ending, "ends"),
        )[:1]
    ),
    Instant,
    Instant,
    Instant,
)
_NEWEST = Prepared(lambda: AuthorityStatement.objects.order_by("-id").values_list("id")[:1])


@dataclass(frozen=True, slots=True)
class Governing:
    """`bundle`: the row of the bundle in force, None when none ever was; `narrowings`: see relto.store.queries.

    `statements`: the newest accepted statement of an authority, 0 when there is none. `overlay`: the digest of
    this nation's overlay in force, empty when there is none or the newest one has ended.
    """

    bundle: int | None
    version: int | None
    digest: str
    narrowings: int
    statements: int = 0
    overlay: str = ""


def governing(at: Instant) -> Governing:
    """All in one read. Inside a step nothing that it tells changes before the step is durable."""
    narrowings_stay()
    found = _MOMENT.first(at, at, at)
    if found is None:
        return Governing(None, None, "", 0)
    bundle, version, digest, count, statements, overlay, ends = found
    ended = ends is not None and at >= ends
    return Governing(bundle, version, digest, count or 0, statements or 0, "" if ended else overlay or "")


def newest_statement() -> int:
    """The newest accepted statement of an authority, 0 when there is none."""
    found = _NEWEST.first()
    return found[0] if found else 0
