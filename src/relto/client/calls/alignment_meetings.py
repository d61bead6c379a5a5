"""Meetings, actions and the roadmap of the working group: read them, and say something in the own nation's line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from relto.base.instants import instant_text
from relto.client.answers.alignment import Told
from relto.client.answers.alignment_meetings import (
    Action,
    Decided,
    Meeting,
    MeetingDetail,
    Next,
    Offer,
    Roadmap,
)
from relto.client.session import Session, part, read_reply
from relto.client.steps import Call, Reply, Request, Send, Steps, get, listed, post, put

_MEETINGS = "/alignment/meetings"
_ACTIONS = "/alignment/actions"


def meetings(*, about: str = "") -> Call[list[Meeting]]:
    """The meetings, the latest first; with `about` those that have this entry on their agenda."""
    return listed(f"{_MEETINGS}?{urlencode({'about': about})}", Meeting)


def meeting(entry: str) -> Call[MeetingDetail]:
    """One meeting whole, with the actions that come from it."""
    return get(f"{_MEETINGS}/{part(entry)}", MeetingDetail)


def next_meeting() -> Call[Next]:
    """What is proposed for the next meeting."""
    return get("/alignment/next-meeting", Next)


def joint_decisions(*, about: str = "") -> Call[list[Decided]]:
    """The decisions that stand in minutes both nations signed; of one entry when named."""
    return listed(f"/alignment/decisions?{urlencode({'about': about})}", Decided)


def plan_meeting(
    host: str,
    place: str,
    starts: datetime,
    ends: datetime,
    zone: str,
    *,
    form: str,
    number: str = "",
    per_year: int = 0,
    entry: str = "",
    digest: str = "",
) -> Call[Told]:
    """Plan a meeting, or plan one anew (`entry`). `form`: in_person or remote; `digest`: of the version read."""
    return post(
        _MEETINGS,
        Told,
        host=host,
        place=place,
        starts=instant_text(starts),
        ends=instant_text(ends),
        zone=zone,
        form=form,
        number=number,
        per_year=per_year,
        entry=entry,
        digest=digest,
    )


def meeting_offers(entry: str) -> Call[list[Offer]]:
    """What is ripe for a meeting and not on its agenda, each with why."""
    return listed(f"{_MEETINGS}/{part(entry)}/offers", Offer)


def set_agenda(entry: str, items: Sequence[Mapping[str, Any]], *, digest: str = "") -> Call[Told]:
    """The whole agenda: each item {"entry", "owner"}."""
    return put(f"{_MEETINGS}/{part(entry)}/agenda", Told, items=list(items), digest=digest)


def write_minutes(
    entry: str, minutes: Sequence[Mapping[str, Any]], decisions: Sequence[Mapping[str, Any]], *, digest: str = ""
) -> Call[Told]:
    """What was said and decided: each {"entry", "text": {"en", "hi"}}; a draft until both nations sign."""
    return put(
        f"{_MEETINGS}/{part(entry)}/minutes", Told, minutes=list(minutes), decisions=list(decisions), digest=digest
    )


def cancel_meeting(entry: str, reason: str, *, digest: str = "") -> Call[Told]:
    """Call a planned meeting off."""
    return post(f"{_MEETINGS}/{part(entry)}/cancellation", Told, reason=reason, digest=digest)


def actions(*, state: str = "", owner: str = "", about: str = "") -> Call[list[Action]]:
    """The actions, those that are open first; narrowed when named."""
    return listed(f"{_ACTIONS}?{urlencode({'state': state, 'owner': owner, 'about': about})}", Action)


def action(entry: str) -> Call[Action]:
    """One action as it stands."""
    return get(f"{_ACTIONS}/{part(entry)}", Action)


def state_action(
    about: str,
    what: Mapping[str, Any],
    owner: str,
    role: str,
    due: str,
    *,
    entry: str = "",
    digest: str = "",
) -> Call[Told]:
    """Who owes what by when; `what` by language, `due` a day such as 2026-12-18; `entry`: of one that is said anew."""
    return post(
        _ACTIONS,
        Told,
        about=about,
        what=dict(what),
        owner=owner,
        role=role,
        due=due,
        entry=entry,
        digest=digest,
    )


def close_action(entry: str, state: str, done: Mapping[str, Any], *, digest: str = "") -> Call[Told]:
    """Say that it is done or withdrawn, and what was done, by language."""
    return post(f"{_ACTIONS}/{part(entry)}/closing", Told, state=state, done=dict(done), digest=digest)


def roadmap(nation: str = "") -> Call[Roadmap]:
    """How far each topic is on the way to a rule in force."""
    return get(f"/alignment/roadmap?{urlencode({'nation': nation})}", Roadmap)


def meeting_paper(_session: Session, entry: str, paper: str, *, language: str = "en") -> Steps[bytes]:
    """One paper of a meeting as PDF: pack, minutes, draft or actions; `language`: en, hi or both."""
    asked = urlencode({"language": language})
    return (yield from _file(f"{_MEETINGS}/{part(entry)}/papers/{part(paper)}?{asked}"))


def meeting_calendar(_session: Session, entry: str) -> Steps[bytes]:
    """The meeting as an iCalendar file."""
    return (yield from _file(f"{_MEETINGS}/{part(entry)}/calendar"))


def action_list(_session: Session, *, language: str = "en") -> Steps[bytes]:
    """Every action that is not closed, as PDF."""
    return (yield from _file(f"/alignment/action-list?{urlencode({'language': language})}"))


def _file(path: str) -> Steps[bytes]:
    reply: Reply = yield Send(Request("GET", path))
    if reply.is_error:
        read_reply(reply)
    return reply.content
