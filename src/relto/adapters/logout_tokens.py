"""Logout tokens, checked: OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6.

Rules: signed like an ID token, by a key of the provider's set under an algorithm that the settings allow; the issuer
exactly and this client the only audience; issued within two minutes, and not expired; the logout event and nothing that
makes it an ID token: no nonce; somebody or some session is named, and the token itself, so that it serves once. A
header that says another type than a logout token refuses. Whatever is wrong, it is NotAuthenticated("provider").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from relto.adapters.id_tokens import seconds_of, short_text, verified
from relto.base.errors import NotAuthenticated
from relto.base.instants import Instant
from relto.ports.identity import SignedOut

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_SKEW: Final = 30
_OLDEST: Final = 120
_TYPE: Final = "logout+jwt"


def signed_out(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    algorithms: tuple[str, ...],
    now: Instant,
) -> SignedOut:
    """Whom a logout token names. Raises NotAuthenticated("provider"), UnknownKeyError for a key not in the set."""
    claims, _ = verified(token, keys, algorithms, _TYPE)
    moment, audiences = now.timestamp(), claims.get("aud")
    issued, expires = seconds_of(claims, "iat"), seconds_of(claims, "exp")
    ends = expires if "exp" in claims else issued + _OLDEST
    events = claims.get("events")
    subject, session, identity = (short_text(claims, name) for name in ("sub", "sid", "jti"))
    holds = (
        claims.get("iss") == issuer
        and audiences in (client_id, [client_id])
        and moment - _OLDEST <= issued <= moment + _SKEW
        and moment - _SKEW < ends
        and isinstance(events, dict)
        and isinstance(events.get(EVENT), dict)
        and "nonce" not in claims
        and bool(subject or session)
        and bool(identity)
    )
    if not holds:
        raise NotAuthenticated("provider")
    last = min(ends, issued + _OLDEST) + _SKEW
    return SignedOut(issuer, subject, session, identity, datetime.fromtimestamp(last, UTC))
