"""What in a draft refers to nothing, is named twice, rests on nothing or is used by nothing.

Each check reads the files as JSON that fits its schema, and goes on after the first fault. An error has the code with
which the bundle would be refused; codes that begin with "lint." are warnings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relto.base.canonical import Json
from relto.rules.facts import Action
from relto.rules.provisions import BILATERAL

Severity = Literal["error", "warning"]
Content = Mapping[str, Mapping[str, Any]]
"""The files that parse and fit their schema, by name without ending."""
_DEVANAGARI = range(0x0900, 0x0980)


@dataclass(frozen=True, slots=True)
class DraftFinding:
    """One fault. `code`: stable, with a sentence in the catalogues; `place`: inside of `file`; `rule`: whose it is."""

    severity: Severity
    file: str
    place: str
    code: str
    rule: str
    expected: str

    def as_dict(self) -> dict[str, Json]:
        """The finding as JSON."""
        return {
            "severity": self.severity,
            "file": self.file,
            "place": self.place,
            "code": self.code,
            "rule": self.rule,
            "expected": self.expected,
        }


def error(file: str, place: str, code: str, expected: str, rule: str = "") -> DraftFinding:
    """Something for which the bundle is refused."""
    return DraftFinding("error", file, place, code, rule, expected)


def warning(file: str, place: str, code: str, expected: str, rule: str = "") -> DraftFinding:
    """Something that people should see before they sign."""
    return DraftFinding("warning", file, place, f"lint.{code}", rule, expected)


def reference_findings(content: Content, nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    """All findings of this room, in the order of the files. `nations`: the parties that the manifest names."""
    if "gates" in content:
        yield from _gates(content["gates"], content.get("provisions"), nations)
    if "provisions" in content:
        yield from _provisions(content["provisions"]["provisions"], nations)
    if "limits" in content:
        yield from _founded("limits.json", content["limits"]["limits"])
    if "equivalence" in content:
        rows = {f"{n}": row for n, row in enumerate(content["equivalence"]["rows"])}
        yield from _founded("equivalence.json", rows)
        yield from _rows(content["equivalence"]["rows"], content, nations)
    if "parties" in content:
        yield from _parties(content["parties"]["parties"], nations)
    if "programmes" in content:
        yield from _programmes(content["programmes"]["programmes"], nations)


def _doubled(names: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _gates(
    gates: Mapping[str, Any], provisions: Mapping[str, Any] | None, nations: tuple[str, ...]
) -> Iterator[DraftFinding]:
    file = "gates.json"
    for rule in _doubled([gate["rule"] for gate in gates["gates"]]):
        yield error(file, f"gates/{rule}", "malformed.gates.rule", "each rule id once", rule)
    for action in Action:
        if not any(action in gate["actions"] for gate in gates["gates"]):
            yield error(file, "gates", "malformed.gates.action", f"a rule for {action.value}")
    used = {code for gate in gates["gates"] for code in gate["applies"]}
    for code in sorted(gates["conditions"].keys() - used):
        yield warning(file, f"conditions/{code}", "condition_unused", "a rule that uses it")
    known = None if provisions is None else {one["id"]: one for one in provisions["provisions"]}
    for gate in gates["gates"]:
        yield from _gate(gate, gates["conditions"].keys(), known, nations)


def _gate(
    gate: Mapping[str, Any], conditions: Any, known: Mapping[str, Any] | None, nations: tuple[str, ...]
) -> Iterator[DraftFinding]:
    file, rule = "gates.json", gate["rule"]
    for code in gate["applies"]:
        if code not in conditions:
            yield error(
                file, f"gates/{rule}/applies/{code}", "malformed.gates.condition", "a condition of the list", rule
            )
    if gate["holds"].strip() == "true":
        yield warning(file, f"gates/{rule}/holds", "always_holds", "a condition that can fail", rule)
    hindi = gate["says"].get("hi", {}).get("text", "")
    if not any(ord(letter) in _DEVANAGARI for letter in hindi):
        yield warning(file, f"gates/{rule}/says/hi", "no_hindi", "the rule's words in Hindi", rule)
    if known is None:
        return
    for identity in gate["provisions"]:
        if identity not in known:
            place = f"gates/{rule}/provisions/{identity}"
            yield error(file, place, "malformed.provisions.unknown", "a provision that the bundle carries", rule)
    rests_on = {known[identity]["nation"] for identity in gate["provisions"] if identity in known}
    for nation in nations:
        if nation not in rests_on:
            expected = f"a provision of {nation}, or the gap that says that none is known"
            yield warning(file, f"gates/{rule}/provisions", "rule_without_provision", expected, rule)


def _provisions(records: list[Mapping[str, Any]], nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    file = "provisions.json"
    for identity in _doubled([one["id"] for one in records]):
        yield error(file, identity, "malformed.provisions.id", "each id once", identity)
    known = {one["id"] for one in records}
    for one in records:
        yield from _provision(one, known, nations)


def _provision(one: Mapping[str, Any], known: set[str], nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    file, identity = "provisions.json", one["id"]
    gap = one["evidence"] == "none"
    well = one["evidence"] == "read" and one["basis"] == "direct" and one["nation"] != BILATERAL
    if one["confirmed"] and not well:
        expected = "confirmed only when read, direct and of one nation"
        yield error(file, f"{identity}/confirmed", "malformed.provisions.confirmed", expected, identity)
    if gap and one["requirement"] is not None:
        yield error(file, f"{identity}/requirement", "malformed.provisions.gap", "no requirement of a gap", identity)
    if not gap and one["source"] is None:
        yield warning(file, f"{identity}/source", "no_source", "where it was read", identity)
    if one["nation"] not in (*nations, BILATERAL):
        yield warning(file, f"{identity}/nation", "other_nation", " or ".join((*nations, BILATERAL)), identity)
    for other in one.get("related", ()):
        if other == identity:
            yield error(file, f"{identity}/related", "malformed.provisions.related", "other provisions", identity)
        elif other not in known:
            yield warning(file, f"{identity}/related/{other}", "related_unknown", "a provision of the bundle", identity)
    start, end = one.get("effective_from"), one.get("superseded_from")
    if isinstance(start, str) and isinstance(end, str) and end <= start:
        yield warning(file, f"{identity}/superseded_from", "dates", "later than effective_from", identity)


def _founded(file: str, entries: Mapping[str, Mapping[str, Any]]) -> Iterator[DraftFinding]:
    for place, one in entries.items():
        if one["confirmed"] and one["evidence"] != "read":
            yield warning(file, f"{place}/confirmed", "confirmed_evidence", "confirmed only what was read", place)
        if one["confirmed"] and one["citation"] is None:
            yield warning(file, f"{place}/citation", "no_source", "where it was read", place)


def _rows(rows: list[Mapping[str, Any]], content: Content, nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    file, manifest = "equivalence.json", content.get("manifest", {})
    for number, row in enumerate(rows):
        place = f"rows/{number}"
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            yield error(file, f"{place}/valid_to", "malformed.equivalence", "later than valid_from")
        if row["valid_from"] >= str(manifest.get("expires", "9")):
            yield warning(file, f"{place}/valid_from", "dates", "inside of the bundle's dates")
        if row["valid_to"] is not None and row["valid_to"] <= str(manifest.get("effective_from", "")):
            yield warning(file, f"{place}/valid_to", "dates", "inside of the bundle's dates")
    for nation, level, other in _levels_without_row(rows, content, nations):
        expected = f"a row to {other}, also one that says that there is none"
        yield warning(file, f"rows/{nation} {level}", "level_without_row", expected)


def _levels_without_row(
    rows: list[Mapping[str, Any]], content: Content, nations: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    """(nation, level, other nation) of what the table says nothing about."""
    schemes = {nation: content.get(f"scheme-{nation.lower()}", {}) for nation in nations}
    names = {str(one.get(member)): nation for nation, one in schemes.items() for member in ("oid", "name", "nation")}
    mapped = {(names.get(row["from_policy"]), row["from_level"], names.get(row["to_policy"])) for row in rows}
    for nation, scheme in schemes.items():
        levels = scheme.get("levels")
        for level in levels if isinstance(levels, list) else ():
            name = level.get("name") if isinstance(level, Mapping) else None
            for other in nations:
                if isinstance(name, str) and other != nation and (nation, name, other) not in mapped:
                    yield nation, name, other


def _parties(parties: Mapping[str, Mapping[str, Any]], nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    for nation in sorted(parties.keys() ^ set(nations)):
        yield error("parties.json", nation, "not_verified.bundle.parties", ", ".join(nations))
    owners: dict[str, str] = {}
    for nation, party in sorted(parties.items()):
        for member in ("authority_keys", "node_keys"):
            for key in party[member]:
                other = owners.setdefault(f"{member} {key['key_id']}", nation)
                if other != nation:
                    yield warning(
                        "parties.json", f"{nation}/{member}/{key['key_id']}", "key_shared", "a key of its own"
                    )


def _programmes(programmes: list[Mapping[str, Any]], nations: tuple[str, ...]) -> Iterator[DraftFinding]:
    file, code = "programmes.json", "malformed.programmes"
    for name in _doubled([one["code"] for one in programmes]):
        yield error(file, name, code, "each code once", name)
    for one in programmes:
        for nation in one["nations"]:
            if nation not in nations:
                yield error(file, f"{one['code']}/nations/{nation}", code, " or ".join(nations), one["code"])
        for name in _doubled([facility["code"] for facility in one["facilities"]]):
            yield error(file, f"{one['code']}/facilities/{name}", code, "each facility once", one["code"])
        for facility in one["facilities"]:
            if facility["nation"] not in one["nations"]:
                place = f"{one['code']}/facilities/{facility['code']}"
                yield error(file, place, code, "a nation of the programme", one["code"])
        for nation in one["nations"]:
            if not any(facility["nation"] == nation for facility in one["facilities"]):
                expected = f"a cleared facility of {nation}"
                yield warning(file, f"{one['code']}/facilities", "no_facility", expected, one["code"])
