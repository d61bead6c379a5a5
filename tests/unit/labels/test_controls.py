"""Controls and particulars of a label: one form each, known by the policy or refused, never lost on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.base.nations import Nation
from relto.labels.attributes import attributes_of, compare, label_attributes
from relto.labels.audience import Everyone
from relto.labels.clearance import Held, decide
from relto.labels.controls import (
    Category,
    ConcealedForeignInformation,
    Controls,
    OpenForeignInformation,
)
from relto.labels.joining import Undecided, dominates, join
from relto.labels.label import Label, check_label, label_as_dict, label_from_dict
from relto.labels.particulars import AuthorityReference, Particulars, Succession, authority_reference
from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy
from relto.labels.stanag4774 import read_label, write_label
from tests.support.label_laws import any_us_label
from tests.support.vectors import vectors
from tests.unit.labels.labels_support import (
    IND,
    NOW,
    POLICIES,
    REVIEW,
    USA,
    clearance,
    label,
    policy_bytes,
    to,
    unstated,
)

ACCM = "2.999.840.1.5"
FULL = Controls(
    categories=(Category(ACCM, "RESTRICTIVE", frozenset({"ALPHA"})),),
    display_to=frozenset({Nation("FRA")}),
    dissem=frozenset({"FISA", "LIMDIS"}),
    fgi=OpenForeignInformation(frozenset({"GBR", "NATO"})),
    sci=frozenset({("SI", "G", "ABCD"), ("TK",)}),
    sap=frozenset({("BP",)}),
    aea=frozenset({("RD", "CNWDI")}),
)
REASON = Particulars(
    authority=AuthorityReference("derivative", "0" * 64),
    privacy_mark="CLEAR",
    compilation_reason="Together they show the whole plan",
    expansion_version="2026-11-22",
)


def secret(controls: Controls, **changes: Any) -> Label:
    return label(USA, "TOP SECRET", to("USA", "IND"), controls=controls, **changes)


def test_a_label_without_controls_has_the_members_it_always_had() -> None:
    written = label_as_dict(label(USA, "SECRET", to("USA", "IND")))
    assert sorted(written) == [
        "caveats", "created", "level", "originator_id", "originator_id_type", "owner", "policy", "release", "review_by",
    ]  # fmt: skip


def test_every_control_and_particular_comes_back_from_its_bytes() -> None:
    successor = label(USA, "UNCLASSIFIED", Everyone())
    item = secret(FULL, particulars=replace(REASON, succession=Succession(REVIEW, successor)))
    written = canonical_bytes(label_as_dict(item))
    assert label_from_dict(read_object(written), POLICIES, controls_known=True) == item
    shuffled = json.loads(written)
    for member in ("dissem", "fgi", "sci"):
        shuffled["controls"][member].reverse()
    again = label_from_dict(shuffled, POLICIES, controls_known=True)
    assert canonical_bytes(label_as_dict(again)) == written


def test_who_does_not_know_controls_never_sees_half_a_label() -> None:
    """Reading, 4774 XML and attributes refuse a label with controls unless the caller says that it protects them."""
    item = secret(FULL)
    with pytest.raises(UnknownValue):
        label_from_dict(label_as_dict(item), POLICIES)
    for hidden in (item, secret(Controls(relido=True)), secret(Controls(categories=FULL.categories))):
        with pytest.raises(UnknownValue):
            read_label(write_label(hidden, POLICIES), POLICIES)
    names = label_attributes(item, None)
    with pytest.raises(UnknownValue):
        attributes_of(names)
    compare(item, None, names)
    for other in (label(USA, "TOP SECRET", to("USA", "IND")), secret(replace(FULL, dissem=frozenset()))):
        with pytest.raises(NotVerified):
            compare(other, None, names)
    assert not any("ABCD".lower() in name for name in names)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_label_with_controls_comes_back_from_its_xml(data: st.DataObject) -> None:
    one = any_us_label(lambda values: data.draw(st.sampled_from(list(values))))
    particulars = data.draw(st.sampled_from([Particulars(), REASON, replace(REASON, privacy_mark=None)]))
    one = replace(one, particulars=particulars)
    assert read_label(write_label(one, POLICIES), POLICIES, controls_known=True) == one


def test_the_xml_of_a_label_with_every_control_is_valid_against_the_schema() -> None:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    schema = etree.XMLSchema(etree.parse(vectors("labels/xsd") / "nl-cl.xsd", parser))
    for particulars in (Particulars(), REASON):
        written = write_label(secret(FULL, particulars=particulars), POLICIES)
        schema.assertValid(etree.fromstring(written, parser))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">SCI TK<", ">SCI SI<"),
        (">SCI TK<", ">SCI tk<"),
        (">SCI TK<", ">SCI <"),
        (">SCI TK<", ">SCI A/B/C/D/E<"),
        (">SCI TK<", ">XYZ TK<"),
        (">FGI GBR<", ">FGI<"),
        (">FGI GBR<", ">FGI UK<"),
        (">DISPLAY ONLY FRA<", ">DISPLAY ONLY FVEY<"),
        (">DISSEM FISA<", ">DISSEM UNHEARD<"),
        ("Controls", "Control"),
        ('"urn:oid:2.999.840.1.6"', '"urn:oid:2.999.840.1.3"'),
        ('{"authority"', '{"more":1,"authority"'),
        ('"derivative"', '"verbal"'),
        ("</relto:Particulars>", "</relto:Particulars><relto:Particulars>{}</relto:Particulars>"),
        (">CLEAR<", "><"),
    ],
)
def test_controls_in_xml_are_read_strictly(old: str, new: str) -> None:
    written = write_label(secret(FULL, particulars=REASON), POLICIES).decode()
    assert old in written
    with pytest.raises(MalformedInput):
        read_label(written.replace(old, new).encode(), POLICIES, controls_known=True)


def test_a_succession_is_not_written_as_xml() -> None:
    later = label(USA, "UNCLASSIFIED", Everyone())
    with pytest.raises(UnknownValue):
        write_label(secret(Controls(), particulars=Particulars(succession=Succession(REVIEW, later))), POLICIES)


def test_compartments_keep_their_parents_and_are_written_once() -> None:
    assert FULL.sci == {("SI",), ("SI", "G"), ("SI", "G", "ABCD"), ("TK",)}
    assert FULL.leaves("sci") == [("SI", "G", "ABCD"), ("TK",)]
    assert Controls(sci=frozenset({("SI",), ("SI", "G")})) == Controls(sci=frozenset({("SI", "G")}))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Controls(sci=frozenset({()})),
        lambda: Controls(sci=frozenset({("si",)})),
        lambda: Controls(sci=frozenset({("A",) * 5})),
        lambda: Controls(dissem=frozenset({"TWO  WORDS"})),
        lambda: Controls(display_to=frozenset({Nation("FVEY")})),
        lambda: OpenForeignInformation(frozenset()),
        lambda: OpenForeignInformation(frozenset({"UK"})),
        lambda: Category("ACCM", "RESTRICTIVE", frozenset({"A"})),
        lambda: Category(ACCM, "ENUMERATED", frozenset({"A"})),  # type: ignore[arg-type]
        lambda: Category(ACCM, "RESTRICTIVE", frozenset()),
        lambda: Category(ACCM, "RESTRICTIVE", frozenset({" A"})),
        lambda: Controls(categories=(Category(ACCM, "RESTRICTIVE", frozenset({"A"})),) * 2),
        lambda: Particulars(privacy_mark="two\nlines"),
        lambda: Particulars(compilation_reason=""),
        lambda: Particulars(expansion_version="yesterday!"),
        lambda: AuthorityReference("verbal", "0" * 64),  # type: ignore[arg-type]
        lambda: AuthorityReference("original", "Jane Doe"),
    ],
)
def test_a_control_without_a_form_cannot_be_made(make: Any) -> None:
    with pytest.raises(MalformedInput):
        make()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("controls", {}),
        ("controls", {"relido": False}),
        ("controls", {"relido": 1}),
        ("controls", {"fgi": []}),
        ("controls", {"fgi": "open"}),
        ("controls", {"sci": [["SI"], ["SI"]]}),
        ("controls", {"sci": ["SI"]}),
        ("controls", {"sci": [[1]]}),
        ("controls", {"dissem": ["FISA", "FISA"]}),
        ("controls", {"dissem": ["UNHEARD OF"]}),
        ("controls", {"more": ["FISA"]}),
        ("controls", {"categories": [{"oid": ACCM, "kind": "PERMISSIVE", "values": ["A"]}]}),
        ("controls", {"categories": [{"oid": "2.999.840.1.99", "kind": "RESTRICTIVE", "values": ["A"]}]}),
        ("controls", {"categories": [{"oid": ACCM, "kind": "RESTRICTIVE"}]}),
        ("controls", {"display_to": ["IND"]}),
        ("controls", {"display_to": ["FRA"], "relido": True}),
        ("particulars", {}),
        ("particulars", {"authority": {"kind": "original"}}),
        ("particulars", {"privacy_mark": ""}),
        ("succession", {"at": "2030-01-01T00:00:00Z"}),
        ("succession", {"at": "2030-01-01T00:00:00Z", "label": {"succession": {}}}),
    ],
)
def test_controls_from_another_party_are_read_strictly(member: str, value: object) -> None:
    written: dict[str, object] = {**label_as_dict(secret(Controls())), member: value}
    with pytest.raises(MalformedInput):
        label_from_dict(written, POLICIES, controls_known=True)


@pytest.mark.parametrize(
    ("level", "controls"),
    [
        ("UNCLASSIFIED", Controls(sci=frozenset({("SI",)}))),
        ("CONFIDENTIAL", Controls(sci=frozenset({("TK",)}))),
        ("SECRET", Controls(sci=frozenset({("SI", "G")}))),
        ("CONFIDENTIAL", Controls(aea=frozenset({("RD", "CNWDI")}))),
        ("CONFIDENTIAL", Controls(aea=frozenset({("DOD UCNI",)}))),
        ("SECRET", Controls(aea=frozenset({("UNHEARD",)}))),
        ("CONFIDENTIAL", Controls(dissem=frozenset({"RSEN"}))),
        ("SECRET", Controls(dissem=frozenset({"SBU"}))),
        ("SECRET", Controls(dissem=frozenset({"EXDIS", "NODIS"}))),
    ],
)
def test_a_control_stands_only_where_its_rule_allows(level: str, controls: Controls) -> None:
    with pytest.raises(MalformedInput):
        check_label(label(USA, level, to("USA", "IND"), controls=controls), POLICIES)


def test_a_policy_knows_no_control_that_it_does_not_name() -> None:
    for controls in (
        FULL,
        Controls(relido=True),
        Controls(dissem=frozenset({"FISA"})),
        Controls(sci=frozenset({("SI",)})),
    ):
        with pytest.raises(UnknownValue):
            check_label(label(IND, "SECRET", to("IND", "USA"), controls=controls), POLICIES)
    foreign = label(IND, "SECRET", to("IND", "USA"), controls=Controls(fgi=OpenForeignInformation(frozenset({"USA"}))))
    assert check_label(foreign, POLICIES) == foreign
    older = json.loads(policy_bytes("usa"))
    del older["controls"]
    with pytest.raises(UnknownValue):
        check_label(secret(FULL), PolicySet([load_policy(json.dumps(older).encode())]))


def test_noforn_relido_and_display_only_exclude_each_other() -> None:
    for controls in (Controls(relido=True), Controls(display_to=frozenset({Nation("IND")}))):
        with pytest.raises(MalformedInput):
            label(USA, "SECRET", to("USA"), controls=controls)
        assert replace(unstated(USA, "SECRET"), controls=controls)
    with pytest.raises(MalformedInput):
        label(USA, "UNCLASSIFIED", Everyone(), controls=Controls(relido=True))


def test_the_basis_says_why_the_release_is_what_it_is() -> None:
    shown = Controls(display_to=frozenset({Nation("IND")}))
    found = [
        label(USA, "UNCLASSIFIED", Everyone()).basis,
        label(USA, "SECRET", to("USA")).basis,
        label(IND, "SECRET", to("IND")).basis,
        label(USA, "SECRET", to("USA", "IND")).basis,
        unstated(USA, "SECRET").basis,
        replace(unstated(USA, "SECRET"), controls=shown).basis,
        replace(unstated(USA, "SECRET"), controls=Controls(relido=True)).basis,
    ]
    assert found == ["everyone", "noforn", "owners", "rel", "unstated", "display", "relido"]


def test_relido_survives_only_if_every_classified_portion_has_it() -> None:
    one = secret(Controls(relido=True))
    public = label(USA, "UNCLASSIFIED", Everyone())
    both, plain = join([one, one, public]), join([one, secret(Controls())])
    assert isinstance(both, Label)
    assert isinstance(plain, Label)
    assert both.controls.relido
    assert not plain.controls.relido


def test_a_concealed_source_absorbs_the_open_ones_and_nobody_is_named() -> None:
    concealed = secret(Controls(fgi=ConcealedForeignInformation()))
    whole = join([concealed, secret(Controls(fgi=OpenForeignInformation(frozenset({"FRA"}))))])
    assert isinstance(whole, Label)
    assert whole == concealed
    assert "FRA" not in repr(whole)
    assert b"FRA" not in canonical_bytes(label_as_dict(whole))
    portion = label(USA, "SECRET", to("USA", "FRA"), owner=("FRA",))
    document = join([concealed, portion], owner=(Nation("USA"),))
    assert isinstance(document, Label)
    assert dominates(document, portion)
    assert "FRA" not in repr(document)


def test_an_american_document_with_foreign_portions_stays_american() -> None:
    own = label(USA, "CONFIDENTIAL", to("USA", "IND"))
    indian = label(USA, "SECRET", to("USA", "IND"), owner=("IND",))
    assert join([own, indian]) == Undecided("owner")
    whole = join([own, indian], owner=(Nation("USA"),))
    assert isinstance(whole, Label)
    assert whole.owner == ("USA",)
    assert whole.level == USA.level("SECRET")
    assert whole.controls.fgi == OpenForeignInformation(frozenset({"IND"}))
    joint = join([own, indian], owner=(Nation("USA"), Nation("IND")))
    assert isinstance(joint, Label)
    assert joint.controls == Controls()


def test_a_classified_portion_whose_release_nobody_stated_keeps_rel_to_out_of_the_banner() -> None:
    whole = join([label(USA, "SECRET", to("USA", "IND")), unstated(USA, "CONFIDENTIAL")])
    assert whole == unstated(USA, "SECRET")


def test_display_is_joined_apart_from_release() -> None:
    """One portion may be received by India, the other only be shown to it: so may the whole."""
    one = label(USA, "SECRET", to("USA", "IND"))
    other = label(USA, "SECRET", to("USA", "GBR"), controls=Controls(display_to=frozenset({Nation("IND")})))
    whole = join([one, other])
    assert isinstance(whole, Label)
    assert whole.basis == "display"
    assert whole.display == to("USA", "IND")
    indian = clearance(USA, {"SECRET"}, nation=Nation("IND"))
    assert decide(whole, indian, NOW) == ("release.unstated",)
    assert decide(whole, indian, NOW, "display") == ()


def test_permissive_categories_with_nothing_in_common_go_to_a_person() -> None:
    def tagged(*values: str) -> Label:
        return secret(Controls(categories=(Category("2.999.7", "PERMISSIVE", frozenset(values)),)))

    both = join([tagged("A", "B"), tagged("B", "C")])
    assert isinstance(both, Label)
    assert both.controls.of_kind("PERMISSIVE") == {"2.999.7": frozenset({"B"})}
    assert join([tagged("A", "B"), secret(Controls())]) == tagged("A", "B")
    assert join([tagged("A"), tagged("B")]) == Undecided("category")
    assert join([tagged("A")], policies=POLICIES) == Undecided("validity")
    assert dominates(tagged("A"), tagged("A", "B"))
    assert not dominates(secret(Controls()), tagged("A"))


def test_two_tag_sets_of_one_kind_never_satisfy_each_other() -> None:
    item = secret(Controls(categories=(Category("2.999.7", "PERMISSIVE", frozenset({"A", "B"})),)))
    holder = clearance(USA, {"TOP SECRET"})
    other_set = replace(holder, held=Held(permissive=frozenset({("2.999.8", "A")})))
    assert decide(item, other_set, NOW) == ("category",)
    assert decide(item, replace(holder, held=Held(permissive=frozenset({("2.999.7", "B")}))), NOW) == ()
    assert decide(item, replace(holder, held=Held(restrictive=frozenset({("2.999.7", "B")}))), NOW) == ("category",)
    note = secret(Controls(categories=(Category("2.999.7", "INFORMATIVE", frozenset({"A"})),)))
    assert decide(note, holder, NOW) == ()


def test_every_control_that_is_not_held_is_named_and_a_child_gives_its_parents() -> None:
    item = secret(FULL)
    nothing = clearance(USA, {"TOP SECRET"})
    assert decide(item, nothing, NOW) == ("category", "dissem", "sci", "sap", "aea")
    held = Held(
        restrictive=frozenset({(ACCM, "ALPHA")}),
        dissem=frozenset({"FISA", "LIMDIS"}),
        sci=frozenset({("SI", "G", "ABCD"), ("TK",)}),
        sap=frozenset({("BP",)}),
        aea=frozenset({("RD", "CNWDI")}),
    )
    assert decide(item, replace(nothing, held=held), NOW) == ()
    parent_only = replace(held, sci=frozenset({("SI",), ("TK",)}))
    assert decide(item, replace(nothing, held=parent_only), NOW) == ("sci",)


def test_a_person_of_two_nations_needs_a_release_to_both() -> None:
    item = label(USA, "SECRET", to("USA", "IND"))
    holder = clearance(USA, {"SECRET"}, nation=Nation("IND"), further_nations=frozenset({Nation("GBR")}))
    assert decide(item, holder, NOW) == ("release",)
    assert decide(label(USA, "SECRET", to("USA", "IND", "GBR")), holder, NOW) == ()


def test_the_authority_block_is_referred_to_and_never_carried() -> None:
    block = "Classified By: Jane Doe, Director\nReason: 1.4(c)\nDeclassify On: 20501231"
    reference = authority_reference("original", block)
    assert authority_reference("original", block.replace("\n", "\r\n") + "\n") == reference
    assert "Jane" not in repr(secret(Controls(), particulars=Particulars(authority=reference)))


def test_a_derived_document_keeps_only_what_its_parts_share() -> None:
    one = secret(Controls(), particulars=REASON)
    other = secret(Controls(), particulars=replace(REASON, compilation_reason=None))
    whole = join([one, other])
    assert isinstance(whole, Label)
    assert whole.particulars == other.particulars


def test_a_succession_is_one_label_of_the_same_policy() -> None:
    later = label(USA, "UNCLASSIFIED", Everyone())
    again = replace(later, particulars=Particulars(succession=Succession(REVIEW, later)))
    for wrong in (again, label(IND, "UNCLASSIFIED", Everyone())):
        with pytest.raises(MalformedInput):
            secret(Controls(), particulars=Particulars(succession=Succession(REVIEW, wrong)))
