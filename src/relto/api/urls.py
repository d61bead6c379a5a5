"""The REST API as one object: `api.urls` is where it answers, `openapi_document()` what it promises (OpenAPI 3.1)."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from relto import __version__
from relto.api import (
    alignment,
    alignment_actions,
    alignment_exchange,
    alignment_meetings,
    alignment_roadmap,
    alignment_signatures,
    arrivals,
    assurances,
    authorisations,
    authority_statements,
    bundles,
    cases,
    courier,
    decision_views,
    decisions,
    dossier_papers,
    dossier_statistics,
    dossiers,
    emergencies,
    inventories,
    items,
    labels,
    law_changes,
    ledger,
    measures,
    node,
    organisation,
    overlays,
    programmes,
    proposals,
    reconciliations,
    recoveries,
    refusals,
    register,
    role_changes,
    rule_book,
    rule_impact,
    rule_proofs,
    sharing,
    sign_in,
    submissions,
    suspensions,
    templates,
    third_party,
    waiting,
    withdrawals,
)
from relto.api.authentication import NodeToken
from relto.api.boundary import bounded, unknown_path
from relto.api.errors import install_error_answers
from relto.base.canonical import read_object

PREFIX = "/api/v1/"
_ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "Stable dotted code; docs/reference/errors.md."},
        "message": {"type": "string", "description": "A sentence in the caller's language (Accept-Language: en, hi)."},
        "field": {"type": "string"},
        "found": {"type": ["string", "integer", "boolean"]},
        "expected": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Finding"},
            "description": "Of a dossier's form or step: everything that was found.",
        },
        "details": {"type": "object", "description": "Further facts; `reference` leads to the reasons of a refusal."},
    },
}
_ERROR_ANSWER = {
    "description": "Refused, malformed, not available, in conflict or out of reach: nothing was changed.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


class _StrictParser(Parser):
    """JSON bodies are read as strictly as everything else: no doubled member, bounded depth, an object."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body as an object. Raises MalformedInput, TooLarge."""
        return dict(read_object(request.body, field="body"))


class _Api(NinjaAPI):
    """The API inside its boundary."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Every pattern inside the boundary, and an answer for every other path below the prefix."""
        patterns, application, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = bounded(pattern.callback)
        patterns.append(re_path(r"^.*$", bounded(unknown_path), name="unknown-path"))
        return patterns, application, namespace

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The OpenAPI document; every operation also names the one form of its errors."""
        document = super().get_openapi_schema(path_prefix=path_prefix or PREFIX, path_params=path_params)
        document["components"]["schemas"]["Error"] = _ERROR
        document["components"]["responses"] = {"Error": _ERROR_ANSWER}
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {"$ref": "#/components/responses/Error"}
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The operation's own name."""
        return str(operation.view_func.__name__)


def _build() -> NinjaAPI:
    made = _Api(
        title="relto",
        version=__version__,
        description="A sovereign node's API for programs of its own nation's people. Errors carry stable codes.",
        urls_namespace="api",
        docs_url=None,
        openapi_url="/openapi.json",
        auth=NodeToken(),
        parser=_StrictParser(),
        openapi_extra={"info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}},
    )
    install_error_answers(made)
    for room in (
        node,
        bundles,
        authority_statements,
        rule_proofs,
        rule_book,
        rule_impact,
        alignment,
        alignment_exchange,
        measures,
        alignment_actions,
        alignment_meetings,
        alignment_roadmap,
        alignment_signatures,
        proposals,
        overlays,
        organisation,
        sign_in,
        role_changes,
        emergencies,
        programmes,
        assurances,
        authorisations,
        suspensions,
        # Before the items: the path of a submission is no item's.
        submissions,
        items,
        cases,
        arrivals,
        withdrawals,
        third_party,
        # Before the dossiers: the path of an import is no dossier's.
        dossier_papers,
        dossier_statistics,
        dossiers,
        courier,
        register,
        inventories,
        reconciliations,
        recoveries,
        refusals,
        decisions,
        # After it: the path of a period is no reference's.
        decision_views,
        ledger,
        labels,
        waiting,
        sharing,
        law_changes,
        templates,
    ):
        made.add_router("", room.router)
    return made


def openapi_document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API, as GET /openapi.json gives it."""
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return document


api = _build()
