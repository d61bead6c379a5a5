"""Actions of the working group: who owes what by when, as both nations signed it.

A co-chair writes her own nation's line alone. What she changes of an agreed action, its closing too, is a new version
that both have to sign; until then what was agreed holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from relto.alignment.actions import (
    AGREED,
    AMENDED,
    DONE,
    PROPOSED,
    STANDINGS,
    WITHDRAWN,
    Action,
    ActionStanding,
    closed,
    make_action,
    read_action,
    standing,
)
from relto.alignment.shared_record import ABOUT, ACTION, Entry
from relto.base.errors import NotAvailable, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.alignment import signing
from relto.services.alignment.record import party, say
from relto.services.alignment.signed_entries import Line, entries_with_signatures, lines_of, require_current
from relto.services.alignment.titles import title_of
from relto.services.house import House
from relto.store.queries.alignment import READERS, entries_of, entry_of

_OPEN_FIRST: Final = {AMENDED: 0, AGREED: 0, PROPOSED: 1, DONE: 2, WITHDRAWN: 3}


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action in a list. `state`: how it stands between both; `digest`: of the version that was said last.

    `what`, `owner`, `role`, `due`, `done`: as that version says, on which a change builds.
    `says`: what the last version says of it, open, done or withdrawn; `is_agreed`: both signed that very version;
    `holds`: what both signed last, None without. `rivals`: other versions that were written at the same time;
    `late`: days past the agreed day on the owner's calendar.
    """

    entry: str
    digest: str
    about: str
    about_kind: str
    about_title: str
    state: str
    says: str
    what: Mapping[str, str]
    owner: Nation
    role: str
    due: date
    done: Mapping[str, str]
    is_agreed: bool
    holds: Action | None
    waits_for: tuple[Nation, ...]
    rivals: int
    opened_by: Nation
    opened: Instant
    changed: Instant
    days: int
    late: int


@dataclass(frozen=True, slots=True)
class ActionDetail:
    """An action whole: each nation's line, and how its versions are signed."""

    view: ActionRow
    lines: tuple[Line, ...]
    signed: signing.Standing


def actions(house: House, actor: Actor, *, state: str = "", owner: str = "", about: str = "") -> list[ActionRow]:
    """The actions, those that are open first and the earliest due day first; narrowed when named.

    Raises Refused("role"), UnknownValue("alignment.state").
    """
    actor.require(*READERS)
    if state and state not in STANDINGS:
        raise UnknownValue("alignment.state", field="state", expected=", ".join(STANDINGS))
    found = rows_of(house, entries_with_signatures(actor, (ACTION,), about=about))
    chosen = [one for one in found if state in {"", one.state} and owner in {"", str(one.owner)}]
    return sorted(chosen, key=lambda one: (_OPEN_FIRST[one.state], one.due, one.opened, one.entry))


def rows_of(house: House, listed: Collection[tuple[Entry, list[Entry]]]) -> list[ActionRow]:
    """Actions as they stand, from entries and their signatures that were read already: one read for all of them."""
    sources = entries_of(
        {str(one.body["about"]) for entry, _ in listed for line in entry.lines.values() for one in line}
    )
    parties, now = _parties(house), house.now()
    return [_row(entry, standing(entry, signatures, parties, now), sources) for entry, signatures in listed]


def action(house: House, actor: Actor, entry: str) -> ActionDetail:
    """One action whole. Raises Refused("role"), NotAvailable("alignment")."""
    actor.require(*READERS)
    found = _held(entry)
    signatures = signing.signatures_about(actor, entry)
    view = row_of(house, found, signatures)
    return ActionDetail(view, lines_of(found), signing.standing(house, actor, found))


def act(
    house: House,
    actor: Actor,
    *,
    about: str,
    what: Mapping[str, object],
    owner: str,
    role: str,
    due: date,
    entry: str = "",
    digest: str = "",
) -> str:
    """Say who owes what by when; returns the action's id. `entry`: of one that is said anew, which both sign again.

    `digest`: of the version that she read. Raises Refused("role"), NotAvailable("alignment"), MalformedInput or
    UnknownValue by field, Conflict("alignment.superseded") when another version has come since.
    """
    actor.require(Role.CO_CHAIR)
    source = entry_of(about)
    if source is None or source.kind in {*ABOUT, ACTION}:
        raise NotAvailable("alignment", field="about")
    on = require_current(_held(entry), signing.signatures_about(actor, entry), digest).digest if entry else ""
    parties = sorted(active_bundle.active(house).parties)
    whose = party(house, owner, own=True, field="owner")
    made = make_action(parties, about=about, what=what, owner=whose, role=role, due=due)
    return say(house, actor, ACTION, replace(made, on=on).body(), entry=entry)


def close(house: House, actor: Actor, entry: str, *, state: str, done: Mapping[str, object], digest: str = "") -> str:
    """Say that it is done, or withdrawn, and what was done; it counts when both sign. Returns the action's id.

    Raises as `act`, Conflict("alignment.action") for one that its last version closed already.
    """
    actor.require(Role.CO_CHAIR)
    found = _held(entry)
    last = require_current(found, signing.signatures_about(actor, entry), digest)
    made = replace(closed(read_action(last.body), state, done), on=last.digest)
    return say(house, actor, ACTION, made.body(), entry=entry)


def row_of(house: House, entry: Entry, signatures: list[Entry]) -> ActionRow:
    """An action as it stands, from entries that were read already."""
    stands = standing(entry, signatures, _parties(house), house.now())
    return _row(entry, stands, entries_of({read_action(stands.current.body).about}))


def _held(entry: str) -> Entry:
    found = entry_of(entry)
    if found is None or found.kind != ACTION:
        raise NotAvailable("alignment", field="entry")
    return found


def _parties(house: House) -> list[Nation]:
    return sorted(active_bundle.active(house).parties)


def _row(entry: Entry, stands: ActionStanding, sources: Mapping[str, Entry]) -> ActionRow:
    last = read_action(stands.current.body)
    source = sources.get(last.about)
    return ActionRow(
        entry=entry.entry,
        digest=stands.current.digest,
        about=last.about,
        about_kind=source.kind if source is not None else "",
        about_title=title_of(source) if source is not None else last.about,
        state=stands.word,
        says=last.state,
        what=last.what,
        owner=last.owner,
        role=last.role,
        due=last.due,
        done=last.done or {},
        is_agreed=not stands.waits_for,
        holds=read_action(stands.agreed.body) if stands.agreed is not None else None,
        waits_for=stands.waits_for,
        rivals=len(stands.rivals),
        opened_by=entry.opened_by,
        opened=entry.opened,
        changed=entry.changed,
        days=stands.days,
        late=stands.late,
    )
