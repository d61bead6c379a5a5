"""Loading a classification policy from JSON: refused whole unless every rule below holds.

1. Known members only, at every depth; bounded size.
2. Level names, hierarchies, encoded values and portion marks are unique, and so are the names of tag sets and caveats.
3. The policy of the United States has no level RESTRICTED: 32 CFR 2001.24(a) knows three classified levels only, and
   a foreign RESTRICTED has no US equivalent (32 CFR 117.14(m)(1)).
4. Each role (release: PERMISSIVE, owner: INFORMATIVE, caveats: RESTRICTIVE) has exactly one tag set of that kind.
5. An unstated release means "owner": absence is never read as consent (trap T1).
6. A level or caveat is `confirmed` only when its evidence is `read`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import read_nation
from relto.labels.control_rules import (
    NO_CONTROL_RULES,
    CategoryRule,
    CompartmentRule,
    ControlRules,
    DissemRule,
    LevelRange,
)
from relto.labels.controls import CATEGORY_KINDS, COMPARTMENT_KINDS
from relto.labels.levels import Level, PolicyId
from relto.labels.policy import Caveat, ClassificationPolicy, LevelEntry, TagKind, TagRole, TagSet
from relto.labels.provenance import Provenance

MAX_POLICY_BYTES = 256 * 1024
EVIDENCE = frozenset({"read", "excerpt", "secondary", "press", "inference", "unverified", "none"})
ROLE_KINDS: dict[TagRole, TagKind] = {"release": "PERMISSIVE", "owner": "INFORMATIVE", "caveats": "RESTRICTIVE"}
RELEASE_MARKS = ("NOFORN", "REL TO")

_MAX_ITEMS = 256
_OID = re.compile(r"\A[0-2](\.(0|[1-9][0-9]{0,9})){1,30}\Z")
_POLICY_NAME = re.compile(r"\A[A-Z][A-Z0-9]{1,31}\Z")
_NAME = re.compile(r"\A[A-Z][A-Z0-9]*( [A-Z0-9]+)*\Z")
_TAG_SET_NAME = re.compile(r"\A[A-Za-z0-9]+( [A-Za-z0-9]+)*\Z")
_HEAD = frozenset({"type", "format", "oid", "name", "version", "nation", "source", "unstated_release", "training_line"})
_TOP = _HEAD | {"levels", "tag_sets", "caveats", "dissemination_order"}
_PROVENANCE = frozenset({"source", "evidence", "confirmed"})
_LEVEL = frozenset({"name", "hierarchy", "lacv", "may_be_public", "markings", "portion"}) | _PROVENANCE
_CAVEAT = frozenset({"name", "portion", "lowest_level"}) | _PROVENANCE
_TAG_SET = frozenset({"oid", "name", "kind", "role"})
_CONTROLS = frozenset(
    {"tag_set", "display_only", "relido", "foreign_information", "dissemination", "compartments", "categories"}
)
_RANGE = frozenset({"lowest_level", "highest_level"})
_WORD = re.compile(r"\A[A-Z0-9]+([ -][A-Z0-9]+)*\Z")


def load_policy(data: bytes) -> ClassificationPolicy:
    """The policy that `data` (JSON) describes. Raises MalformedInput or UnknownValue naming the member."""
    top = _members(read_object(data, field="policy", max_bytes=MAX_POLICY_BYTES), _TOP, "policy", {"controls"})
    if top["type"] != "classification-policy" or top["format"] != 1:
        raise UnknownValue("policy.format", field="policy.type", expected="classification-policy, format 1")
    if top["unstated_release"] != "owner":
        raise UnknownValue("policy.unstated_release", field="policy.unstated_release", expected="owner")
    identity = PolicyId(
        _matching(top["oid"], _OID, "policy.oid"),
        _matching(top["name"], _POLICY_NAME, "policy.name"),
        _integer(top["version"], "policy.version", lowest=1),
    )
    nation = read_nation(top["nation"], field="policy.nation")
    entries = tuple(_level(item, identity.oid) for item in _items(top["levels"], "policy.levels"))
    names = {entry.level.name for entry in entries}
    if not entries or (nation == "USA" and "RESTRICTED" in names):
        raise MalformedInput("policy.levels", field="policy.levels", expected="levels that this nation's law knows")
    for what in ("name", "hierarchy"):
        _unique([getattr(entry.level, what) for entry in entries], f"policy.levels.{what}")
    for what in ("lacv", "portion"):
        _unique([getattr(entry, what) for entry in entries], f"policy.levels.{what}")
    caveats = tuple(_caveat(item, names) for item in _items(top["caveats"], "policy.caveats"))
    _unique([caveat.name for caveat in caveats], "policy.caveats.name")
    _unique([caveat.portion for caveat in caveats], "policy.caveats.portion")
    field = "policy.dissemination_order"
    order = tuple(_text(item, field) for item in _items(top["dissemination_order"], field))
    if sorted(order) != sorted((*RELEASE_MARKS, *(caveat.name for caveat in caveats))):
        raise MalformedInput("policy.order", field=field, expected="each caveat, NOFORN, REL TO")
    tag_sets = _tag_sets(top["tag_sets"])
    rules = _control_rules(top["controls"], names) if "controls" in top else NO_CONTROL_RULES
    _check_tag_sets(tag_sets, rules)
    return ClassificationPolicy(
        identity=identity,
        nation=nation,
        source=_text(top["source"], "policy.source"),
        entries=entries,
        tag_sets=tag_sets,
        caveats=caveats,
        dissemination_order=order,
        training_lines=_words(top["training_line"], "policy.training_line"),
        control_rules=rules,
    )


def _level(value: Json, oid: str) -> LevelEntry:
    item = _members(value, _LEVEL, "policy.levels", {"also_read"})
    may_be_public = item["may_be_public"]
    if not isinstance(may_be_public, bool):
        raise MalformedInput("policy.level", field="policy.levels.may_be_public", expected="true or false")
    return LevelEntry(
        level=Level(
            oid,
            _matching(item["name"], _NAME, "policy.levels.name"),
            _integer(item["hierarchy"], "policy.levels.hierarchy", lowest=0),
        ),
        lacv=_integer(item["lacv"], "policy.levels.lacv", lowest=0),
        may_be_public=may_be_public,
        markings=_words(item["markings"], "policy.levels.markings"),
        portion=_matching(item["portion"], _NAME, "policy.levels.portion"),
        provenance=_provenance(item, "policy.levels"),
        also_read=_further_words(item.get("also_read", {}), "policy.levels.also_read"),
    )


def _caveat(value: Json, levels: set[str]) -> Caveat:
    item = _members(value, _CAVEAT, "policy.caveats")
    lowest = item["lowest_level"]
    if lowest is not None and (not isinstance(lowest, str) or lowest not in levels):
        raise MalformedInput("policy.caveat", field="policy.caveats.lowest_level", expected="a level of this policy")
    return Caveat(
        name=_matching(item["name"], _NAME, "policy.caveats.name"),
        portion=_matching(item["portion"], _NAME, "policy.caveats.portion"),
        lowest_level=lowest,
        provenance=_provenance(item, "policy.caveats"),
    )


def _tag_sets(value: Json) -> tuple[TagSet, ...]:
    found = []
    for member in _items(value, "policy.tag_sets"):
        item = _members(member, _TAG_SET, "policy.tag_sets")
        role = cast("TagRole", _text(item["role"], "policy.tag_sets.role"))
        if ROLE_KINDS.get(role) is None or item["kind"] != ROLE_KINDS[role]:
            raise UnknownValue("policy.tag_set", field="policy.tag_sets.role", expected="a known role and its kind")
        oid = _matching(item["oid"], _OID, "policy.tag_sets.oid")
        found.append(
            TagSet(oid, _matching(item["name"], _TAG_SET_NAME, "policy.tag_sets.name"), ROLE_KINDS[role], role)
        )
    for what in ("oid", "name", "role"):
        _unique([getattr(tag_set, what) for tag_set in found], f"policy.tag_sets.{what}")
    if len(found) != len(ROLE_KINDS):
        raise MalformedInput("policy.tag_set", field="policy.tag_sets", expected=", ".join(ROLE_KINDS))
    return tuple(found)


def _control_rules(value: Json, levels: set[str]) -> ControlRules:
    item = _members(value, _CONTROLS, "policy.controls")
    field = "policy.controls"
    dissem = tuple(_dissem(row, levels) for row in _items(item["dissemination"], f"{field}.dissemination"))
    compartments = tuple(_compartment(row, levels) for row in _items(item["compartments"], f"{field}.compartments"))
    categories = tuple(_category(row) for row in _items(item["categories"], f"{field}.categories"))
    _unique([row.name for row in dissem], f"{field}.dissemination")
    _unique([(row.kind, row.path) for row in compartments], f"{field}.compartments")
    tag_set = _members(item["tag_set"], frozenset({"oid", "name"}), f"{field}.tag_set")
    own = _matching(tag_set["oid"], _OID, f"{field}.tag_set.oid")
    own_name = _matching(tag_set["name"], _TAG_SET_NAME, f"{field}.tag_set.name")
    _unique([(row.oid, row.kind) for row in categories], f"{field}.categories")
    _unique([(row.name, row.kind) for row in categories], f"{field}.categories")
    if any(own == row.oid or own_name == row.name for row in categories):
        raise MalformedInput("policy.duplicate", field=f"{field}.tag_set", expected="a tag set of its own")
    return ControlRules(
        tag_set=(own, own_name),
        display_only=_flag(item["display_only"], f"{field}.display_only"),
        relido=_flag(item["relido"], f"{field}.relido"),
        foreign_information=_flag(item["foreign_information"], f"{field}.foreign_information"),
        dissem=dissem,
        compartments=compartments,
        categories=categories,
    )


def _check_tag_sets(tag_sets: tuple[TagSet, ...], rules: ControlRules) -> None:
    """No tag set of a control is, or is called like, one of the policy's own three."""
    sets = [(row.oid, row.name) for row in rules.categories] + ([rules.tag_set] if rules.tag_set else [])
    if any(tag_set.oid == oid or tag_set.name == name for tag_set in tag_sets for oid, name in sets):
        raise MalformedInput("policy.duplicate", field="policy.controls", expected="tag sets of their own")


