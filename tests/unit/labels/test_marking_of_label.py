"""A label and its US marking say the same, or a person is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.labels.audience import Everyone
from relto.labels.controls import Category, ConcealedForeignInformation, Controls, OpenForeignInformation
from relto.labels.joining import Undecided, dominates
from relto.labels.label import Label
from relto.labels.marking_of_label import Making, label_of_marking, marking_of_label
from relto.labels.markings import banner, portion
from relto.labels.particulars import Particulars
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.tokens import MarkLevel
from relto.labels.us.values import Foreign, Joint, Marking, UnitedStates
from relto.labels.us.writing import render_banner, render_portion
from tests.support.label_laws import any_us_label
from tests.unit.labels.labels_support import (
    CREATED,
    IND,
    ORIGINATOR,
    POLICIES,
    REVIEW,
    USA,
    label,
    to,
    unstated,
    us_labels,
)

CUI_TAG_SET = next(rule.oid for rule in USA.control_rules.categories if rule.name == "CUI")
MAKING = Making(ORIGINATOR, CREATED, REVIEW)


def read(text: str) -> Label | Undecided:
    """The label of a portion mark or banner line."""
    marking = parse_portion(text) if text.startswith("(") else parse_banner(text)
    return label_of_marking(marking, POLICIES, MAKING)


def read_label(text: str) -> Label:
    found = read(text)
    assert isinstance(found, Label), found
    return found


@settings(max_examples=80, deadline=None)
@given(us_labels())
def test_without_controls_the_marking_is_the_one_that_was_always_written(one: Label) -> None:
    marking = marking_of_label(one, POLICIES)
    assert render_banner(marking) == banner(one, POLICIES)
    assert render_portion(marking) == portion(one, POLICIES)


def test_foreign_and_joint_labels_are_written_as_before_too() -> None:
    for item in (
        label(IND, "RESTRICTED", to("IND", "USA")),
        label(IND, "TOP SECRET", to("IND")),
        unstated(IND, "CONFIDENTIAL"),
        label(IND, "SECRET", to("IND", "USA"), owner=("IND", "USA")),
        label(USA, "SECRET", to("USA", "IND"), owner=("USA", "IND")),
        label(USA, "SECRET", to("USA", "IND"), owner=("IND",)),
    ):
        marking = marking_of_label(item, POLICIES)
        assert render_banner(marking) == banner(item, POLICIES)
        assert render_portion(marking) == portion(item, POLICIES)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_label_comes_back_from_its_marking(data: st.DataObject) -> None:
    one = any_us_label(lambda values: data.draw(st.sampled_from(list(values))))
    if one.basis == "everyone":
        one = unstated(USA, "UNCLASSIFIED")
    # CUI stands in the banner of an unclassified document alone, and has its cases below.
    kept = tuple(category for category in one.controls.categories if category.tag_set_oid != CUI_TAG_SET)
    controls = replace(one.controls, categories=kept)
    one = replace(one, created=CREATED, review_by=REVIEW, originator_id=ORIGINATOR, controls=controls)
    assert banner(one, POLICIES) == render_banner(marking_of_label(one, POLICIES))
    assert label_of_marking(marking_of_label(one, POLICIES), POLICIES, MAKING) == one


def test_cui_has_no_place_in_a_classified_banner_and_is_not_left_out_silently() -> None:
    tagged = Controls(categories=(Category(CUI_TAG_SET, "RESTRICTIVE", frozenset({"CUI", "SP-CTI"})),))
    with pytest.raises(MalformedInput):
        banner(label(USA, "SECRET", to("USA"), controls=tagged), POLICIES)


@pytest.mark.parametrize(
    "text",
    [
        "SECRET//REL TO USA, IND",
        "TOP SECRET//SI-G ABCD/TK//ORCON/NOFORN",
        "TOP SECRET//SAR-BP/GB//ORCON/NOFORN",
        "SECRET//RD-N-SIGMA 14 18//NOFORN",
        "SECRET//FGI GBR IND//REL TO USA, GBR, IND",
        "SECRET//FGI//NOFORN",
        "SECRET//ORCON/RELIDO",
        "SECRET//DISPLAY ONLY AFG",
        "SECRET//REL TO USA, IND/DISPLAY ONLY AFG",
        "CONFIDENTIAL//NOFORN//LIMDIS",
        "SECRET//NOFORN//ACCM-ALPHA/BRAVO",
        "UNCLASSIFIED//DOD UCNI",
        "CUI//SP-CTI/PRVCY",
        "//IND SECRET//REL TO USA, IND",
        "//IND RESTRICTED",
        "//JOINT SECRET IND USA//REL TO USA, IND",
    ],
)
def test_a_banner_that_is_read_into_a_label_is_written_again(text: str) -> None:
    found = read_label(text)
    assert banner(found, POLICIES) == text
    assert label_of_marking(parse_portion(portion(found, POLICIES)), POLICIES, MAKING) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("UNCLASSIFIED//FOUO", "legacy"),
        ("//FGI SECRET", "concealed_owner"),
        ("//NATO SECRET//ATOMAL", "owner"),
        ("//GBR SECRET", "policy"),
        ("//JOINT SECRET CAN GBR", "policy"),
        ("SECRET//REL TO USA, NATO", "group"),
        ("(//IND S//REL TO USA, GBR)", "release"),
        ("(S//REL)", "banner_release"),
    ],
)
def test_what_a_label_cannot_say_goes_to_a_person(text: str, reason: str) -> None:
    assert read(text) == Undecided(reason)


def test_noforn_on_what_is_not_the_united_states_alone_goes_to_a_person() -> None:
    for owner in (Foreign("IND"), Joint(("IND", "USA"))):
        marking = Marking(owner, MarkLevel.S, dissem=frozenset({"NOFORN"}))
        assert label_of_marking(marking, POLICIES, MAKING) == Undecided("noforn")
    unknown = Marking(UnitedStates(), MarkLevel.U, dissem=frozenset({"ORCON"}))
    assert label_of_marking(unknown, POLICIES, MAKING) == Undecided("validity")


def test_groups_are_expanded_by_the_dated_table_and_the_label_says_by_which() -> None:
    found = read_label("SECRET//REL TO USA, FVEY")
    assert found.release == to("USA", "AUS", "CAN", "GBR", "NZL")
    assert found.particulars.expansion_version is not None
    assert read_label("SECRET//REL TO USA, IND").particulars == Particulars()


def test_a_portion_that_writes_rel_alone_has_the_banner_s_list() -> None:
    portion_mark = parse_portion("(S//REL)")
    found = label_of_marking(portion_mark, POLICIES, MAKING, banner_release=("USA", "IND"))
    assert isinstance(found, Label)
    assert found.release == to("USA", "IND")


def test_an_unmarked_release_is_unstated_even_at_unclassified() -> None:
    found = read_label("(U)")
    assert found.basis == "unstated"
    public = label(USA, "UNCLASSIFIED", Everyone())
    assert dominates(found, public)


def test_a_control_that_no_marking_can_say_is_never_left_out() -> None:
    words = (
        Controls(categories=(Category("2.999.840.1.5", "RESTRICTIVE", frozenset({"lower"})),)),
        Controls(sci=frozenset({("SI", "A", "B", "C")})),
        Controls(aea=frozenset({("RD", "OTHER")})),
    )
    for controls in words:
        with pytest.raises(MalformedInput):
            banner(label(USA, "TOP SECRET", to("USA"), controls=controls), POLICIES)
    with pytest.raises(UnknownValue):
        marking_of_label(label(USA, "SECRET", to("USA"), controls=Controls(dissem=frozenset({"NEW"}))), POLICIES)


def test_more_than_four_programmes_are_written_as_multiple() -> None:
    many = frozenset((name,) for name in ("AA", "BB", "CC", "DD", "EE"))
    item = label(USA, "TOP SECRET", to("USA"), controls=Controls(sap=many))
    assert banner(item, POLICIES) == "TOP SECRET//SAR-MULTIPLE PROGRAMS//NOFORN"


def test_a_concealed_source_is_not_in_any_rendering() -> None:
    item = label(USA, "SECRET", to("USA"), controls=Controls(fgi=ConcealedForeignInformation()))
    assert banner(item, POLICIES) == "SECRET//FGI//NOFORN"
    open_source = replace(item, controls=Controls(fgi=OpenForeignInformation(frozenset({Nation("IND")}))))
    assert portion(open_source, POLICIES) == "(S//FGI IND//NF)"


def test_hindi_banners_of_labels_with_controls_keep_the_controls() -> None:
    foreign = Controls(fgi=OpenForeignInformation(frozenset({"USA"})))
    item = label(IND, "SECRET", to("IND", "USA"), controls=foreign)
    assert banner(item, POLICIES, "hi") == "गुप्त / SECRET//FGI USA//REL TO USA, IND"
    assert banner(item, POLICIES) == "//IND SECRET//FGI USA//REL TO USA, IND"
