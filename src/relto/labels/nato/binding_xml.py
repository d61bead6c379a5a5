"""A STANAG 4778 binding as XML (schema nl-mb 1.4): strictly read, and written valid; alone or inside an XML object.

What the published examples get wrong is refused (trap T13): two labels in one Metadata, mb:Id and mb:URI in place of Id
and URI, an Id with a number sign. Attributes of other namespaces are passed over, but for the profile.
"""

from __future__ import annotations

from lxml import etree

from relto.base.errors import TooLarge, UnknownValue
from relto.labels.nato.binding import (
    MAX_METADATA,
    MAX_REFERENCES,
    NAMESPACE,
    WHAT,
    BindingContainer,
    BindingInformation,
    DataObject,
    InlineXml,
    Metadata,
    MetadataBinding,
    Reference,
)
from relto.labels.nato.bounded_xml import (
    Children,
    Limits,
    canonical,
    from_canonical,
    leaf_text,
    local_name,
    malformed,
    namespace_of,
    only_attributes,
    parse,
    required_attribute,
    serialise,
)
from relto.labels.nato.label_xml import is_label, label_element, policy_label_of
from relto.labels.nato.policy_label import NAMESPACE as LABEL_NAMESPACE
from relto.labels.nato.policy_label import PolicyLabel

SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
XPATH_TRANSFORM = "http://www.w3.org/TR/1999/REC-xpath-19991116"
LIMITS = Limits(max_bytes=16 * 1024 * 1024, max_depth=128, max_elements=500_000)
_PROFILE = "{urn:nato:stanag:4778:bindinginformation:extensions:1:0}profile"
_CONTENT_TYPE = "{http://www.w3.org/2005/05/xmlmime}contentType"
_TYPED = frozenset({_CONTENT_TYPE, "encoding"})
_NAMES = {"mb": NAMESPACE, "slab": LABEL_NAMESPACE, "xmime": "http://www.w3.org/2005/05/xmlmime"}


def read_binding(data: bytes) -> BindingInformation:
    """The binding that a document is. Raises TooLarge, MalformedInput or UnknownValue naming the element."""
    return binding_of(parse(data, LIMITS, WHAT))


def read_embedded(document: bytes) -> BindingInformation | None:
    """The one binding inside an XML object, or None. Raises as `read_binding`, and when there are several."""
    root = parse(document, LIMITS, WHAT)
    found = [element for element in root.iter(_name("BindingInformation")) if not _stands_in_binding(element)]
    if len(found) > 1:
        malformed(WHAT, "several", "BindingInformation", "one binding")
    return binding_of(found[0]) if found else None


def embed(document: bytes, binding: BindingInformation) -> bytes:
    """The XML object with this binding at its end, in place of one it may have. Raises as `read_binding`."""
    root = parse(document, LIMITS, WHAT)
    if root.tag == _name("BindingInformation"):
        malformed(WHAT, "root", "BindingInformation", "an object that is no binding itself")
    for element in list(root.iter(_name("BindingInformation"))):
        parent = element.getparent()
        if parent is not root:
            malformed(WHAT, "place", "BindingInformation", "a binding that stands right under the root")
        root.remove(element)
    root.append(binding_element(binding))
    return serialise(root)


def binding_of(root: etree._Element) -> BindingInformation:
    """The binding that an element of a parsed document is. Raises as `read_binding`."""
    if root.tag != _name("BindingInformation"):
        raise UnknownValue("stanag4778.root", field="BindingInformation", expected=f"an element of {NAMESPACE}")
    _attributes(root, ())
    parts = Children(root, NAMESPACE, WHAT)
    signatures = tuple(map(canonical, parts.all("Signature", SIGNATURE_NAMESPACE)))
    containers = tuple(map(_container, parts.all("MetadataBindingContainer")))
    extensions = tuple(map(canonical, parts.foreign()))
    parts.end()
    return BindingInformation(containers, signatures, extensions, root.get(_PROFILE))


def _container(element: etree._Element) -> BindingContainer:
    _attributes(element, {"Id"})
    parts = Children(element, NAMESPACE, WHAT)
    bindings = tuple(map(_binding, parts.all("MetadataBinding")))
    extensions = tuple(map(canonical, parts.foreign()))
    parts.end()
    return BindingContainer(bindings, element.get("Id"), extensions)


def _binding(element: etree._Element) -> MetadataBinding:
    _attributes(element, {"Id"})
    parts = Children(element, NAMESPACE, WHAT)
    metadata: list[Metadata] = []
    data: list[DataObject] = []
    for one in parts.rest():
        name = local_name(one)
        if namespace_of(one) != NAMESPACE or (data and name.startswith("Metadata")):
            malformed(WHAT, "element", name, "metadata first, then data, and nothing else")
        if len(metadata) > MAX_METADATA or len(data) > MAX_REFERENCES:
            raise TooLarge("stanag4778", field="MetadataBinding", expected="a bounded number of references")
        if name == "Metadata":
            metadata.append(_metadata(one))
        elif name == "MetadataReference":
            metadata.append(_reference(one))
        elif name == "Data":
            data.append(_inline(one))
        elif name == "DataReference":
            data.append(_reference(one))
        else:
            malformed(WHAT, "element", name, "Metadata, MetadataReference, Data or DataReference")
    return MetadataBinding(tuple(metadata), tuple(data), element.get("Id"))


