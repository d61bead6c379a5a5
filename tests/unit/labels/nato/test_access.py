"""Who may read under a SPIF, and why NATO's dominant label never decides it."""

from __future__ import annotations

from itertools import chain, combinations, product

import pytest

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.labels.nato.access import decide, label_in_policy, levels_up_to
from relto.labels.nato.clearances import (
    MAX_CLEARANCES,
    NAMESPACE,
    PolicyClearance,
    from_jwt_claim,
    from_ldap,
    from_saml_attribute,
    read_clearance,
    to_jwt_claim,
    to_ldap,
    to_saml_attribute,
    write_clearance,
)
from relto.labels.nato.dominant import DominantForDisplay, NeedsPolicyDecision, nato_dominant
from relto.labels.nato.label_xml import write_policy_label
from relto.labels.nato.lenient_labels import read_label_leniently
from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from tests.unit.labels.nato.nato_support import NOW, OID, category, exercise, handling, info, label, release


def _community(*values: str) -> Category:
    return category("PERMISSIVE", "Community", *values, oid=f"{OID}.4")


def _cleared(*categories: Category, levels: tuple[str, ...] = ("OPEN", "CLOSED")) -> PolicyClearance:
    return PolicyClearance("EXERCISE", levels, categories, OID)


def _reasons(information: ConfidentialityInformation, clearance: PolicyClearance) -> tuple[str, ...]:
    return decide(label(information), clearance, exercise(), NOW).reasons


@pytest.mark.parametrize(
    ("information", "clearance", "reasons"),
    [
        (info("CLOSED", release("IND")), _cleared(release("IND")), ()),
        (info("CLOSED", release("IND", "USA")), _cleared(release("USA")), ()),
        (info("OPEN"), _cleared(), ()),
        (info("CLOSED", release("IND")), _cleared(release("USA")), ("permissive",)),
        (info("CLOSED", release("IND")), _cleared(release("IND"), levels=("OPEN", "SEALED")), ("level",)),
        (info("CLOSED", release("IND"), handling("ALPHA")), _cleared(release("IND")), ("restrictive",)),
        (
            info("CLOSED", release("IND"), handling("ALPHA", "BRAVO")),
            _cleared(release("IND"), handling("ALPHA")),
            ("restrictive",),
        ),
        (info("CLOSED", release("IND"), handling("ALPHA")), _cleared(release("IND"), handling("ALPHA")), ()),
        (info("OPEN", category("INFORMATIVE", "Notes", "STAFF")), _cleared(), ()),
        (info("CLOSED"), _cleared(release("IND")), ("label.level.required_category",)),
        (info("OPEN", release("DEU")), _cleared(release("DEU")), ("label.value.unknown",)),
    ],
)
def test_access_is_validity_then_level_then_categories(
    information: ConfidentialityInformation, clearance: PolicyClearance, reasons: tuple[str, ...]
) -> None:
    assert _reasons(information, clearance) == reasons


def test_two_tag_sets_whose_tags_have_one_name_never_satisfy_each_other() -> None:
    both = info("CLOSED", release("IND"), _community("USA"))

    assert _reasons(both, _cleared(release("IND"))) == ("permissive",)
    assert _reasons(both, _cleared(_community("USA"), release("USA"))) == ("permissive",)
    assert _reasons(both, _cleared(_community("USA"), release("IND"))) == ()


def test_a_clearance_of_another_policy_opens_nothing() -> None:
    other = PolicyClearance("OTHER", ("CLOSED",), (release("IND"),))
    impostor = PolicyClearance("EXERCISE", ("CLOSED",), (release("IND"),), "2.999.8")

    for clearance in (other, impostor):
        assert _reasons(info("CLOSED", release("IND")), clearance) == ("clearance.policy",)


def test_a_ceiling_is_expanded_when_a_clearance_is_issued_and_never_in_a_decision() -> None:
    assert levels_up_to("CLOSED", exercise()) == ("OPEN", "CLOSED")
    assert levels_up_to("UNKNOWN", exercise()) == ()
    assert _reasons(info("OPEN"), _cleared(levels=("SEALED",))) == ("level",)


