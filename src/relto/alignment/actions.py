"""Actions of the joint working group: who owes what by when, agreed by both or by nobody.

An action comes from a meeting or from another entry of the shared record, belongs to one nation and one role in it, and
is due on a day of that nation's own calendar. Promises (domain.md, capability 17): an action is agreed only when every
party's signature stands under one version; what one side changes alone is a new version that needs both again, and what
was agreed before stays until then; the same holds for saying that it is done. An action that nobody agreed to is no
debt: it is shown as proposed, never as overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from relto.alignment.bilingual import read_bilingual
from relto.alignment.heads import heads
from relto.alignment.shared_record import ABOUT, ACTION, Entry, Said
from relto.alignment.signatures import agreed, signed_versions
from relto.base.calendars import calendar_of, local_date
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Role

OPEN: Final = "open"
DONE: Final = "done"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (OPEN, DONE, WITHDRAWN)
LONGEST_WHAT: Final = 1000

PROPOSED: Final = "proposed"
"""Said, and agreed by nobody or by one side."""
AGREED: Final = "agreed"
AMENDED: Final = "amended"
"""Agreed before; one side said it anew, which both have to sign."""
STANDINGS: Final = (PROPOSED, AGREED, AMENDED, DONE, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Action:
    """An action in one nation's words. `due`: the last day, on the owner's calendar; `done`: what was done, or why not.

    `about`: the meeting or the entry that it comes from; `role`: who in the owner nation; texts by language; `on`:
    digest of the version that its author had before her, "" for the first.
    """

    about: str
    what: Mapping[str, str]
    owner: Nation
    role: str
    due: date
    state: str = OPEN
    done: Mapping[str, str] | None = None
    on: str = ""

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "about": self.about,
            "what": dict(self.what),
            "owner": str(self.owner),
            "role": self.role,
            "due": self.due.isoformat(),
            "state": self.state,
            "done": dict(self.done or {}),
            "on": self.on,
        }


@dataclass(frozen=True, slots=True)
class ActionStanding:
    """How an action stands between the nations. `word`: one of STANDINGS.

    `current`: the version to read (`relto.alignment.heads`); `rivals`: others that were written at once; `agreed`: the
    version that every party signed last, None without one; `waits_for`: whose signature the current version lacks;
    `days`: since the first word; `late`: days past the agreed due day on the owner's calendar, 0 when it is not overdue
    or not agreed.
    """

    word: str
    current: Said
    rivals: tuple[Said, ...]
    agreed: Said | None
    agreed_at: Instant | None
    waits_for: tuple[Nation, ...]
    days: int
    late: int


def make_action(
    parties: Sequence[Nation],
    *,
    about: str,
    what: Mapping[str, object],
    owner: Nation,
    role: str,
    due: date,
) -> Action:
    """An open action. Raises MalformedInput or UnknownValue by field."""
    if owner not in parties:
        raise UnknownValue("nation", field="owner", expected=", ".join(sorted(parties)))
    if role not in set(Role):
        raise UnknownValue("role", field="role", expected=", ".join(sorted(Role)))
    return Action(about, read_bilingual(what, field="what", longest=LONGEST_WHAT), owner, role, due)


def closed(action: Action, state: str, done: Mapping[str, object]) -> Action:
    """The action as done or withdrawn. Raises UnknownValue, MalformedInput, Conflict("alignment.action") if it is."""
    if state not in {DONE, WITHDRAWN}:
        raise UnknownValue("alignment.state", field="state", expected=f"{DONE}, {WITHDRAWN}")
    if action.state != OPEN:
        raise Conflict("alignment.action", field="state", found=action.state, expected=OPEN)
    return replace(action, state=state, done=read_bilingual(done, field="done", longest=LONGEST_WHAT))


def read_action(body: Mapping[str, Any]) -> Action:
    """A nation's words from a checked statement. Raises MalformedInput for a day that is none."""
    return Action(
        about=body["about"],
        what=dict(body["what"]),
        owner=Nation(body["owner"]),
        role=body["role"],
        due=read_day(body["due"], field="due"),
        state=body["state"],
        done=dict(body["done"]),
        on=body["on"],
    )


def read_day(text: object, *, field: str) -> date:
    """Such as 2026-12-18. Raises MalformedInput("day")."""
    try:
        found = date.fromisoformat(str(text))
    except ValueError as error:
        raise MalformedInput("day", field=field, expected="a day such as 2026-12-18") from error
    if found.isoformat() != text or not 1947 <= found.year <= 2999:  # noqa: PLR2004  the years of base.instants
        raise MalformedInput("day", field=field, expected="a day such as 2026-12-18")
    return found


def check_action(said: Said, about: Entry | None) -> None:
    """What an action's statement must hold beside its form, the own and the partner's.

    Raises MalformedInput by field, UnknownValue for an owner without a calendar, Conflict("alignment.kind") when it
    comes from what is itself only about an entry.
    """
    action = read_action(said.body)
    calendar_of(action.owner)  # its day begins and ends there
    if action.state != OPEN and not action.done:
        raise MalformedInput("alignment.done", field="done", expected="what was done, or why it is withdrawn")
    if about is not None and (about.kind in ABOUT or about.kind == ACTION):
        raise Conflict("alignment.kind", field="about", found=about.kind, expected="a meeting, or an entry")


def standing(entry: Entry, signatures: Iterable[Entry], parties: Sequence[Nation], at: Instant) -> ActionStanding:
    """How the action stands at `at`, from the statements alone: both nodes find the same."""
    held = list(signatures)
    newest, *rivals = heads(entry, held)
    every = agreed(entry, held, parties)
    last = every[-1] if every else None
    agreed_said = None
    if last is not None:
        agreed_said = next(said for said in entry.lines[last.nation] if said.digest == last.digest)
    is_agreed = agreed_said is not None and agreed_said.digest == newest.digest
    signed = {
        nation for one in signed_versions(entry, held) if one.version.digest == newest.digest for nation in one.signed
    }
    word = PROPOSED if agreed_said is None else AMENDED
    if is_agreed:
        word = {OPEN: AGREED}.get(newest.body["state"], newest.body["state"])
    return ActionStanding(
        word=word,
        current=newest,
        rivals=tuple(rivals),
        agreed=agreed_said,
        agreed_at=last.at if last is not None else None,
        waits_for=() if is_agreed else tuple(sorted(set(parties) - signed)),
        days=max(0, (at - entry.opened).days),
        late=0 if agreed_said is None else days_late(read_action(agreed_said.body), at),
    )


def days_late(action: Action, at: Instant) -> int:
    """Days past the due day on the owner's calendar; 0 for one that is not open, or not yet due.

    Raises UnknownValue for a nation whose calendar is not loaded.
    """
    if action.state != OPEN:
        return 0
    return max(0, (local_date(at, action.owner) - action.due).days)
