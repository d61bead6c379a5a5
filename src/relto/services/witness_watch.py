"""An own witness that is late stops what crosses the border; a late partner never does (design.md section 2).

Rule: while entries of this node wait longer than the bundle's `witness_late_limit` for the own authority's witness,
nothing is released and no share is asked for or supplied. National work goes on. Until the witness has cosigned for the
first time, the age of the oldest entry counts, so a witness that never answers stops the border too.
"""

from __future__ import annotations

from datetime import timedelta

from relto.base.errors import Unreachable
from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.store.queries.ledger import oldest_unwitnessed_at

LIMIT = "witness_late_limit"


def require_witness_in_time(bundle: Bundle, now: Instant) -> None:
    """Raise Unreachable("witness_late") when the own witness is later than the bundle allows."""
    waiting_since = oldest_unwitnessed_at()
    if waiting_since is None:
        return
    limit = bundle.limits.duration(LIMIT)
    if now - waiting_since > limit:
        minutes = (now - waiting_since) // timedelta(minutes=1)
        raise Unreachable(
            "witness_late",
            field="witness",
            found=f"{minutes} minutes",
            expected=f"cosignatures of the own authority's witness within {limit // timedelta(minutes=1)} minutes",
        )
