"""Where a binding travels when it does not stand in its object (ADatP-4778.2 Ed A, profiles 7, 9 and 10).

Sidecar: a file of the same name with `.bdo`, whose reference is relative. REST: the header `Binding-Data`, whose
reference is the message itself. XMP: one property of the packet in a PDF or picture, whose reference is the file that
holds it. The shapes come from secondary sources (labels.md section 3); ADatP-4778.2 itself was not read.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.labels.nato.binding import NAMESPACE, WHAT, BindingInformation, InlineXml, Metadata, Reference, bind
from relto.labels.nato.binding_xml import LIMITS, binding_of, read_binding, write_binding
from relto.labels.nato.bounded_xml import Limits, malformed, namespace_of, parse, serialise

SIDECAR_PROFILE: Final = "urn:nato:stanag:4778:profile:sidecar:1:2"
REST_PROFILE: Final = "urn:nato:stanag:4778:profile:rest:1:2"
XMP_PROFILE: Final = "urn:nato:stanag:4778:profile:xmp:1:1"
SIDECAR_SUFFIX: Final = ".bdo"
REST_HEADER: Final = "Binding-Data"
MAX_HEADER = 64 * 1024
XMP_NAMESPACE: Final = "urn:nato:stanag:4778:bindinginformation:1:0:xmp#"
XMP_PREFIX: Final = "mbxmp"
XMP_PROPERTY: Final = "bindingInformation"
_HTTP = "message/http"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META = "adobe:ns:meta/"
_XMP_LIMITS = Limits(max_bytes=32 * 1024 * 1024, max_depth=LIMITS.max_depth + 8, max_elements=LIMITS.max_elements)
_PARAMETER = re.compile(r"[ \t]*([A-Za-z-]{1,64})[ \t]*=[ \t]*(?:\"([^\"\\]*)\"|([^\s\";,]+))[ \t]*")
_FILE_NAME = re.compile(r"\A[^/\\\x00-\x1f\x7f]{1,255}\Z")


def sidecar_name(file_name: str) -> str:
    """The name of the sidecar of a file: beside it, with `.bdo`. Raises MalformedInput for what is no plain name."""
    return _plain(file_name) + SIDECAR_SUFFIX


def sidecar_binding(
    file_name: str, metadata: Sequence[Metadata], content_type: str | None = None
) -> BindingInformation:
    """The binding of metadata to a file of this name beside it. Raises MalformedInput."""
    reference = Reference(quote(_plain(file_name), safe=""), content_type)
    return bind(metadata, [reference], profile=SIDECAR_PROFILE)


def read_sidecar(data: bytes, file_name: str) -> BindingInformation:
    """The binding in a sidecar. Raises as `read_binding`, and when it speaks about anything but this file."""
    binding = read_binding(data)
    for reference in _references(binding, "sidecar"):
        path = unquote(reference.uri.partition("#")[0]).removeprefix("./")
        if path != _plain(file_name):
            malformed(WHAT, "sidecar", "DataReference.URI", "the file beside the sidecar")
    return binding


def rest_binding(metadata: Sequence[Metadata]) -> BindingInformation:
    """The binding of metadata to the HTTP message that carries it. Raises MalformedInput."""
    return bind(metadata, [Reference("", _HTTP)], profile=REST_PROFILE)


def write_rest_header(binding: BindingInformation) -> str:
    """The value of the header `Binding-Data`. Raises TooLarge when no server would take it."""
    encoded = base64.b64encode(write_binding(binding)).decode("ascii")
    value = f'binding-type="{NAMESPACE}"; binding-data-object="{encoded}"'
    if len(value) > MAX_HEADER:
        raise TooLarge("stanag4778", field=REST_HEADER, found=len(value), expected=f"at most {MAX_HEADER} characters")
    return value


def read_rest_header(value: str) -> BindingInformation:
    """The binding in a header. Raises as `read_binding`, and when it does not speak about the message."""
    if len(value) > MAX_HEADER:
        raise TooLarge("stanag4778", field=REST_HEADER, found=len(value), expected=f"at most {MAX_HEADER} characters")
    parameters = dict(_parameters(value))
    if set(parameters) != {"binding-type", "binding-data-object"}:
        malformed(WHAT, "header", REST_HEADER, "binding-type and binding-data-object, once each")
    if parameters["binding-type"] != NAMESPACE:
        raise UnknownValue("stanag4778.header", field=f"{REST_HEADER}.binding-type", expected=NAMESPACE)
    try:
        data = base64.b64decode(parameters["binding-data-object"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedInput("stanag4778.header", field=REST_HEADER, expected="base64") from error
    binding = read_binding(data)
    for reference in _references(binding, "rest"):
        if reference.uri != "" or reference.content_type != _HTTP:
            malformed(WHAT, "rest", "DataReference", f'URI="" and contentType {_HTTP}')
    return binding


def xmp_binding(metadata: Sequence[Metadata], content_type: str | None = None) -> BindingInformation:
    """The binding of metadata to the file whose XMP packet carries it. Raises MalformedInput."""
    return bind(metadata, [Reference("", content_type)], profile=XMP_PROFILE)


def xmp_value(binding: BindingInformation) -> str:
    """The text of the property `bindingInformation`: what a PDF library sets under XMP_NAMESPACE."""
    return write_binding(binding).decode("utf-8")


def xmp_packet(binding: BindingInformation) -> bytes:
    """A whole XMP packet with this one property, for a file that has none."""
    root = etree.Element(f"{{{_META}}}xmpmeta", nsmap={"x": _META})
    rdf = etree.SubElement(root, f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF})
    description = etree.SubElement(rdf, f"{{{_RDF}}}Description", nsmap={XMP_PREFIX: XMP_NAMESPACE})
    description.set(f"{{{_RDF}}}about", "")
    etree.SubElement(description, f"{{{XMP_NAMESPACE}}}{XMP_PROPERTY}").text = xmp_value(binding)
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
    return begin + serialise(root) + b'\n<?xpacket end="w"?>'


def read_xmp(packet: bytes) -> BindingInformation | None:
    """The binding in an XMP packet, or None when it has none. Raises as `read_binding`, and when it has several.

    The property is read as text, which XMP demands, and as an element inside, which some writers give.
    """
    root = parse(packet, _XMP_LIMITS, WHAT)
    name = f"{{{XMP_NAMESPACE}}}{XMP_PROPERTY}"
    elements = list(root.iter(name))
    attributes = [text for one in root.iter(f"{{{_RDF}}}Description") if (text := one.get(name)) is not None]
    if len(elements) + len(attributes) > 1:
        malformed(WHAT, "several", XMP_PROPERTY, "one binding")
    if attributes:
        return read_binding(attributes[0].encode())
    if not elements:
        return None
    inside = [child for child in elements[0] if isinstance(child.tag, str)]
    if inside:
        if len(inside) > 1 or namespace_of(inside[0]) != NAMESPACE or (elements[0].text or "").strip():
            malformed(WHAT, "xmp", XMP_PROPERTY, "one BindingInformation")
        return binding_of(inside[0])
    return read_binding((elements[0].text or "").encode())


def _parameters(value: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for part in value.split(";"):
        match = _PARAMETER.fullmatch(part)
        name = match[1].lower() if match else ""
        if match is None or name in seen:
            malformed(WHAT, "header", REST_HEADER, 'parameters such as binding-type="..."')
        seen.add(name)
        yield name, match[2] if match[2] is not None else match[3]


def _references(binding: BindingInformation, reason: str) -> Iterator[Reference]:
    for each in binding.bindings:
        for one in each.data:
            if isinstance(one, InlineXml):
                malformed(WHAT, reason, "Data", "a DataReference")
            yield one


def _plain(file_name: str) -> str:
    if not _FILE_NAME.match(file_name) or file_name in {".", ".."}:
        malformed(WHAT, "file_name", "file", "a plain file name without a path")
    return file_name
