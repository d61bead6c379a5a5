"""One question about everybody, for one draft or several: the class matrix is made once and kept between drafts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.rules.impact.answer import Impact
from relto.rules.impact.cases import DEFAULT_CHANNEL
from relto.rules.impact.holdings import Holdings
from relto.rules.impact.oracle import DEFAULT_BOUND, DEFAULT_PAIRS, judge
from relto.rules.impact.weighing import NeedsEverybody, Progress, prepare, weigh


def impacts(
    holdings: Holdings,
    old: Bundle,
    drafts: Sequence[Bundle],
    action: str,
    at: Instant,
    *,
    channel: str = DEFAULT_CHANNEL,
    examples: int = 0,
    cells: int = DEFAULT_BOUND,
    pairs: int = DEFAULT_PAIRS,
    progress: Progress | None = None,
) -> Iterator[Impact]:
    """What each draft changes against `old`, judged by Cedar; see `weigh` and `judge` for the bounds and errors."""
    kept = prepare(holdings, old, action, at, channel=channel, progress=progress)
    for draft in drafts:
        try:
            found = weigh(kept, draft, examples=examples, progress=progress)
        except NeedsEverybody:
            kept = prepare(
                holdings, old, action, at, channel=channel, everybody=True, classes=kept.room.classes, progress=progress
            )
            found = weigh(kept, draft, examples=examples, progress=progress)
        if progress is not None:
            progress("cedar", 0, 1)
        judged = judge(kept, old, draft, found, bound=cells, pairs=pairs)
        if progress is not None:
            progress("done", 1, 1)
        yield Impact(holdings, kept, found, judged, old, draft)
