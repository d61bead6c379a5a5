"""A policy file is taken whole or refused: what the schema demands, and what it forgets to check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.base.nations import Nation
from relto.labels.controls import Controls, OpenForeignInformation
from relto.labels.mapping import EquivalenceTable
from relto.labels.nato.label_xml import read_policy_label
from relto.labels.nato.policy_export import spif_of_policy
from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from relto.labels.nato.policy_marking import marking
from relto.labels.nato.spif import Spif, TagType
from relto.labels.nato.spif_reading import LIMITS, read_spif
from relto.labels.nato.spif_writing import write_spif
from relto.labels.nato.validity import faults_of
from relto.labels.stanag4774 import read_label, write_label
from tests.unit.labels import labels_support as own
from tests.unit.labels.nato.nato_support import EXERCISE, NOW, exercise, is_valid, schema

_RELEASE_GROUP = '<spif:categoryGroup tagSetRef="Release" tagType="permissive" all="true"/>'


def _refused(text: str) -> MalformedInput:
    with pytest.raises(MalformedInput) as refused:
        read_spif(text.encode())
    return refused.value


def test_a_policy_file_is_read_and_written_again_the_same() -> None:
    written = write_spif(exercise())

    assert read_spif(written) == exercise()
    assert write_spif(read_spif(written)) == written
    assert is_valid(written, "spif-2.1.xsd")


def test_version_three_is_refused_by_its_name() -> None:
    error = _refused(EXERCISE.replace('schemaVersion="2.1"', 'schemaVersion="3.0"'))

    assert isinstance(error, UnknownValue)
    assert error.full_code == "unknown.spif.version_3"


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_older_versions_of_the_same_schema_are_read(version: str) -> None:
    assert read_spif(EXERCISE.replace('"2.1"', f'"{version}"').encode()).issue.schema_version == version


_AGAINST_THE_SCHEMA = {
    "an unqualified child": ("<spif:tagCategory", "<tagCategory xmlns=''", 1),
    "an unknown attribute": ('name="OPEN" lacv', 'name="OPEN" fgcolor="red" lacv', 1),
    "a missing attribute": (' hierarchy="1"', "", 1),
    "the tag sets before the levels": (
        "<spif:securityPolicyId",
        "<spif:securityCategoryTagSets/><spif:securityPolicyId",
        1,
    ),
    "an unknown marking code": ("<spif:code>portionMarking", "<spif:code>finalSeparator", 1),
    "an unknown tag type": ('tagType="tagType7"', 'tagType="informative"', 1),
    "a level name twice": ('name="SEALED" lacv="3"', 'name="OPEN" lacv="3"', 1),
    "a level lacv twice": ('name="SEALED" lacv="3"', 'name="SEALED" lacv="2"', 1),
    "a tag set identifier twice": ('id="2.999.7.3"', 'id="2.999.7.1"', 1),
    "an excluded level that is not there": ("<spif:excludedClass>OPEN<", "<spif:excludedClass>SHUT<", 1),
    "a required level that is not there": ('requiredClass="SEALED"', 'requiredClass="SHUT"', 1),
    "an excluded tag set that is not there": (
        '<spif:excludedCategory tagSetRef="Release"',
        '<spif:excludedCategory tagSetRef="Realise"',
        1,
    ),
    "an object identifier that is none": ('id="2.999.7.1"', 'id="urn:oid:2.999.7.1"', 1),
    "an equivalence with a policy that is not named": (
        '<spif:markingData phrase="SHUT">',
        '<spif:equivalentClassification policyRef="OTHER" lacv="1" applied="both"/><spif:markingData phrase="SHUT">',
        1,
    ),
}


@pytest.mark.parametrize("name", _AGAINST_THE_SCHEMA)
def test_what_the_schema_refuses_is_refused(name: str) -> None:
    old, new, count = _AGAINST_THE_SCHEMA[name]
    text = EXERCISE.replace(old, new, count)
    if name == "an unqualified child":
        text = text.replace("</spif:tagCategory>", "</tagCategory>", 1)
    assert text != EXERCISE

    assert not is_valid(text.encode(), "spif-2.1.xsd")
    _refused(text)


_BEYOND_THE_SCHEMA = {
    "a hierarchy twice": ('lacv="3" hierarchy="3"', 'lacv="3" hierarchy="2"'),
    "a requirement of a tag set that is not there": (
        '<spif:categoryGroup tagSetRef="Release" tagType="permissive" lacv="01"/>',
        '<spif:categoryGroup tagSetRef="Realise" tagType="permissive" lacv="01"/>',
    ),
    "a requirement of a lacv that is not there": ('tagType="permissive" lacv="01"', 'tagType="permissive" lacv="99"'),
    "a reference of a type the set has not": ('tagType="permissive" lacv="01"', 'tagType="restrictive" lacv="01"'),
    "a value name twice": ('<spif:tagCategory name="USA" lacv="2"/>', '<spif:tagCategory name="IND" lacv="2"/>'),
    "a value lacv twice, written otherwise": (
        '<spif:tagCategory name="USA" lacv="2"/>',
        '<spif:tagCategory name="USA" lacv="001"/>',
    ),
    "neither lacv nor all": (_RELEASE_GROUP, _RELEASE_GROUP.replace(' all="true"', "")),
    "both lacv and all": (_RELEASE_GROUP, _RELEASE_GROUP.replace(' all="true"', ' all="true" lacv="1"')),
    "an enumerated tag of no type": (' enumType="permissive"', ""),
    "an enumType on a permissive tag": (
        'name="Release" tagType="permissive"',
        'name="R" tagType="permissive" enumType="restrictive"',
    ),
    "a minimum above the maximum": ('maxSelection="2"', 'maxSelection="2" minSelection="3"'),
    "an instant without a zone": ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00"),
    "an end before the beginning": ("2028-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    "a requirement without operation": ('<spif:requiredCategory operation="onlyOne">', "<spif:requiredCategory>"),
}


@pytest.mark.parametrize("name", _BEYOND_THE_SCHEMA)
def test_what_the_schema_lets_pass_and_we_cannot_is_refused(name: str) -> None:
    old, new = _BEYOND_THE_SCHEMA[name]
    text = EXERCISE.replace(old, new, 1)
    assert text != EXERCISE

    assert is_valid(text.encode(), "spif-2.1.xsd")
    _refused(text)


def test_a_partial_file_may_leave_out_what_it_refers_to_and_then_it_cannot_be_given() -> None:
    text = EXERCISE.replace('<spif:tagCategory name="USA" lacv="2"/>', "", 1).encode()
    with pytest.raises(MalformedInput):
        read_spif(text)

    spif = read_spif(text, is_partial=True)

    information = ConfidentialityInformation("EXERCISE", "OPEN", (Category("PERMISSIVE", "Release", ("FRA", "USA")),))
    assert {fault.code for fault in faults_of(information, spif, NOW)} == {"value.unknown", "value.required_category"}


_HOSTILE = {
    "an entity": '<!DOCTYPE x [<!ENTITY e "x">]>' + EXERCISE.replace('phrase="SHUT"', 'phrase="&e;"'),
    "a thousand million entities": "<!DOCTYPE x ["
    '<!ENTITY a0 "x">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
    + EXERCISE.replace('phrase="SHUT"', 'phrase="&a9;"'),
    "a DTD elsewhere": '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">' + EXERCISE,
    "a DTD after a comment": '<?xml version="1.0"?><!-- a > b --><!DOCTYPE x>' + EXERCISE,
    "an undeclared entity": EXERCISE.replace("<spif:excludedClass>OPEN", "<spif:excludedClass>&amp;&open;"),
    "too deep": EXERCISE.replace(
        "</spif:SPIF>", "<spif:extensions>" + "<a>" * 200 + "</a>" * 200 + "</spif:extensions></spif:SPIF>"
    ),
    "a value in two pieces": EXERCISE.replace("<spif:excludedClass>OPEN", "<spif:excludedClass>OP<!-- -->EN"),
    "a foreign encoding": '<?xml version="1.0" encoding="ISO-8859-1"?>' + EXERCISE,
    "XML 1.1": '<?xml version="1.1"?>' + EXERCISE,
    "text between elements": EXERCISE.replace("</spif:SPIF>", "SECRET</spif:SPIF>"),
    "an xsi:nil": EXERCISE.replace(
        "<spif:SPIF ", '<spif:SPIF xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" '
    ),
    "no SPIF": "<a/>",
    "nothing": "",
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_hostile_files_are_refused_and_fetch_nothing(name: str) -> None:
    _refused(_HOSTILE[name])


@pytest.mark.parametrize("data", [EXERCISE.encode("utf-16"), b"\xff" + EXERCISE.encode(), EXERCISE.encode() + b"\x00"])
def test_only_utf_8_is_read(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_spif(data)


def test_a_file_larger_than_the_bound_is_not_parsed() -> None:
    with pytest.raises(TooLarge):
        read_spif(b" " * (LIMITS.max_bytes + 1))


def test_a_file_of_too_many_elements_is_refused() -> None:
    many = "<spif:extensions>" + "<a/>" * LIMITS.max_elements + "</spif:extensions></spif:SPIF>"
    with pytest.raises(TooLarge):
        read_spif(EXERCISE.replace("</spif:SPIF>", many).encode())


def test_comments_and_extensions_change_nothing() -> None:
    text = EXERCISE.replace("<spif:excludedClass>", "<!-- a comment --><spif:excludedClass>").replace(
        "</spif:SPIF>", "<spif:extensions><x:y xmlns:x='urn:example:x'>z</x:y></spif:extensions></spif:SPIF>"
    )
    read = read_spif(b"\xef\xbb\xbf" + b"<?xml version='1.0'?><?xml-stylesheet href='x'?>" + text.encode())

    assert replace(read, extensions=()) == exercise()
    assert read.extensions == ('<x:y xmlns:x="urn:example:x">z</x:y>',)
    assert read_spif(write_spif(read)) == read


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(EXERCISE.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_spif(bytes(raw))
    except MalformedInput:
        return
    assert read_spif(write_spif(read)) == read


def test_one_lacv_under_two_types_is_told_apart_by_its_type() -> None:
    text = EXERCISE.replace(
        '<spif:securityCategoryTag name="Notes"',
        '<spif:securityCategoryTag name="N" tagType="restrictive"><spif:tagCategory name="LOCAL" lacv="1"/>'
        '</spif:securityCategoryTag><spif:securityCategoryTag name="Notes"',
    )
    spif = read_spif(text.encode())

    found = [spif.value_by_lacv("2.999.7.3", TagType(name), "1") for name in ("restrictive", "tagType7")]

    assert [None if one is None else one[1].name for one in found] == ["LOCAL", "STAFF"]


def _exported(policy: Any = own.USA) -> Spif:
    nations = [Nation("IND"), Nation("USA")]
    return spif_of_policy(policy, nations, NOW, originator_dn="CN=relto", key_identifier="00", table=own.TABLE)


@pytest.mark.parametrize("policy", [own.USA, own.IND], ids=["USA", "IND"])
def test_our_policies_are_exported_valid_and_the_same_each_time(policy: Any) -> None:
    written = write_spif(_exported(policy))

    assert schema("spif-2.1.xsd")
    assert is_valid(written, "spif-2.1.xsd")
    assert read_spif(written) == _exported(policy)
    assert written == write_spif(_exported(policy))


def _as_information(label: Any) -> ConfidentialityInformation:

    return read_policy_label(write_label(label, own.POLICIES)).information


def test_our_label_is_valid_under_our_exported_policy_and_shows_the_same_words() -> None:
    label = own.label(own.USA, "SECRET", own.to("USA", "IND"))

    information = _as_information(label)

    assert faults_of(information, _exported(), NOW) == ()
    assert marking(information, _exported()) == "SECRET//REL TO USA, IND"
    assert marking(information, _exported(), place="portionMarking") == "S//REL TO USA, IND"
    assert read_label(write_label(label, own.POLICIES), own.POLICIES) == label


def test_our_hindi_words_are_in_the_exported_policy() -> None:
    information = _as_information(own.label(own.IND, "SECRET", own.to("USA", "IND")))

    assert marking(information, _exported(own.IND), "hi-IN").startswith(own.IND.entry("SECRET").markings["hi"])


def test_an_unstated_release_is_not_valid_elsewhere_either() -> None:
    information = _as_information(own.unstated(own.USA, "SECRET"))

    assert {fault.code for fault in faults_of(information, _exported(), NOW)} == {"level.required_category"}


def test_a_caveat_below_its_lowest_level_is_not_valid_in_the_exported_policy() -> None:
    caveats = Category("RESTRICTIVE", "Caveats", ("IMCON",))
    information = ConfidentialityInformation(
        "USA", "CONFIDENTIAL", (caveats, Category("PERMISSIVE", "Releasable To", ("USA",)))
    )

    assert {fault.code for fault in faults_of(information, _exported(), NOW)} == {"value.excluded_class"}


def _with_controls(level: str, *controls: str) -> ConfidentialityInformation:
    values = (Category("RESTRICTIVE", "Controls", controls), Category("PERMISSIVE", "Releasable To", ("IND", "USA")))
    return ConfidentialityInformation("USA", level, values)


def test_the_controls_that_a_policy_names_are_in_its_file() -> None:
    label = replace(
        own.label(own.USA, "TOP SECRET", own.to("USA", "IND")),
        controls=Controls(
            dissem=frozenset({"RSEN"}), sci=frozenset({("TK",)}), fgi=OpenForeignInformation(frozenset({"IND"}))
        ),
    )
    information = read_policy_label(write_label(label, own.POLICIES)).information

    assert faults_of(information, _exported(), NOW) == ()
    assert marking(information, _exported()) == "TOP SECRET//TK/RSEN/FGI IND//REL TO USA, IND"


def test_a_control_below_its_level_or_that_nobody_named_is_not_valid_in_the_exported_policy() -> None:
    low = {fault.code for fault in faults_of(_with_controls("CONFIDENTIAL", "DISSEM RSEN"), _exported(), NOW)}
    unknown = {fault.code for fault in faults_of(_with_controls("SECRET", "SAP BP"), _exported(), NOW)}

    assert (low, unknown) == ({"value.excluded_class"}, {"value.unknown"})


def test_equivalences_keep_their_direction_and_what_has_no_equivalent_has_none() -> None:
    india = _exported(own.IND)

    by_name = {level.name: level.equivalents for level in india.classifications}

    assert by_name["RESTRICTED"] == ()
    assert [(one.policy_name, one.applied) for one in by_name["SECRET"]] == [("USA", "encrypt")]


def test_a_one_way_row_is_not_exported_as_a_way_back() -> None:

    table = EquivalenceTable.from_rows([own.row("USA", "SECRET", "IND", "SECRET")], own.POLICIES)

    spifs = [
        spif_of_policy(policy, [Nation("USA")], NOW, originator_dn="CN=x", key_identifier="0", table=table)
        for policy in (own.USA, own.IND)
    ]

    applied = [[one.applied for level in spif.classifications for one in level.equivalents] for spif in spifs]
    assert applied == [["encrypt"], []]
