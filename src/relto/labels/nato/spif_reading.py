"""Reading a SPIF strictly: http://www.xmlspif.org/spif, schema versions 1.0, 2.0 and 2.1.

Rules enforced here:
 1. The document is what the schema 2.1 allows: each element at its place, each attribute declared, each value of its
    type. Published policies that break this (order, unqualified children) are refused; nothing is repaired.
 2. Version 3.0 has another model of markings. It is refused by name, never read as if it were 2.1.
 3. What the schema does not check is checked by `relto.labels.nato.spif_checks`.
 4. Extensions are kept as they are and never read, so nothing in them can loosen the policy.

A partial SPIF, which carries only the values that two nations agreed on (ADatP-4774.1 section 3), may refer to values
that it left out: say so with `is_partial`. A required value that is not there can never be given, so it fails closed.
"""

from __future__ import annotations

import re
from typing import cast

from lxml import etree

from relto.base.errors import UnknownValue
from relto.labels.nato.bounded_xml import (
    Children,
    Limits,
    malformed,
    only_attributes,
    parse,
)
from relto.labels.nato.spif import (
    NAMESPACE,
    Applied,
    CategoryTag,
    CategoryTagSet,
    CategoryValue,
    Classification,
    EquivalentClassification,
    EquivalentPolicy,
    EquivalentTagSet,
    EquivalentValue,
    Issue,
    NamedPolicy,
    PrivacyMark,
    PrivacyMarks,
    Spif,
    UserInput,
)
from relto.labels.nato.spif_checks import check_spif
from relto.labels.nato.spif_parts import (
    WHAT,
    boolean,
    bounded,
    integer,
    listed,
    one_of,
    optional,
    read_excluded,
    read_extensions,
    read_marking,
    read_oid,
    read_qualifiers,
    read_required,
    read_tag_type,
    required,
    selection,
    validity,
)

LIMITS = Limits(max_bytes=8 * 1024 * 1024, max_depth=24, max_elements=200_000)
VERSIONS = ("1.0", "2.0", "2.1")
_COLORS = frozenset(
    "aqua black blue fuschia gray green lime maroon navy olive purple red silver teal white yellow".split()  # noqa: SIM905  the schema's list, and its spelling of fuchsia
)
_RGB = re.compile(r"\A#[0-9a-fA-F]{6}\Z")
_APPLIED = ("encrypt", "decrypt", "both")
_ISSUE = frozenset(
    {
        *("schemaVersion", "version", "creationDate", "originatorDN", "keyIdentifier", "privilegeId", "rbacId"),
        *("userRefURI", "docRefURI", "notBefore", "notAfter"),
    }
)


def read_spif(data: bytes, *, is_partial: bool = False) -> Spif:
    """The policy that `data` describes.

    Raises TooLarge, MalformedInput or UnknownValue naming the element or attribute; nothing else.
    """
    root = parse(data, LIMITS, WHAT)
    if root.tag != f"{{{NAMESPACE}}}SPIF":
        raise UnknownValue("spif.root", field="SPIF", expected=f"the element SPIF of {NAMESPACE}")
    version = root.get("schemaVersion") or ""
    if version.startswith("3"):
        raise UnknownValue("spif.version_3", field="SPIF.schemaVersion", found="3.0", expected="1.0, 2.0 or 2.1")
    issue = _issue(root, one_of(version, VERSIONS, "SPIF.schemaVersion"))
    parts = Children(root, NAMESPACE, WHAT)
    default = parts.optional("defaultSecurityPolicyId")
    default_policy = None if default is None else _named_policy(default)
    policy = _named_policy(parts.required("securityPolicyId"))
    update = parts.optional("updateInfo")
    if update is not None:
        only_attributes(update, (), WHAT)
        Children(update, NAMESPACE, WHAT).end()
    levels = parts.required("securityClassifications")
    only_attributes(levels, {"name"}, WHAT, xml_allowed=True)
    level_parts = Children(levels, NAMESPACE, WHAT)
    classifications = tuple(map(_classification, level_parts.all("securityClassification")))
    classifications_marking = read_marking(level_parts)
    level_parts.end()
    sets = parts.optional("securityCategoryTagSets")
    marks = parts.optional("privacyMarks")
    others = parts.optional("equivalentPolicies")
    spif = Spif(
        issue=issue,
        policy=policy,
        classifications=classifications,
        tag_sets=() if sets is None else listed(sets, "securityCategoryTagSet", _tag_set),
        default_policy=default_policy,
        classifications_name=optional(levels, "name"),
        classifications_marking=classifications_marking,
        privacy_marks=None if marks is None else _privacy_marks(marks),
        equivalent_policies=() if others is None else listed(others, "equivalentPolicy", _equivalent_policy),
        marking=read_marking(parts),
        extensions=read_extensions(parts.optional("extensions")),
    )
    parts.end()
    check_spif(spif, is_partial=is_partial)
    return spif


