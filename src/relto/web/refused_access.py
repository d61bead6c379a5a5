"""What was refused to somebody who had authenticated is a line of the log: how, and of which page, never whose.

Of strangers nothing is written: whoever never authenticated could fill the disk with it (design.md section 2); their
failed sign-ins have lines of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from relto.store.models import Account

_LOG = logging.getLogger(__name__)
_REFUSED: Final = frozenset({400, 403, 404, 405, 413, 429})
_Next = Callable[[HttpRequest], HttpResponseBase]


class RefusedAccess:
    """Middleware."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and note a refusal."""
        response = self.get_response(request)
        if response.status_code in _REFUSED and _has_authenticated(request):
            match = request.resolver_match
            name = (match.url_name if match is not None else None) or "no page"
            _LOG.warning("access.refused %d %s %s", response.status_code, request.method, name)
        return response


def _has_authenticated(request: HttpRequest) -> bool:
    """By a session of the portal, or to the API by a token or credential."""
    return isinstance(getattr(request, "user", None), Account) or bool(getattr(request, "auth", None))
