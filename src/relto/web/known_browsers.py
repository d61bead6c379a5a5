"""In which browsers a person signed in before, so that she hears of a new one; see relto.services.notice_sources.

A cookie of its own, signed under this node's secret and for half a year, holds marks of at most eight accounts that
signed in there; a mark is a keyed digest and names nobody. It opens nothing: without it a sign-in is only told.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from relto.store.models import Account

_SALT: Final = "relto.known_browser"
_DAYS: Final = 180
_SECONDS: Final = _DAYS * 24 * 3600
_MOST: Final = 8
_MARK: Final = 22
_NOTED: Final = "relto_known_browser"


def is_known(request: HttpRequest, account: Account) -> bool:
    """Whether this account signed in here before; from now on it did."""
    marks, mine = _marks(request), _mark(account)
    known = mine in marks
    setattr(request, _NOTED, [mine, *(one for one in marks if one != mine)][:_MOST])
    return known


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser the marks of who signed in with this request, if anybody did."""
    marks: list[str] | None = getattr(request, _NOTED, None)
    if marks is None:
        return
    response.set_cookie(
        _name(),
        TimestampSigner(salt=_SALT).sign(".".join(marks)),
        max_age=_SECONDS,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Strict",
    )


def _name() -> str:
    return settings.SESSION_COOKIE_NAME.replace("_session", "_known")


def _marks(request: HttpRequest) -> list[str]:
    try:
        plain = TimestampSigner(salt=_SALT).unsign(request.COOKIES.get(_name(), ""), max_age=_SECONDS)
    except BadSignature:
        return []
    return plain.split(".")[:_MOST]


def _mark(account: Account) -> str:
    key = hashlib.sha256(f"{_SALT} {settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, str(account.pk).encode(), "sha256").hexdigest()[:_MARK]
