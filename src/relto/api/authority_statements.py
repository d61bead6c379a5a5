"""What the authorities state beside the bundles: confirmed rules, their next keys, which bundle is the newest."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from relto.api.answers import ENTRY, Answer, plain
from relto.api.streams import BYTES_IN, small_body
from relto.api.surroundings import caller, house
from relto.services import authority_statements
from relto.signing.statements import DEFAULT_MAX_BYTES

router = Router(tags=["agreement"])


class AuthorityStatement(Answer):
    """An accepted statement. `kind`: confirmation, rotation or freshness.

    `subject`: the rule that is confirmed, with its kind; `citation`: where its authority read it. `number`: a
    rotation's root version, or the highest bundle version that a freshness statement names. `counts`: for a
    confirmation whether the bundle in force carries exactly this text, otherwise whether it is its authority's newest.
    """

    kind: str
    nation: str
    subject: str
    citation: str
    number: int
    digest: str
    key_id: str
    stated_at: str
    accepted_at: str
    counts: bool
    entry: str = ENTRY


@router.post("/authority-statements", response={201: AuthorityStatement}, openapi_extra=BYTES_IN)
def submit_statement(request: HttpRequest) -> Status[dict[str, Any]]:
    """Submit what an authority signed offline (co-chair): a confirmed rule, its next key, or the newest bundle."""
    actor = caller(request)
    file = small_body(request, DEFAULT_MAX_BYTES)
    return Status(201, plain(authority_statements.submit_statement(house(), actor, file)))


@router.get("/authority-statements", response=list[AuthorityStatement])
def list_statements(request: HttpRequest) -> list[dict[str, Any]]:
    """What the authorities stated, newest first."""
    found: list[dict[str, Any]] = plain(authority_statements.statements(house(), caller(request)))
    return found
