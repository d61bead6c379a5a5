"""How a meeting stands between the nations, and what is proposed for the next one: from the statements alone.

The version of either line under which every party's signature stands is what was agreed. Promises: until then minutes
are a draft, and a decision counts only in agreed minutes; what was agreed stays when somebody writes a newer draft,
which is shown beside it; both nodes find the same.

What is known of such meetings (reference domain.md, section 6): JWG-02 they "meet periodically", agreed in principle
in 2021; JWG-03 no public report of a later meeting. Two meetings a year with the host alternating is the pattern that
the press reported of another forum of the two governments (JWG-04): it is a default of this software, shown as
unconfirmed until both co-chairs sign minutes that set a number, and never a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relto.alignment.heads import heads
from relto.alignment.meetings import CANCELLED, HELD, NUMBER, PLANNED, Meeting
from relto.alignment.shared_record import Entry, Said
from relto.alignment.signatures import Agreed, agreed, signed_versions
from relto.base.instants import Instant
from relto.base.nations import Nation

CONFIRMED: Final = "confirmed"
DRAFT_MINUTES: Final = "draft_minutes"
AGREED_MINUTES: Final = "agreed_minutes"
AMENDED_MINUTES: Final = "amended_minutes"
STANDINGS: Final = (PLANNED, CONFIRMED, DRAFT_MINUTES, AGREED_MINUTES, AMENDED_MINUTES, CANCELLED)
LAST_NUMBER: Final = 99
USUAL_A_YEAR: Final = 2
USUAL_EVIDENCE: Final = "press"
"""Of the usual number, as the rule book grades evidence: JWG-04 is about another forum, so it is a default, no rule."""


@dataclass(frozen=True, slots=True)
class MeetingStanding:
    """How a meeting stands between the nations. `word`: one of STANDINGS.

    `current`: the version to read (`relto.alignment.heads`); `rivals`: others that were written at once; `agreed`: the
    version under which every party's signature stands, the last one, None when there is none; `waits_for`: whose
    signature the current version still lacks, none when agreed.
    """

    word: str
    current: Said
    rivals: tuple[Said, ...]
    agreed: Said | None
    agreed_at: Instant | None
    waits_for: tuple[Nation, ...]


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """What is proposed for the next meeting: either nation may plan another.

    `after`: number of the last one held, "" when none is on record; `host` None then. `not_after`: the day by which it
    is usual, None when none was held. `per_year_agreed`: False while the usual number of meetings is only a default.
    """

    number: str
    host: Nation | None
    after: str
    not_after: Instant | None
    per_year: int
    per_year_agreed: bool


def standing(entry: Entry, signatures: Iterable[Entry], parties: Sequence[Nation]) -> MeetingStanding:
    """How the meeting stands, from the statements alone: both nodes find the same."""
    held = list(signatures)
    newest, *rivals = heads(entry, held)
    every = agreed(entry, held, parties)
    last = every[-1] if every else None
    agreed_said = version_of(entry, last) if last is not None else None
    is_agreed = agreed_said is not None and agreed_said.digest == newest.digest
    minuted = agreed_said is not None and agreed_said.body["state"] == HELD
    state = newest.body["state"]
    if is_agreed:
        word = {PLANNED: CONFIRMED, HELD: AGREED_MINUTES}.get(state, CANCELLED)
    elif minuted:
        word = AMENDED_MINUTES
    else:
        word = {HELD: DRAFT_MINUTES}.get(state, state)
    signed = set() if is_agreed else _signed(entry, held, newest)
    waits = () if is_agreed else tuple(sorted(set(parties) - signed))
    return MeetingStanding(word, newest, tuple(rivals), agreed_said, last.at if last is not None else None, waits)


def version_of(entry: Entry, held: Agreed) -> Said:
    """The version that was agreed."""
    return next(said for said in entry.lines[held.nation] if said.digest == held.digest)


def _signed(entry: Entry, signatures: Sequence[Entry], version: Said) -> set[Nation]:
    return {
        nation
        for one in signed_versions(entry, signatures)
        if one.version.digest == version.digest
        for nation in one.signed
    }


def next_number(numbers: Iterable[str], year: int) -> str:
    """The number after the highest one of the year, such as JWG-2026-2; after the last possible one, the first free."""
    used = {int(found[2]) for one in numbers if (found := NUMBER.match(one)) and int(found[1]) == year}
    following = max(used, default=0) + 1
    free = (number for number in range(1, LAST_NUMBER + 1) if number not in used)
    return f"JWG-{year}-{following if following <= LAST_NUMBER else next(free, LAST_NUMBER)}"


def propose_next(meetings: Iterable[tuple[Meeting, bool]], parties: Sequence[Nation], at: Instant) -> NextMeeting:
    """What comes next. `meetings`: (its current words, whether agreed by both as minutes); `at`: the present instant.

    The host follows the last host that held a meeting by now, in the order of the nations' codes; the number of
    meetings a year is the one that the newest agreed minutes set, else the unconfirmed default.
    """
    known = list(meetings)
    held = sorted(
        (one for one, _ in known if one.state == HELD and one.starts <= at), key=lambda one: (one.starts, one.number)
    )
    set_by = sorted((one for one, is_agreed in known if is_agreed and one.per_year), key=lambda one: one.starts)
    per_year = set_by[-1].per_year if set_by else USUAL_A_YEAR
    last = held[-1] if held else None
    not_after = last.starts + timedelta(days=365 / per_year) if last is not None else None
    nations = sorted(parties)
    host = None
    if last is not None and last.host in nations:
        host = nations[(nations.index(last.host) + 1) % len(nations)]
    year = max(at, not_after).year if not_after is not None else at.year
    return NextMeeting(
        number=next_number((one.number for one, _ in known), year),
        host=host,
        after=last.number if last is not None else "",
        not_after=not_after,
        per_year=per_year,
        per_year_agreed=bool(set_by),
    )
