"""Changes of law: record the own nation's, read every notice, end the own consultation, take the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from relto.client.answers.alignment import Told
from relto.client.answers.law_changes import LawChange, LawChangeDetail, LawText
from relto.client.session import Session, part, read_reply
from relto.client.steps import Call, Reply, Request, Send, Steps, get, listed, post

_LAWS = "/alignment/laws"


def law_texts() -> Call[list[LawText]]:
    """The texts that the own nation's provisions rest on: what a new edition can replace."""
    return listed("/alignment/law-texts", LawText)


def law_changes() -> Call[list[LawChange]]:
    """Every notice of both nations, those under consultation first."""
    return listed(_LAWS, LawChange)


def law_change(entry: str) -> Call[LawChangeDetail]:
    """One notice whole, with everything that it touches."""
    return get(f"{_LAWS}/{part(entry)}", LawChangeDetail)


def state_law_change(  # noqa: PLR0913  one argument for each member of the notice
    source: str,
    edition: str,
    *,
    replaces: str = "",
    in_force_from: str,
    citation: str,
    evidence: str,
    consultation_until: str,
    published: str = "",
    confirmed: bool = False,
    provisions: Sequence[Mapping[str, Any]] = (),
    entry: str = "",
) -> Call[Told]:
    """Record a new edition of a text of the own nation's law; days such as 2027-07-03."""
    return post(
        _LAWS,
        Told,
        source=source,
        edition=edition,
        replaces=replaces,
        published=published,
        in_force_from=in_force_from,
        citation=citation,
        evidence=evidence,
        confirmed=confirmed,
        provisions=[dict(one) for one in provisions],
        consultation_until=consultation_until,
        entry=entry,
    )


def answer_consultation(entry: str, position: str, *, reason: str = "") -> Call[Told]:
    """Say for the own nation of the partner's notice: objects, with a reason, or no_objection."""
    return post(f"{_LAWS}/{part(entry)}/answer", Told, position=position, reason=reason)


def end_consultation(entry: str, state: str) -> Call[Told]:
    """End the consultation on an own notice: closed or withdrawn."""
    return post(f"{_LAWS}/{part(entry)}/end", Told, state=state)


def law_notice(_session: Session, entry: str, *, language: str = "en") -> Steps[bytes]:
    """The notice as PDF; `language`: en, hi or both."""
    return (yield from taken(Request("GET", f"{_LAWS}/{part(entry)}/notice?{urlencode({'language': language})}")))


def taken(request: Request) -> Steps[bytes]:
    """A small file that the node answers with."""
    reply: Reply = yield Send(request)
    if reply.is_error:
        read_reply(reply)
    return reply.content
