"""The silence procedure: a tabled version, a number of days, and consent of whoever received it and did not object.

Rules enforced here:
 1. The days of a nation begin when its node took the version, which its receipt says; before that its silence is
    nothing. They are counted as the version says: days of 24 hours, or working days on the calendar of each nation, of
    which the last one counts. Where a calendar does not reach, silence never passes.
 2. A position is said of one version. The newest one of a nation counts; an objection at any time, also after the
    days, stands in the way until the nation says otherwise: silence outvotes nobody.
 3. Whoever answers with a draft of her own was not silent: then only her word is consent. A signature is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from relto.alignment.proposals import WORKING_DAYS, Proposal
from relto.alignment.shared_record import Entry, Said
from relto.base.calendars import add_working_days
from relto.base.errors import UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation

OBJECTS: Final = "objects"
NO_OBJECTION: Final = "no_objection"
POSITIONS: Final = (OBJECTS, NO_OBJECTION)


@dataclass(frozen=True, slots=True)
class Position:
    """A nation's newest word on a version. `at`: when it was said."""

    nation: Nation
    position: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Silence:
    """How a version stands under the procedure, for every nation but the one that tabled it.

    `received`, `until`: when its node took the version, and until when it may speak; None while it is not known to
    have it (or no calendar reaches so far). `silent`: consents by silence; `awaited`: neither spoke nor consented yet.
    """

    positions: tuple[Position, ...]
    received: Mapping[Nation, Instant | None]
    until: Mapping[Nation, Instant | None]
    objecting: tuple[Nation, ...]
    silent: tuple[Nation, ...]
    awaited: tuple[Nation, ...]

    @property
    def is_ripe(self) -> bool:
        """Whether nobody objects, and every other nation consented by its word or by silence."""
        return not self.objecting and not self.awaited

    @property
    def last_day(self) -> Instant | None:
        """When the last awaited nation's days end; None when nobody is awaited, or one has no end yet."""
        ends = [self.until[nation] for nation in self.awaited]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None


def position_body(about: str, version: Said, position: str, reason: str) -> dict[str, Any]:
    """The body of a position statement."""
    return {
        "about": about,
        "line": str(version.nation),
        "number": version.number,
        "digest": version.digest,
        "position": position,
        "reason": reason,
    }


def positions_on(version: Said, spoken: Iterable[Entry]) -> tuple[Position, ...]:
    """Each nation's newest position on this version, by nation. `spoken`: the position entries about its entry."""
    words = [
        said
        for entry in spoken
        for line in entry.lines.values()
        for said in line
        if said.body["digest"] == version.digest
    ]
    newest = {said.nation: said for said in sorted(words, key=lambda said: (said.at, said.entry, said.number))}
    return tuple(
        Position(nation, said.body["position"], said.body["reason"], said.at) for nation, said in sorted(newest.items())
    )


def silence(
    entry: Entry,
    version: Said,
    proposal: Proposal,
    spoken: Iterable[Entry],
    *,
    parties: Sequence[Nation],
    taken: Mapping[Nation, Instant | None],
    signed: Collection[Nation] = (),
    at: Instant,
) -> Silence:
    """How the version stands at `at`. `taken`: when each other nation's node took it, None while that is not known.

    `signed`: the nations whose signature stands under it.
    """
    positions = positions_on(version, spoken)
    said = {one.nation: one.position for one in positions}
    others = [nation for nation in sorted(parties) if nation != version.nation]
    received = {nation: taken.get(nation) for nation in others}
    until = {nation: deadline(start, proposal, parties) for nation, start in received.items()}
    answered = {nation for nation, line in entry.lines.items() if any(one.at >= version.at for one in line)} - {
        version.nation
    }
    silent = tuple(
        nation
        for nation in others
        if nation not in {*said, *signed, *answered} and (end := until[nation]) is not None and end <= at
    )
    return Silence(
        positions=positions,
        received=received,
        until=until,
        objecting=tuple(nation for nation, word in said.items() if word == OBJECTS),
        silent=silent,
        awaited=tuple(nation for nation in others if nation not in {*said, *signed, *silent}),
    )


def deadline(start: Instant | None, proposal: Proposal, parties: Sequence[Nation]) -> Instant | None:
    """The end of the days that begin at `start`; None without a beginning, or where a calendar does not reach."""
    if start is None:
        return None
    if proposal.silence_count != WORKING_DAYS:
        return start + timedelta(days=proposal.silence_days)
    try:
        return max(add_working_days(start, proposal.silence_days, nation) for nation in parties)
    except UnknownValue:
        return None
