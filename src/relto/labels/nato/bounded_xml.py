"""Untrusted XML as a bounded tree, and the few ways in which this room looks at it (labels.md, trap T17).

Rules enforced here:
 1. XML 1.0 in UTF-8, of bounded size, depth and number of elements. A byte order mark is accepted.
 2. No DOCTYPE, so no DTD and no entity but the five of XML; nothing is ever fetched.
 3. Comments and processing instructions between elements are passed over. A value that one of them interrupts is
    refused, because two readers could see two values.
 4. Names are compared with their namespace. An attribute that a format does not declare is refused; those of the xml:
    and schema-instance namespaces that the formats allow are listed here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from lxml import etree

from relto.base.errors import MalformedInput, TooLarge
from relto.base.instants import Instant

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XML_ATTRIBUTES = "{http://www.w3.org/XML/1998/namespace}"
_SCHEMA_LOCATIONS = frozenset(
    f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation")
)
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+", re.DOTALL)
_DATE_TIME = re.compile(r"\A(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,12})?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)\Z")
_LAST_SECOND = re.compile(r"[+-]14:(?!00)")
_NC_NAME = re.compile(r"\A[^\W\d][\w.-]{0,255}\Z")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a format needs: bytes, depth of nesting, elements."""

    max_bytes: int
    max_depth: int
    max_elements: int


def parse(data: bytes, limits: Limits, what: str) -> etree._Element:
    """The root of `data`. Raises TooLarge or MalformedInput whose reason begins with `what`; nothing else."""
    _check_bytes(data, limits, what)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedInput(f"{what}.xml", field=what, expected="well-formed XML") from error
    information = root.getroottree().docinfo
    if information.internalDTD is not None:
        malformed(what, "doctype", what, "no DOCTYPE")
    if information.xml_version != "1.0" or (information.encoding or "UTF-8").upper() not in {"UTF-8", "ASCII"}:
        malformed(what, "encoding", what, "XML 1.0 in UTF-8")
    _check_tree(root, limits, what)
    return root


def _check_bytes(data: bytes, limits: Limits, what: str) -> None:
    if len(data) > limits.max_bytes:
        raise TooLarge(what, field=what, found=len(data), expected=f"at most {limits.max_bytes} bytes")
    try:
        binary = "\x00" in data.decode("utf-8")
    except UnicodeDecodeError:
        binary = True
    if binary:  # a byte order mark would lead libxml2 into UTF-16, and it would still report UTF-8
        malformed(what, "encoding", what, "UTF-8")
    prolog = _PROLOG.match(data)
    if data.startswith(b"<!", prolog.end() if prolog else 0):  # before the parser could read a declaration of entities
        malformed(what, "doctype", what, "no DOCTYPE")


def _check_tree(root: etree._Element, limits: Limits, what: str) -> None:
    count = 0
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        count, depth = count + 1, depth + 1
        if count > limits.max_elements or depth > limits.max_depth:
            bounds = f"at most {limits.max_elements} elements, {limits.max_depth} deep"
            raise TooLarge(what, field=what, expected=bounds)
    if any(node.tag is etree.Entity for node in root.iter()):  # a reference to what is declared nowhere
        malformed(what, "entity", what, "no entity")


def malformed(what: str, reason: str, field: str, expected: str) -> NoReturn:
    """Raise MalformedInput for the format `what`."""
    raise MalformedInput(f"{what}.{reason}", field=field, expected=expected)


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def namespace_of(element: etree._Element) -> str:
    """The element's namespace; empty when it has none."""
    return etree.QName(element).namespace or ""