def _metadata(element: etree._Element) -> PolicyLabel | InlineXml:
    inside = _only_child(element)
    if not is_label(inside):
        return _inline(element)
    _attributes(element, {_CONTENT_TYPE})
    return policy_label_of(inside)


def _inline(element: etree._Element) -> InlineXml:
    _attributes(element, _TYPED)
    inside = _only_child(element)
    return InlineXml(canonical(inside, with_comments=True), element.get(_CONTENT_TYPE), element.get("encoding"))


def _only_child(element: etree._Element) -> etree._Element:
    found = Children(element, NAMESPACE, WHAT).rest()
    if len(found) != 1:
        malformed(WHAT, "inline", local_name(element), "exactly one element")
    return found[0]


def _reference(element: etree._Element) -> Reference:
    _attributes(element, {"URI", *_TYPED})
    parts = Children(element, NAMESPACE, WHAT)
    transforms = parts.optional("Transforms", SIGNATURE_NAMESPACE)
    parts.end()
    return Reference(
        uri=required_attribute(element, "URI", WHAT),
        content_type=element.get(_CONTENT_TYPE),
        encoding=element.get("encoding"),
        xpath=None if transforms is None else _xpath(transforms),
    )


def _xpath(transforms: etree._Element) -> str:
    """The one XPath 1.0 that a reference may have (ADatP-4778 section 4.3.5)."""
    only_attributes(transforms, (), WHAT)
    parts = Children(transforms, SIGNATURE_NAMESPACE, WHAT)
    transform = parts.required("Transform")
    parts.end()
    only_attributes(transform, {"Algorithm"}, WHAT)
    if transform.get("Algorithm") != XPATH_TRANSFORM:
        raise UnknownValue("stanag4778.transform", field="Transform.Algorithm", expected=XPATH_TRANSFORM)
    inner = Children(transform, SIGNATURE_NAMESPACE, WHAT)
    xpath = inner.required("XPath")
    inner.end()
    only_attributes(xpath, (), WHAT)
    return leaf_text(xpath, WHAT).strip()


def write_binding(binding: BindingInformation) -> bytes:
    """The binding as XML, UTF-8 without declaration, valid against nl-mb 1.4; the same bytes for equal bindings."""
    return serialise(binding_element(binding))


def binding_element(binding: BindingInformation) -> etree._Element:
    """The binding as an element."""
    root = etree.Element(_name("BindingInformation"), nsmap=_NAMES)
    if binding.profile is not None:
        root.set(_PROFILE, binding.profile)
    for signature in binding.signatures:
        root.append(from_canonical(signature))
    for container in binding.containers:
        element = _child(root, "MetadataBindingContainer", container.identifier)
        for one in container.bindings:
            _write_binding(_child(element, "MetadataBinding", one.identifier), one)
        for extension in container.extensions:
            element.append(from_canonical(extension))
    for extension in binding.extensions:
        root.append(from_canonical(extension))
    return root


def _write_binding(element: etree._Element, binding: MetadataBinding) -> None:
    for one in binding.metadata:
        if isinstance(one, PolicyLabel):
            _child(element, "Metadata", None).append(label_element(one))
        else:
            _write_object(element, "Metadata", one)
    for data in binding.data:
        _write_object(element, "Data", data)


def _write_object(parent: etree._Element, name: str, one: InlineXml | Reference) -> None:
    element = _child(parent, name if isinstance(one, InlineXml) else f"{name}Reference", None)
    if isinstance(one, InlineXml):
        element.append(from_canonical(one.xml))
    else:
        element.set("URI", one.uri)
        if one.xpath is not None:
            transforms = etree.SubElement(
                element, f"{{{SIGNATURE_NAMESPACE}}}Transforms", nsmap={"ds": SIGNATURE_NAMESPACE}
            )
            transform = etree.SubElement(transforms, f"{{{SIGNATURE_NAMESPACE}}}Transform", Algorithm=XPATH_TRANSFORM)
            etree.SubElement(transform, f"{{{SIGNATURE_NAMESPACE}}}XPath").text = one.xpath
    if one.content_type is not None:
        element.set(_CONTENT_TYPE, one.content_type)
    if one.encoding is not None:
        element.set("encoding", one.encoding)


def _child(parent: etree._Element, name: str, identifier: str | None) -> etree._Element:
    element = etree.SubElement(parent, _name(name))
    if identifier is not None:
        element.set("Id", identifier)
    return element


def _attributes(element: etree._Element, names: frozenset[str] | set[str] | tuple[str, ...]) -> None:
    only_attributes(element, names, WHAT, xml_allowed=True, foreign_allowed={NAMESPACE})


def _stands_in_binding(element: etree._Element) -> bool:
    return any(parent.tag == _name("BindingInformation") for parent in element.iterancestors())


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
