"""ZIP packages (OOXML, ODF) as bounded parts, and their XML under strict settings.

1. Counts, sizes and ratios are those that unpacking meets, never those that the directory claims.
2. No member may be encrypted, doubled, or outside the package.
3. XML: no DOCTYPE, no entities, no network, bounded depth and number of elements (`relto.labels.nato.bounded_xml`).
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib

from lxml import etree

from relto.adapters.documents.limits import (
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    MAX_XML_DEPTH,
    MAX_XML_ELEMENTS,
    RATIO_FLOOR,
    Unreadable,
)

_PIECE = 1 << 16
_ENCRYPTED = 0x1
# The strict form of ECMA-376 (Part 1) has the elements of the transitional one in namespaces of its own.
_TRANSITIONAL = b"http://schemas.openxmlformats.org/"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", _TRANSITIONAL + b"officeDocument/2006/relationships"),
    *(
        (b"http://purl.oclc.org/ooxml/" + name + b"/main", _TRANSITIONAL + name + b"/2006/main")
        for name in (b"wordprocessingml", b"spreadsheetml", b"presentationml", b"drawingml")
    ),
)
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class Package:
    """An open package. Every method raises Unreadable."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, IndexError) as error:
            raise Unreadable("damaged") from error
        if len(members) > MAX_MEMBERS:
            raise Unreadable("archive")
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise Unreadable("encrypted")
        self._members = {member.filename: member for member in members}
        if len(self._members) != len(members) or any(_is_outside(name) for name in self._members):
            raise Unreadable("damaged")
        self._left = MAX_UNPACKED_BYTES
        for member in members:
            if member.file_size > MAX_UNPACKED_BYTES or _is_bomb(member.file_size, member.compress_size):
                raise Unreadable("archive")

    @property
    def names(self) -> list[str]:
        """All members."""
        return [*self._members]

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """A member's bytes."""
        member = self._members.get(name)
        if member is None:
            raise Unreadable("damaged")
        held = bytearray()
        try:
            with self._zip.open(member) as source:
                while piece := source.read(_PIECE):
                    held += piece
                    self._left -= len(piece)
                    if len(held) > MAX_MEMBER_BYTES or self._left < 0 or _is_bomb(len(held), member.compress_size):
                        raise Unreadable("archive")
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise Unreadable("damaged") from error
        return bytes(held)

    def xml(self, name: str) -> etree._Element:
        """A member as a tree."""
        data = self.read(name)
        for strict, transitional in _STRICT:
            data = data.replace(strict, transitional)
        return tree(data)

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """The relationships of a part: id -> (last word of the type, target's name; empty for an external one)."""
        folder, _, file = name.rpartition("/")
        place = f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels"
        if place not in self:
            return {}
        found = {}
        for relation in self.xml(place).iter(_RELATIONSHIPS):
            target = str(relation.get("Target", ""))
            is_inside = relation.get("TargetMode", "Internal") == "Internal"
            whole = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            kind = str(relation.get("Type", "")).rpartition("/")[2]
            found[str(relation.get("Id", ""))] = (kind, whole if is_inside else "")
        return found


def tree(data: bytes) -> etree._Element:
    """XML of an office package as a tree. Raises Unreadable."""
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise Unreadable("doctype")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        too_deep = any("depth" in str(entry.message) for entry in parser.error_log)
        raise Unreadable("nested" if too_deep else "damaged") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("doctype")
    count = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if count > MAX_XML_ELEMENTS or depth > MAX_XML_DEPTH:
            raise Unreadable("nested")
    return root


def _is_outside(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/") or "\\" in name


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_FLOOR and unpacked > MAX_RATIO * max(packed, 1)
