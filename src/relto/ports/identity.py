"""The nation's own identity provider, which says at sign-in who somebody is, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from relto.base.instants import Instant


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request to the provider is bound to; kept in the asker's session until the answer came, once.

    `state`, `nonce` and `verifier` are random; `confirming`: the instant since which she must have shown herself anew,
    None for a plain sign-in.
    """

    state: str
    nonce: str
    verifier: str
    confirming: Instant | None


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom the provider named: its issuer, and the value of the claim that the settings name.

    `subject` and `session`: `sub` and, where the provider tells it, `sid`: by these it says later that she signed out.
    """

    issuer: str
    value: str
    subject: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a logout token says: of which issuer, whose sessions or which one; "" where it does not say.

    `token`: its identifier, which serves once until `expires`.
    """

    issuer: str
    subject: str
    session: str
    token: str
    expires: Instant


class IdentityProvider(Protocol):
    """An OpenID provider, by the authorization code flow (OpenID Connect Core 1.0 section 3.1)."""

    @property
    def names_login_codes(self) -> bool:
        """Whether the claim holds the login code; otherwise it is a subject that the registrar binds to a person."""

    def address(self, asked: Asked, *, redirect_uri: str) -> str:
        """Where the browser is sent. Raises Unreachable("provider"), NotVerified("provider")."""

    def redeem(self, asked: Asked, *, code: str, issuer: str | None, redirect_uri: str, now: Instant) -> Identified:
        """Whom an authorization code stands for. `issuer`: the `iss` that came with the code (RFC 9207).

        Raises Unreachable("provider"), NotAuthenticated("provider") whatever is wrong with what the provider said.
        """

    def signed_out(self, token: str, *, now: Instant) -> SignedOut:
        """Whom the provider says to have signed out (OpenID Connect Back-Channel Logout 1.0 section 2.6).

        Raises Unreachable("provider"), NotAuthenticated("provider") whatever is wrong with the token.
        """
