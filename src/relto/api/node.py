"""The node and the caller: what anybody may know of the node, and who I am here."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto import __version__
from relto.api.answers import Answer, plain
from relto.api.surroundings import caller, house
from relto.services import organisation

router = Router(tags=["node"])


class Node(Answer):
    """What the node says of itself to anybody."""

    nation: str
    kind: str
    standing: Literal["ready", "not_compared", "quarantined"] = Field(
        description="Whether it may act: ready; not compared with its witness since its start; or in quarantine."
    )
    version: str
    ledger_origin: str
    portal_url: str
    key_service_url: str
    relay_url: str


class Me(Answer):
    """Who I am at this node."""

    person: str
    nation: str
    company: str | None
    facility: str | None
    roles: list[str]
    programmes: list[str]
    clearance_level: str
    caveats: list[str]
    valid_until: str | None


@router.get("/node", response=Node, auth=None)
def read_node(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001  ninja passes it
    """What the node says of itself; needs no token."""
    here = house()
    return {
        "nation": here.nation,
        "kind": here.kind,
        "standing": here.standing.state(),
        "version": __version__,
        "ledger_origin": here.ledger_origin,
        "portal_url": here.urls.portal,
        "key_service_url": here.urls.key_service,
        "relay_url": here.urls.relay,
    }


@router.get("/me", response=Me)
def read_me(request: HttpRequest) -> dict[str, Any]:
    """Who I am here: pseudonym, company, facility, roles, programmes, clearance."""
    actor = caller(request)
    known = plain(organisation.person(house(), actor, actor.person))
    return {**known, "person": actor.person, "nation": actor.nation, "programmes": sorted(actor.programmes)}
