"""Each member of a label, binding, clearance and policy file damaged in each way: refused by name, or still valid.

A damaged file that is read all the same must be valid against the published schema, and what was read must be written
and read again as the same: a reader that passed over the damage would fail one of the two.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from relto.base.errors import ReltoError
from relto.labels.nato.binding_xml import read_binding, write_binding
from relto.labels.nato.clearances import read_clearance, write_clearance
from relto.labels.nato.label_xml import read_policy_label, write_policy_label
from relto.labels.nato.lenient_labels import read_label_leniently
from relto.labels.nato.policy_label import NAMESPACE, Originator
from relto.labels.nato.spif_reading import read_spif
from relto.labels.nato.spif_writing import write_spif
from relto.labels.stanag4774 import read_label, write_label
from tests.support.vectors import vector_files
from tests.unit.labels import labels_support as own
from tests.unit.labels.nato.nato_support import CREATED, EXERCISE, REVIEW, is_valid
from tests.unit.labels.nato.test_label_xml import _OWN_EXAMPLE

_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_OTHER = "{urn:example:other}"
Damage = Callable[[etree._Element], object]


def _renamed(namespace: str | None) -> Damage:
    def rename(element: etree._Element) -> None:
        name = etree.QName(element)
        element.tag = f"{{{name.namespace}}}{name.localname}X" if namespace is None else f"{namespace}{name.localname}"

    return rename


def _emptied(element: etree._Element) -> None:
    element.text = None


def _with_text(text: str) -> Damage:
    def add(element: etree._Element) -> None:
        element.text = (element.text or "") + text

    return add


def _swapped(element: etree._Element) -> None:
    follower = element.getnext()
    if follower is not None:
        follower.addnext(element)


WAYS: dict[str, Damage] = {
    "left out": lambda element: None if (up := element.getparent()) is None else up.remove(element),
    "twice": lambda element: None if element.getparent() is None else element.addnext(copy.deepcopy(element)),
    "after the next": lambda element: None if element.getparent() is None else _swapped(element),
    "another name": _renamed(None),
    "another namespace": _renamed(_OTHER),
    "no namespace": _renamed(""),
    "a foreign child": lambda element: element.append(etree.Element(f"{_OTHER}More")),
    "a foreign child first": lambda element: element.insert(0, etree.Element(f"{_OTHER}More")),
    "an unknown child": lambda element: element.append(etree.Element(f"{{{etree.QName(element).namespace}}}More")),
    "an unknown attribute": lambda element: element.set("more", "1"),
    "a foreign attribute": lambda element: element.set(f"{_OTHER}more", "1"),
    "xsi:type": lambda element: element.set(f"{_INSTANCE}type", "more"),
    "xsi:nil": lambda element: element.set(f"{_INSTANCE}nil", "true"),
    "no text": _emptied,
    "a comment inside": lambda element: element.append(etree.Comment("more")),
    "an instruction inside": lambda element: element.append(etree.ProcessingInstruction("more")),
    "a sign that nobody sees": _with_text("\u202e"),
}
ATTRIBUTE_WAYS: dict[str, Callable[[str], str | None]] = {
    "left out": lambda _: None,
    "empty": lambda _: "",
    "nonsense": lambda _: "zzz",
    "other case": str.swapcase,
    "a space": lambda value: f"{value} ",
}


def _named(attribute: tuple[object, object]) -> tuple[str, str]:
    return str(attribute[0]), str(attribute[1])


def damaged(data: bytes) -> Iterator[tuple[str, bytes]]:
    whole = etree.fromstring(data)
    for index, member in enumerate(whole.iter()):
        place = f"{etree.QName(member).localname} {index}"
        for way, damage in WAYS.items():
            root = copy.deepcopy(whole)
            damage(list(root.iter())[index])
            yield f"{place}: {way}", etree.tostring(root)
        for key, value in map(_named, member.attrib.items()):
            for way, change in ATTRIBUTE_WAYS.items():
                root = copy.deepcopy(whole)
                attributes, changed = list(root.iter())[index].attrib, change(value)
                if changed is None:
                    del attributes[key]
                else:
                    attributes[key] = changed
                yield f"{place}: {key} {way}", etree.tostring(root)


def read_or_refusal(data: bytes, read: Callable[[bytes], Any]) -> Any:
    try:
        return read(data)
    except ReltoError as refusal:
        return refusal


def survivors(data: bytes, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> tuple[int, int, list[bytes]]:
    """How many were damaged, how many refused, and those that were read; each is written and read as the same."""
    undamaged, count, refused, kept = etree.tostring(etree.fromstring(data)), 0, 0, []
    for place, wrong in damaged(data):
        if wrong == undamaged:
            continue
        count += 1
        found = read_or_refusal(wrong, read)
        if isinstance(found, ReltoError):
            assert found.full_code, place
            assert found.field, place
            refused += 1
            continue
        assert read(write(found)) == found, place
        kept.append(wrong)
    return count, refused, kept


def _own_label() -> bytes:
    return write_label(own.label(own.USA, "SECRET", own.to("USA", "IND")), own.POLICIES)


def _binding() -> bytes:
    return (
        b'<mb:BindingInformation xmlns:mb="urn:nato:stanag:4778:bindinginformation:1:0"'
        b' xmlns:xmime="http://www.w3.org/2005/05/xmlmime"><mb:MetadataBindingContainer Id="C1"><mb:MetadataBinding'
        b' Id="B1"><mb:Metadata>' + _own_label() + b'</mb:Metadata><mb:DataReference URI="a.pdf"'
        b' xmime:contentType="application/pdf"/></mb:MetadataBinding></mb:MetadataBindingContainer>'
        b"</mb:BindingInformation>"
    )


CASES: dict[str, tuple[bytes, Callable[[bytes], Any], Callable[[Any], bytes], str]] = {
    "label of any policy": (_OWN_EXAMPLE.encode(), read_policy_label, write_policy_label, "nl-cl.xsd"),
    "label of relto": (
        _own_label(),
        lambda data: read_label(data, own.POLICIES),
        lambda label: write_label(label, own.POLICIES),
        "nl-cl.xsd",
    ),
    "binding": (_binding(), read_binding, write_binding, "nl-mb.xsd"),
    "policy file": (EXERCISE.encode(), read_spif, write_spif, "spif-2.1.xsd"),
}


@pytest.mark.parametrize("case", list(CASES))
def test_damage_is_refused_by_name_or_leaves_what_the_schema_allows(case: str) -> None:
    data, read, write, schema = CASES[case]
    count, refused, kept = survivors(data, read, write)
    assert count > 150
    assert refused > count * 0.6
    assert all(is_valid(wrong, schema) for wrong in kept)


def test_a_damaged_clearance_is_refused_or_reads_the_same_again() -> None:
    clearance = f"""<c:ConfidentialityClearance xmlns:c="urn:nato:stanag:4774:confidentialityclearance:1:0"
 xmlns:s="{NAMESPACE}"><s:PolicyIdentifier URI="urn:oid:2.999.1">EXERCISE</s:PolicyIdentifier><c:ClassificationList>
 <s:Classification>OPEN</s:Classification><s:Classification>CLOSED</s:Classification></c:ClassificationList><s:Category
 Type="PERMISSIVE" TagName="Release" URI="urn:oid:2.999.1.1"><s:GenericValue>IND</s:GenericValue></s:Category>
</c:ConfidentialityClearance>"""
    count, refused, _ = survivors(clearance.encode(), read_clearance, write_clearance)
    assert refused > count * 0.7


@pytest.mark.parametrize("path", vector_files("labels/spiffing", "*.nato"), ids=lambda path: path.name)
def test_a_published_label_made_whole_is_refused_when_it_is_damaged(path: Path) -> None:
    with pytest.raises(ReltoError):
        read_policy_label(path.read_bytes())
    reading = read_label_leniently(path.read_bytes())
    whole = reading.as_label(created=CREATED, review_by=REVIEW, originator=Originator("urn:example:node:usa"))
    data = write_policy_label(whole)
    assert is_valid(data, "nl-cl.xsd")
    count, refused, kept = survivors(data, read_policy_label, write_policy_label)
    assert refused > count * 0.6
    assert all(is_valid(wrong, "nl-cl.xsd") for wrong in kept)