def test_a_control_that_is_added_never_adds_a_reader() -> None:
    clearances = [
        _cleared(*categories, levels=levels)
        for levels in (("OPEN",), ("CLOSED",), ("OPEN", "CLOSED"))
        for categories in ((), (release("IND"),), (release("USA"), handling("ALPHA")), (handling("ALPHA", "BRAVO"),))
    ]
    for controls in ((), (handling("BRAVO"),)):
        narrow, wide = info("CLOSED", release("IND"), *controls), info("CLOSED", release("IND", "USA"), *controls)
        for clearance in clearances:
            if not _reasons(narrow, clearance):
                assert not _reasons(wide, clearance)
            if not _reasons(info("CLOSED", release("IND"), handling("BRAVO")), clearance):
                assert not _reasons(info("CLOSED", release("IND")), clearance)


def test_the_originator_s_label_decides_where_it_is_ours_else_the_alternative_that_is() -> None:
    ours, other = label(info("OPEN")), label(ConfidentialityInformation("OTHER", "SECRET"))

    assert label_in_policy([other.as_alternative(), ours], exercise()) == ours
    assert label_in_policy([other, ours.as_alternative()], exercise()) == ours.as_alternative()
    assert label_in_policy([other], exercise()) is None
    assert label_in_policy([other, ours.as_alternative(), label(info("SEALED")).as_alternative()], exercise()) is None


# The dominant label


def _dominant(*labels: ConfidentialityInformation) -> DominantForDisplay | NeedsPolicyDecision:
    return nato_dominant(labels, exercise(), NOW)


def test_the_dominant_has_the_highest_level_all_restrictive_and_the_common_permissive_values() -> None:
    found = _dominant(
        info("OPEN", release("IND", "USA", "GBR"), handling("DELTA"), category("INFORMATIVE", "Notes", "STAFF")),
        info("CLOSED", release("USA", "IND")),
    )

    assert isinstance(found, DominantForDisplay)
    assert found.information.classification == "CLOSED"
    assert found.dropped == ()
    values = {one.tag_name: one.values for one in found.information.categories}
    assert values == {"Release": ("IND", "USA"), "Handling": ("DELTA",), "Notes": ("STAFF",)}


def test_an_empty_intersection_and_a_missing_category_are_dropped() -> None:
    apart = _dominant(info("OPEN", release("IND")), info("OPEN", release("USA")))
    missing = _dominant(info("OPEN", release("IND")), info("OPEN"))

    for found in (apart, missing):
        assert isinstance(found, DominantForDisplay)
        assert found.dropped == ("Release",)
        assert found.information.categories == ()


def test_what_the_rules_do_not_give_is_for_a_person() -> None:
    assert _dominant() == NeedsPolicyDecision("none")
    assert _dominant(info("OPEN"), ConfidentialityInformation("OTHER", "OPEN")) == NeedsPolicyDecision("policy")
    assert _dominant(info("CLOSED")) == NeedsPolicyDecision("label.level.required_category")
    invalid = _dominant(info("OPEN", release("IND")), info("CLOSED", release("USA")))
    assert invalid == NeedsPolicyDecision("result.level.required_category")


def test_the_nato_rules_break_the_law_of_readers_by_design() -> None:
    """If a reader may read the joined thing, she may read its parts: the drop rule fails this; no decision takes it."""
    nations = ("IND", "USA", "GBR")
    subsets = [set(some) for size in range(1, 4) for some in combinations(nations, size)]
    audiences = [None, *subsets]
    clearances = [
        PolicyClearance("EXERCISE", ("OPEN",), (release(*some),) if some else (), OID)
        for some in chain([()], combinations(nations, 1), combinations(nations, 2), combinations(nations, 3))
    ]
    widened = 0
    for one, other in product(audiences, audiences):
        parts = [info("OPEN", *([] if audience is None else [release(*audience)])) for audience in (one, other)]
        joined = _dominant(*parts)
        assert isinstance(joined, DominantForDisplay)
        for clearance in clearances:
            may_read_all = not _reasons(joined.information, clearance)
            may_read_each = all(not _reasons(part, clearance) for part in parts)
            widened += may_read_all and not may_read_each

    assert widened == 104  # of 512 cells, as labels.md section 6 measured


