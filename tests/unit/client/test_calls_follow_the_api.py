"""Each described call is one that the node's API promises, and each operation of the API has its call."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, urlsplit

import pytest

from relto.api.urls import openapi_document
from relto.client import Announcement, Label
from relto.client.answers import Answer, Item, Node
from relto.client.calls import (
    agreement,
    alignment,
    alignment_exchange,
    alignment_meetings,
    alignment_signatures,
    courier,
    dossier_papers,
    dossier_statistics,
    dossiers,
    items,
    labels,
    law_changes,
    measures,
    organisation,
    overlays,
    proposals,
    reconciliations,
    records,
    registers,
    releases,
    rule_book,
    rule_impact,
    rule_proofs,
    sign_in,
    templates,
    third_party,
    waiting,
    withdrawals,
)
from relto.client.steps import Call, Request

ROOMS = (
    agreement,
    courier,
    dossier_papers,
    dossier_statistics,
    dossiers,
    items,
    labels,
    law_changes,
    measures,
    organisation,
    alignment,
    alignment_exchange,
    alignment_meetings,
    alignment_signatures,
    overlays,
    proposals,
    reconciliations,
    records,
    registers,
    releases,
    rule_book,
    rule_impact,
    rule_proofs,
    sign_in,
    templates,
    third_party,
    waiting,
    withdrawals,
)
READERS = Sequence[tuple[str, str]]
ANNOUNCED = Announcement(
    title="t",
    file_name="f",
    media_type="text/plain",
    programme="MONSOON-LARK",
    label=Label(level="SECRET", audience=["USA", "IND"], nation="USA", owners=["USA", "IND"]),
    export_controlled=True,
)
EXAMPLES: Mapping[Any, Any] = {
    bool: True,
    str: "x",
    int: 1,
    bytes: b"x",
    datetime: datetime(2026, 11, 22, tzinfo=UTC),
    Sequence[str]: ["x"],
    Sequence[int]: [1],
    Mapping[str, Any]: {"text": "SECRET"},
    Sequence[Mapping[str, Any]]: [{"text": "SECRET"}],
    READERS: [("prs_1", "analyses the data")],
    Announcement: ANNOUNCED,
}
# What a flow asks for: it is more than one exchange, or no JSON.
FLOWS = {
    ("GET", "/api/v1/alignment/action-list"),
    ("GET", "/api/v1/alignment/meetings/{entry}/calendar"),
    ("GET", "/api/v1/alignment/meetings/{entry}/papers/{paper_code}"),
    ("GET", "/api/v1/dossiers/{dossier}/export"),
    ("GET", "/api/v1/dossiers/{dossier}/papers/{paper_code}"),
    ("GET", "/api/v1/alignment/exchange"),
    ("GET", "/api/v1/alignment/annual-report"),
    ("GET", "/api/v1/alignment/laws/{entry}/notice"),
    ("POST", "/api/v1/templates/papers"),
    ("GET", "/api/v1/node"),
    ("GET", "/api/v1/alignment/proposals/{entry}/draft"),
    ("GET", "/api/v1/bundles/active/file"),
    ("GET", "/api/v1/bundles/{version}/file"),
    ("GET", "/api/v1/items/{item}/container"),
    ("PUT", "/api/v1/items/{item}/container"),
    ("PUT", "/api/v1/items/{item}/partner-manifest"),
    ("POST", "/api/v1/items/submissions"),
    ("GET", "/api/v1/ledger/export"),
    ("GET", "/api/v1/reconciliations/{run}/certificate"),
    ("POST", "/api/v1/courier/arrivals"),
    ("GET", "/api/v1/courier/{partner}/bundles/{number}/file"),
}
# Members that some answers of a kind do not have: the name stands in lists of people only.
ONLY_IN_SOME = {"Person.name"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def described() -> Iterator[tuple[str, Callable[..., Call[Any]], Any]]:
    for room in ROOMS:
        for name, function in inspect.getmembers(room, inspect.isfunction):
            returned = get_type_hints(function).get("return")
            if function.__module__ == room.__name__ and get_origin(returned) is Call:
                yield name, function, get_args(returned)[0]


CALLS = {name: (function, kind) for name, function, kind in described()}


def example(form: Any) -> Any:
    if get_origin(form) in (types.UnionType, typing.Union):
        return example(next(part for part in get_args(form) if part is not type(None)))
    return EXAMPLES[form]


def request_of(function: Callable[..., Call[Any]]) -> Request:
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    given = {one.name: example(hints[one.name]) for one in parameters}
    return function(**given).request


def operation_of(document: Mapping[str, Any], request: Request) -> tuple[str, Mapping[str, Any]]:
    path = "/api/v1" + urlsplit(request.url).path
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        literal = "{" not in template
        if re.fullmatch(pattern, path) and request.method.lower() in operations and (literal or path != template):
            return template, operations[request.method.lower()]
    pytest.fail(f"no operation {request.method} {path}")


def component(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_call_sends_what_the_api_takes_and_reads_what_it_answers(name: str, document: dict[str, Any]) -> None:
    function, kind = CALLS[name]
    request = request_of(function)
    _, operation = operation_of(document, request)
    asked = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    assert set(parse_qs(urlsplit(request.url).query)) == asked
    if request.json:
        form = component(document, operation["requestBody"]["content"]["application/json"]["schema"])
        assert set(request.json) <= set(form["properties"])
        assert set(form.get("required", ())) <= set(request.json)
    answered = next(answer for status, answer in operation["responses"].items() if status in ("200", "201"))
    schema = answered["content"]["application/json"]["schema"]
    if get_origin(kind) is list:
        assert schema["type"] == "array"
        kind, schema = get_args(kind)[0], schema["items"]
    agree(document, kind, component(document, schema))


def test_every_operation_of_the_api_has_its_call(document: dict[str, Any]) -> None:
    promised = {(method.upper(), path) for path, found in document["paths"].items() for method in found}
    made = {(request.method, operation_of(document, request)[0]) for request in map(request_of, _functions())}
    assert made | FLOWS == promised


def test_what_flows_read_is_typed_as_the_api_answers(document: dict[str, Any]) -> None:
    for kind in (Node, Item):
        agree(document, kind, document["components"]["schemas"][kind.__name__])


def _functions() -> list[Callable[..., Call[Any]]]:
    return [function for function, _ in CALLS.values()]


def agree(document: Mapping[str, Any], kind: type[Answer], schema: Mapping[str, Any]) -> None:
    """The dataclass has the members that the API's schema has, of the same types, and no others."""
    hints = get_type_hints(kind)
    members = {one.name for one in dataclasses.fields(kind)} - {"raw"}
    optional = {name for name in members if f"{kind.__name__}.{name}" in ONLY_IN_SOME}
    assert members - optional <= set(schema["properties"]) <= members, kind.__name__
    for name, stated in schema["properties"].items():
        same_type(document, hints[name], stated)


def same_type(document: Mapping[str, Any], form: Any, stated: Mapping[str, Any]) -> None:
    options = stated.get("anyOf", [stated])
    nullable = any(option.get("type") == "null" for option in options)
    if get_origin(form) in (types.UnionType, typing.Union):
        assert nullable, stated
        form = next(part for part in get_args(form) if part is not type(None))
    else:
        assert not nullable, stated
    (option,) = (option for option in options if option.get("type") != "null")
    if "$ref" in option:
        assert isinstance(form, type)
        assert issubclass(form, Answer)
        agree(document, form, component(document, option))
    elif get_origin(form) is tuple:
        assert option["type"] == "array"
        same_type(document, get_args(form)[0], option["items"])
    elif get_origin(form) is Mapping:
        assert option["type"] == "object"
    else:
        assert option["type"] == {str: "string", datetime: "string", int: "integer", bool: "boolean"}[form], stated