def _issue(root: etree._Element, schema_version: str) -> Issue:
    only_attributes(root, _ISSUE, WHAT, xml_allowed=True)
    not_before, not_after = validity(root)
    return Issue(
        creation_date=required(root, "creationDate"),
        originator_dn=required(root, "originatorDN"),
        key_identifier=required(root, "keyIdentifier"),
        privilege_id=read_oid(root, "privilegeId"),
        rbac_id=read_oid(root, "rbacId"),
        schema_version=schema_version,
        version=integer(root.get("version", "1"), "SPIF.version"),
        user_reference=optional(root, "userRefURI"),
        document_reference=optional(root, "docRefURI"),
        not_before=not_before,
        not_after=not_after,
    )


def _named_policy(element: etree._Element) -> NamedPolicy:
    only_attributes(element, {"name", "id"}, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    policy = NamedPolicy(required(element, "name"), read_oid(element, "id"), read_marking(parts))
    parts.end()
    return policy


def _classification(element: etree._Element) -> Classification:
    only_attributes(element, {"name", "color", "lacv", "hierarchy", "obsolete"}, WHAT, xml_allowed=True)
    color = optional(element, "color")
    if color is not None and color not in _COLORS and not _RGB.match(color):
        malformed(WHAT, "color", "securityClassification.color", "a colour name of the schema or #RRGGBB")
    parts = Children(element, NAMESPACE, WHAT)
    classification = Classification(
        name=required(element, "name"),
        lacv=integer(required(element, "lacv"), "securityClassification.lacv"),
        hierarchy=integer(required(element, "hierarchy"), "securityClassification.hierarchy"),
        color=color,
        is_obsolete=boolean(element, "obsolete"),
        equivalents=tuple(map(_equivalent_classification, parts.all("equivalentClassification"))),
        marking=read_marking(parts),
        required=read_required(parts),
    )
    parts.end()
    return classification


def _equivalent_classification(element: etree._Element) -> EquivalentClassification:
    only_attributes(element, {"policyRef", "lacv", "applied"}, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    equivalent = EquivalentClassification(
        policy_name=required(element, "policyRef"),
        lacv=integer(required(element, "lacv"), "equivalentClassification.lacv"),
        applied=cast("Applied", one_of(required(element, "applied"), _APPLIED, "equivalentClassification.applied")),
        required=read_required(parts),
    )
    parts.end()
    return equivalent


def _tag_set(element: etree._Element) -> CategoryTagSet:
    only_attributes(element, {"name", "id"}, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    tags = tuple(map(_tag, parts.all("securityCategoryTag")))
    if not tags:
        malformed(WHAT, "element", "securityCategoryTag", "at least one securityCategoryTag")
    equivalents = tuple(map(_equivalent_tag_set, parts.all("equivalentSecurityCategoryTagSet")))
    parts.end()
    return CategoryTagSet(required(element, "name"), read_oid(element, "id"), tags, equivalents)


def _equivalent_tag_set(element: etree._Element) -> EquivalentTagSet:
    only_attributes(element, {"policyRef", "name", "id"}, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    oid = None if element.get("id") is None else read_oid(element, "id")
    found = EquivalentTagSet(required(element, "policyRef"), optional(element, "name"), oid, read_required(parts))
    parts.end()
    return found


def _tag(element: etree._Element) -> CategoryTag:
    names = {"name", "tagType", "enumType", "tag7Encoding", "singleSelection", "maxSelection", "minSelection"}
    only_attributes(element, names, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    tag = CategoryTag(
        tag_type=read_tag_type(element, is_definition=True),
        values=tuple(map(_value, parts.all("tagCategory"))),
        name=optional(element, "name"),
        is_single_selection=boolean(element, "singleSelection"),
        min_selection=selection(element, "minSelection"),
        max_selection=selection(element, "maxSelection"),
        qualifiers=read_qualifiers(parts),
    )
    parts.end()
    return tag


def _value(element: etree._Element) -> CategoryValue:
    names = {"name", "lacv", "userInput", "requiredClass", "obsolete", "dateFormat", "notBefore", "notAfter"}
    only_attributes(element, names, WHAT, xml_allowed=True)
    user_input = optional(element, "userInput")
    if user_input not in {None, "string", "integer", "date"}:
        malformed(WHAT, "value", "tagCategory.userInput", "string, integer or date")
    parts = Children(element, NAMESPACE, WHAT)
    not_before, not_after = validity(element)
    value = CategoryValue(
        name=required(element, "name"),
        lacv=required(element, "lacv"),
        required_class=optional(element, "requiredClass"),
        is_obsolete=boolean(element, "obsolete"),
        not_before=not_before,
        not_after=not_after,
        user_input=cast("UserInput", user_input),
        date_format=optional(element, "dateFormat"),
        equivalents=tuple(map(_equivalent_value, parts.all("equivalentSecCategoryTag"))),
        marking=read_marking(parts),
        excluded_classes=tuple(map(_excluded_class, parts.all("excludedClass"))),
        required=read_required(parts),
        excluded=read_excluded(parts),
    )
    parts.end()
    return value


def _excluded_class(element: etree._Element) -> str:
    only_attributes(element, (), WHAT)
    if len(element):
        malformed(WHAT, "element", "excludedClass", "the name of a level and no comment inside")
    return bounded(element.text or "", "excludedClass")


def _equivalent_value(element: etree._Element) -> EquivalentValue:
    names = {"policyRef", "tagSetId", "tagType", "enumType", "lacv", "applied", "action"}
    only_attributes(element, names, WHAT, xml_allowed=True)
    Children(element, NAMESPACE, WHAT).end()
    action = element.get("action")
    if action not in {None, "discard"}:
        malformed(WHAT, "value", "equivalentSecCategoryTag.action", "discard")
    return EquivalentValue(
        policy_name=required(element, "policyRef"),
        tag_set_oid=read_oid(element, "tagSetId"),
        tag_type=read_tag_type(element, is_definition=False),
        lacv=required(element, "lacv"),
        applied=cast("Applied", one_of(required(element, "applied"), _APPLIED, "equivalentSecCategoryTag.applied")),
        discard=action is not None,
    )


def _privacy_marks(element: etree._Element) -> PrivacyMarks:
    only_attributes(element, {"maxSelection", "minSelection"}, WHAT)
    parts = Children(element, NAMESPACE, WHAT)
    marks = []
    for mark in parts.all("privacyMark"):
        only_attributes(mark, {"name", "obsolete"}, WHAT, xml_allowed=True)
        inner = Children(mark, NAMESPACE, WHAT)
        marks.append(PrivacyMark(required(mark, "name"), boolean(mark, "obsolete"), read_marking(inner)))
        inner.end()
    if not marks:
        malformed(WHAT, "element", "privacyMark", "at least one privacyMark")
    minimum, maximum = selection(element, "minSelection"), selection(element, "maxSelection")
    read = PrivacyMarks(tuple(marks), minimum, maximum, read_marking(parts))
    parts.end()
    return read


def _equivalent_policy(element: etree._Element) -> EquivalentPolicy:
    only_attributes(element, {"name", "id", "userRefURI", "docRefURI"}, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    policy = EquivalentPolicy(
        required(element, "name"),
        read_oid(element, "id"),
        optional(element, "userRefURI"),
        optional(element, "docRefURI"),
        read_required(parts),
    )
    parts.end()
    return policy
