"""How the person behind a session showed who she is: what allauth recorded, in the words of relto.procedures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.conf import settings
from django.http import HttpRequest

from relto.procedures import authentication
from relto.procedures.authentication import Method, Shown
from relto.store.models import Account

_SECOND: Final[Mapping[str, Method]] = {
    "webauthn": Method.PASSKEY,
    "totp": Method.TOTP,
    "recovery_codes": Method.RECOVERY_CODE,
}
_KNOWN: Final = frozenset(Method)


def record(request: HttpRequest, account: Account, method: Method) -> None:
    """Note in this session that the account's holder showed herself in a way that is not allauth's own."""
    record_authentication(request, account, method=method.value)


def shown_by(request: HttpRequest, account: Account) -> list[Shown]:
    """What was shown in this session, oldest first; what nobody knows is left out."""
    return [one for one in map(_shown, get_authentication_records(request, account)) if one is not None]


def may_enter(request: HttpRequest, account: Account) -> bool:
    """Whether the session may leave the pages on which a second factor is added."""
    return authentication.may_enter(shown_by(request, account), training=_training())


def for_a_decision(request: HttpRequest, account: Account) -> Method | None:
    """The strong factor that a decision may rest on now; None when she has to confirm first."""
    within = float(getattr(settings, "RELTO_STEP_UP_SECONDS", 0))
    return authentication.for_a_decision(
        shown_by(request, account), now=time.time(), within=within, training=_training()
    )


def _training() -> bool:
    return str(getattr(settings, "RELTO_KIND", "live")) == "training"


def _shown(kept: Mapping[str, Any]) -> Shown | None:
    name, at = kept.get("method"), kept.get("at")
    if not isinstance(at, int | float) or not isinstance(name, str):
        return None
    if name == "mfa":
        method = _SECOND.get(str(kept.get("type")))
        return None if method is None else Shown(method, at)
    return Shown(Method(name), at) if name in _KNOWN else None
