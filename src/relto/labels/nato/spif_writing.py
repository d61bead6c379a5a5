"""Writing a SPIF as XML of the schema 2.1: valid against it, and the same bytes for equal values.

What is written is checked by the rules of reading first, so `read_spif(write_spif(spif))` gives the same value back.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from relto.base.instants import Instant, instant_text
from relto.labels.nato.bounded_xml import XML_LANG, from_canonical, serialise
from relto.labels.nato.spif import (
    NAMESPACE,
    CategoryReference,
    CategoryTag,
    CategoryTagSet,
    CategoryValue,
    Classification,
    Marking,
    MarkingData,
    MarkingQualifier,
    NamedPolicy,
    PrivacyMarks,
    RequiredCategory,
    Spif,
    TagType,
)
from relto.labels.nato.spif_reading import read_spif


def write_spif(spif: Spif, *, is_partial: bool = False) -> bytes:
    """The policy as XML, UTF-8 without declaration. Raises MalformedInput for one that reading would refuse."""
    root = etree.Element(f"{{{NAMESPACE}}}SPIF", nsmap={"spif": NAMESPACE})
    issue = spif.issue
    _attributes(
        root,
        schemaVersion=issue.schema_version,
        version=str(issue.version),
        creationDate=issue.creation_date,
        originatorDN=issue.originator_dn,
        keyIdentifier=issue.key_identifier,
        privilegeId=issue.privilege_id,
        rbacId=issue.rbac_id,
        userRefURI=issue.user_reference,
        docRefURI=issue.document_reference,
        notBefore=_instant(issue.not_before),
        notAfter=_instant(issue.not_after),
    )
    if spif.default_policy is not None:
        _named_policy(root, "defaultSecurityPolicyId", spif.default_policy)
    _named_policy(root, "securityPolicyId", spif.policy)
    levels = _child(root, "securityClassifications", name=spif.classifications_name)
    for level in spif.classifications:
        _classification(levels, level)
    _marking(levels, spif.classifications_marking)
    if spif.tag_sets:
        sets = _child(root, "securityCategoryTagSets")
        for tag_set in spif.tag_sets:
            _tag_set(sets, tag_set)
    if spif.privacy_marks is not None:
        _privacy_marks(root, spif.privacy_marks)
    if spif.equivalent_policies:
        policies = _child(root, "equivalentPolicies")
        for policy in spif.equivalent_policies:
            references = {"userRefURI": policy.user_reference, "docRefURI": policy.document_reference}
            _required(
                _child(policies, "equivalentPolicy", name=policy.name, id=policy.oid, **references), policy.required
            )
    _marking(root, spif.marking)
    if spif.extensions:
        extensions = _child(root, "extensions")
        for extension in spif.extensions:
            extensions.append(from_canonical(extension))
    written = serialise(root)
    read_spif(written, is_partial=is_partial)
    return written


def _named_policy(parent: etree._Element, tag: str, policy: NamedPolicy) -> None:
    _marking(_child(parent, tag, name=policy.name, id=policy.oid), policy.marking)


def _classification(parent: etree._Element, level: Classification) -> None:
    element = _child(
        parent,
        "securityClassification",
        name=level.name,
        color=level.color,
        lacv=str(level.lacv),
        hierarchy=str(level.hierarchy),
        obsolete=_true(given=level.is_obsolete),
    )
    for equivalent in level.equivalents:
        names = {"policyRef": equivalent.policy_name, "lacv": str(equivalent.lacv), "applied": equivalent.applied}
        _required(_child(element, "equivalentClassification", **names), equivalent.required)
    _marking(element, level.marking)
    _required(element, level.required)


def _tag_set(parent: etree._Element, tag_set: CategoryTagSet) -> None:
    element = _child(parent, "securityCategoryTagSet", name=tag_set.name, id=tag_set.oid)
    for tag in tag_set.tags:
        _tag(element, tag)
    for equivalent in tag_set.equivalents:
        names = {"policyRef": equivalent.policy_name, "name": equivalent.name, "id": equivalent.oid}
        _required(_child(element, "equivalentSecurityCategoryTagSet", **names), equivalent.required)


def _tag(parent: etree._Element, tag: CategoryTag) -> None:
    element = _child(
        parent,
        "securityCategoryTag",
        name=tag.name,
        **_tag_type(tag.tag_type),
        singleSelection=_true(given=tag.is_single_selection),
        maxSelection=_number(tag.max_selection),
        minSelection=_number(tag.min_selection),
    )
    for value in tag.values:
        _value(element, value)
    _qualifiers(element, tag.qualifiers)


def _value(parent: etree._Element, value: CategoryValue) -> None:
    element = _child(
        parent,
        "tagCategory",
        name=value.name,
        lacv=value.lacv,
        userInput=value.user_input,
        requiredClass=value.required_class,
        obsolete=_true(given=value.is_obsolete),
        dateFormat=value.date_format,
        notBefore=_instant(value.not_before),
        notAfter=_instant(value.not_after),
    )
    for equivalent in value.equivalents:
        _child(
            element,
            "equivalentSecCategoryTag",
            policyRef=equivalent.policy_name,
            tagSetId=equivalent.tag_set_oid,
            **_tag_type(equivalent.tag_type),
            lacv=equivalent.lacv,
            applied=equivalent.applied,
            action="discard" if equivalent.discard else None,
        )
    _marking(element, value.marking)
    for name in value.excluded_classes:
        _child(element, "excludedClass").text = name
    _required(element, value.required)
    for reference in value.excluded:
        _reference(element, "excludedCategory", reference)


def _privacy_marks(parent: etree._Element, marks: PrivacyMarks) -> None:
    bounds = {"maxSelection": _number(marks.max_selection), "minSelection": _number(marks.min_selection)}
    element = _child(parent, "privacyMarks", **bounds)
    for mark in marks.marks:
        _marking(_child(element, "privacyMark", name=mark.name, obsolete=_true(given=mark.is_obsolete)), mark.marking)
    _marking(element, marks.marking)


def _required(parent: etree._Element, requirements: Iterable[RequiredCategory]) -> None:
    for requirement in requirements:
        element = _child(parent, "requiredCategory", operation=requirement.operation)
        for reference in requirement.references:
            _reference(element, "categoryGroup", reference)


def _reference(parent: etree._Element, tag: str, reference: CategoryReference) -> None:
    _child(
        parent,
        tag,
        tagSetRef=reference.tag_set,
        **_tag_type(reference.tag_type),
        lacv=reference.lacv,
        all="true" if reference.lacv is None else None,
    )


def _marking(parent: etree._Element, marking: Marking) -> None:
    for data in marking.data:
        _marking_data(parent, data)
    _qualifiers(parent, marking.qualifiers)


def _marking_data(parent: etree._Element, data: MarkingData) -> None:
    element = _child(parent, "markingData", phrase=data.phrase, **{XML_LANG: data.language})
    for code in data.codes:
        _child(element, "code").text = code


def _qualifiers(parent: etree._Element, qualifiers: Iterable[MarkingQualifier]) -> None:
    for qualifier in qualifiers:
        element = _child(parent, "markingQualifier", markingCode=qualifier.marking_code)
        for one in qualifier.qualifiers:
            names = {XML_LANG: one.language, "markingQualifier": one.text, "qualifierCode": one.code}
            _child(element, "qualifier", **names)


def _tag_type(tag_type: TagType) -> dict[str, str | None]:
    return {"tagType": tag_type.name, "enumType": tag_type.enum_type, "tag7Encoding": tag_type.tag7_encoding}


def _child(parent: etree._Element, tag: str, **attributes: str | None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    _attributes(element, **attributes)
    return element


def _attributes(element: etree._Element, **attributes: str | None) -> None:
    for name, value in attributes.items():
        if value is not None:
            element.set(name, value)


def _true(*, given: bool) -> str | None:
    return "true" if given else None


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)


def _instant(moment: Instant | None) -> str | None:
    return None if moment is None else instant_text(moment)
