"""What a personal token is good for: scopes, each a list of operations of the API. What is in no list is refused.

Rules: no scope decides, signs, grants or narrows anything, gives or takes a credential, or opens content: an approval
is given on the portal by a person who has just shown who she is. A new operation is in no scope until it is written
here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

SCOPES: Final[Mapping[str, frozenset[str]]] = {
    "me": frozenset({"GET /me", "GET /waiting"}),
    "labels": frozenset(f"POST /labels/{verb}" for verb in ("batch", "convert", "join", "map", "parse", "render")),
    "rules.read": frozenset(
        {
            "GET /bundles",
            "GET /bundles/active",
            "GET /bundles/{version}/changes",
            "GET /overlays",
            "GET /procedures",
            "GET /procedures/{procedure}",
            "GET /procedures/{procedure}/schema",
            "GET /programmes",
            "GET /rules",
        }
    ),
    "documents.read": frozenset(
        {"GET /items", "GET /items/{item}", "GET /items/{item}/container", "GET /items/{item}/may-open"}
    ),
    "documents.write": frozenset({"POST /items", "POST /items/submissions", "PUT /items/{item}/container"}),
    "dossiers.read": frozenset(
        {
            "GET /dossiers",
            "GET /dossiers/{dossier}",
            "GET /dossiers/{dossier}/export",
            "GET /dossiers/{dossier}/findings",
            "GET /dossiers/{dossier}/papers/{paper_code}",
            "POST /dossiers/check",
        }
    ),
    "dossiers.write": frozenset({"POST /dossiers", "POST /dossiers/imports", "PUT /dossiers/{dossier}"}),
    "cases.read": frozenset(
        {
            "GET /arrivals",
            "GET /arrivals/{arrival}",
            "GET /cases",
            "GET /cases/{case}",
            "GET /queue",
            "GET /refusals/{reference}",
            "GET /third-party-requests",
            "GET /third-party-requests/{third_party_request}",
        }
    ),
    "register.read": frozenset(
        {
            "GET /custody/{item}",
            "GET /register",
            "GET /register/copies/{copy_id}",
            "GET /register/holdings",
            "GET /register/inventories",
            "GET /register/inventories/{inventory}",
            "GET /register/items/{item}",
        }
    ),
    "ledger.read": frozenset({"GET /ledger", "GET /ledger/entries/{entry}", "GET /ledger/export"}),
}
_PLACE: Final = re.compile(r"<(?:\w+:)?(\w+)>")


def operation_of(method: str, route: str) -> str:
    """An operation by its method and its route, such as `GET /items/{item}` for `api/v1/items/<item>`."""
    path = _PLACE.sub(r"{\1}", route.rpartition("api/v1")[2])
    return f"{'GET' if method == 'HEAD' else method} {path}"


def allows(scopes: Collection[str], operation: str) -> bool:
    """Whether one of these scopes holds the operation."""
    return any(operation in SCOPES[scope] for scope in scopes if scope in SCOPES)
