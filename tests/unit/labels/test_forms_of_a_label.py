"""One label in its forms: STANAG 4774 XML, banner and portion marks, OpenTDF attributes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from relto.base.errors import MalformedInput, NotVerified, ReltoError
from relto.labels.attributes import attributes_of, compare, label_attributes
from relto.labels.audience import Everyone
from relto.labels.label import Label
from relto.labels.markings import banner, portion, training_line
from relto.labels.stanag4774 import read_label, write_label
from tests.support.vectors import vector_files, vectors
from tests.unit.labels.labels_support import IND, POLICIES, USA, label, to, unstated, us_labels

SHARED = label(USA, "SECRET", to("USA", "IND"), caveats=frozenset({"ORCON"}))
XML = write_label(SHARED, POLICIES)
GOLDEN = (
    '<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0" '
    'ReviewDateTime="2036-11-22T00:00:00Z"><slab:ConfidentialityInformation>'
    '<slab:PolicyIdentifier URI="urn:oid:2.999.840.1">USA</slab:PolicyIdentifier>'
    "<slab:Classification>SECRET</slab:Classification>"
    '<slab:Category Type="PERMISSIVE" TagName="Releasable To" URI="urn:oid:2.999.840.1.1">'
    "<slab:GenericValue>IND</slab:GenericValue><slab:GenericValue>USA</slab:GenericValue></slab:Category>"
    '<slab:Category Type="INFORMATIVE" TagName="Owner" URI="urn:oid:2.999.840.1.2">'
    "<slab:GenericValue>USA</slab:GenericValue></slab:Category>"
    '<slab:Category Type="RESTRICTIVE" TagName="Caveats" URI="urn:oid:2.999.840.1.3">'
    "<slab:GenericValue>ORCON</slab:GenericValue></slab:Category></slab:ConfidentialityInformation>"
    '<slab:OriginatorID IDType="uniformResourceIdentifier">urn:example:node:usa</slab:OriginatorID>'
    "<slab:CreationDateTime>2026-11-22T14:00:00Z</slab:CreationDateTime></slab:originatorConfidentialityLabel>"
)


def test_the_written_label_has_its_golden_bytes() -> None:
    assert XML.decode() == GOLDEN


@settings(max_examples=60, deadline=None)
@given(us_labels())
def test_a_label_comes_back_exactly_from_its_xml(one: Label) -> None:
    assert read_label(write_label(one, POLICIES), POLICIES) == one


def test_indian_and_joint_labels_come_back_too() -> None:
    for item in (
        label(IND, "RESTRICTED", to("IND", "USA")),
        label(IND, "TOP SECRET", to("IND")),
        unstated(IND, "CONFIDENTIAL"),
        label(USA, "SECRET", to("USA", "IND"), owner=("USA", "IND")),
        replace(SHARED, originator_id="नोड@example.invalid", originator_id_type="rfc822Name"),
    ):
        assert read_label(write_label(item, POLICIES), POLICIES) == item


def test_what_relto_writes_is_valid_against_the_schema() -> None:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    schema = etree.XMLSchema(etree.parse(vectors("labels/xsd") / "nl-cl.xsd", parser))
    for item in (
        SHARED,
        unstated(USA, "SECRET"),
        label(USA, "UNCLASSIFIED", Everyone()),
        label(IND, "SECRET", to("IND")),
    ):
        schema.assertValid(etree.fromstring(write_label(item, POLICIES), parser))


@pytest.mark.parametrize("path", vector_files("labels/spiffing", "*.nato"), ids=lambda path: path.name)
def test_published_labels_that_break_the_standard_are_refused(path: object) -> None:
    with pytest.raises(MalformedInput):
        read_label(path.read_bytes(), POLICIES)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<slab:Classification>SECRET<", "<slab:Classification>\n SECRET </slab:Classification><"),
        ("", '<?xml version="1.0" encoding="UTF-8"?>'),
        ("originatorConfidentialityLabel", "ConfidentialityLabel"),
        (' URI="urn:oid:2.999.840.1">', ">"),
        ("T14:00:00Z", "T19:30:00+05:30"),
        ("T14:00:00Z", "T14:00:00.000Z"),
        ("</slab:CreationDateTime>", '</slab:CreationDateTime><x:note xmlns:x="urn:x">local</x:note>'),
        ("ReviewDateTime=", 'Id="L1" ReviewDateTime='),
        ("ReviewDateTime=", 'xmlns:x="urn:x" x:local="1" ReviewDateTime='),
    ],
)
def test_what_the_standard_leaves_free_is_accepted(old: str, new: str) -> None:
    if not old:
        text = new + GOLDEN
    elif old.startswith("<slab:Classification"):
        text = GOLDEN.replace("<slab:Classification>SECRET</slab:Classification>", new.removesuffix("<"))
    else:
        text = GOLDEN.replace(old, new)
    assert text != GOLDEN
    assert read_label(text.encode(), POLICIES) == SHARED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SECRET", "RESTRICTED"),
        (">SECRET<", ">secret<"),
        (">SECRET<", "><"),
        (">SECRET<", ">SEC<!-- x -->RET<"),
        (">SECRET<", ">SEC<?x y?>RET<"),
        (">USA</slab:Pol", ">FRA</slab:Pol"),
        ("urn:oid:2.999.840.1.1", "urn:oid:2.999.840.1.2"),
        ('"urn:oid:2.999.840.1"', '"urn:oid:2.999.356.1"'),
        ('"urn:oid:2.999.840.1"', '"2.999.840.1"'),
        ('URI="urn:oid:2.999.840.1"', 'URL="urn:oid:2.999.840.1"'),
        ("<slab:Classification>", '<slab:Classification URI="urn:oid:2.999">'),
        ("PERMISSIVE", "INFORMATIVE"),
        ("PERMISSIVE", "permissive"),
        ("Releasable To", "Programme"),
        ("TagName", "tagName"),
        ("<slab:GenericValue>IND</slab:GenericValue>", "<slab:GenericValue/>"),
        ("<slab:GenericValue>IND</slab:GenericValue>", "<slab:GenericValue>USA</slab:GenericValue>"),
        ("<slab:GenericValue>IND</slab:GenericValue>", "<slab:GenericValue>FVEY</slab:GenericValue>"),
        ("<slab:GenericValue>IND</slab:GenericValue>", "<slab:GenericValue>EVERYONE</slab:GenericValue>"),
        ("<slab:GenericValue>IND</slab:GenericValue>", "<slab:IntegerValue>1</slab:IntegerValue>"),
        ("<slab:GenericValue>IND</slab:GenericValue>", "<slab:CategoryValue>IND</slab:CategoryValue>"),
        ("<slab:GenericValue>ORCON</slab:GenericValue>", ""),
        (">ORCON<", ">EYES<"),
        ("</slab:Classification>", "</slab:Classification><slab:PrivacyMark>CLEAR</slab:PrivacyMark>"),
        ("</slab:ConfidentialityInformation>", '<x:more xmlns:x="urn:x"/></slab:ConfidentialityInformation>'),
        ("</slab:ConfidentialityInformation>", "text</slab:ConfidentialityInformation>"),
        (' ReviewDateTime="2036-11-22T00:00:00Z"', ""),
        ("2036-11-22T00:00:00Z", "2036-11-22T00:00:00"),
        ("2036-11-22T00:00:00Z", "2036-02-30T00:00:00Z"),
        ("2026-11-22T14:00:00Z", "0001-01-01T00:00:00+14:00"),
        ("IDType", "idType"),
        ("ReviewDateTime=", 'Id="#L1" ReviewDateTime='),
        ("ReviewDateTime=", 'xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="true" ReviewDateTime='),
        ("uniformResourceIdentifier", "name"),
        ("originatorConfidentialityLabel", "OriginatorConfidentialityLabel"),
        ("originatorConfidentialityLabel", "alternativeConfidentialityLabel"),
        ("urn:nato:stanag:4774:confidentialitymetadatalabel:1:0", "urn:nato:stanag:4774:other"),
        ("</slab:CreationDateTime>", "</slab:CreationDateTime><slab:SuccessionHandling/>"),
        ("</slab:CreationDateTime>", "</slab:CreationDateTime><slab:CreationDateTime/>"),
        ("</slab:CreationDateTime>", "</slab:CreationDateTime><more/>"),
        ("</slab:originator", "</broken:originator"),
    ],
)
def test_a_strict_reader_refuses_it(old: str, new: str) -> None:
    text = GOLDEN.replace(old, new)
    assert text != GOLDEN
    with pytest.raises(MalformedInput):
        read_label(text.encode(), POLICIES)


def test_entities_document_types_encodings_and_size_are_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "SECRET">]>' + GOLDEN.replace(">SECRET<", ">&b;<")
    doctype = "<!DOCTYPE x>" + GOLDEN
    for data in (
        bomb.encode(),
        doctype.encode(),
        GOLDEN.encode("utf-16"),
        GOLDEN.encode() + b" " * 70_000,
        b"",
        b"<!--x-->" + XML,
        b'<?xml version="1.0" encoding="UTF-7"?>' + XML,
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + XML,
        b'<?xml version="1.0" encoding="none-such"?>' + XML,
        b'<?xml version="1.1"?>' + XML,
        GOLDEN.encode("utf-16-le"),
    ):
        with pytest.raises(MalformedInput):
            read_label(data, POLICIES)


@settings(max_examples=80, deadline=None)
@given(position=st.integers(0, len(XML) - 1), value=st.integers(0, 255))
def test_a_changed_byte_gives_our_own_error_or_a_valid_label(position: int, value: int) -> None:
    damaged = bytearray(XML)
    damaged[position] = value
    try:
        found = read_label(bytes(damaged), POLICIES)
    except ReltoError:
        return
    assert read_label(write_label(found, POLICIES), POLICIES) == found


@pytest.mark.parametrize(
    ("item", "expected_banner", "expected_portion"),
    [
        (label(USA, "SECRET", to("USA", "IND")), "SECRET//REL TO USA, IND", "(S//REL TO USA, IND)"),
        (
            label(USA, "TOP SECRET", to("USA", "IND", "GBR")),
            "TOP SECRET//REL TO USA, GBR, IND",
            "(TS//REL TO USA, GBR, IND)",
        ),
        (label(USA, "SECRET", to("USA")), "SECRET//NOFORN", "(S//NF)"),
        (unstated(USA, "SECRET"), "SECRET", "(S)"),
        (label(USA, "UNCLASSIFIED", Everyone()), "UNCLASSIFIED", "(U)"),
        (SHARED, "SECRET//ORCON/REL TO USA, IND", "(S//OC/REL TO USA, IND)"),
        (
            label(USA, "SECRET", to("USA"), caveats=frozenset({"IMCON", "PROPIN", "ORCON"})),
            "SECRET//ORCON/NOFORN/PROPIN/IMCON",
            "(S//OC/NF/PR/IMC)",
        ),
        (label(IND, "SECRET", to("USA", "IND")), "//IND SECRET//REL TO USA, IND", "(//IND S//REL TO USA, IND)"),
        (label(IND, "RESTRICTED", to("IND")), "//IND RESTRICTED", "(//IND R)"),
        (
            label(USA, "SECRET", to("USA", "IND"), owner=("USA", "IND")),
            "//JOINT SECRET IND USA//REL TO USA, IND",
            "(//JOINT S IND USA//REL TO USA, IND)",
        ),
    ],
)
def test_markings_follow_the_us_grammar(item: Label, expected_banner: str, expected_portion: str) -> None:
    assert banner(item, POLICIES) == expected_banner
    assert portion(item, POLICIES) == expected_portion


def test_indian_markings_show_the_hindi_word_of_the_policy_and_the_english_one() -> None:
    item = label(IND, "SECRET", to("USA", "IND"))
    assert banner(item, POLICIES, "hi") == banner(item, POLICIES, "hi-IN") == "गुप्त / SECRET//REL TO USA, IND"
    assert portion(item, POLICIES, "hi") == "(गुप्त / S//REL TO USA, IND)"
    assert banner(replace(item, owner=(USA.nation,)), POLICIES, "hi") == "//USA गुप्त / SECRET//REL TO USA, IND"
    assert banner(label(USA, "SECRET", to("USA")), POLICIES, "hi") == "SECRET//NOFORN"


def test_the_training_line_is_policy_data() -> None:
    assert training_line(USA) == training_line(USA, "hi") == "MARKINGS ARE FOR TRAINING PURPOSES ONLY"
    assert training_line(IND, "hi") != training_line(IND)


def test_an_invalid_label_is_neither_written_nor_rendered() -> None:
    invalid = label(USA, "SECRET", Everyone())
    for form in (write_label, banner, portion):
        with pytest.raises(MalformedInput):
            form(invalid, POLICIES)


def test_attributes_say_the_label_one_to_one() -> None:
    names = label_attributes(SHARED, "MONSOON-LARK")
    assert names == [
        f"https://relto.invalid/attr/{name}"
        for name in (
            "caveat/value/orcon",
            "classification/value/usa-secret",
            "owner/value/usa",
            "programme/value/monsoon-lark",
            "releasable-to/value/ind",
            "releasable-to/value/usa",
        )
    ]
    found = attributes_of(names)
    assert found.level == "usa-secret"
    assert (found.owner, found.audience, found.caveats) == (SHARED.owner, SHARED.release, SHARED.caveats)
    assert found.programme == "MONSOON-LARK"
    assert attributes_of(label_attributes(label(USA, "UNCLASSIFIED", Everyone()), None)).audience == Everyone()
    with pytest.raises(MalformedInput):
        label_attributes(SHARED, "monsoon lark")


@settings(max_examples=80, deadline=None)
@given(us_labels(), us_labels(), st.sampled_from([None, "LARK-1"]), st.sampled_from([None, "LARK-1", "LARK-2"]))
def test_a_policy_that_says_anything_but_the_label_is_a_mismatch(
    one: Label, other: Label, programme: str | None, claimed: str | None
) -> None:
    names = label_attributes(other, claimed)
    shown = (one.level, one.release, one.caveats, programme)
    if shown == (other.level, other.release, other.caveats, claimed):
        compare(one, programme, names[::-1])
    else:
        with pytest.raises(NotVerified) as refusal:
            compare(one, programme, names)
        assert refusal.value.full_code == "not_verified.label_policy_mismatch"


@pytest.mark.parametrize(
    "changed",
    [
        [],
        ["https://relto.invalid/attr/classification/value/usa-secret"],
        [*label_attributes(SHARED, None), "https://example.invalid/attr/owner/value/usa"],
        [*label_attributes(SHARED, None), "https://relto.invalid/attr/other/value/usa"],
        [*label_attributes(SHARED, None), "https://relto.invalid/attr/releasable-to/value/everyone"],
        [*label_attributes(SHARED, None), "https://relto.invalid/attr/owner/value/usa"],
        [*label_attributes(SHARED, None), "https://relto.invalid/attr/classification/value/usa-confidential"],
        [name.replace("usa-secret", "USA-SECRET") for name in label_attributes(SHARED, None)],
        [name for name in label_attributes(SHARED, None) if "releasable-to" not in name],
        [name.replace("attr/caveat", "attr/programme") for name in label_attributes(SHARED, None)],
    ],
)
def test_strange_attributes_are_a_mismatch_and_not_a_crash(changed: list[str]) -> None:
    with pytest.raises(NotVerified):
        compare(SHARED, None, changed)
