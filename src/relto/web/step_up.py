"""A decision is taken by a person who has just shown who she is; a password alone opens nothing.

Rules: whatever is sent to a page that is not listed here as deciding nothing is a decision, so that a new page is
guarded before anybody thinks of it. A decision without a fresh strong factor is not taken: what was written is kept in
the session (sealed), she confirms, and sends it herself. While a decision is taken its entries carry, by code, how its
taker showed who she is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from relto.store.models import Account
from relto.web.authentication import for_a_decision, may_enter
from relto.web.surroundings import AUTHENTICATED

DECIDES_NOTHING: Final = frozenset(
    {
        "ask",
        "ask_open",
        "ask_release",
        "ask_third_party",
        "courier",
        "dossier_begin",
        "dossier_write",
        "inventories",
        "inventory",
        "labels",
        "read",
        "read_close",
        "reconcile_programme",
        "register_new",
        "register_step",
        "reminders",
        "rule_impact",
        "rule_proof",
        "seal",
        "search",
        "sessions",
        "sign_in_link",
        "template_check",
        "template_generate",
    }
)
"""Pages on which people look, ask, write and keep registers, and sign nothing for their nation."""
_LOOKS_ONLY: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "alignment_exchange": ("step", frozenset({"weigh"})),
    "api_tokens": ("what", frozenset({"end", "end_client"})),
    "emergency": ("what", frozenset({"end"})),
    "dossier_step": ("do", frozenset({"check"})),
    "subject": ("does", frozenset({"suspend", "end_sessions"})),
}
"""Buttons that decide nothing, or that must not wait: a suspension only ever narrows."""
_OWN_ACCOUNT: Final = ("account", "mfa_")
_FOR_EVERYONE: Final = frozenset(
    {
        "step_up",
        "provider_callback",
        "front",
        "sign_in_link",
        "marks",
        "accessibility",
        "shortcuts",
        "idle_sheet",
        "verify",
    }
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_API: Final = "/api/"
_HELD: Final = "relto.held"
_LARGEST_HELD: Final = 64 * 1024
_HELD_SECONDS: Final = 900
_Next = Callable[[HttpRequest], HttpResponseBase]


def decides(name: str, posted: Mapping[str, Any]) -> bool:
    """Whether what is sent to the page of this name is a decision."""
    if name in DECIDES_NOTHING or name.startswith(_OWN_ACCOUNT) or name == "step_up":
        return False
    button = _LOOKS_ONLY.get(name)
    return button is None or posted.get(button[0]) not in button[1]


class StepUp:
    """Middleware, behind the one for forged requests."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """What one request was allowed, no other one is."""
        before = AUTHENTICATED.set("")
        try:
            return self.get_response(request)
        finally:
            AUTHENTICATED.reset(before)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        """Let through, or lead to where she shows who she is."""
        if not isinstance(request.user, Account) or request.path_info.startswith(_API):
            return None
        match = request.resolver_match
        name = (match.url_name if match is not None else None) or ""
        if not may_enter(request, request.user) and not (name.startswith(_OWN_ACCOUNT) or name in _FOR_EVERYONE):
            return HttpResponseRedirect(reverse("step_up"))
        if request.method in _SAFE or name == "verify" or not decides(name, request.POST):
            return None  # the page that checks a file reads its form itself
        method = for_a_decision(request, request.user)
        if method is None:
            hold(request)
            return HttpResponseRedirect(reverse("step_up"))
        request.session.pop(_HELD, None)
        AUTHENTICATED.set(method.value)
        return None


def hold(request: HttpRequest) -> None:
    """Keep what was written, when it is a form of fields only and not too long; files are sent again."""
    written = request.POST.copy()
    written.pop("csrfmiddlewaretoken", None)
    kept = written.urlencode()
    if request.FILES or len(kept) > _LARGEST_HELD:
        kept = ""
    request.session[_HELD] = {"path": request.get_full_path(), "form": kept, "at": int(time.time())}


def held(request: HttpRequest) -> Mapping[str, Any] | None:
    """What is kept: `path`, and `form` as it was sent, empty when it was not kept; None after a quarter of an hour."""
    kept = request.session.get(_HELD)
    if not isinstance(kept, dict) or int(time.time()) - int(kept["at"]) > _HELD_SECONDS:
        return None
    return kept
