"""Who calls: a bearer token of this node's own issuer, checked against the store at each request."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from relto.api.surroundings import house
from relto.procedures.actors import Actor
from relto.services import tokens


class NodeToken(HttpBearer):
    """An access token (JWT) that the node's key service issued for the portal."""

    openapi_bearerFormat = "JWT"  # noqa: N815  the member's name in OpenAPI

    def authenticate(self, request: HttpRequest, token: str) -> Actor:  # noqa: ARG002  ninja's signature
        """The actor as the store knows her now. Raises NotAuthenticated."""
        here = house()
        return tokens.verify(here, token, audience=here.urls.portal)
