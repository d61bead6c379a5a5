"""Who signs out closes what she reads in the browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from relto.services.reading_room import Seat, close_all
from relto.web.session_limits import present_session
from relto.web.surroundings import house, readings


def listen() -> None:
    """From now on."""
    user_logged_out.connect(_signed_out, dispatch_uid="relto.reading.left")


def _signed_out(request: HttpRequest | None, **_: Any) -> None:
    if request is not None and present_session(request) and readings() is not None:
        close_all(house(), Seat(readings(), present_session(request)))
