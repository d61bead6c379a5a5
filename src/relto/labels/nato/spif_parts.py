"""The small parts that recur in a SPIF: attributes of its types, markings, and references to categories.

Types are those of the schema 2.1. Three things are stricter, because the schema leaves them open: an enumerated tag
says its enumType, and no other type has one; a reference names one lacv or all, never both or neither; a requirement
names its operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeVar, cast

from lxml import etree

from relto.base.instants import Instant
from relto.labels.nato.bounded_xml import (
    XML_LANG,
    Children,
    canonical,
    date_time,
    leaf_text,
    local_name,
    malformed,
    only_attributes,
    required_attribute,
)
from relto.labels.nato.spif import (
    NAMESPACE,
    CategoryReference,
    EnumType,
    Marking,
    MarkingData,
    MarkingQualifier,
    Operation,
    Qualifier,
    QualifierCode,
    RequiredCategory,
    Tag7Encoding,
    TagType,
    TagTypeName,
)

WHAT = "spif"
MARKING_CODES = (
    *("pageTop", "pageBottom", "pageTopBottom", "documentStart", "documentEnd", "noNameDisplay", "noMarkingDisplay"),
    *("suppressClassName", "firstLineOfText", "lastLineOfText", "subject", "xHeader", "portionMarking", "inputTitle"),
    *("waterMark", "replacePolicy"),
)
TAG_TYPES = ("restrictive", "permissive", "enumerated", "tagType7", "notApplicable")
_MAX_NAME = 256
_MAX_TEXT = 2048
_OID = re.compile(r"\A[0-2](\.[0-9]{1,64}){1,64}\Z")
_INTEGER = re.compile(r"\A[+-]?[0-9]{1,18}\Z")
_LANGUAGE = re.compile(r"\A[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,8}\Z")
_NAMES = frozenset({"name", "tagSetRef", "policyRef", "requiredClass", "phrase", "markingQualifier", "excludedClass"})
_Read = TypeVar("_Read")


def bounded(text: str, field: str) -> str:
    """The text if it is not longer than its type allows. Raises MalformedInput."""
    most = _MAX_NAME if field.rpartition(".")[2] in _NAMES else _MAX_TEXT
    if len(text) > most:
        malformed(WHAT, "length", field, f"at most {most} characters")
    return text


def required(element: etree._Element, name: str) -> str:
    """The attribute's bounded value. Raises MalformedInput when it is absent, or a name that is empty."""
    value = bounded(required_attribute(element, name, WHAT), f"{local_name(element)}.{name}")
    if not value and name in {"name", "lacv", "policyRef", "tagSetRef"}:
        malformed(WHAT, "attribute", f"{local_name(element)}.{name}", "a value that is not empty")
    return value


def optional(element: etree._Element, name: str) -> str | None:
    """The attribute's bounded value, or None."""
    return None if element.get(name) is None else bounded(element.get(name) or "", f"{local_name(element)}.{name}")


def read_oid(element: etree._Element, name: str) -> str:
    """An object identifier. Raises MalformedInput."""
    value = required_attribute(element, name, WHAT)
    if not _OID.match(value):
        malformed(WHAT, "oid", f"{local_name(element)}.{name}", "an object identifier such as 1.3.26.1")
    return value


def integer(text: str, field: str) -> int:
    """An xs:integer of at most 18 digits. Raises MalformedInput."""
    stripped = text.strip(" \t\r\n")
    if not _INTEGER.match(stripped):
        malformed(WHAT, "integer", field, "a whole number")
    return int(stripped)


def boolean(element: etree._Element, name: str) -> bool:
    """An xs:boolean that is false by default. Raises MalformedInput."""
    text = element.get(name, "false").strip(" \t\r\n")
    if text not in {"true", "false", "1", "0"}:
        malformed(WHAT, "boolean", f"{local_name(element)}.{name}", "true or false")
    return text in {"true", "1"}


def selection(element: etree._Element, name: str) -> int | None:
    """A number of selections; None when unbounded, which is the default. Raises MalformedInput."""
    text = element.get(name, "unbounded")
    if text == "unbounded":
        return None
    field = f"{local_name(element)}.{name}"
    number = integer(text, field)
    if number < 0:
        malformed(WHAT, "integer", field, "a number from 0, or unbounded")
    return number


def one_of(text: str, values: Collection[str], field: str) -> str:
    """The text if it is one of the values. Raises MalformedInput that lists them."""
    if text not in values:
        malformed(WHAT, "value", field, ", ".join(values))
    return text


def validity(element: etree._Element) -> tuple[Instant | None, Instant | None]:
    """The attributes notBefore and notAfter. Raises MalformedInput for an instant without a zone."""
    texts = [(element.get(name), f"{local_name(element)}.{name}") for name in ("notBefore", "notAfter")]
    start, end = (None if text is None else date_time(text, field, WHAT) for text, field in texts)
    if start is not None and end is not None and end < start:
        malformed(WHAT, "validity", f"{local_name(element)}.notAfter", "not before notBefore")
    return start, end