def _dissem(value: Json, levels: set[str]) -> DissemRule:
    field = "policy.controls.dissemination"
    item = _members(value, _RANGE | _PROVENANCE | {"name", "excludes"}, field)
    excludes = frozenset(_matching(word, _WORD, f"{field}.excludes") for word in _items(item["excludes"], field))
    name = _matching(item["name"], _WORD, f"{field}.name")
    return DissemRule(name, _range(item, levels, field), excludes, _provenance(item, field))


def _compartment(value: Json, levels: set[str]) -> CompartmentRule:
    field = "policy.controls.compartments"
    item = _members(value, _RANGE | _PROVENANCE | {"kind", "path"}, field)
    if item["kind"] not in COMPARTMENT_KINDS:
        raise UnknownValue("policy.compartment", field=f"{field}.kind", expected=", ".join(COMPARTMENT_KINDS))
    path = tuple(_matching(word, _WORD, f"{field}.path") for word in _items(item["path"], f"{field}.path"))
    return CompartmentRule(item["kind"], path, _range(item, levels, field), _provenance(item, field))


def _category(value: Json) -> CategoryRule:
    field = "policy.controls.categories"
    item = _members(value, _PROVENANCE | {"oid", "name", "kind", "values"}, field)
    if item["kind"] not in CATEGORY_KINDS:
        raise UnknownValue("policy.category", field=f"{field}.kind", expected=", ".join(CATEGORY_KINDS))
    values = None
    if item["values"] is not None:
        values = frozenset(_text(word, f"{field}.values") for word in _items(item["values"], f"{field}.values"))
    return CategoryRule(
        oid=_matching(item["oid"], _OID, f"{field}.oid"),
        name=_matching(item["name"], _TAG_SET_NAME, f"{field}.name"),
        kind=item["kind"],
        values=values,
        provenance=_provenance(item, field),
    )


