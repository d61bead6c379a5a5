"""Labels as XML: what is written is valid and reads back the same; what breaks the standard is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, ReltoError, TooLarge
from relto.labels.nato.label_xml import LIMITS, read_policy_label, write_policy_label
from relto.labels.nato.lenient_labels import read_label_leniently
from relto.labels.nato.policy_label import (
    MAX_SUCCESSIONS,
    NAMESPACE,
    Category,
    ConfidentialityInformation,
    Originator,
    PolicyLabel,
    Succession,
    SuccessorLabel,
)
from relto.labels.stanag4774 import write_label
from tests.unit.labels import labels_support as own
from tests.unit.labels.nato.nato_support import (
    CREATED,
    REVIEW,
    category,
    handling,
    info,
    is_valid,
    label,
    policy_labels,
    release,
)

_OWN_EXAMPLE = f"""<s:originatorConfidentialityLabel xmlns:s="{NAMESPACE}"
 Id="L1" ReviewDateTime="2036-01-01T00:00:00Z">
 <s:ConfidentialityInformation><s:PolicyIdentifier URI="urn:oid:2.999.1">EXERCISE</s:PolicyIdentifier>
  <s:Classification>SECRET</s:Classification>
  <s:Category Type="PERMISSIVE" TagName="Release" URI="urn:oid:2.999.1.1"><s:GenericValue>IND</s:GenericValue>
   <s:GenericValue>USA</s:GenericValue></s:Category></s:ConfidentialityInformation>
 <s:OriginatorID IDType="uniformResourceIdentifier">urn:example:node:usa</s:OriginatorID>
 <s:CreationDateTime>2026-01-01T00:00:00Z</s:CreationDateTime></s:originatorConfidentialityLabel>"""


@given(policy_labels())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_valid_and_reads_back_the_same(one: PolicyLabel) -> None:
    data = write_policy_label(one)

    assert is_valid(data, "nl-cl.xsd")
    assert read_policy_label(data) == one
    assert write_policy_label(read_policy_label(data)) == data


def test_the_order_of_categories_and_values_means_nothing() -> None:
    one = label(info("CLOSED", release("IND", "USA"), handling("ALPHA")))
    other = label(info("CLOSED", handling("ALPHA"), release("USA", "IND")))

    assert one == other
    assert write_policy_label(one) == write_policy_label(other)


def test_the_example_of_the_reference_is_read() -> None:
    read = read_policy_label(_OWN_EXAMPLE.encode())

    assert read.information.policy_oid == "2.999.1"
    assert read.information.categories[0].values == ("IND", "USA")
    assert read.identifier == "L1"
    assert read.review_by == datetime(2036, 1, 1, tzinfo=UTC)


def test_our_own_label_reads_as_a_label_of_its_policy() -> None:
    data = write_label(own.label(own.USA, "SECRET", own.to("USA", "IND")), own.POLICIES)

    read = read_policy_label(data)

    assert (read.information.policy_name, read.information.classification) == ("USA", "SECRET")
    assert {one.tag_name: one.values for one in read.information.categories}["Releasable To"] == ("IND", "USA")


@pytest.mark.parametrize("root", ["alternativeConfidentialityLabel", "metadataConfidentialityLabel"])
def test_the_three_roots_keep_their_role(root: str) -> None:
    read = read_policy_label(_OWN_EXAMPLE.replace("originatorConfidentialityLabel", root).encode())

    assert root.startswith(read.role)
    assert root.encode() in write_policy_label(read)


def test_the_old_root_is_read_and_never_written() -> None:
    read = read_policy_label(_OWN_EXAMPLE.replace("originatorConfidentialityLabel", "ConfidentialityLabel").encode())

    assert read.role == "originator"
    assert b"originatorConfidentialityLabel" in write_policy_label(read)


def test_comments_and_foreign_parts_outside_the_information_are_passed_over_or_kept() -> None:
    text = _OWN_EXAMPLE.replace("<s:Category ", "<!-- release --><s:Category ").replace(
        "</s:originatorConf", "<x:y xmlns:x='urn:example:x' z='1'/></s:originatorConf"
    )
    text = text.replace(' Id="L1"', ' Id="L1" xmlns:x="urn:example:x" x:local="1"')

    read = read_policy_label(text.encode())

    assert read.extensions == ('<x:y xmlns:x="urn:example:x" z="1"></x:y>',)
    assert is_valid(write_policy_label(read), "nl-cl.xsd")


_REFUSED = {
    "a published misspelling of a root": ("originatorConfidentialityLabel", "alternateConfidentialityLabel"),
    "a capital in the root": ("originatorConfidentialityLabel", "OriginatorConfidentialityLabel"),
    "no review date": (' ReviewDateTime="2036-01-01T00:00:00Z"', ""),
    "a review date without zone": ("2036-01-01T00:00:00Z", "2036-01-01T00:00:00"),
    "a creation date without zone": ("2026-01-01T00:00:00Z<", "2026-01-01T00:00:00<"),
    "a day that is none": ("2026-01-01T00:00:00Z<", "2026-02-30T00:00:00Z<"),
    "a zone beyond fourteen hours": ("2026-01-01T00:00:00Z<", "2026-01-01T00:00:00+14:30<"),
    "no creation date": ("<s:CreationDateTime>2026-01-01T00:00:00Z</s:CreationDateTime>", ""),
    "the published CreationDataTime": ("CreationDateTime", "CreationDataTime"),
    "an Id with a number sign": ('Id="L1"', 'Id="#L1"'),
    "URL for URI": ('URI="urn:oid:2.999.1.1"', 'URL="urn:oid:2.999.1.1"'),
    "a URI that is no oid": ('URI="urn:oid:2.999.1.1"', 'URI="http://example.org/"'),
    "a URI on the classification": ("<s:Classification>", '<s:Classification URI="urn:oid:2.999">'),
    "a lower-case kind": ('Type="PERMISSIVE"', 'Type="permissive"'),
    "lower-case attributes": ('TagName="Release"', 'tagName="Release"'),
    "an IntegerValue": ("<s:GenericValue>IND</s:GenericValue>", "<s:IntegerValue>1</s:IntegerValue>"),
    "a CategoryValue": ("<s:GenericValue>IND</s:GenericValue>", "<s:CategoryValue>IND</s:CategoryValue>"),
    "a value twice": ("<s:GenericValue>IND</s:GenericValue>", "<s:GenericValue>USA</s:GenericValue>"),
    "an empty value": ("<s:GenericValue>IND</s:GenericValue>", "<s:GenericValue/>"),
    "a value with an unseen character": ("IND</s:Gen", "IND&#x202E;</s:Gen"),
    "a value that a comment interrupts": ("IND</s:Gen", "IN<!-- -->D</s:Gen"),
    "an empty tag name": ('TagName="Release"', 'TagName=""'),
    "an empty policy": (">EXERCISE<", "> <"),
    "an unknown element inside the information": (
        "</s:ConfidentialityInformation>",
        "<x:control xmlns:x='urn:example:x'/></s:ConfidentialityInformation>",
    ),
    "an attribute on the information": ("<s:ConfidentialityInformation>", "<s:ConfidentialityInformation a='1'>"),
    "a foreign attribute on a category": ("<s:Category ", "<s:Category xmlns:x='urn:x' x:not='true' "),
    "an xsi:type": ("<s:Category ", '<s:Category xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x" '),
    "an unknown element of the label's namespace": ("</s:originatorConf", "<s:More/></s:originatorConf"),
    "an element without namespace": ("</s:originatorConf", "<More/></s:originatorConf"),
    "an unknown type of originator": ("uniformResourceIdentifier", "twitterHandle"),
    "elements in another order": (
        "<s:Classification>SECRET</s:Classification>",
        "<s:PrivacyMark>CLEAR</s:PrivacyMark><s:Classification>SECRET</s:Classification>",
    ),
    "text between elements": ("<s:Category ", "RESTRICTED<s:Category "),
    "another namespace": (NAMESPACE, "urn:nato:stanag:4774:confidentialitymetadatalabel:2:0"),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_what_breaks_the_standard_is_refused(name: str) -> None:
    old, new = _REFUSED[name]
    assert old in _OWN_EXAMPLE

    with pytest.raises(MalformedInput):
        read_policy_label(_OWN_EXAMPLE.replace(old, new).encode())


def test_a_category_that_stands_twice_is_refused() -> None:
    start = _OWN_EXAMPLE.index("<s:Category ")
    end = _OWN_EXAMPLE.index("</s:Category>") + len("</s:Category>")
    again = _OWN_EXAMPLE[start:end].replace("IND", "GBR").replace("USA", "FRA")

    for twice in (again, again.replace(' URI="urn:oid:2.999.1.1"', "")):
        with pytest.raises(MalformedInput):
            read_policy_label((_OWN_EXAMPLE[:end] + twice + _OWN_EXAMPLE[end:]).encode())


def test_two_tag_sets_of_one_name_are_two_when_both_say_who_they_are() -> None:
    two = info(
        "OPEN", category("PERMISSIVE", "Release", "IND", oid="2.1"), category("PERMISSIVE", "Release", "IND", oid="2.2")
    )

    assert read_policy_label(write_policy_label(label(two))).information == two


def _successor(depth: int) -> SuccessorLabel:
    inner = None if depth == 0 else Succession(REVIEW, _successor(depth - 1))
    return SuccessorLabel(info("OPEN"), CREATED, succession=inner)


def test_a_succession_stands_in_for_the_review_date_and_lowers_nothing_by_itself() -> None:
    one = PolicyLabel(info("CLOSED", release("IND")), CREATED, succession=Succession(REVIEW, _successor(0)))

    read = read_policy_label(write_policy_label(one))

    assert read == one
    assert read.successor_due_at == REVIEW
    assert read.information.classification == "CLOSED"


def test_successors_of_successors_are_bounded() -> None:
    with pytest.raises(TooLarge):
        PolicyLabel(info("OPEN"), CREATED, succession=Succession(REVIEW, _successor(MAX_SUCCESSIONS)))
    data = write_policy_label(PolicyLabel(info("OPEN"), CREATED, succession=Succession(REVIEW, _successor(0))))
    start = data.index(b"<slab:SuccessionHandling>")
    inner = data[start : data.index(b"</slab:SuccessionHandling>") + len(b"</slab:SuccessionHandling>")]
    for _ in range(MAX_SUCCESSIONS + 1):
        data = data.replace(
            b"</slab:SuccessorConfidentialityLabel>", inner + b"</slab:SuccessorConfidentialityLabel>", 1
        )

    with pytest.raises(TooLarge):
        read_policy_label(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"\xff\xfe",
        _OWN_EXAMPLE.encode("utf-16"),
        b'<!DOCTYPE a [<!ENTITY e "SECRET">]>' + _OWN_EXAMPLE.encode().replace(b">SECRET<", b">&e;<"),
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + _OWN_EXAMPLE.encode(),
        b" " * (LIMITS.max_bytes + 1),
        _OWN_EXAMPLE.encode().replace(b"</s:orig", b"<x:a xmlns:x='x:x'>" * 100 + b"</x:a>" * 100 + b"</s:orig"),
        _OWN_EXAMPLE.encode().replace(
            b"</s:Category>", b"<s:GenericValue>A</s:GenericValue>" * 20000 + b"</s:Category>"
        ),
    ],
)
@pytest.mark.parametrize("read", [read_policy_label, read_label_leniently])
def test_hostile_input_is_refused_by_both_readers(data: bytes, read: object) -> None:
    with pytest.raises(MalformedInput):
        read(data)  # type: ignore[operator]


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_damaged_label_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(_OWN_EXAMPLE.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for read in (read_policy_label, read_label_leniently):
        try:
            read(bytes(raw))
        except ReltoError as refused:
            assert isinstance(refused, MalformedInput)  # noqa: PT017  a damaged byte may also leave a valid label


@pytest.mark.parametrize(
    "make",
    [
        lambda: Category("PERMISSIVE", "Release", ()),
        lambda: Category("PERMISSIVE", "Release", ("A", "A")),
        lambda: Category("permissive", "Release", ("A",)),  # type: ignore[arg-type]
        lambda: Category("PERMISSIVE", "Release", ("A\n",)),
        lambda: Category("PERMISSIVE", "Release", ("A",), "not.an.oid"),
        lambda: ConfidentialityInformation("A  B", "C"),
        lambda: ConfidentialityInformation("A", ""),
        lambda: Originator("x", "name"),
        lambda: PolicyLabel(info("OPEN"), CREATED),
        lambda: PolicyLabel(info("OPEN"), CREATED.replace(tzinfo=None), review_by=REVIEW),
        lambda: PolicyLabel(info("OPEN"), CREATED, review_by=REVIEW, identifier="1"),
    ],
)
def test_a_label_that_could_not_be_written_cannot_be_made(make: object) -> None:
    with pytest.raises(MalformedInput):
        make()  # type: ignore[operator]


# The lenient reader

_DEPARTING = {
    ("originatorConfidentialityLabel", "OriginatorConfidentialityLabel"): "root.name",
    ("originatorConfidentialityLabel", "alternateConfidentialityLabel"): "root.name",
    (' ReviewDateTime="2036-01-01T00:00:00Z"', ""): "review",
    ("<s:CreationDateTime>2026-01-01T00:00:00Z</s:CreationDateTime>", ""): "created",
    ('Id="L1"', 'Id="#L1"'): "id",
    ('URI="urn:oid:2.999.1.1"', 'URL="urn:oid:2.999.1.1"'): "uri.name",
    ('Type="PERMISSIVE"', 'Type="permissive"'): "category.type",
    ('Type="PERMISSIVE" TagName', 'type="PERMISSIVE" tagName'): "attribute.case",
    ("<s:GenericValue>IND</s:GenericValue>", "<s:CategoryValue>IND</s:CategoryValue>"): "category.value_element",
    ("<s:Classification>", '<s:Classification URI="urn:oid:2.999">'): "classification.uri",
}


@pytest.mark.parametrize("change", _DEPARTING)
def test_known_departures_are_read_leniently_and_named(change: tuple[str, str]) -> None:
    departed = _OWN_EXAMPLE.replace(*change).encode()
    with pytest.raises(MalformedInput):
        read_policy_label(departed)

    reading = read_label_leniently(departed)

    assert _DEPARTING[change] in reading.departures
    assert reading.information == read_policy_label(_OWN_EXAMPLE.encode()).information


def test_a_valid_label_departs_in_nothing() -> None:
    reading = read_label_leniently(_OWN_EXAMPLE.encode())

    assert reading.departures == ()
    assert reading.as_label() == read_policy_label(_OWN_EXAMPLE.replace(' Id="L1"', "").encode())


def test_a_lenient_reading_becomes_a_label_only_when_a_person_gives_what_is_missing() -> None:
    bare = _OWN_EXAMPLE.replace(' ReviewDateTime="2036-01-01T00:00:00Z"', "").replace(
        "<s:CreationDateTime>2026-01-01T00:00:00Z</s:CreationDateTime>", ""
    )
    reading = read_label_leniently(bare.encode())

    with pytest.raises(MalformedInput):
        reading.as_label(review_by=REVIEW)
    with pytest.raises(MalformedInput):
        reading.as_label(created=CREATED)
    assert is_valid(write_policy_label(reading.as_label(created=CREATED, review_by=REVIEW)), "nl-cl.xsd")


def test_an_unknown_control_is_refused_leniently_too() -> None:
    text = _OWN_EXAMPLE.replace("</s:ConfidentialityInf", "<x:y xmlns:x='urn:example:x'/></s:ConfidentialityInf")

    with pytest.raises(MalformedInput):
        read_label_leniently(text.encode())
