"""Who calls: a token of this node's own issuer, checked against the store at each request.

A token that its client bound to a key of its own (RFC 9449) comes with a proof for the very request. A person's own
token (relto.services.personal_tokens) reaches the operations of its scopes.
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from relto.api.surroundings import house
from relto.procedures.actors import Actor
from relto.services import personal_tokens, tokens
from relto.services.proofs import Presented
from relto.services.token_scopes import operation_of
from relto.store.scopes import act_for

_SCHEMES = ("bearer", "dpop")


class NodeToken(HttpBearer):
    """An access token (JWT) that the node's key service issued for the portal."""

    openapi_bearerFormat = "JWT"  # noqa: N815  the member's name in OpenAPI

    def __call__(self, request: HttpRequest) -> Actor | None:
        """The caller under either scheme; None without a token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, token.strip()) if scheme.lower() in _SCHEMES else None

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """The actor as the store knows her now. Raises NotAuthenticated."""
        here = house()
        if personal_tokens.is_personal(token):
            return _acting(personal_tokens.caller(here, token, operation=_operation(request)))
        scheme, _, _ = request.headers.get("Authorization", "").partition(" ")
        # Several header fields arrive as one, joined by commas, which no proof contains: so they count as several.
        proofs = tuple(request.headers.get("DPoP", "").split(",")) if "DPoP" in request.headers else ()
        address = f"{here.urls.portal.rstrip('/')}{request.path}"
        presented = Presented(scheme.lower(), proofs, request.method or "", address)
        return _acting(tokens.verify(here, token, audience=here.urls.portal, presented=presented).actor)


def _acting(actor: Actor) -> Actor:
    """The same actor, for whom the store is asked from here on."""
    act_for(actor)
    return actor


def _operation(request: HttpRequest) -> str:
    """The operation that is called, as scopes name it."""
    match = request.resolver_match
    return operation_of(request.method or "", match.route if match is not None else "")
