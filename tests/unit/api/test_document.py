"""What the API promises: one OpenAPI 3.1 document, valid, committed, and the one that the node serves."""

from __future__ import annotations

import json
import re

from openapi_spec_validator import validate

from tests.house.conftest import PROJECT
from tests.unit.api.door import Door
from tools.write_openapi import text

COMMITTED = PROJECT / "docs" / "reference" / "openapi.json"


def test_the_committed_document_is_what_the_code_promises() -> None:
    assert COMMITTED.read_text("utf-8") == text(), "run make reference"


def test_the_document_is_valid_openapi_and_closed() -> None:
    document = json.loads(text())
    validate(document)
    assert document["openapi"] == "3.1.0"
    forms = [name for name in document["components"]["schemas"] if name.endswith("Form")]
    assert forms
    assert all(document["components"]["schemas"][name]["additionalProperties"] is False for name in forms)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Error"}


def test_the_page_of_the_api_names_every_operation() -> None:
    page = (PROJECT / "docs" / "reference" / "api.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", page, re.MULTILINE))
    document = json.loads(text())
    promised = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert named == promised


def test_the_node_serves_the_same_document_without_a_token(door: Door) -> None:
    assert door.call(None, "GET", "/openapi.json").json == json.loads(COMMITTED.read_text("utf-8"))
