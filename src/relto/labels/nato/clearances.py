"""What a person is cleared for in one policy, as XML (ADatP-4774 appendix 2; labels.md section 2).

Rules enforced here:
 1. A clearance is for one policy; its levels are a SET, never a ceiling. A person can have several clearances.
 2. Policy, levels and categories are elements of the label's namespace and read as strictly as a label's.
 3. Elements of other namespaces in the places for extensions are kept unread: they never add what a person may read.

It is carried as values of an LDAP attribute, as a SAML attribute named by the namespace, or as a JWT claim.
No published schema file of the clearance could be read; its shape is that of labels.md section 2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from lxml import etree

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.labels.nato.bounded_xml import (
    Children,
    Limits,
    canonical,
    from_canonical,
    malformed,
    namespace_of,
    only_attributes,
    parse,
    required_attribute,
    serialise,
)
from relto.labels.nato.label_xml import categories_of, level_of, policy_of, write_categories, write_policy
from relto.labels.nato.policy_label import NAMESPACE as LABEL_NAMESPACE
from relto.labels.nato.policy_label import Category, ConfidentialityInformation

NAMESPACE: Final = "urn:nato:stanag:4774:confidentialityclearance:1:0"
LDAP_ATTRIBUTE: Final = "confidentialityClearance"
LDAP_ATTRIBUTE_OID: Final = "2.16.840.1.101.2.2.1.198"
JWT_CLAIM: Final = "aciClr"
MAX_LEVELS = 64
MAX_CLEARANCES = 64
WHAT = "clearance"
LIMITS = Limits(max_bytes=256 * 1024, max_depth=32, max_elements=16_384)
_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_SAML_NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
_Value = TypeVar("_Value")
_EXTENSIONS = "ConfidentialityClearanceExtensions"


@dataclass(frozen=True, slots=True)
class PolicyClearance:
    """Levels and category values held in one policy. Order means nothing: they are kept sorted."""

    policy_name: str
    levels: tuple[str, ...]
    categories: tuple[Category, ...] = ()
    policy_oid: str | None = None
    level_extensions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput or TooLarge naming the element."""
        if not 0 < len(self.levels) <= MAX_LEVELS or len(set(self.levels)) != len(self.levels):
            expected = f"1 to {MAX_LEVELS} different levels"
            raise MalformedInput("clearance.levels", field="ClassificationList", expected=expected)
        checked = [
            ConfidentialityInformation(self.policy_name, level, self.categories, self.policy_oid)
            for level in self.levels
        ]
        object.__setattr__(self, "levels", tuple(sorted(self.levels)))
        object.__setattr__(self, "categories", checked[0].categories)


def read_clearance(data: bytes) -> PolicyClearance:
    """The clearance that a document is. Raises TooLarge, MalformedInput or UnknownValue naming the element."""
    return clearance_of(parse(data, LIMITS, WHAT))


def clearance_of(root: etree._Element) -> PolicyClearance:
    """The clearance that an element of a parsed document is. Raises as `read_clearance`."""
    if root.tag != f"{{{NAMESPACE}}}ConfidentialityClearance":
        raise UnknownValue("clearance.root", field="ConfidentialityClearance", expected=f"an element of {NAMESPACE}")
    only_attributes(root, (), WHAT, xml_allowed=True, foreign_allowed={NAMESPACE, LABEL_NAMESPACE})
    parts = Children(root, NAMESPACE, WHAT)
    name, oid = policy_of(parts.required("PolicyIdentifier", LABEL_NAMESPACE))
    level_list = parts.required("ClassificationList")
    only_attributes(level_list, (), WHAT)
    list_parts = Children(level_list, NAMESPACE, WHAT)
    levels = [level_of(element) for element in list_parts.all("Classification", LABEL_NAMESPACE)]
    level_extensions = list_parts.foreign({LABEL_NAMESPACE})
    list_parts.end()
    categories = categories_of(parts)
    extensions = parts.optional(_EXTENSIONS)
    parts.end()
    return PolicyClearance(
        policy_name=name,
        levels=tuple(levels),
        categories=categories,
        policy_oid=oid,
        level_extensions=tuple(map(canonical, level_extensions)),
        extensions=_read_extensions(extensions),
    )


