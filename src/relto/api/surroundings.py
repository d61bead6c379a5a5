"""What every operation finds around it: the node's House, who calls, and in which language she reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from relto.adapters.words import DEFAULT_LANGUAGE, LANGUAGES
from relto.base.errors import Misconfigured, NotAuthenticated
from relto.ports.log_files import LogFiles
from relto.procedures.actors import Actor

if TYPE_CHECKING:
    from relto.services.house import House


def house() -> House:
    """The House that this process was started with. Raises Misconfigured when there is none."""
    found: House | None = getattr(settings, "RELTO_HOUSE", None)
    if found is None:
        raise Misconfigured("house", field="RELTO_HOUSE", expected="a process that relto.node started")
    return found


def log_files() -> LogFiles:
    """The files of the node's log, for its export. Raises Misconfigured when this process was not given them."""
    found: LogFiles | None = getattr(settings, "RELTO_LOG_FILES", None)
    if found is None:
        raise Misconfigured("log_files", field="RELTO_LOG_FILES", expected="the files of the node's log")
    return found


def caller(request: HttpRequest) -> Actor:
    """The authenticated person behind a request. Raises NotAuthenticated."""
    actor = getattr(request, "auth", None)
    if not isinstance(actor, Actor):
        raise NotAuthenticated("token")
    return actor


def language_of(request: HttpRequest) -> str:
    """The first language of Accept-Language that there is a catalogue for, else English."""
    for asked, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200]):
        primary = asked.partition("-")[0]
        if primary in LANGUAGES:
            return primary
    return DEFAULT_LANGUAGE
