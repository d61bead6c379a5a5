"""A STANAG 4774 label as XML (ADatP-4774 Ed A V1, schema nl-cl 1.3): strictly read, and written valid.

Rules enforced on reading, beyond those of `policy_label`:
 1. The root is one of the three labels, or ConfidentialityLabel, which the schema keeps "for backwards compatibility
    only": it reads as an originator's label and is never written.
 2. Classification has no URI, a URI of policy or tag set is urn:oid, only GenericValue carries a value, and an unknown
    element or attribute inside ConfidentialityInformation is refused: it could be a control. The misspelt URL= and the
    lower-case type= and tagName= of published examples are refused with it (trap T13).
 3. Every dateTime names its zone.
 4. Elements of other namespaces elsewhere are kept unread; attributes of other namespaces there are ignored.
"""

from __future__ import annotations

from lxml import etree

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.base.instants import instant_text
from relto.labels.nato.bounded_xml import (
    Children,
    Limits,
    canonical,
    date_time,
    from_canonical,
    leaf_text,
    local_name,
    malformed,
    only_attributes,
    parse,
    required_attribute,
    serialise,
    token,
)
from relto.labels.nato.policy_label import (
    MAX_CATEGORIES,
    MAX_SUCCESSIONS,
    NAMESPACE,
    Category,
    ConfidentialityInformation,
    LabelRole,
    Originator,
    PolicyLabel,
    Succession,
    SuccessorLabel,
)
from relto.labels.nato.spif import CategoryKind

WHAT = "stanag4774"
LIMITS = Limits(max_bytes=256 * 1024, max_depth=48, max_elements=16_384)
ROOTS: dict[str, LabelRole] = {
    "originatorConfidentialityLabel": "originator",
    "alternativeConfidentialityLabel": "alternative",
    "metadataConfidentialityLabel": "metadata",
}
_OLD_ROOT = "ConfidentialityLabel"
_KINDS: dict[str, CategoryKind] = {
    "RESTRICTIVE": "RESTRICTIVE",
    "PERMISSIVE": "PERMISSIVE",
    "INFORMATIVE": "INFORMATIVE",
}
_URN = "urn:oid:"


def read_policy_label(data: bytes) -> PolicyLabel:
    """The label that a document is. Raises TooLarge, MalformedInput or UnknownValue naming the element."""
    return policy_label_of(parse(data, LIMITS, WHAT))


def policy_label_of(root: etree._Element) -> PolicyLabel:
    """The label that an element of a parsed document is. Raises as `read_policy_label`."""
    role = ROOTS.get(local_name(root), "originator" if local_name(root) == _OLD_ROOT else None)
    if role is None or etree.QName(root).namespace != NAMESPACE:
        raise UnknownValue("stanag4774.root", field="label", expected=" or ".join(ROOTS))
    only_attributes(root, {"Id", "ReviewDateTime"}, WHAT, xml_allowed=True, foreign_allowed={NAMESPACE})
    review = root.get("ReviewDateTime")
    successor = _label_parts(root, MAX_SUCCESSIONS)
    return PolicyLabel(
        information=successor.information,
        created=successor.created,
        role=role,
        review_by=None if review is None else date_time(review, "ReviewDateTime", WHAT),
        originator=successor.originator,
        succession=successor.succession,
        identifier=root.get("Id"),
        extensions=successor.extensions,
    )


def is_label(element: etree._Element) -> bool:
    """True for an element of the label's namespace, whatever it is called: it must read as a label or be refused."""
    return etree.QName(element).namespace == NAMESPACE


def _label_parts(element: etree._Element, successions_left: int) -> SuccessorLabel:
    parts = Children(element, NAMESPACE, WHAT)
    information = information_of(parts.required("ConfidentialityInformation"))
    originator = parts.optional("OriginatorID")
    created = parts.required("CreationDateTime")
    only_attributes(created, (), WHAT)
    succession = parts.optional("SuccessionHandling")
    if succession is not None and successions_left == 0:
        raise TooLarge("stanag4774", field="SuccessionHandling", expected=f"at most {MAX_SUCCESSIONS} successors")
    extensions = parts.foreign()
    parts.end()
    return SuccessorLabel(
        information=information,
        created=date_time(leaf_text(created, WHAT), "CreationDateTime", WHAT),
        originator=None if originator is None else _originator(originator),
        succession=None if succession is None else _succession(succession, successions_left - 1),
        extensions=tuple(map(canonical, extensions)),
    )


def information_of(element: etree._Element) -> ConfidentialityInformation:
    """The ConfidentialityInformation that an element is. Raises as `read_policy_label`."""
    only_attributes(element, (), WHAT)
    parts = Children(element, NAMESPACE, WHAT)
    policy_name, policy_oid = policy_of(parts.required("PolicyIdentifier"))
    classification = level_of(parts.required("Classification"))
    privacy_mark = parts.optional("PrivacyMark")
    if privacy_mark is not None:
        only_attributes(privacy_mark, (), WHAT)
    categories = categories_of(parts)
    parts.end()
    return ConfidentialityInformation(
        policy_name=policy_name,
        classification=classification,
        categories=categories,
        policy_oid=policy_oid,
        privacy_mark=None if privacy_mark is None else leaf_text(privacy_mark, WHAT),
    )


