"""A policy file may propose a translation; what would widen or lower is refused, whatever the file says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.labels.nato.policy_label import ConfidentialityInformation, PolicyLabel, Succession, SuccessorLabel
from relto.labels.nato.spif import Spif
from relto.labels.nato.spif_mapping import NoSafeEquivalent, ProposedEquivalent, equivalent_under
from relto.labels.nato.spif_reading import read_spif
from tests.unit.labels.nato.nato_support import CREATED, EXERCISE, NOW, OID, REVIEW, category, info, label, release

_OTHER_OID = "2.999.8"
_TARGET = EXERCISE.replace('name="EXERCISE"', 'name="OTHER"').replace(OID, _OTHER_OID).encode()
_POLICIES = (
    f'<spif:equivalentPolicies><spif:equivalentPolicy name="OTHER" id="{_OTHER_OID}"/></spif:equivalentPolicies>'
)
_IND = '<spif:tagCategory name="IND" lacv="1"/>'
_USA = '<spif:tagCategory name="USA" lacv="2"/>'
_BRAVO = '<spif:tagCategory name="BRAVO" lacv="2">'


def _target() -> Spif:
    return read_spif(_TARGET)


def _level(lacv: int, applied: str = "both") -> str:
    return f'<spif:equivalentClassification policyRef="OTHER" lacv="{lacv}" applied="{applied}"/>'


def _value(lacv: int, tag_set: int = 2, tag_type: str = "permissive", more: str = "") -> str:
    return (
        f'<spif:equivalentSecCategoryTag policyRef="OTHER" tagSetId="{_OTHER_OID}.{tag_set}" tagType="{tag_type}" '
        f'lacv="{lacv}" applied="both"{more}/>'
    )


def _spif(*changes: tuple[str, str], closed: str = _level(2), opened: str = _level(1)) -> Spif:
    text = EXERCISE.replace("</spif:SPIF>", _POLICIES + "</spif:SPIF>")
    text = text.replace('hierarchy="1"/>', f'hierarchy="1">{opened}</spif:securityClassification>')
    text = text.replace('hierarchy="2">', f'hierarchy="2">{closed}')
    for element, inside in ((_IND, _value(1)), (_USA, _value(2))):
        text = text.replace(element, element.replace("/>", f">{inside}</spif:tagCategory>"), 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return read_spif(text.encode())


LABEL = label(info("CLOSED", release("IND", "USA")))


def _reasons(spif: Spif, one: PolicyLabel = LABEL) -> tuple[str, ...]:
    found = equivalent_under(one, spif, _target(), NOW)
    assert isinstance(found, NoSafeEquivalent)
    return found.reasons


def test_a_safe_equivalence_gives_an_alternative_in_the_other_policy() -> None:
    found = equivalent_under(LABEL, _spif(), _target(), NOW)

    assert isinstance(found, ProposedEquivalent)
    assert found.label.role == "alternative"
    assert (found.label.information.policy_name, found.label.information.policy_oid) == ("OTHER", _OTHER_OID)
    assert [one.values for one in found.label.information.categories] == [("IND", "USA")]
    assert found.lost == ()


def test_only_an_originator_s_valid_label_is_translated() -> None:
    late = PolicyLabel(LABEL.information, CREATED, succession=Succession(REVIEW, SuccessorLabel(info("OPEN"), CREATED)))

    assert _reasons(_spif(), LABEL.as_alternative()) == ("not_originator",)
    assert _reasons(_spif(), label(info("CLOSED"))) == ("label.level.required_category",)
    assert _reasons(_spif(), late) == ("succession",)
    assert _reasons(_spif(), label(ConfidentialityInformation("OTHER", "OPEN"))) == ("label.policy.name",)


def test_a_policy_that_only_shares_the_name_is_another() -> None:
    assert _reasons(_spif((f'id="{_OTHER_OID}"/></spif:equ', 'id="2.999.9"/></spif:equ'))) == ("policy",)


@pytest.mark.parametrize(
    ("closed", "reason"),
    [
        ("", "level"),
        (_level(2, "decrypt"), "level"),
        (_level(9), "level"),
        (_level(2) + _level(3), "level.ambiguous"),
        (_level(1), "level.lowers"),
    ],
)
def test_a_level_without_one_equivalent_that_protects_as_much_is_for_a_person(closed: str, reason: str) -> None:
    assert _reasons(_spif(closed=closed)) == (reason,)


def test_a_level_may_not_lead_below_where_a_lower_one_leads() -> None:
    assert _reasons(_spif(opened=_level(3))) == ("level.lowers",)


def test_what_the_recipient_may_apply_the_originator_may_not() -> None:
    spif = _spif(closed=_level(2, "decrypt"))

    assert isinstance(equivalent_under(LABEL, spif, _target(), NOW, when="decrypt"), ProposedEquivalent)
    assert isinstance(equivalent_under(LABEL, spif, _target(), NOW), NoSafeEquivalent)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (((_value(2), ""),), "value"),
        (((_value(2), _value(9)),), "value"),
        (((_value(2), _value(2, more=' action="discard"')),), "value.discard"),
        (((_value(2), _value(2) + _value(3)),), "value.ambiguous"),
        (((_value(2), _value(1, 1, "restrictive")),), "value.kind"),
        (((_value(2), _value(3)),), "value.name"),
        (((_value(2), _value(1)),), "value.name"),
    ],
)
def test_a_value_that_would_be_lost_or_widened_is_refused(changes: tuple[tuple[str, str], ...], reason: str) -> None:
    assert _reasons(_spif(*changes)) == (reason,)


def test_two_restrictive_values_never_become_one() -> None:
    alpha = '<spif:tagCategory name="ALPHA" lacv="1">'
    spif = _spif((alpha, alpha + _value(1, 1, "restrictive")), (_BRAVO, _BRAVO + _value(1, 1, "restrictive")))
    both = label(info("CLOSED", release("IND"), category("RESTRICTIVE", "Handling", "ALPHA", "BRAVO")))

    assert _reasons(spif, both) == ("value.merged",)


def test_two_permissive_sets_never_become_one() -> None:
    community = '<spif:tagCategory name="USA" lacv="840"/>'
    spif = _spif((community, community.replace("/>", f">{_value(2)}</spif:tagCategory>")))
    both = label(info("CLOSED", release("IND"), category("PERMISSIVE", "Community", "USA")))

    assert _reasons(spif, both) == ("value.merged",)


def test_an_informative_value_may_be_lost_and_is_named() -> None:
    one = label(info("CLOSED", release("IND"), category("INFORMATIVE", "Notes", "STAFF")))

    found = equivalent_under(one, _spif(), _target(), NOW)

    assert isinstance(found, ProposedEquivalent)
    assert found.lost == ("STAFF",)


@pytest.mark.parametrize("inside", ["policy", "level"])
def test_values_that_the_file_adds_by_itself_are_refused(inside: str) -> None:
    group = '<spif:categoryGroup tagSetRef="Release" tagType="permissive" lacv="3"/>'
    required = f'<spif:requiredCategory operation="all">{group}</spif:requiredCategory>'
    if inside == "policy":
        ending = f'id="{_OTHER_OID}"/></spif:equ'
        spif = _spif((ending, f'id="{_OTHER_OID}">{required}</spif:equivalentPolicy></spif:equ'))
    else:
        spif = _spif(closed=_level(2).replace("/>", f">{required}</spif:equivalentClassification>"))

    assert _reasons(spif) == ("adds",)


def test_the_result_must_be_valid_where_it_goes() -> None:
    target = read_spif(_TARGET.replace(b'name="Handling" tagType', b'name="Handling" minSelection="1" tagType'))

    found = equivalent_under(LABEL, _spif(), target, NOW)

    assert found == NoSafeEquivalent(("result.selection.too_few",))


def test_the_way_back_is_never_taken_from_the_way_there() -> None:
    there = equivalent_under(LABEL, _spif(), _target(), NOW)
    assert isinstance(there, ProposedEquivalent)

    back = equivalent_under(replace(there.label, role="originator"), _target(), _spif(), NOW)

    assert back == NoSafeEquivalent(("policy",))
