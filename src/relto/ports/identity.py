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
    """Whom the provider named: its issuer, and the value of the claim that the settings name."""

    issuer: str
    value: str


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
