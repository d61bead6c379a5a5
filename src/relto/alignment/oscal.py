"""The relations as an OSCAL control mapping (NIST OSCAL 1.2, model `mapping-collection`), and rows out of one.

The OSCAL relationships say how sets of requirements contain each other; a nation's reading says how two rules compare.
Only what both mean alike is told in OSCAL's own words:

| reading | in OSCAL |
|---|---|
| equal, equivalent, intersects | `equal-to`, `equivalent-to`, `intersects-with` |
| stricter, looser, conflicts | the same word in relto's namespace: a stricter rule need not contain the other |
| missing | no map; the provisions stand in a `gap-summary` where the mapping has other entries |
| divergence | nothing: OSCAL has no word for a question |

Promises: no OSCAL word claims more than was said; what has no equivalent is left out of the maps and named in a note;
every row stands whole in a property of relto's namespace, so that it is read in again as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from relto.alignment.exchange_file import LARGEST, About
from relto.alignment.exchange_rows import COLUMNS, LISTS, Row
from relto.alignment.shared_record import DIVERGENCE, RELATION
from relto.base.canonical import canonical_bytes, read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput
from relto.base.instants import instant_text

NAMESPACE: Final = "urn:relto:ns:alignment"
OSCAL_VERSION: Final = "1.2.0"
ROOT: Final = "mapping-collection"
ROW: Final = "row"
LEFT_OUT: Final = "left-out"
_OWN_WORDS: Final[Mapping[str, str]] = {
    "equal": "equal-to",
    "equivalent": "equivalent-to",
    "intersects": "intersects-with",
}
_TOKEN: Final = re.compile(r"[^\W\d][\w.\-]*")
_NOTE: Final = (
    "Written by relto from what each nation said last. A relationship in the namespace " + NAMESPACE + " is a nation's "
    "reading of two rules and says nothing of sets. Nothing follows for provisions that are not mapped."
)
_LEFT_OUT: Final = (
    "{missing} reading(s) that a provision has no counterpart and {divergences} divergence(s) have no OSCAL "
    "relationship; they stand in properties of the namespace " + NAMESPACE + " only."
)


def mapping_collection(about: About, rows: Sequence[Row], sides: Mapping[str, str]) -> dict[str, Any]:
    """The document. `sides`: id of each provision that is a rule -> nation.

    A mapping holds what one nation says of another's rules; source is who says it. Raises
    Conflict("alignment.oscal_empty") where there is nothing to map.
    """
    pairs: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.kind == RELATION:
            pairs.setdefault((row.text("nation"), row.text("to")), []).append(row)
    mappings = [made for pair, found in sorted(pairs.items()) if (made := _mapping(about, pair, found, sides))]
    if not mappings:
        raise Conflict("alignment.oscal_empty", field="as", expected="a relation with provisions of both nations")
    unmapped = [row for row in rows if row.kind == DIVERGENCE or row.text("relation") == "missing"]
    missing = sum(row.kind == RELATION for row in unmapped)
    metadata: dict[str, Any] = {
        "title": f"{about.agreement}: how the provisions of the nations relate",
        "last-modified": instant_text(about.at),
        "version": f"{about.bundle_version}",
        "oscal-version": OSCAL_VERSION,
    }
    if unmapped:
        note = _LEFT_OUT.format(missing=missing, divergences=len(unmapped) - missing)
        metadata["props"] = [_property(LEFT_OUT, str(len(unmapped)), note), *(_row_property(row) for row in unmapped)]
    return {
        ROOT: {
            "uuid": _uuid(about.agreement, instant_text(about.at)),
            "metadata": metadata,
            "provenance": {
                "method": "human",
                "matching-rationale": "semantic",
                "status": "not-complete",
                "mapping-description": _NOTE,
            },
            "mappings": mappings,
            "back-matter": {"resources": [_resource(about, nation) for nation in sorted({*sides.values()})]},
        }
    }


def read_mapping_collection(data: bytes) -> list[Row]:
    """The rows that stand in the properties of a document written by relto.

    A relationship of another author's document is not taken for what a nation said: it has no reason and no confidence,
    so its map is a row that is refused for them. Raises MalformedInput or TooLarge.
    """
    collection = read_object(data, field="file", max_bytes=LARGEST).get(ROOT)
    if not isinstance(collection, dict):
        raise MalformedInput("oscal", field=ROOT, expected="a mapping collection of OSCAL 1.2")
    held: list[tuple[Any, str]] = []
    mappings = collection.get("mappings")
    for number, mapping in enumerate(_objects(mappings if isinstance(mappings, list) else [mappings]), start=1):
        held += [(one, f"mapping {number}, map {place}") for place, one in enumerate(_objects(mapping.get("maps")), 1)]
    metadata = collection.get("metadata")
    if isinstance(metadata, dict):
        held.append((metadata, "metadata"))
    rows = []
    for owner, place in held:
        written = [one for one in _objects(owner.get("props")) if (one.get("ns"), one.get("name")) == (NAMESPACE, ROW)]
        if not written and place != "metadata":
            rows.append(Row(RELATION, _foreign(owner), place))
        for number, one in enumerate(written, start=1):
            rows.append(_read_row(one, place if len(written) == 1 else f"{place}, row {number}"))
    return rows


def _foreign(found: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    named = [one.get("id-ref") for side in ("sources", "targets") for one in _objects(found.get(side))]
    by_word = {word: code for code, word in _OWN_WORDS.items()}
    return {
        "provisions": tuple(one for one in named if isinstance(one, str)),
        "relation": by_word.get(str(found.get("relationship")), ""),
    }


def _read_row(found: Mapping[str, Any], place: str) -> Row:
    given = read_object(str(found.get("value", "")), field=place)
    kind = given.get("kind")
    if kind not in COLUMNS:
        raise MalformedInput("oscal", field=place, expected="relation or divergence")
    values: dict[str, str | tuple[str, ...]] = {}
    for name in COLUMNS[str(kind)]:
        value = given.get(name, [] if name in LISTS else "")
        if name in LISTS and isinstance(value, list):
            values[name] = tuple(one for one in value if isinstance(one, str))
        else:
            values[name] = value if isinstance(value, str) else ""
    return Row(str(kind), values, place)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mapping(
    about: About, pair: tuple[str, str], rows: Iterable[Row], sides: Mapping[str, str]
) -> dict[str, Any] | None:
    of, to = pair
    maps = []
    alone: dict[str, set[str]] = {"source": set(), "target": set()}
    for row in rows:
        sources = [one for one in row.list("provisions") if sides.get(one) == of]
        targets = [one for one in row.list("provisions") if sides.get(one) == to]
        if row.text("relation") == "missing":
            for side, ids in (("source", sources), ("target", targets)):
                alone[side].update(one for one in ids if _TOKEN.fullmatch(one))
        elif sources and targets:
            maps.append(_map(row, sources, targets))
    if not maps:
        return None
    mapping: dict[str, Any] = {
        "uuid": _uuid(about.agreement, of, to),
        "source-resource": {"type": "catalog", "href": f"#{_uuid(about.agreement, of)}"},
        "target-resource": {"type": "catalog", "href": f"#{_uuid(about.agreement, to)}"},
        "maps": maps,
        "props": [_property("said-by", of, "")],
    }
    for side, unmapped in alone.items():
        if unmapped:
            uuid = _uuid(about.agreement, of, to, side)
            mapping[f"{side}-gap-summary"] = {"uuid": uuid, "unmapped-controls": [{"with-ids": sorted(unmapped)}]}
    return mapping


def _map(row: Row, sources: Sequence[str], targets: Sequence[str]) -> dict[str, Any]:
    word = row.text("relation")
    made: dict[str, Any] = {
        "uuid": _uuid(row.text("entry"), row.text("nation")),
        "relationship": _OWN_WORDS.get(word, word),
        "sources": [{"type": "control", "id-ref": one} for one in sources],
        "targets": [{"type": "control", "id-ref": one} for one in targets],
        "confidence-score": {"category": row.text("confidence")},
        "props": [_row_property(row)],
        "remarks": row.text("reason"),
    }
    return made if word in _OWN_WORDS else {**made, "ns": NAMESPACE}


def _row_property(row: Row) -> dict[str, Any]:
    return _property(ROW, json.dumps({"kind": row.kind, **row.as_json()}, ensure_ascii=True, sort_keys=True), "")


def _property(name: str, value: str, remarks: str) -> dict[str, Any]:
    return {"name": name, "ns": NAMESPACE, "value": value} | ({"remarks": remarks} if remarks else {})


def _resource(about: About, nation: str) -> dict[str, Any]:
    return {
        "uuid": _uuid(about.agreement, nation),
        "title": f"Provisions of {nation} in the rule book {about.agreement}, version {about.bundle_version}",
    }


def _uuid(*parts: str) -> str:
    """A name-based identifier, the same for the same parts (RFC 9562 version 5 in form, SHA-256 in substance)."""
    found = sha256_hex(canonical_bytes([NAMESPACE, *parts]))
    return f"{found[:8]}-{found[8:12]}-5{found[13:16]}-8{found[17:20]}-{found[20:32]}"