class Children:
    """The children of an element, taken in the order that the schema fixes; `end` refuses what is left over."""

    def __init__(self, parent: etree._Element, namespace: str, what: str) -> None:
        """Raises MalformedInput when there is text beside the elements."""
        self._parent = parent
        self._namespace = namespace
        self._what = what
        self._children: Iterator[etree._Element] = (child for child in parent if isinstance(child.tag, str))
        self._next = next(self._children, None)
        if (parent.text or "").strip() or any((child.tail or "").strip() for child in parent):
            malformed(what, "text", local_name(parent), "elements only")

    def optional(self, name: str, namespace: str | None = None) -> etree._Element | None:
        """The next child if it has this name, else None."""
        found = self._next
        if found is None or found.tag != f"{{{namespace or self._namespace}}}{name}":
            return None
        self._next = next(self._children, None)
        return found

    def required(self, name: str, namespace: str | None = None) -> etree._Element:
        """The next child, which must have this name."""
        found = self.optional(name, namespace)
        if found is None:
            malformed(self._what, "element", name, f"the element {name} at its place in {local_name(self._parent)}")
        return found

    def all(self, name: str, namespace: str | None = None) -> Iterator[etree._Element]:
        """The next children while they have this name."""
        while (found := self.optional(name, namespace)) is not None:
            yield found

    def foreign(self, own: Collection[str] = ()) -> tuple[etree._Element, ...]:
        """The next children while their namespace is neither this format's nor one of `own` nor none at all."""
        found = []
        while self._next is not None and namespace_of(self._next) not in {self._namespace, "", *own}:
            found.append(self._next)
            self._next = next(self._children, None)
        return tuple(found)

    def rest(self) -> tuple[etree._Element, ...]:
        """All children that are left."""
        found = []
        while self._next is not None:
            found.append(self._next)
            self._next = next(self._children, None)
        return tuple(found)

    def end(self) -> None:
        """Refuse any child that is left over."""
        if self._next is not None:
            name = local_name(self._next)
            malformed(self._what, "element", name, f"no such element at this place in {local_name(self._parent)}")


def leaf_text(element: etree._Element, what: str) -> str:
    """The text of an element that has no child and no comment inside. Raises MalformedInput."""
    if len(element):
        malformed(what, "element", local_name(element), "text only")
    return element.text or ""


def token(text: str) -> str:
    """An xs:token: outer spaces do not count, inner ones collapse."""
    return " ".join(part for part in re.split(r"[ \t\r\n]+", text) if part)


def only_attributes(
    element: etree._Element,
    names: Collection[str],
    what: str,
    *,
    xml_allowed: bool = False,
    foreign_allowed: Collection[str] | None = None,
) -> None:
    """Refuse attributes that are neither in `names` nor allowed.

    `xml_allowed`: those of the xml: namespace. `foreign_allowed`: those of any namespace but the given ones. Where the
    schema says a document is to be found is never looked at, so it is always allowed; xsi:type and xsi:nil never are.
    """
    for key in map(str, element.attrib):
        if key in names or key in _SCHEMA_LOCATIONS or (xml_allowed and key.startswith(_XML_ATTRIBUTES)):
            continue
        foreign = key.startswith("{") and not key.startswith("{http://www.w3.org/2001/XMLSchema-instance}")
        if foreign_allowed is None or not foreign or etree.QName(key).namespace in foreign_allowed:
            malformed(what, "attribute", local_name(element), "no attribute that this format does not know")


def required_attribute(element: etree._Element, name: str, what: str) -> str:
    """The attribute's value. Raises MalformedInput when it is absent."""
    value = element.get(name)
    if value is None:
        malformed(what, "attribute", f"{local_name(element)}.{name}", f"the attribute {name}")
    return value


def date_time(text: str, field: str, what: str) -> Instant:
    """An xs:dateTime as an instant in UTC, in whole seconds.

    Raises MalformedInput for one without a zone: two nations, two clocks.
    """
    match = _DATE_TIME.match(text.strip(" \t\r\n"))
    if match is None or _LAST_SECOND.match(match[2]):
        malformed(what, "date_time", field, "a dateTime with its zone, such as 2026-01-01T00:00:00Z")
    try:
        return datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedInput(f"{what}.date_time", field=field, expected="a real date and time") from error


def is_xml_id(text: str) -> bool:
    """True for an xs:ID: no space, colon or number sign, no digit in front."""
    return bool(_NC_NAME.match(text))


def canonical(element: etree._Element, *, with_comments: bool = False) -> str:
    """The element alone, without what follows it, as exclusive canonical XML: equal for equal elements."""
    written: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=with_comments)
    return written.decode("utf-8")


def from_canonical(text: str) -> etree._Element:
    """An element that `canonical` wrote and this room kept."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(text.encode("utf-8"), parser)


def serialise(root: etree._Element) -> bytes:
    """The document as UTF-8 without declaration."""
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return written
