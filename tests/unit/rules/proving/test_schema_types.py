"""The types that the prover assumes are those of the schema that ships: Cedar says so."""

from __future__ import annotations

import copy
import json
from typing import Any

import cedarpy
import pytest

from relto.rules.builtin import package_data
from relto.rules.proving.schema_types import TYPES

SCHEMA = cedarpy.Schema.from_str(package_data("schema.cedarschema").decode())
SAMPLES: dict[str, Any] = {"Long": 7, "String": "x", "Boolean": True, "Set<String>": ["x"]}
OTHERS: dict[str, Any] = {"Long": "x", "String": 7, "Boolean": "x", "Set<String>": "x"}


def _entities() -> list[dict[str, Any]]:
    principal = {name: SAMPLES[kind] for name, kind in TYPES["principal"].items() if isinstance(kind, str)}
    resource = {name: SAMPLES[kind] for name, kind in TYPES["resource"].items() if isinstance(kind, str)}
    facility = {name: SAMPLES[kind] for name, kind in TYPES["principal"]["facility"].items()}
    label = {name: SAMPLES[kind] for name, kind in TYPES["resource"]["label"].items()}
    reference = {kind: {"__entity": {"type": kind, "id": "x"}} for kind in ("Facility", "Label")}
    attributes = {
        "Person": {**principal, "facility": reference["Facility"]},
        "Item": {**resource, "label": reference["Label"]},
        "Facility": facility,
        "Label": label,
    }
    return [{"uid": {"type": kind, "id": "x"}, "attrs": attrs, "parents": []} for kind, attrs in attributes.items()]


def _fits(entities: list[dict[str, Any]]) -> bool:
    try:
        cedarpy.Entities.from_json_str(json.dumps(entities), SCHEMA)
    except ValueError:
        return False
    return True


def test_entities_of_these_types_fit_and_none_other_does() -> None:
    entities = _entities()
    assert _fits(entities)
    for position, entity in enumerate(entities):
        for name in entity["attrs"]:
            without = copy.deepcopy(entities)
            del without[position]["attrs"][name]
            assert not _fits(without), (entity["uid"], name)
        more = copy.deepcopy(entities)
        more[position]["attrs"]["another"] = 1
        assert not _fits(more)


@pytest.mark.parametrize("kind", ["Person", "Item", "Facility", "Label"])
def test_each_attribute_has_its_type(kind: str) -> None:
    types = {
        "Person": TYPES["principal"],
        "Item": TYPES["resource"],
        "Facility": TYPES["principal"]["facility"],
        "Label": TYPES["resource"]["label"],
    }[kind]
    for name, type_ in types.items():
        if isinstance(type_, str):
            entities = _entities()
            next(one for one in entities if one["uid"]["type"] == kind)["attrs"][name] = OTHERS[type_]
            assert not _fits(entities), name


def test_the_context_has_these_members_and_types() -> None:
    context = _record(TYPES["context"])
    assert _answers(context)
    for path in _paths(TYPES["context"]):
        wrong = copy.deepcopy(context)
        target = wrong
        for step in path[:-1]:
            target = target[step]
        kind = TYPES["context"]
        for step in path:
            kind = kind[step]
        target[path[-1]] = OTHERS[kind]
        assert not _answers(wrong), path
        del target[path[-1]]
        assert not _answers(wrong), path


def _record(types: Any) -> Any:
    return SAMPLES[types] if isinstance(types, str) else {name: _record(kind) for name, kind in types.items()}


def _paths(types: Any) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, kind in types.items():
        found += [(name,)] if isinstance(kind, str) else [(name, *rest) for rest in _paths(kind)]
    return found


def _answers(context: dict[str, Any]) -> bool:
    request = {
        "principal": {"type": "Person", "id": "x"},
        "action": {"type": "Action", "id": "open"},
        "resource": {"type": "Item", "id": "x"},
        "context": context,
    }
    entities = cedarpy.Entities.from_json_str(json.dumps(_entities()), SCHEMA)
    answer = cedarpy.is_authorized(
        request, cedarpy.PolicySet.from_str("permit(principal, action, resource);"), entities, SCHEMA
    )
    return bool(answer.allowed) and not answer.diagnostics.errors
