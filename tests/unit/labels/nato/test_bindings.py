"""Labels bound to what they speak about: in the object, around it, beside it, and on the way."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.labels.nato.binding import (
    NAMESPACE,
    BindingContainer,
    BindingInformation,
    InlineXml,
    Metadata,
    MetadataBinding,
    Reference,
    bind,
    with_inherited,
)
from relto.labels.nato.binding_xml import LIMITS, embed, read_binding, read_embedded, write_binding
from relto.labels.nato.carriers import (
    MAX_HEADER,
    XMP_NAMESPACE,
    XMP_PROPERTY,
    read_rest_header,
    read_sidecar,
    read_xmp,
    rest_binding,
    sidecar_binding,
    sidecar_name,
    write_rest_header,
    xmp_binding,
    xmp_packet,
    xmp_value,
)
from relto.labels.nato.label_xml import write_policy_label
from relto.labels.nato.policy_label import PolicyLabel
from relto.labels.nato.references import ReferenceFault, content_faults, digest_of, presence_faults
from tests.unit.labels.nato.nato_support import info, is_valid, label, policy_labels, release

LABEL = label(info("CLOSED", release("IND", "USA")))
_NOTE = InlineXml('<n:note xmlns:n="urn:example:notes">a<n:b/><!-- kept -->z</n:note>')
_PLACES = ["", "./a.pdf", "pack:///word/document.xml", "urn:example:thing", "a%20b.txt#part"]


@st.composite
def _bindings(draw: st.DrawFn) -> BindingInformation:
    references = st.builds(
        Reference,
        st.sampled_from(_PLACES),
        st.sampled_from([None, "image/png"]),
        st.none(),
        st.sampled_from([None, "//*[local-name()='p' and namespace-uri()='urn:x:y']"]),
    )
    inline = st.sampled_from([_NOTE, InlineXml("<a/>", "text/xml")])
    numbers = iter(range(1, 100))

    def identifier() -> str | None:
        return f"b{next(numbers)}" if draw(st.booleans()) else None

    def binding() -> MetadataBinding:
        found: list[Metadata] = draw(st.lists(inline | references, max_size=2))
        found += [
            PolicyLabel(one.information, one.created, one.role, review_by=LABEL.review_by)
            for one in draw(st.lists(policy_labels(), max_size=1))
        ]
        return MetadataBinding(
            tuple(found or [LABEL]), tuple(draw(st.lists(inline | references, min_size=1, max_size=3))), identifier()
        )

    containers = tuple(
        BindingContainer(tuple(binding() for _ in range(draw(st.integers(1, 2)))), identifier())
        for _ in range(draw(st.integers(1, 2)))
    )
    return BindingInformation(containers, profile=draw(st.sampled_from([None, "urn:example:profile"])))


@given(_bindings())
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_valid_and_reads_back_the_same(binding: BindingInformation) -> None:
    data = write_binding(binding)

    assert is_valid(data, "nl-mb.xsd")
    for one in binding.labels:
        assert is_valid(write_policy_label(one), "nl-cl.xsd")
    assert read_binding(data) == binding
    assert write_binding(read_binding(data)) == data


def test_the_mode_is_where_the_data_stands() -> None:
    assert bind([LABEL], [_NOTE]).mode == "encapsulating"
    assert bind([LABEL], [Reference("")]).mode == "referring"


_VALID = write_binding(bind([LABEL], [Reference("./a.pdf", "application/pdf")], identifier="b1")).decode()
_LABEL = write_policy_label(LABEL).decode()

_DS = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
_REFUSED = {
    "two labels in one Metadata": ("</mb:Metadata>", f"{_LABEL}</mb:Metadata>"),
    "text beside the label": ("</mb:Metadata>", "SECRET</mb:Metadata>"),
    "data before metadata": ("<mb:Metadata>", '<mb:DataReference URI=""/><mb:Metadata>'),
    "no data": ('<mb:DataReference URI="./a.pdf" xmime:contentType="application/pdf"/>', ""),
    "a reference without URI": ('URI="./a.pdf"', 'mb:URI="./a.pdf"'),
    "a qualified Id": (' Id="b1"', ' mb:Id="b1"'),
    "an Id with a number sign": (' Id="b1"', ' Id="#b1"'),
    "an unknown element": ("</mb:MetadataBinding>", "<mb:More/></mb:MetadataBinding>"),
    "a foreign element inside a binding": ("</mb:MetadataBinding>", "<x:y xmlns:x='urn:x:y'/></mb:MetadataBinding>"),
    "an unknown attribute": ('URI="./a.pdf"', 'URI="./a.pdf" href="x"'),
    "an invalid label": ("ReviewDateTime", "reviewDateTime"),
    "a label without creation date": ("CreationDateTime", "CreationDataTime"),
    "another namespace": (NAMESPACE, "http://www.nato.int/2014/06/nl/mb"),
    "a URI with a space": ("./a.pdf", "./a b.pdf"),
    "a transform that is no XPath": (
        'xmime:contentType="application/pdf"/>',
        f"><ds:Transforms {_DS}><ds:Transform Algorithm='urn:example:xslt'/></ds:Transforms></mb:DataReference>",
    ),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_a_binding_out_of_form_is_refused(name: str) -> None:
    old, new = _REFUSED[name]
    assert old in _VALID

    with pytest.raises(MalformedInput):
        read_binding(_VALID.replace(old, new).encode())


def test_the_binding_schema_alone_would_let_an_invalid_label_pass() -> None:
    invalid = _VALID.replace("CreationDateTime", "CreationDataTime").encode()

    assert is_valid(invalid, "nl-mb.xsd")
    with pytest.raises(MalformedInput):
        read_binding(invalid)


def test_one_identifier_names_one_thing() -> None:
    twice = MetadataBinding((LABEL,), (Reference(""),), "b1")

    with pytest.raises(MalformedInput):
        BindingInformation((BindingContainer((twice, twice)),))


@pytest.mark.parametrize("xpath", ["//w:p", "//p [", "ancestor::x:y"])
def test_an_xpath_with_a_prefix_is_refused(xpath: str) -> None:
    if ":" in xpath:
        with pytest.raises(MalformedInput):
            Reference("", xpath=xpath)
    assert Reference("", xpath="ancestor::*[local-name()='a:b']").xpath is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY e "x">]>' + _VALID.encode(),
        b" " * (LIMITS.max_bytes + 1),
        _VALID.replace("<mb:Metadata>", "<mb:Metadata><a>" + "<b>" * 300).encode(),
        _VALID.replace("./a.pdf", "x" * 3000).encode(),
        _VALID.replace(
            "</mb:MetadataBinding>", '<mb:DataReference URI=""/>' * 17_000 + "</mb:MetadataBinding>"
        ).encode(),
    ],
)
def test_hostile_bindings_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_binding(data)


def test_a_binding_is_put_into_an_xml_object_and_found_there() -> None:
    binding = bind([LABEL], [Reference("")])
    document = b"<report><title>x</title></report>"

    inside = embed(document, binding)
    again = embed(inside, bind([LABEL.as_alternative()], [Reference("")]))

    assert read_embedded(inside) == binding
    assert read_embedded(document) is None
    assert [one.role for one in (read_embedded(again) or binding).labels] == ["alternative"]
    assert len(etree.fromstring(again)) == 2


def test_an_object_with_several_bindings_is_refused() -> None:
    one = write_binding(bind([LABEL], [Reference("")]))

    with pytest.raises(MalformedInput):
        read_embedded(b"<a>" + one + one + b"</a>")
    with pytest.raises(MalformedInput):
        embed(b"<a><b>" + one + b"</b></a>", bind([LABEL], [Reference("")]))
    with pytest.raises(MalformedInput):
        embed(one, bind([LABEL], [Reference("")]))


def test_a_binding_inside_encapsulated_data_is_the_data_s_own() -> None:
    inner = write_binding(bind([LABEL], [Reference("")])).decode()
    outer = bind([LABEL], [InlineXml(f"<report>{inner}</report>")])

    assert read_embedded(write_binding(outer)) == outer


def test_a_child_keeps_its_own_label_and_inherits_metadata_of_other_types() -> None:
    parent = (LABEL, LABEL.as_alternative(), _NOTE)
    own = (label(info("OPEN")),)

    assert with_inherited(parent, own) == (own[0], LABEL.as_alternative(), _NOTE)
    assert with_inherited(parent, ()) == parent


# What is referred to


def test_missing_and_changed_objects_are_named() -> None:
    binding = bind([LABEL], [Reference("a"), Reference("b"), Reference("c")])
    digests = {"a": digest_of([b"one"]), "b": digest_of([b"two"])}

    assert presence_faults(binding, ["a", "b"]) == (ReferenceFault("missing", "c"),)
    assert presence_faults(binding, ["a", "b", "c", "d"], must_be_covered=["a", "d"]) == (
        ReferenceFault("unreferenced", "d"),
    )
    assert content_faults(binding, digests, {"a": [b"o", b"ne"], "b": [b"TWO"], "c": [b""]}) == (
        ReferenceFault("changed", "b"),
        ReferenceFault("no_digest", "c"),
    )


def test_a_prohibited_digest_is_refused() -> None:
    for algorithm in ("sha1", "md5", "sha224"):
        with pytest.raises(UnknownValue):
            digest_of([b""], algorithm)


# Carriers


@pytest.mark.parametrize("name", ["a.pdf", "two words.docx", "ünïcode.txt", "C: odd.txt", "100%.txt", "a#b.txt"])
def test_a_sidecar_speaks_about_the_file_beside_it(name: str) -> None:
    data = write_binding(sidecar_binding(name, [LABEL], "application/pdf"))

    assert is_valid(data, "nl-mb.xsd")
    assert sidecar_name(name) == f"{name}.bdo"
    assert read_sidecar(data, name).labels == (LABEL,)
    with pytest.raises(MalformedInput):
        read_sidecar(data, "other.pdf")


@pytest.mark.parametrize("name", ["", "..", "a/b", "..\\b", "a\x00b"])
def test_a_sidecar_is_never_of_a_path(name: str) -> None:
    with pytest.raises(MalformedInput):
        sidecar_name(name)


@pytest.mark.parametrize("uri", ["../a.pdf", "/a.pdf", "http://192.0.2.1/a.pdf", "file:///a.pdf", ""])
def test_a_sidecar_that_points_elsewhere_is_refused(uri: str) -> None:
    with pytest.raises(MalformedInput):
        read_sidecar(write_binding(bind([LABEL], [Reference(uri)])), "a.pdf")


def test_the_header_of_a_message_carries_its_binding() -> None:
    value = write_rest_header(rest_binding([LABEL]))

    assert value.startswith(f'binding-type="{NAMESPACE}"; binding-data-object="')
    assert read_rest_header(value) == rest_binding([LABEL])
    swapped = "; ".join(reversed(value.split("; ")))
    assert read_rest_header(swapped) == rest_binding([LABEL])
    assert is_valid(base64.b64decode(value.split('"')[3]), "nl-mb.xsd")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "binding-type=x",
        f'binding-type="{NAMESPACE}"',
        f'binding-type="{NAMESPACE}"; binding-data-object="not base64!"',
        f'binding-type="{NAMESPACE}"; binding-data-object="AAAA"',
        write_rest_header(rest_binding([LABEL])) + "; extra=1",
        write_rest_header(rest_binding([LABEL])) + f'; binding-type="{NAMESPACE}"',
        write_rest_header(rest_binding([LABEL])).replace(":1:0", ":2:0"),
        write_rest_header(bind([LABEL], [Reference("http://192.0.2.1/", "message/http")])),
        write_rest_header(bind([LABEL], [Reference("")])),
        write_rest_header(bind([LABEL], [_NOTE])),
        "x" * (MAX_HEADER + 1),
    ],
)
def test_a_header_out_of_form_is_refused(value: str) -> None:
    with pytest.raises(MalformedInput):
        read_rest_header(value)


def test_a_header_that_no_server_takes_is_not_written() -> None:
    with pytest.raises(TooLarge):
        write_rest_header(rest_binding([InlineXml(f"<a>{'x' * MAX_HEADER}</a>")]))


def test_an_xmp_packet_carries_the_binding_as_text() -> None:
    binding = xmp_binding([LABEL], "application/pdf")
    packet = xmp_packet(binding)

    assert read_xmp(packet) == binding
    assert is_valid(xmp_value(binding).encode(), "nl-mb.xsd")
    root = etree.fromstring(packet)
    assert next(root.iter(f"{{{XMP_NAMESPACE}}}{XMP_PROPERTY}")).text == xmp_value(binding)


def test_other_writers_shapes_of_the_property_are_read() -> None:
    binding = xmp_binding([LABEL])
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    inside = f'<rdf:RDF {rdf}><rdf:Description xmlns:m="{XMP_NAMESPACE}"><m:bindingInformation rdf:parseType="Literal">'
    inside += f"{xmp_value(binding)}</m:bindingInformation></rdf:Description></rdf:RDF>"
    root = etree.Element("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
    description = etree.SubElement(root, "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    description.set(f"{{{XMP_NAMESPACE}}}{XMP_PROPERTY}", xmp_value(binding))

    assert read_xmp(inside.encode()) == binding
    assert read_xmp(etree.tostring(root)) == binding
    assert read_xmp(b"<a/>") is None


def test_a_packet_with_two_bindings_or_none_that_reads_is_refused() -> None:
    packet = xmp_packet(xmp_binding([LABEL]))
    start, end = packet.index(b"<mbxmp:"), packet.index(b"</rdf:Description>")

    for broken in (
        packet[:end] + packet[start:end] + packet[end:],
        packet.replace(packet[start:end], b"<mbxmp:bindingInformation/>"),
        packet.replace(packet[start:end], b"<mbxmp:bindingInformation><a/></mbxmp:bindingInformation>"),
    ):
        with pytest.raises(MalformedInput):
            read_xmp(broken)