def policy_of(element: etree._Element) -> tuple[str, str | None]:
    """Name and object identifier of a PolicyIdentifier."""
    only_attributes(element, {"URI"}, WHAT)
    return token(leaf_text(element, WHAT)), _oid(element)


def level_of(element: etree._Element) -> str:
    """The name in a Classification, which has no attribute."""
    only_attributes(element, (), WHAT)
    return token(leaf_text(element, WHAT))


def categories_of(parts: Children) -> tuple[Category, ...]:
    """The Category elements that come next."""
    found: list[Category] = []
    for element in parts.all("Category", NAMESPACE):
        if len(found) == MAX_CATEGORIES:
            raise TooLarge("stanag4774", field="Category", expected=f"at most {MAX_CATEGORIES} categories")
        only_attributes(element, {"Type", "TagName", "URI"}, WHAT)
        kind = _KINDS.get(token(required_attribute(element, "Type", WHAT)))
        if kind is None:
            raise UnknownValue("stanag4774.kind", field="Category.Type", expected=", ".join(_KINDS))
        inner = Children(element, NAMESPACE, WHAT)
        values = []
        for value in inner.all("GenericValue"):
            only_attributes(value, (), WHAT)
            values.append(leaf_text(value, WHAT))
        inner.end()
        found.append(Category(kind, required_attribute(element, "TagName", WHAT), tuple(values), _oid(element)))
    return tuple(found)


def _oid(element: etree._Element) -> str | None:
    uri = element.get("URI")
    if uri is None:
        return None
    if not uri.startswith(_URN):
        malformed(WHAT, "uri", f"{local_name(element)}.URI", "urn:oid: and an object identifier")
    return uri.removeprefix(_URN)


def _originator(element: etree._Element) -> Originator:
    only_attributes(element, {"IDType"}, WHAT, foreign_allowed={NAMESPACE})
    return Originator(leaf_text(element, WHAT), required_attribute(element, "IDType", WHAT))


def _succession(element: etree._Element, successions_left: int) -> Succession:
    only_attributes(element, (), WHAT)
    parts = Children(element, NAMESPACE, WHAT)
    moment = parts.required("SuccessionDateTime")
    only_attributes(moment, (), WHAT)
    successor = parts.required("SuccessorConfidentialityLabel")
    only_attributes(successor, (), WHAT)
    extensions = parts.foreign()
    parts.end()
    return Succession(
        date_time(leaf_text(moment, WHAT), "SuccessionDateTime", WHAT),
        _label_parts(successor, successions_left),
        tuple(map(canonical, extensions)),
    )


def write_policy_label(label: PolicyLabel) -> bytes:
    """The label as XML, UTF-8 without declaration, valid against nl-cl 1.3; the same bytes for equal labels."""
    return serialise(label_element(label))


def label_element(label: PolicyLabel) -> etree._Element:
    """The label as an element."""
    name = next(root for root, role in ROOTS.items() if role == label.role)
    root = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"slab": NAMESPACE})
    if label.identifier is not None:
        root.set("Id", label.identifier)
    if label.review_by is not None:
        root.set("ReviewDateTime", instant_text(label.review_by))
    _write_parts(root, label)
    return root


def _write_parts(root: etree._Element, label: PolicyLabel | SuccessorLabel) -> None:
    information = _child(root, "ConfidentialityInformation")
    given = label.information
    write_policy(information, given.policy_name, given.policy_oid)
    _child(information, "Classification").text = given.classification
    if given.privacy_mark is not None:
        _child(information, "PrivacyMark").text = given.privacy_mark
    write_categories(information, given.categories)
    if label.originator is not None:
        originator = _child(root, "OriginatorID")
        originator.set("IDType", label.originator.id_type)
        originator.text = label.originator.identifier
    _child(root, "CreationDateTime").text = instant_text(label.created)
    if label.succession is not None:
        succession = _child(root, "SuccessionHandling")
        _child(succession, "SuccessionDateTime").text = instant_text(label.succession.at)
        _write_parts(_child(succession, "SuccessorConfidentialityLabel"), label.succession.successor)
        _append(succession, label.succession.extensions)
    _append(root, label.extensions)


def write_policy(parent: etree._Element, name: str, oid: str | None) -> None:
    """Append a PolicyIdentifier."""
    policy = _child(parent, "PolicyIdentifier")
    if oid is not None:
        policy.set("URI", _URN + oid)
    policy.text = name


def write_categories(parent: etree._Element, categories: tuple[Category, ...]) -> None:
    """Append Category elements."""
    for category in categories:
        element = _child(parent, "Category")
        element.set("Type", category.kind)
        element.set("TagName", category.tag_name)
        if category.oid is not None:
            element.set("URI", _URN + category.oid)
        for value in category.values:
            _child(element, "GenericValue").text = value


def _append(parent: etree._Element, extensions: tuple[str, ...]) -> None:
    for extension in extensions:
        try:
            parent.append(from_canonical(extension))
        except etree.XMLSyntaxError as error:
            raise MalformedInput("stanag4774.extension", field="extensions", expected="canonical XML") from error


def _child(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
