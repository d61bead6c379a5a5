"""The rules room's own package data, and the name of the engine that is installed.

The one file of this room that reads anything: data that ships inside the package (JSON Schemas, the gates, the Cedar
schema, the training limits and equivalences, the rulebook) and the installed version of cedarpy. It never reads what
a person or a node wrote.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata, resources

from relto.base.canonical import Json, read_object

DATA_FILES = ("gates.json", "schema.cedarschema", "limits.json", "equivalence.json", "rulebook.json")


@cache
def package_data(name: str) -> bytes:
    """One file of `rules/data`, as it was shipped."""
    return resources.files("relto.rules").joinpath("data", name).read_bytes()


@cache
def shape(name: str) -> dict[str, Json]:
    """The JSON Schema `rules/schemas/<name>.json` (draft 2020-12)."""
    return read_object(resources.files("relto.rules").joinpath("schemas", f"{name}.json").read_bytes(), field=name)


@cache
def shape_names() -> frozenset[str]:
    """The names for which `shape` has a schema."""
    found = resources.files("relto.rules").joinpath("schemas").iterdir()
    return frozenset(file.name.removesuffix(".json") for file in found if file.name.endswith(".json"))


@cache
def engine_name() -> str:
    """The engine and its version, such as "cedarpy 4.12.2"; recorded in bundles and decisions."""
    return f"cedarpy {metadata.version('cedarpy')}"