def read_tag_type(element: etree._Element, *, is_definition: bool) -> TagType:
    """The attributes tagType, enumType and, in a definition, tag7Encoding. Raises MalformedInput."""
    field = local_name(element)
    name = one_of(required_attribute(element, "tagType", WHAT), TAG_TYPES, f"{field}.tagType")
    enum_type, encoding = element.get("enumType"), element.get("tag7Encoding")
    if enum_type not in {None, "restrictive", "permissive"}:
        malformed(WHAT, "value", f"{field}.enumType", "restrictive or permissive")
    if encoding not in {None, "bitSetAttributes", "securityAttributes"}:
        malformed(WHAT, "value", f"{field}.tag7Encoding", "bitSetAttributes or securityAttributes")
    is_enumerated = name == "enumerated"
    if (enum_type is not None and not is_enumerated) or (is_definition and is_enumerated and enum_type is None):
        malformed(WHAT, "tag_type", f"{field}.enumType", "an enumType for the type enumerated, and for no other")
    if encoding is not None and name != "tagType7":
        malformed(WHAT, "tag_type", f"{field}.tag7Encoding", "an encoding for tagType7 only")
    return TagType(cast("TagTypeName", name), cast("EnumType", enum_type), cast("Tag7Encoding", encoding))


def read_reference(element: etree._Element) -> CategoryReference:
    """A categoryGroup or an excludedCategory. Raises MalformedInput."""
    only_attributes(element, {"tagSetRef", "tagType", "enumType", "lacv", "all"}, WHAT, xml_allowed=True)
    Children(element, NAMESPACE, WHAT).end()
    lacv = optional(element, "lacv")
    if (lacv is not None) == boolean(element, "all"):
        malformed(WHAT, "reference", local_name(element), 'either lacv or all="true"')
    return CategoryReference(required(element, "tagSetRef"), read_tag_type(element, is_definition=False), lacv)


def read_required(parts: Children) -> tuple[RequiredCategory, ...]:
    """The requiredCategory elements that come next. Raises MalformedInput."""
    found = []
    for element in parts.all("requiredCategory"):
        only_attributes(element, {"operation"}, WHAT, xml_allowed=True)
        field = "requiredCategory.operation"
        operation = one_of(required(element, "operation"), ("onlyOne", "oneOrMore", "all"), field)
        inner = Children(element, NAMESPACE, WHAT)
        references = tuple(map(read_reference, inner.all("categoryGroup")))
        inner.end()
        if not references:
            malformed(WHAT, "element", "categoryGroup", "at least one categoryGroup")
        found.append(RequiredCategory(cast("Operation", operation), references))
    return tuple(found)


def read_excluded(parts: Children) -> tuple[CategoryReference, ...]:
    """The excludedCategory elements that come next. Raises MalformedInput."""
    return tuple(map(read_reference, parts.all("excludedCategory")))


def read_marking(parts: Children) -> Marking:
    """The markingData and markingQualifier elements that come next. Raises MalformedInput."""
    return Marking(tuple(map(_marking_data, parts.all("markingData"))), read_qualifiers(parts))


def read_qualifiers(parts: Children) -> tuple[MarkingQualifier, ...]:
    """The markingQualifier elements that come next. Raises MalformedInput."""
    return tuple(map(_marking_qualifier, parts.all("markingQualifier")))


def _marking_data(element: etree._Element) -> MarkingData:
    only_attributes(element, {"phrase"}, WHAT, xml_allowed=True)
    parts = Children(element, NAMESPACE, WHAT)
    codes = []
    for code in parts.all("code"):
        only_attributes(code, (), WHAT)
        codes.append(one_of(leaf_text(code, WHAT), MARKING_CODES, "markingData.code"))
    parts.end()
    if not codes:
        malformed(WHAT, "element", "code", "at least one code")
    return MarkingData(optional(element, "phrase"), tuple(codes), _language(element))


def _marking_qualifier(element: etree._Element) -> MarkingQualifier:
    only_attributes(element, {"markingCode"}, WHAT, xml_allowed=True)
    code = element.get("markingCode")
    if code is not None:
        one_of(code, MARKING_CODES, "markingQualifier.markingCode")
    parts = Children(element, NAMESPACE, WHAT)
    found = []
    for qualifier in parts.all("qualifier"):
        only_attributes(qualifier, {"markingQualifier", "qualifierCode"}, WHAT, xml_allowed=True)
        Children(qualifier, NAMESPACE, WHAT).end()
        code_names = ("prefix", "suffix", "separator")
        kind = one_of(required(qualifier, "qualifierCode"), code_names, "qualifier.qualifierCode")
        text = required(qualifier, "markingQualifier")
        found.append(Qualifier(cast("QualifierCode", kind), text, _language(qualifier)))
    parts.end()
    if not found:
        malformed(WHAT, "element", "qualifier", "at least one qualifier")
    return MarkingQualifier(code, tuple(found))


def _language(element: etree._Element) -> str | None:
    """The xml:lang of the element itself; an empty one means none."""
    language = element.get(XML_LANG) or None
    if language is not None and not _LANGUAGE.match(language):
        malformed(WHAT, "language", local_name(element), "a language tag such as fr or fr-CA")
    return language


def listed(element: etree._Element, name: str, read: Callable[[etree._Element], _Read]) -> tuple[_Read, ...]:
    """The children of a list element, all of one name, at least one. Raises MalformedInput."""
    only_attributes(element, (), WHAT)
    parts = Children(element, NAMESPACE, WHAT)
    found = tuple(map(read, parts.all(name)))
    parts.end()
    if not found:
        malformed(WHAT, "element", name, f"at least one {name}")
    return found


def read_extensions(element: etree._Element | None) -> tuple[str, ...]:
    """What others added, as canonical XML."""
    if element is None:
        return ()
    only_attributes(element, (), WHAT)
    return tuple(map(canonical, Children(element, NAMESPACE, WHAT).rest()))
