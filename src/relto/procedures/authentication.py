"""How a person showed who she is, and what that suffices for.

Rules: a password alone opens nothing but the pages on which a second factor is added. A decision needs a strong
factor, one that cannot be written down or read out: a passkey, an authenticator app, a client certificate, or the
nation's own provider; and it is younger than the node allows (NIST SP 800-63B section 2.2 for the two factors, section
2.2.3 for asking again). A sign-in link counts on a training node, where there is nothing to protect, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Method(StrEnum):
    """A way of showing who one is; the code that entries of the ledger carry."""

    PASSKEY = "passkey"
    TOTP = "totp"
    CERTIFICATE = "certificate"
    OIDC = "oidc"
    RECOVERY_CODE = "recovery_code"
    PASSWORD = "password"  # noqa: S105  the name of a way
    TRAINING = "training"


STRONG: Final = frozenset({Method.PASSKEY, Method.TOTP, Method.CERTIFICATE, Method.OIDC})
_ENTERS: Final = STRONG | {Method.RECOVERY_CODE}


@dataclass(frozen=True, slots=True)
class Shown:
    """One way that was used in this session, at this second since 1970."""

    method: Method
    at: float


def may_enter(shown: Sequence[Shown], *, training: bool) -> bool:
    """Whether a session may leave the pages on which a second factor is added."""
    return any(one.method in _ENTERS or (training and one.method is Method.TRAINING) for one in shown)


def for_a_decision(shown: Sequence[Shown], *, now: float, within: float, training: bool) -> Method | None:
    """The newest strong factor not older than `within` seconds, or on a training node the sign-in link; else None."""
    fresh = [one for one in shown if one.method in STRONG and 0 <= now - one.at <= within]
    if fresh:
        return max(fresh, key=lambda one: one.at).method
    return next((one.method for one in shown if training and one.method is Method.TRAINING), None)


def said_of(shown: Sequence[Shown]) -> Method:
    """The strongest way used: what a list of sessions says. A session that shows none counts as a password's."""
    return min((one.method for one in shown), key=_strength, default=Method.PASSWORD)


def _strength(method: Method) -> tuple[bool, bool, str]:
    return method not in STRONG, method is Method.PASSWORD, method
