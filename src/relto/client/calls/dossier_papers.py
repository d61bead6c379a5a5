"""Papers, signed data and the shape of forms out of a node; filled forms and earlier records into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from relto.client.answers.dossier_papers import Feed, FormSchema, Imported, MailNotices, TakenOver
from relto.client.answers.reading import read_answer
from relto.client.session import Session, part, read_reply
from relto.client.steps import Call, Reply, Request, Send, Steps, get, post

_LINES = {"Content-Type": "application/x-ndjson"}


def form_schema(procedure: str, *, step: str = "") -> Call[FormSchema]:
    """JSON Schema of a procedure's main form, or of the form of one of its steps."""
    asked = f"?{urlencode({'step': step})}" if step else ""
    return get(f"/procedures/{part(procedure)}/schema{asked}", FormSchema)


def import_dossier(procedure: str, answers: Mapping[str, Any]) -> Call[Imported]:
    """Begin a dossier from a form that was filled elsewhere; everything that is found is told."""
    return post("/dossiers/imports", Imported, procedure=procedure, answers=dict(answers))


def take_over_records(lines: bytes) -> Call[TakenOver]:
    """Take over records kept elsewhere, JSON, one a line, 200 at most; the same line again is known."""
    request = Request("POST", "/dossiers/taken-over", content=lines, headers=_LINES)
    return Call(request, lambda value: read_answer(TakenOver, value))


def open_calendar_feed(*, language: str = "en") -> Call[Feed]:
    """A new address of my calendar of due dates (iCalendar); an earlier one ends."""
    return post("/calendar-feed", Feed, language=language)


def close_calendar_feed() -> Call[MailNotices]:
    """End the address of my calendar."""
    return Call(Request("DELETE", "/calendar-feed"), lambda value: read_answer(MailNotices, value))


def begin_mail_notices(address: str, *, language: str = "en") -> Call[MailNotices]:
    """Be told by mail that something waits for me."""
    request = Request("PUT", "/mail-notices", json={"address": address, "language": language})
    return Call(request, lambda value: read_answer(MailNotices, value))


def end_mail_notices() -> Call[MailNotices]:
    """Be told by mail no longer."""
    return Call(Request("DELETE", "/mail-notices"), lambda value: read_answer(MailNotices, value))


def export_dossier(_session: Session, dossier: str) -> Steps[bytes]:
    """A dossier as signed data: `relto.client.dossier_files.verify_dossier_file` checks it offline."""
    return (yield from _file(f"/dossiers/{part(dossier)}/export"))


def dossier_paper(_session: Session, dossier: str, paper: str, *, language: str = "en") -> Steps[bytes]:
    """One paper of a dossier as PDF; `language`: en, hi or both."""
    return (yield from _file(f"/dossiers/{part(dossier)}/papers/{part(paper)}?{urlencode({'language': language})}"))


def _file(path: str) -> Steps[bytes]:
    reply: Reply = yield Send(Request("GET", path))
    if reply.is_error:
        read_reply(reply)
    return reply.content
