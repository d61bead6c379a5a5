"""The comment resolution matrix: every comment by clause, whose line it was about, and what became of it.

A comment may name the version that it is about by its digest; without one it is about the line of whoever opened the
entry. The nation of that line resolves it, with a reason and the version that takes it in. Promises: no comment is
left out; one that nobody resolved says so; the newest resolution counts and none is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.shared_record import Entry, Said
from relto.base.instants import Instant
from relto.base.nations import Nation

ACCEPTED: Final = "accepted"
ACCEPTED_IN_PART: Final = "accepted_in_part"
REJECTED: Final = "rejected"
NOTED: Final = "noted"
RESOLUTIONS: Final = (ACCEPTED, ACCEPTED_IN_PART, REJECTED, NOTED)
TAKING_IN: Final = frozenset({ACCEPTED, ACCEPTED_IN_PART})


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a comment. `taken_in`: digest of the version that takes it in, "" without one."""

    by: Nation
    resolution: str
    reason: str
    taken_in: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment. `clause`: its code, "" of the whole; `line`, `number`: the version that it is about, 0 for any."""

    comment: str
    by: Nation
    at: Instant
    clause: str
    text: str
    line: Nation
    number: int
    resolution: Resolution | None


def resolution_body(about: str, resolution: str, reason: str, taken_in: str) -> dict[str, Any]:
    """The body of a resolution statement."""
    return {"about": about, "resolution": resolution, "reason": reason, "taken_in": taken_in}


def version_of(entry: Entry, digest: str) -> Said | None:
    """The entry's version with this digest; None when it has none."""
    return next((one for line in entry.lines.values() for one in line if one.digest == digest), None)


def line_of(entry: Entry, comment: Mapping[str, Any]) -> tuple[Nation, int]:
    """(whose line, which number) a comment's body is about; the number is 0 when it names no version."""
    named = version_of(entry, comment["version"]) if comment.get("version") else None
    return (entry.opened_by, 0) if named is None else (named.nation, named.number)


def matrix(entry: Entry, comments: Iterable[Entry], resolutions: Iterable[Entry]) -> tuple[Remark, ...]:
    """The remarks on an entry: those on the whole first, then by clause code, within each the oldest first.

    `comments`: the comment entries about it; `resolutions`: the resolution entries about these.
    """
    resolved: dict[str, list[Said]] = {}
    for one in resolutions:
        for line in one.lines.values():
            for said in line:
                resolved.setdefault(str(said.body["about"]), []).append(said)
    remarks = [
        _remark(entry, comment.entry, line[-1], resolved.get(comment.entry, []))
        for comment in comments
        for line in comment.lines.values()
    ]
    return tuple(sorted(remarks, key=lambda one: (one.clause, one.at, one.comment)))


def _remark(entry: Entry, identity: str, said: Said, resolved: list[Said]) -> Remark:
    line, number = line_of(entry, said.body)
    rightful = [one for one in resolved if one.nation == line]
    newest = max(rightful, key=lambda one: (one.at, one.entry, one.number), default=None)
    return Remark(
        comment=identity,
        by=said.nation,
        at=said.at,
        clause=said.body["clause"],
        text=said.body["text"],
        line=line,
        number=number,
        resolution=None
        if newest is None
        else Resolution(
            newest.nation,
            newest.body["resolution"],
            newest.body["reason"],
            newest.body["taken_in"],
            newest.at,
        ),
    )
