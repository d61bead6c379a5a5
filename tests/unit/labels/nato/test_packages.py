"""The binding inside a Word document, and what its references leave out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

import docx
import pytest
from lxml import etree

from relto.base.errors import MalformedInput
from relto.labels.nato.binding import InlineXml, Reference, bind
from relto.labels.nato.binding_xml import write_binding
from relto.labels.nato.ooxml_binding import (
    CONTENT_TYPES,
    content_parts,
    demanded_parts,
    pack_uri,
    place_binding,
    read_package,
)
from relto.labels.nato.references import ReferenceFault
from tests.unit.labels.nato.nato_support import info, is_valid, label, release

LABEL = label(info("CLOSED", release("IND", "USA")))


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _package(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def _word() -> dict[str, bytes]:
    document = docx.Document()
    document.add_paragraph("(C//REL TO USA, IND) Text.")
    document.sections[0].header.paragraphs[0].text = "CLOSED"
    target = io.BytesIO()
    document.save(target)
    return _parts(target.getvalue())


def _reader(parts: Mapping[str, bytes]) -> Callable[[str], bytes]:
    return lambda name: parts[name]


def _labelled() -> dict[str, bytes]:
    parts = _word()
    return parts | place_binding(parts, _reader(parts), [LABEL])


def test_a_word_document_carries_its_label_and_still_opens() -> None:
    parts = _labelled()

    found = read_package(parts, _reader(parts))

    assert found is not None
    assert found.binding.labels == (LABEL,)
    assert found.faults == ()
    assert found.uncovered_content == ()
    assert is_valid(parts[found.part], "nl-mb.xsd")
    opened = docx.Document(io.BytesIO(_package(parts)))
    assert opened.paragraphs[0].text.startswith("(C//")
    related = [one.target_part.partname for one in opened.part.rels.values() if one.reltype.endswith("/customXml")]
    assert f"/{found.part}" in related


def test_the_binding_refers_to_every_part_with_content_and_gives_the_type_of_what_is_no_xml() -> None:
    parts = _word() | {"word/embeddings/object1.bin": b"x", "word/media/image1.png": b"y"}
    parts |= place_binding(parts, _reader(parts), [LABEL])

    found = read_package(parts, _reader(parts))

    assert found is not None
    types = {one.uri: one.content_type for one in found.binding.bindings[0].references}
    assert types["pack:///word/document.xml"] is None
    assert types["pack:///word/embeddings/object1.bin"] == "application/octet-stream"
    assert "pack:///word/media/image1.png" in types
    assert pack_uri(found.part) not in types
    assert not any("_rels" in uri or "Content_Types" in uri for uri in types)


def test_a_second_label_replaces_the_first_in_its_own_part() -> None:
    parts = _labelled()
    before = set(parts)

    changed = place_binding(parts, _reader(parts), [label(info("OPEN"))])

    assert len(changed) == 1
    assert set(parts | changed) == before
    found = read_package(parts | changed, _reader(parts | changed))
    assert found is not None
    assert [one.information.classification for one in found.binding.labels] == ["OPEN"]


def test_parts_that_come_later_are_missed() -> None:
    parts = _labelled() | {"word/footer9.xml": b"<a/>", "word/charts/chart1.xml": b"<a/>"}

    found = read_package(parts, _reader(parts))

    assert found is not None
    assert found.faults == (ReferenceFault("unreferenced", "pack:///word/footer9.xml"),)
    assert found.uncovered_content == ("word/charts/chart1.xml", "word/footer9.xml")


def test_a_part_that_went_away_is_missed() -> None:
    parts = _labelled()
    del parts["docProps/app.xml"]

    found = read_package(parts, _reader(parts))

    assert found is not None
    assert found.faults == (ReferenceFault("missing", "pack:///docProps/app.xml"),)


def test_the_binding_is_found_by_its_namespace_whatever_its_name() -> None:
    parts = _labelled()
    found = read_package(parts, _reader(parts))
    assert found is not None
    parts["customXml/renamed.xml"] = parts.pop(found.part)

    again = read_package(parts, _reader(parts))

    assert again is not None
    assert again.part == "customXml/renamed.xml"


def test_two_bindings_in_one_package_are_refused() -> None:
    parts = _labelled()
    parts["customXml/item99.xml"] = write_binding(bind([LABEL], [Reference("pack:///word/document.xml")]))

    with pytest.raises(MalformedInput):
        read_package(parts, _reader(parts))


def test_data_inside_the_binding_is_refused() -> None:
    parts = _word() | {"customXml/item9.xml": write_binding(bind([LABEL], [InlineXml("<a/>")]))}

    with pytest.raises(MalformedInput):
        read_package(parts, _reader(parts))


def test_a_document_without_binding_has_none() -> None:
    parts = _word()

    assert read_package(parts, _reader(parts)) is None


def test_sheets_and_slides_count_whole() -> None:
    sheet = "xl/worksheets/sheet1.xml"
    names = ["xl/workbook.xml", sheet, "xl/worksheets/_rels/sheet1.xml.rels", "ppt/slides/slide1.xml"]

    assert demanded_parts(names) == ("ppt/slides/slide1.xml", "xl/workbook.xml", sheet)
    assert content_parts([*names, CONTENT_TYPES, "word/"]) == demanded_parts(names)


@pytest.mark.parametrize("name", ["/word/a.xml", "../a.xml", "word//a", "word/../a.xml", "a\\b.xml", "word/./a", ""])
def test_a_part_name_that_leaves_the_package_is_refused(name: str) -> None:
    with pytest.raises(MalformedInput):
        pack_uri(name)


def test_names_that_differ_in_case_alone_are_refused() -> None:
    parts = _word() | {"WORD/document.xml": b"<a/>"}

    with pytest.raises(MalformedInput):
        place_binding(parts, _reader(parts), [LABEL])


@pytest.mark.parametrize("name", [CONTENT_TYPES, "_rels/.rels", "word/document.xml"])
def test_what_is_no_package_is_refused(name: str) -> None:
    parts = _word()
    del parts[name]

    with pytest.raises(MalformedInput):
        place_binding(parts, _reader(parts), [LABEL])


def test_hostile_package_xml_is_refused() -> None:
    entity = b'<!DOCTYPE a [<!ENTITY e "x">]>'
    for name in (CONTENT_TYPES, "_rels/.rels", "word/_rels/document.xml.rels"):
        parts = _word()
        parts[name] = entity + parts[name].split(b"?>", 1)[1]
        with pytest.raises(MalformedInput):
            place_binding(parts, _reader(parts), [LABEL])


def test_the_properties_part_is_of_the_schema_of_office() -> None:
    parts = _word()
    changed = place_binding(parts, _reader(parts), [LABEL])
    name = next(name for name in changed if name.startswith("customXml/itemProps"))

    root = etree.fromstring(changed[name])

    assert root.tag == "{http://schemas.openxmlformats.org/officeDocument/2006/customXml}datastoreItem"
    related = changed[f"customXml/_rels/{name.split('/')[1].replace('itemProps', 'item')}.rels"]
    assert f"/{name}".encode() in related
    assert f'PartName="/{name}"'.encode() in changed[CONTENT_TYPES]
