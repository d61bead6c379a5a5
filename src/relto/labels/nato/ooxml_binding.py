"""The binding inside an Office Open XML package (ADatP-4778.2 Ed A chapter 5, profile ooxml 1:2).

Rules enforced here:
 1. One custom XML part whose root is BindingInformation; it is found by its namespace, never by its name.
 2. Data is never inside the binding; every reference is `pack:///` and the name of a part that is there.
 3. A binding of the whole document refers to every part that is present of tables 5-2 and 5-3. Of table 5-2 the Word
    list is known; the lists for spreadsheets and presentations could not be read, so every part of them counts.
 4. What relto writes refers to every part that carries content, so that an embedded object or a chart is not left out
    (trap T14): all but content types, relationships and the binding's own part.

The part's content type, relationship and properties are those of ECMA-376 (part 1 section 15.2.5 and 15.2.6), because
the profile names none. The archive is the caller's: part names come in, changed parts go out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from lxml import etree

from relto.base.errors import MalformedInput
from relto.labels.nato.binding import NAMESPACE, WHAT, BindingInformation, InlineXml, Metadata, Reference, bind
from relto.labels.nato.binding_xml import read_binding, write_binding
from relto.labels.nato.bounded_xml import Limits, from_canonical, malformed, parse, serialise
from relto.labels.nato.references import ReferenceFault, presence_faults

OOXML_PROFILE: Final = "urn:nato:stanag:4778:profile:ooxml:1:2"
CONTENT_TYPES: Final = "[Content_Types].xml"
ROOT_RELATIONSHIPS: Final = "_rels/.rels"
MAX_PARTS = 16_000
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument"
_PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
_LIMITS = Limits(max_bytes=4 * 1024 * 1024, max_depth=8, max_elements=100_000)
_NAME = re.compile(r"\A(?!/)(?!.*(?:\A|/)\.{0,2}(?:/|\Z))[^\\\x00-\x1f\x7f]{1,1024}\Z")
_ITEM = re.compile(r"\Acustomxml/item(\d+)\.xml\Z", re.IGNORECASE)
_DEMANDED = re.compile(
    r"word/(?:document|styles|header\d*|footer\d*|footnotes|endnotes|comments|commentsExtended)\.xml"
    r"|word/media/.+|(?:xl|ppt)/.+|docProps/(?:core|app|custom)\.xml",
    re.IGNORECASE,
)
Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class PackageBinding:
    """The binding that a package holds, in which part, and what its references leave to wish."""

    part: str
    binding: BindingInformation
    faults: tuple[ReferenceFault, ...]
    uncovered_content: tuple[str, ...]


def pack_uri(name: str) -> str:
    """The URI of a part by its name in the archive: `pack:///word/document.xml`. Raises MalformedInput."""
    if not _NAME.match(name):
        malformed(WHAT, "part_name", "part", "a relative name without empty or dot segments")
    return "pack:///" + quote(name, safe="/!$&'()*+,;=:@-._~%")


def demanded_parts(names: Collection[str]) -> tuple[str, ...]:
    """The parts among `names` that a binding of the whole document must refer to (rule 3)."""
    return tuple(name for name in sorted(names) if _DEMANDED.fullmatch(name) and not _is_plumbing(name))


def content_parts(names: Collection[str], own: Collection[str] = ()) -> tuple[str, ...]:
    """All parts that carry content, which what relto writes refers to (rule 4); `own`: those of the binding itself."""
    return tuple(name for name in sorted(names) if name not in own and not _is_plumbing(name))


def read_package(names: Collection[str], read: Read) -> PackageBinding | None:
    """The binding of a package, or None. Raises as `read_binding`, and for several bindings or one with Data inside."""
    _check_names(names)
    part = _find(names, read)
    if part is None:
        return None
    binding = read_binding(read(part))
    if any(isinstance(one, InlineXml) for each in binding.bindings for one in each.data):
        malformed(WHAT, "ooxml", "Data", "a DataReference")
    own = _own_parts(part)
    whole = {reference.uri for each in binding.bindings for reference in each.references if reference.xpath is None}
    uncovered = tuple(name for name in content_parts(names, own) if pack_uri(name) not in whole)
    present = {pack_uri(name) for name in names}
    demanded = [pack_uri(name) for name in demanded_parts(names)]
    return PackageBinding(part, binding, presence_faults(binding, present, must_be_covered=demanded), uncovered)


def place_binding(names: Collection[str], read: Read, metadata: Sequence[Metadata]) -> dict[str, bytes]:
    """The parts to write, by name, so that the package holds a binding of this metadata to all its content.

    A binding that is there already is replaced in its own part. Raises MalformedInput for what is no package.
    """
    _check_names(names)
    types = parse(read(CONTENT_TYPES), _LIMITS, WHAT)
    existing = _find(names, read)
    part = existing or _free_name(names)
    own = _own_parts(part)
    references = [Reference(pack_uri(name), _media_type(types, name)) for name in content_parts(names, own)]
    written = write_binding(bind(metadata, references, identifier="relto-document", profile=OOXML_PROFILE))
    if existing is not None:
        return {part: written}
    item, properties, relationships = own
    main, office = _main_part(parse(read(ROOT_RELATIONSHIPS), _LIMITS, WHAT), names)
    folder, _, base = main.rpartition("/")
    main_relationships = f"{folder}/_rels/{base}.rels".removeprefix("/")
    before = read(main_relationships) if main_relationships in names else None
    return {
        item: written,
        properties: _properties(written, office),
        relationships: _with_relationship(None, f"/{properties}", f"{office}/relationships/customXmlProps"),
        main_relationships: _with_relationship(before, f"/{item}", f"{office}/relationships/customXml"),
        CONTENT_TYPES: _with_types(types, properties),
    }


def _find(names: Collection[str], read: Read) -> str | None:
    found = []
    for name in sorted(names):
        if _ITEM.match(name) or (name.lower().startswith("customxml/") and name.lower().endswith(".xml")):
            data = read(name)
            if NAMESPACE.encode() in data and _root_name(data) == f"{{{NAMESPACE}}}BindingInformation":
                found.append(name)
    if len(found) > 1:
        malformed(WHAT, "several", "BindingInformation", "a single custom XML part")
    return found[0] if found else None


def _root_name(data: bytes) -> str | None:
    """The root of what mentions the namespace. A part that is not read, is not passed over: it may be the binding."""
    return str(parse(data, Limits(16 * 1024 * 1024, 128, 500_000), WHAT).tag)


def _is_plumbing(name: str) -> bool:
    return name == CONTENT_TYPES or name.endswith("/") or "/_rels/" in f"/{name}"


def _own_parts(item: str) -> tuple[str, str, str]:
    """The binding's part, its properties and its relationships."""
    folder, _, base = item.rpartition("/")
    number = _ITEM.match(item)
    properties = f"{folder}/itemProps{number[1] if number else ''}.xml"
    return item, properties, f"{folder}/_rels/{base}.rels"