def test_the_dominant_is_a_type_that_no_decision_takes() -> None:
    data = write_policy_label(label(info("OPEN")))
    for other in (_dominant(info("OPEN")), read_label_leniently(data)):
        assert decide(other, _cleared(), exercise(), NOW).reasons == ("label.not_strict",)  # type: ignore[arg-type]
    assert decide(label(info("OPEN")), _cleared(), exercise(), NOW).is_permit


# Clearances as XML

_HELD = PolicyClearance("EXERCISE", ("CLOSED", "OPEN"), (release("IND"), handling("ALPHA")), OID)
_OTHER = PolicyClearance("NATO", ("SECRET",))


def test_a_clearance_is_written_and_read_the_same() -> None:
    data = write_clearance(_HELD)

    assert read_clearance(data) == _HELD
    assert write_clearance(read_clearance(data)) == data
    assert PolicyClearance("EXERCISE", ("OPEN", "CLOSED"), (handling("ALPHA"), release("IND")), OID) == _HELD


def test_each_carriage_gives_back_the_clearance() -> None:
    assert from_ldap(to_ldap([_HELD, _OTHER])) == (_HELD, _OTHER)
    assert from_saml_attribute(to_saml_attribute([_HELD, _OTHER])) == (_HELD, _OTHER)
    assert from_jwt_claim(to_jwt_claim(_HELD)) == _HELD
    assert "=" not in to_jwt_claim(_HELD)


def test_extensions_are_kept_unread() -> None:
    data = write_clearance(_HELD).replace(
        b"</sclr:ConfidentialityClearance>",
        b"<sclr:ConfidentialityClearanceExtensions><x:more xmlns:x='urn:example:x'/>"
        b"</sclr:ConfidentialityClearanceExtensions></sclr:ConfidentialityClearance>",
    )

    read = read_clearance(data)

    assert read.levels == _HELD.levels
    assert read.extensions == ('<x:more xmlns:x="urn:example:x"></x:more>',)
    assert read_clearance(write_clearance(read)) == read


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<slab:Classification>OPEN</slab:Classification>", b"<slab:Classification>CLOSED</slab:Classification>"),
        (b"<slab:Classification>OPEN", b"<slab:Classification URI='urn:oid:2.999'>OPEN"),
        (b"<slab:Classification>OPEN</slab:Classification>", b"<sclr:Classification>OPEN</sclr:Classification>"),
        (b"</sclr:ClassificationList>", b"</sclr:ClassificationList><sclr:Other/>"),
        (b'Type="PERMISSIVE"', b'Type="permissive"'),
        (b"urn:oid:2.999.7.2", b"2.999.7.2"),
        (b"ConfidentialityClearance", b"Clearance"),
        (b"<sclr:ClassificationList>", b"<sclr:ClassificationList maximum='SECRET'>"),
    ],
)
def test_a_clearance_out_of_form_is_refused(old: bytes, new: bytes) -> None:
    data = write_clearance(_HELD)
    assert old in data

    with pytest.raises(MalformedInput):
        read_clearance(data.replace(old, new))


def test_a_clearance_without_levels_is_none() -> None:
    with pytest.raises(MalformedInput):
        PolicyClearance("EXERCISE", ())


@pytest.mark.parametrize("claim", [None, 7, "not base64 url!", "AAAA", "PGEvPg"])
def test_a_claim_that_is_no_clearance_is_refused(claim: object) -> None:
    with pytest.raises(MalformedInput):
        from_jwt_claim(claim)


def test_two_clearances_for_one_policy_are_refused_and_so_are_too_many() -> None:
    with pytest.raises(MalformedInput):
        from_ldap(to_ldap([_HELD, _HELD]))
    with pytest.raises(TooLarge):
        from_ldap(to_ldap([_HELD]) * (MAX_CLEARANCES + 1))


def test_only_the_attribute_of_the_clearance_is_read() -> None:
    with pytest.raises(UnknownValue):
        from_saml_attribute(to_saml_attribute([_HELD]).replace(NAMESPACE.encode(), b"urn:example:role", 1))
