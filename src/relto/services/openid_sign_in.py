"""Signing in at the nation's own provider: it says who she is; what she may do is read from this node's own store.

Rules: one request, one answer: state, nonce and verifier are 256 random bits each, kept for this browser alone and used
once; an answer to another request is refused. A subject that nobody bound, or a login code that nobody has, signs
nobody in and makes no account. No token and no claim is kept.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

from relto.base.errors import NotAuthenticated
from relto.ports.identity import Asked, IdentityProvider
from relto.services.house import House
from relto.services.sign_in_bindings import bound_account, code_of
from relto.store.models import Account

CALLBACK = "/provider/callback"
_BYTES = 32
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """Who came back: the account, or None and the code by which a registrar can bind her."""

    account: Account | None
    code: str


def ask(house: House, *, confirming: bool) -> Asked:
    """A new request. `confirming`: she must show herself to the provider anew, from now on."""
    state, nonce, verifier = (_text(house.entropy.random_bytes(_BYTES)) for _ in range(3))
    return Asked(state, nonce, verifier, house.now() if confirming else None)


def redirect_uri(house: House) -> str:
    """Where the provider sends people back: exactly this address has to be registered there."""
    return house.urls.portal.rstrip("/") + CALLBACK


def answered(
    house: House, provider: IdentityProvider, asked: Asked, *, state: str, code: str, issuer: str | None
) -> Answered:
    """Whom the provider's answer signs in. Raises NotAuthenticated("provider"), Unreachable("provider")."""
    longest = max(len(state), len(code), len(issuer or ""))
    if longest > _LONGEST or not hmac.compare_digest(state.encode("utf-8", "replace"), asked.state.encode("ascii")):
        raise NotAuthenticated("provider")
    if not code:
        raise NotAuthenticated("provider")
    found = provider.redeem(asked, code=code, issuer=issuer, redirect_uri=redirect_uri(house), now=house.now())
    if provider.names_login_codes:
        return Answered(Account.objects.filter(username=found.value, is_active=True).first(), "")
    told = code_of("oidc", found.issuer, found.value)
    return Answered(bound_account("oidc", told), told)


def _text(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode("ascii")