def _free_name(names: Collection[str]) -> str:
    taken = {name.lower() for name in names}
    number = next(
        n for n in range(1, MAX_PARTS + 2) if not {f"customxml/item{n}.xml", f"customxml/itemprops{n}.xml"} & taken
    )
    return f"customXml/item{number}.xml"


def _check_names(names: Collection[str]) -> None:
    lowered = {name.lower() for name in names}
    if len(names) > MAX_PARTS or len(lowered) != len(names):
        malformed(WHAT, "package", "part", f"at most {MAX_PARTS} parts, none twice in another letter case")
    for name in names:
        if name not in {CONTENT_TYPES, ROOT_RELATIONSHIPS} and not name.endswith("/"):
            pack_uri(name)
    if CONTENT_TYPES not in names or ROOT_RELATIONSHIPS not in names:
        malformed(WHAT, "package", CONTENT_TYPES, "a package of parts")


def _media_type(types: etree._Element, name: str) -> str | None:
    """The content type of a part that is not XML; XML needs none (ADatP-4778.2 annex A)."""
    found = None
    for element in types.iterchildren(f"{{{_TYPES}}}Default", f"{{{_TYPES}}}Override"):
        if (element.get("PartName") or "").lower() == f"/{name.lower()}":
            found = element.get("ContentType")
            break
        if (element.get("Extension") or "\0").lower() == name.rpartition(".")[2].lower():
            found = element.get("ContentType")
    if found is None:
        return "application/octet-stream"
    return None if found.lower().endswith(("/xml", "+xml")) else found


def _main_part(relationships: etree._Element, names: Collection[str]) -> tuple[str, str]:
    """The name of the main part, and the namespace of relationships it is written in."""
    for element in relationships.iterchildren(f"{{{_RELATIONSHIPS}}}Relationship"):
        for office in (_TRANSITIONAL, _STRICT):
            target = (element.get("Target") or "").removeprefix("/")
            if element.get("Type") == f"{office}/relationships/officeDocument" and target in names:
                return target, office
    raise MalformedInput("stanag4778.package", field=ROOT_RELATIONSHIPS, expected="a main part that is there")


def _with_relationship(before: bytes | None, target: str, kind: str) -> bytes:
    if before is None:
        root = from_canonical(f'<Relationships xmlns="{_RELATIONSHIPS}"/>')
    else:
        root = parse(before, _LIMITS, WHAT)
    taken = {element.get("Id") for element in root}
    identifier = next(f"rIdBinding{n}" for n in range(1, len(taken) + 2) if f"rIdBinding{n}" not in taken)
    attributes = {"Id": identifier, "Type": kind, "Target": target}
    etree.SubElement(root, f"{{{_RELATIONSHIPS}}}Relationship", attributes)
    return _document(root)


def _with_types(types: etree._Element, properties: str) -> bytes:
    defaults = {(one.get("Extension") or "").lower() for one in types.iterchildren(f"{{{_TYPES}}}Default")}
    for extension, content_type in (
        ("xml", "application/xml"),
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
    ):
        if extension not in defaults:
            default = etree.Element(f"{{{_TYPES}}}Default", {"Extension": extension, "ContentType": content_type})
            types.insert(0, default)
    override = {"PartName": f"/{properties}", "ContentType": _PROPERTIES_TYPE}
    etree.SubElement(types, f"{{{_TYPES}}}Override", override)
    return _document(types)


def _properties(binding: bytes, office: str) -> bytes:
    """The properties part; its GUID follows from the binding's bytes, because nothing here is random."""
    number = hashlib.sha256(binding).hexdigest().upper()
    guid = f"{{{number[:8]}-{number[8:12]}-8{number[13:16]}-8{number[17:20]}-{number[20:32]}}}"
    namespace = f"{office}/customXml"
    root = etree.Element(f"{{{namespace}}}datastoreItem", nsmap={"ds": namespace})
    root.set(f"{{{namespace}}}itemID", guid)
    schemas = etree.SubElement(root, f"{{{namespace}}}schemaRefs")
    etree.SubElement(schemas, f"{{{namespace}}}schemaRef").set(f"{{{namespace}}}uri", NAMESPACE)
    return _document(root)


def _document(root: etree._Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + serialise(root)