def _range(item: Mapping[str, Json], levels: set[str], field: str) -> LevelRange:
    found: dict[str, str | None] = {}
    for name in _RANGE:
        level = item[name]
        if level is not None and (not isinstance(level, str) or level not in levels):
            raise MalformedInput("policy.control", field=f"{field}.{name}", expected="a level of this policy, or null")
        found[name] = level
    return LevelRange(found["lowest_level"], found["highest_level"])


def _flag(value: Json, field: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedInput("policy.control", field=field, expected="true or false")
    return value


def _provenance(item: Mapping[str, Json], field: str) -> Provenance:
    evidence, confirmed = _text(item["evidence"], f"{field}.evidence"), item["confirmed"]
    if evidence not in EVIDENCE:
        raise UnknownValue("policy.evidence", field=f"{field}.evidence", expected=", ".join(sorted(EVIDENCE)))
    if not isinstance(confirmed, bool) or (confirmed and evidence != "read"):
        raise MalformedInput("policy.confirmed", field=f"{field}.confirmed", expected="true only with evidence read")
    return Provenance(_text(item["source"], f"{field}.source"), evidence, confirmed)


def _members(
    value: Json, names: frozenset[str], field: str, optional: frozenset[str] | set[str] = frozenset()
) -> dict[str, Json]:
    if not isinstance(value, dict) or not names <= set(value) <= names | optional:
        raise MalformedInput("policy", field=field, expected="exactly the members " + ", ".join(sorted(names)))
    return value


def _items(value: Json, field: str) -> list[Json]:
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise MalformedInput("policy", field=field, expected=f"a list of at most {_MAX_ITEMS}")
    return value


def _words(value: Json, field: str) -> dict[str, str]:
    """Words by language; English is always there, because it is what every other language falls back to."""
    if not isinstance(value, dict) or "en" not in value:
        raise MalformedInput("policy", field=field, expected="words by language, with en")
    return {language: _text(word, field) for language, word in value.items()}


def _further_words(value: Json, field: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise MalformedInput("policy", field=field, expected="lists of words by language")
    return {language: tuple(_text(word, field) for word in _items(words, field)) for language, words in value.items()}


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise MalformedInput("policy", field=field, expected="text")
    return value


def _matching(value: Json, form: re.Pattern[str], field: str) -> str:
    if not isinstance(value, str) or not form.match(value):
        raise MalformedInput("policy", field=field, expected=form.pattern)
    return value


def _integer(value: Json, field: str, *, lowest: int) -> int:
    if type(value) is not int or value < lowest:
        raise MalformedInput("policy", field=field, expected=f"a whole number from {lowest}")
    return value


def _unique(values: list[object], field: str) -> None:
    if len(set(values)) != len(values):
        raise MalformedInput("policy.duplicate", field=field, expected="each value once")
