"""Everything that is wrong with a draft, at once: each with its file, place, rule and what is expected.

Promises: a draft without an error here opens as a bundle does (relto.rules.bundle), apart from signatures, version and
expiry; an error names the same code as the refusal would. A warning is what a bundle may carry and people should see:
a provision that no rule rests on, a rule that rests on no provision of a party, a level without a row, a missing Hindi
word, dates that do not meet. Nothing here decides; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import cedarpy

from relto.base.canonical import Json, read_json, sha256_hex
from relto.base.errors import MalformedInput, ReltoError
from relto.base.instants import read_instant
from relto.base.nations import Nation
from relto.rules.builtin import shape_names
from relto.rules.bundle import JSON_FILES, POLICIES, SCHEMA, read_rules
from relto.rules.cedar_depth import require_shallow
from relto.rules.gates import policy_text, read_gates
from relto.rules.levels import scheme_file
from relto.rules.lint_references import DraftFinding, error, reference_findings
from relto.rules.manifest import read_unchecked
from relto.rules.shapes import shape_errors

MOST_FINDINGS = 500


def lint(data: bytes) -> list[DraftFinding]:
    """All findings of a bundle file or a draft, errors first; at most MOST_FINDINGS.

    Raises MalformedInput or TooLarge for what is no bundle file at all.
    """
    body, texts = read_unchecked(data)
    found = list(islice(_findings(body, texts), MOST_FINDINGS))
    if not any(one.severity == "error" for one in found):
        try:
            read_rules(data)
        except ReltoError as refused:
            file, _, place = (refused.field or "bundle").partition("/")
            found.append(error(file, place, refused.full_code, refused.expected or ""))
    return sorted(dict.fromkeys(found), key=lambda one: one.severity != "error")


def _findings(body: Mapping[str, Json], texts: Mapping[str, str]) -> Iterator[DraftFinding]:
    parties = body.get("parties")
    nations = tuple(one for one in parties if isinstance(one, str)) if isinstance(parties, list) else ()
    yield from _manifest(body, texts, nations)
    content: dict[str, Mapping[str, Any]] = {"manifest": body}
    for name, text in sorted(texts.items()):
        if name.endswith(".json"):
            yield from _json_file(name, text, content)
    yield from reference_findings(content, nations)
    yield from _cedar(texts, content)


def _manifest(body: Mapping[str, Json], texts: Mapping[str, str], nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    for place, expected in shape_errors(body, "manifest" if "type" in body else "proposal"):
        yield error("manifest", place, "malformed.bundle.schema", expected)
    digests = body.get("files")
    named: Mapping[str, Json] = digests if isinstance(digests, Mapping) else {}
    wanted = {POLICIES, SCHEMA, *(f"{name}.json" for name in JSON_FILES)}
    wanted |= {scheme_file(Nation(nation)) for nation in nations}
    for name in sorted(wanted - texts.keys()):
        yield error(name, "", "malformed.bundle.files", "a file of this name")
    for name in sorted(named.keys() | texts.keys()):
        if name not in texts or named.get(name) != sha256_hex(texts[name].encode("utf-8")):
            yield error(name, "", "not_verified.bundle.file", "the text whose digest the manifest names")
    yield from _dates(body, nations)


def _dates(body: Mapping[str, Json], nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    try:
        start, end = (read_instant(body.get(name), field=name) for name in ("effective_from", "expires"))
        if not start < end:
            yield error("manifest", "expires", "malformed.bundle.period", "an instant after effective_from")
    except MalformedInput as refused:
        yield error("manifest", refused.field or "", refused.full_code, refused.expected or "")
    version, before = body.get("bundle_version"), body.get("supersedes")
    if isinstance(version, int) and isinstance(before, int) and before >= version:
        yield error("manifest", "supersedes", "malformed.bundle.supersedes", "a lower version")
    if str(body.get("agreement")).split("-") != sorted(nations):
        yield error("manifest", "agreement", "malformed.bundle.agreement", "the parties in order, as IND-USA")


def _json_file(name: str, text: str, content: dict[str, Mapping[str, Any]]) -> Iterator[DraftFinding]:
    """What of this file is no JSON or does not fit its schema; a file that fits is put into `content`."""
    stem = name.removesuffix(".json")
    try:
        value = read_json(text, field=name)
    except MalformedInput as refused:
        yield error(name, "", refused.full_code, refused.expected or "")
        return
    faults = [*shape_errors(value, stem)] if stem in shape_names() else []
    for place, expected in faults:
        yield error(name, place, "malformed.bundle.schema", expected)
    if isinstance(value, Mapping) and not faults:
        content[stem] = value


def _cedar(texts: Mapping[str, str], content: Mapping[str, Mapping[str, Any]]) -> Iterator[DraftFinding]:
    policies, schema = texts.get(POLICIES), texts.get(SCHEMA)
    if policies is None or schema is None:
        return
    try:
        require_shallow(schema, field=SCHEMA, types=True)
        require_shallow(policies, field=POLICIES)
    except MalformedInput as refused:
        yield error(refused.field or POLICIES, "", refused.full_code, refused.expected or "")
        return
    try:
        known = cedarpy.Schema.from_str(schema)
    except ValueError:
        yield error(SCHEMA, "", "malformed.bundle.cedar_schema", "a Cedar schema")
        return
    try:
        cedarpy.policies_to_json_str(policies)
        faults = cedarpy.validate_policies(policies, known).errors
    except ValueError:
        yield error(POLICIES, "", "malformed.bundle.cedar_syntax", "Cedar policies")
        return
    for fault in faults:
        identity = str(getattr(fault, "policy_id", "") or "")
        expected = str(getattr(fault, "error", fault))[:300]
        yield error(POLICIES, identity, "malformed.bundle.cedar_validation", expected, identity)
    if "gates" in content:
        try:
            made = policy_text(read_gates(content["gates"]))
        except MalformedInput:
            return  # said already, at its place
        if made != policies:
            yield error(POLICIES, "", "malformed.bundle.forms", "exactly the text that gates.json gives")
