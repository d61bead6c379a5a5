"""A form is sent once: a second press of the same button, or a reload of what it led to, makes nothing twice.

Rules: every form of the portal carries a token that is new with each drawing of its page; who sends, the page, that
token and what is written are one sending. The first is carried out; the same again waits for it and is led to where it
led. One that was refused or went wrong may be sent again. What only looks is not counted. No page has to know of this.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from relto.store.models import Account, SentForm

_KEPT: Final = timedelta(days=1)
_WAITS: Final = 20.0
_LOOKS_EVERY: Final = 0.1
_LONGEST: Final = 2048
_BAD: Final = 400
_CLAIMED: Final = "relto_sent_form"
_API: Final = "/api/"
_MAKES_NOTHING: Final = frozenset(
    {
        "labels",
        "read",
        "read_close",
        "rule_impact",
        "search",
        "sessions",
        "sign_in_link",
        "step_up",
        "template_check",
        "template_generate",
        "verify",
    }
)
"""Pages whose forms look, or may be sent as often as one likes."""
_CHECKS: Final[Mapping[str, tuple[str, str]]] = {
    "alignment_exchange": ("step", "weigh"),
    "dossier_step": ("do", "check"),
}
_LIBRARY: Final = ("account", "mfa_")
_Next = Callable[[HttpRequest], HttpResponseBase]


class SentOnce:
    """Middleware, the innermost: what is held up for a fresh factor or as forged was not sent yet."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Note what became of a sending that was carried out."""
        try:
            response = self.get_response(request)
        except BaseException:
            _forget(request)
            raise
        if response.status_code >= _BAD:
            _forget(request)
        elif (digest := getattr(request, _CLAIMED, "")) != "":
            led_to = response.headers.get("Location", "")
            SentForm.objects.filter(digest=digest).update(done=True, led_to=led_to if len(led_to) <= _LONGEST else "")
        return response

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        """Carry it out, or answer as the first one was answered."""
        if request.method != "POST" or request.path_info.startswith(_API) or not isinstance(request.user, Account):
            return None
        match = request.resolver_match
        name = (match.url_name if match is not None else None) or ""
        if name in _MAKES_NOTHING or not request.POST.get("csrfmiddlewaretoken") or not _makes(name, request.POST):
            return None
        digest = _digest(request, request.user)
        if _claim(digest):
            setattr(request, _CLAIMED, digest)
            return None
        return _as_before(request, digest)


def _makes(name: str, posted: Mapping[str, str]) -> bool:
    """Whether what is sent to the page of this name may make or change something of this node's."""
    button, value = _CHECKS.get(name, ("", ""))
    return not (name.startswith(_LIBRARY) or (button and posted.get(button) == value))


def _digest(request: HttpRequest, account: Account) -> str:
    files = [f"{field} {one.name!r} {one.size}" for field, sent in request.FILES.lists() for one in sent]
    written = "\n".join((str(account.pk), request.get_full_path(), request.POST.urlencode(), *files))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def _claim(digest: str) -> bool:
    """Whether this is the first sending."""
    now = timezone.now()
    SentForm.objects.filter(at__lt=now - _KEPT).delete()
    try:
        with transaction.atomic():
            SentForm.objects.create(digest=digest, at=now)
    except IntegrityError:
        return False
    return True


def _forget(request: HttpRequest) -> None:
    if (digest := getattr(request, _CLAIMED, "")) != "":
        SentForm.objects.filter(digest=digest).delete()


def _as_before(request: HttpRequest, digest: str) -> HttpResponseBase:
    """Where the first sending led, once that is known; a page that says so when it led nowhere, or is not done yet."""
    until = time.monotonic() + _WAITS
    while True:
        row = SentForm.objects.filter(digest=digest).first()
        if row is not None and row.done and row.led_to:
            return HttpResponseRedirect(row.led_to)
        if row is None or row.done or time.monotonic() >= until:
            break
        time.sleep(_LOOKS_EVERY)
    why = "went_wrong" if row is None else "done" if row.done else "underway"
    return render(request, "relto/sent_once.html", {"why": why, "path": request.path}, status=409)
