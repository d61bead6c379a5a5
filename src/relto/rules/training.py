"""Making a bundle for training nodes from the package's gates, limits, equivalences and rulebook.

Everything in it that is not known is marked unconfirmed, so a live node refuses it. It is unsigned: both authorities
sign it with `relto.rules.manifest.sign_bundle`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relto.base.canonical import Json, canonical_bytes, read_json, read_object
from relto.base.errors import MalformedInput
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.rules.builtin import engine_name, package_data
from relto.rules.bundle import POLICIES, SCHEMA
from relto.rules.gates import policy_text, read_gates
from relto.rules.levels import scheme_file
from relto.rules.manifest import unsigned_file
from relto.rules.shapes import check_shape


def seed_provisions() -> list[dict[str, Any]]:
    """Every record of the rulebook that ships with the package, keys and evidence as they are."""
    records = read_json(package_data("rulebook.json"), field="rulebook.json")
    if not isinstance(records, list):
        raise MalformedInput("provisions", field="rulebook.json", expected="a list of records")
    return [record for record in records if isinstance(record, dict)]


def build_training_bundle(  # noqa: PLR0913  a bundle has this many independent parts
    *,
    parties: Mapping[Nation, Mapping[str, Json]],
    programmes: Sequence[Mapping[str, Json]],
    schemes: Mapping[Nation, bytes],
    version: int,
    supersedes: int | None,
    effective_from: Instant,
    expires: Instant,
    provisions: Sequence[Mapping[str, Any]] | None = None,
    gates: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    equivalence: Mapping[str, Any] | None = None,
    groups: Mapping[str, Any] | None = None,
    loosenings: Mapping[str, Any] | None = None,
) -> bytes:
    """An unsigned bundle file for `sign_bundle`.

    `parties`: nation -> the members of schemas/parties.json; `programmes`: the entries of schemas/programmes.json;
    `schemes`: nation -> its classification policy as JSON. Provisions, gates, limits and equivalence replace the
    package's own data; `groups` and `loosenings` are the optional files. Raises MalformedInput naming what does not
    fit.
    """
    gates = gates or read_object(package_data("gates.json"), field="gates.json")
    check_shape(gates, "gates", field="gates.json")
    gate_list = read_gates(gates)
    records = list(provisions or seed_provisions())
    content: dict[str, Mapping[str, Any]] = {
        "gates": gates,
        "limits": limits or read_object(package_data("limits.json"), field="limits.json"),
        "equivalence": equivalence or _dated_equivalence(effective_from),
        "provisions": {"type": "provisions", "version": 1, "provisions": records},
        "parties": {"type": "parties", "version": 1, "parties": dict(parties)},
        "programmes": {"type": "programmes", "version": 1, "programmes": list(programmes)},
    }
    content |= {name: value for name, value in (("groups", groups), ("loosenings", loosenings)) if value is not None}
    for name, value in content.items():
        check_shape(value, name, field=f"{name}.json")
    files = {f"{name}.json": canonical_bytes(value).decode("utf-8") for name, value in content.items()}
    files[POLICIES] = policy_text(gate_list)
    files[SCHEMA] = package_data("schema.cedarschema").decode("utf-8")
    for nation in parties:
        if nation not in schemes:
            raise MalformedInput("bundle.scheme", field=scheme_file(nation), expected="a policy for each party")
        files[scheme_file(nation)] = schemes[nation].decode("utf-8")
    return unsigned_file(
        files,
        {
            "agreement": "-".join(sorted(parties)),
            "bundle_version": version,
            "supersedes": supersedes,
            "effective_from": instant_text(effective_from),
            "expires": instant_text(expires),
            "engine": engine_name(),
            "parties": list[Json](sorted(parties)),
        },
    )


def _dated_equivalence(effective_from: Instant) -> dict[str, Any]:
    """The package's training rows, in force from the bundle's effective instant."""
    table: dict[str, Any] = read_object(package_data("equivalence.json"), field="equivalence.json")
    dates = {"valid_from": instant_text(effective_from), "valid_to": None}
    return {**table, "rows": [{**row, **dates} for row in table["rows"]]}
