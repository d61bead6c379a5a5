"""One question about everybody, for one draft or several: the class matrix is made once and kept between drafts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.rules.impact.answer import Impact
from relto.rules.impact.cases import DEFAULT_CHANNEL
from relto.rules.impact.holdings import Holdings
from relto.rules.impact.oracle import DEFAULT_BOUND, DEFAULT_PAIRS, judge
from relto.rules.impact.weighing import Kept, NeedsEverybody, Progress, prepare, weigh


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
        kept, impact = impact_of(
            kept, holdings, old, draft, examples=examples, cells=cells, pairs=pairs, progress=progress
        )
        yield impact


def impact_of(
    kept: Kept,
    holdings: Holdings,
    old: Bundle,
    draft: Bundle,
    *,
    examples: int = 0,
    cells: int = DEFAULT_BOUND,
    pairs: int = DEFAULT_PAIRS,
    progress: Progress | None = None,
) -> tuple[Kept, Impact]:
    """What one draft changes against what is kept of `old`; and what to keep, of everybody once a draft needs it."""
    room = kept.room
    try:
        found = weigh(kept, draft, examples=examples, progress=progress)
    except NeedsEverybody:
        channel = room.channel or DEFAULT_CHANNEL
        kept = prepare(
            holdings,
            old,
            room.action,
            room.at,
            channel=channel,
            everybody=True,
            classes=room.classes,
            progress=progress,
        )
        found = weigh(kept, draft, examples=examples, progress=progress)
    if progress is not None:
        progress("cedar", 0, 1)
    judged = judge(kept, old, draft, found, bound=cells, pairs=pairs)
    if progress is not None:
        progress("done", 1, 1)
    return kept, Impact(holdings, kept, found, judged, old, draft)