def _read_extensions(element: etree._Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    found = Children(element, NAMESPACE, WHAT).rest()
    if any(namespace_of(each) in {NAMESPACE, LABEL_NAMESPACE, ""} for each in found):
        malformed(WHAT, "extension", _EXTENSIONS, "elements of other namespaces")
    return tuple(map(canonical, found))


def write_clearance(clearance: PolicyClearance) -> bytes:
    """The clearance as XML, UTF-8 without declaration; the same bytes for equal clearances."""
    return serialise(clearance_element(clearance))


def clearance_element(clearance: PolicyClearance) -> etree._Element:
    """The clearance as an element."""
    names = {"sclr": NAMESPACE, "slab": LABEL_NAMESPACE}
    root = etree.Element(f"{{{NAMESPACE}}}ConfidentialityClearance", nsmap=names)
    write_policy(root, clearance.policy_name, clearance.policy_oid)
    levels = etree.SubElement(root, f"{{{NAMESPACE}}}ClassificationList")
    for level in clearance.levels:
        etree.SubElement(levels, f"{{{LABEL_NAMESPACE}}}Classification").text = level
    for extension in clearance.level_extensions:
        levels.append(from_canonical(extension))
    write_categories(root, clearance.categories)
    if clearance.extensions:
        extensions = etree.SubElement(root, f"{{{NAMESPACE}}}{_EXTENSIONS}")
        for extension in clearance.extensions:
            extensions.append(from_canonical(extension))
    return root


def to_ldap(clearances: Iterable[PolicyClearance]) -> tuple[bytes, ...]:
    """The values of the LDAP attribute, one for each policy."""
    return tuple(map(write_clearance, clearances))


def from_ldap(values: Sequence[bytes]) -> tuple[PolicyClearance, ...]:
    """Read the values of the LDAP attribute. Raises as `read_clearance`, and for two values of one policy."""
    return _one_for_each_policy([read_clearance(value) for value in _bounded(values)])


def to_jwt_claim(clearance: PolicyClearance) -> str:
    """The value of the claim `aciClr`: BASE64URL(UTF8(XML)), without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(write_clearance(clearance)).decode("ascii").rstrip("=")


def from_jwt_claim(claim: object) -> PolicyClearance:
    """Read the claim `aciClr`. Raises MalformedInput for anything but base64url, and as `read_clearance`."""
    if not isinstance(claim, str) or len(claim) > LIMITS.max_bytes * 2:
        raise MalformedInput("clearance.claim", field=JWT_CLAIM, expected="bounded base64url text")
    text = claim.rstrip("=")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedInput("clearance.claim", field=JWT_CLAIM, expected="base64url text") from error
    return read_clearance(data)


def to_saml_attribute(clearances: Iterable[PolicyClearance]) -> bytes:
    """A SAML 2.0 Attribute named by the clearance's namespace, one AttributeValue for each policy."""
    attribute = etree.Element(f"{{{_SAML}}}Attribute", nsmap={"saml": _SAML})
    attribute.set("Name", NAMESPACE)
    attribute.set("NameFormat", _SAML_NAME_FORMAT)
    for clearance in clearances:
        etree.SubElement(attribute, f"{{{_SAML}}}AttributeValue").append(clearance_element(clearance))
    return serialise(attribute)


def from_saml_attribute(data: bytes) -> tuple[PolicyClearance, ...]:
    """Read such an attribute; the assertion around it is for a SAML library to verify. Raises as `read_clearance`."""
    limits = Limits(LIMITS.max_bytes * 4, LIMITS.max_depth + 2, LIMITS.max_elements * 4)
    attribute = parse(data, limits, WHAT)
    if attribute.tag != f"{{{_SAML}}}Attribute" or required_attribute(attribute, "Name", WHAT) != NAMESPACE:
        raise UnknownValue("clearance.saml", field="Attribute.Name", expected=NAMESPACE)
    parts = Children(attribute, _SAML, WHAT)
    values = list(parts.all("AttributeValue"))
    parts.end()
    found = []
    for value in _bounded(values):
        inner = Children(value, NAMESPACE, WHAT)
        found.append(clearance_of(inner.required("ConfidentialityClearance")))
        inner.end()
    return _one_for_each_policy(found)


def _bounded(values: Sequence[_Value]) -> Sequence[_Value]:
    if len(values) > MAX_CLEARANCES:
        raise TooLarge("clearance", field=LDAP_ATTRIBUTE, expected=f"at most {MAX_CLEARANCES} clearances")
    return values


def _one_for_each_policy(clearances: list[PolicyClearance]) -> tuple[PolicyClearance, ...]:
    names = {clearance.policy_name.casefold() for clearance in clearances}
    if len(names) != len(clearances):
        raise MalformedInput("clearance.duplicate", field=LDAP_ATTRIBUTE, expected="one clearance for each policy")
    return tuple(clearances)
