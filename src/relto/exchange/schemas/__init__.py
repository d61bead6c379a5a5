"""The JSON Schemas (draft 2020-12) of all that crosses the link; they stand beside this file as package data.

The library that reads them is loaded by the first message that comes or goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.json_schemas import JsonSchema

NAMES = (
    "message",
    "assurance",
    "release",
    "acceptance",
    "withdrawal",
    "disposition",
    "third-party-request",
    "third-party-answer",
    "dossier-step",
    "alignment",
    "technical-receipt",
    "link-refusal",
    "node-standing",
    "courier-manifest",
    "reconciliation-question",
    "reconciliation-answer",
    "reconciliation-record",
    "reconciliation-certificate",
    # Statements inside bodies, checked by who reads them.
    "assurance-statement",
    "release-withdrawal",
    "release-disposition",
    "third-party-consent",
    "alignment-statement",
    # Bodies of alignment statements, one for each kind.
    "alignment-relation",
    "alignment-divergence",
    "alignment-comment",
    "alignment-signature",
    "alignment-proposal",
    "alignment-position",
    "alignment-resolution",
    "alignment-proven",
    "alignment-law_change",
    "alignment-template",
    "alignment-meeting",
    "alignment-action",
    "alignment-rehearsed",
)
_LONGEST_FIELD = 128


@cache
def _schema(name: str) -> JsonSchema:
    return JsonSchema(json.loads(files(__package__).joinpath(f"{name}.json").read_bytes()))


def check(name: str, value: Mapping[str, Json]) -> None:
    """Raises MalformedInput naming the first faulty member by its path, UnknownValue when there is no schema `name`."""
    if name not in NAMES:
        raise UnknownValue("message.kind", field="kind", expected=", ".join(NAMES))
    fault = _schema(name).fault(value)
    if fault is not None:
        path = ".".join(str(part) for part in fault.path)[:_LONGEST_FIELD] or name
        raise MalformedInput("schema", field=path, expected=f"{fault.keyword} of schema {name}")
