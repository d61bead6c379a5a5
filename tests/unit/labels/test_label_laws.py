"""The laws of labels: joining never loses protection, and raising a label never adds a reader."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.labels.audience import Audience, Everyone, Nobody, Only, only
from relto.labels.clearance import Clearance, decide
from relto.labels.joining import Undecided, dominates, join
from relto.labels.label import Label, check_label, label_as_dict, label_from_dict
from relto.labels.levels import Level
from tests.unit.labels.labels_support import (
    IND,
    NOW,
    POLICIES,
    USA,
    clearance,
    label,
    to,
    unstated,
    us_clearances,
    us_labels,
)

AUDIENCES: list[Audience] = [
    Everyone(),
    Nobody(),
    *(only(map(Nation, chosen)) for size in (1, 2, 3) for chosen in combinations(("USA", "IND", "GBR"), size)),
]
law = settings(max_examples=80, deadline=None)


def test_audiences_are_a_lattice_over_every_small_case() -> None:
    for one, other, third in product(AUDIENCES, repeat=3):
        both = one.intersect(other)
        assert both == other.intersect(one)
        assert both.intersect(third) == one.intersect(other.intersect(third))
        assert both.is_subset(one)
        assert one.is_subset(other) == (both == one)
        for nation in map(Nation, ("USA", "IND", "GBR", "FRA")):
            assert both.covers(nation) == (one.covers(nation) and other.covers(nation))
    for one in AUDIENCES:
        assert one.intersect(one) == one
        assert one.intersect(Everyone()) == one
        assert one.intersect(Nobody()) == Nobody()


def test_an_empty_list_of_nations_is_not_an_audience() -> None:
    with pytest.raises(MalformedInput):
        Only(frozenset())
    with pytest.raises(MalformedInput):
        Only(frozenset({Nation("FVEY")}))
    assert only([]) == Nobody()


def test_the_same_word_in_two_policies_has_no_order() -> None:
    american, indian = USA.level("SECRET"), IND.level("SECRET")
    assert american != indian
    for compare in (Level.__lt__, Level.__le__, Level.__gt__, Level.__ge__):
        with pytest.raises(TypeError):
            compare(american, indian)
    with pytest.raises(TypeError):
        dominates(label(USA, "SECRET", to("USA")), label(IND, "SECRET", to("IND")))
    assert sorted(USA.levels) == list(USA.levels)
    assert USA.level("SECRET") <= USA.level("SECRET") < USA.level("TOP SECRET")


@law
@given(us_labels(), us_labels(), us_labels())
def test_join_is_idempotent_commutative_and_associative(one: Label, other: Label, third: Label) -> None:
    assert join([one, one]) == one == join([one])
    assert join([one, other]) == join([other, one])
    left, right = join([one, other]), join([other, third])
    assert isinstance(left, Label)
    assert isinstance(right, Label)
    assert join([left, third]) == join([one, right]) == join([one, other, third])


@law
@given(us_labels(), us_labels(), us_labels())
def test_join_dominates_its_parts_and_is_the_least_such(one: Label, other: Label, third: Label) -> None:
    joined = join([one, other])
    assert isinstance(joined, Label)
    assert check_label(joined, POLICIES) == joined
    assert dominates(joined, one)
    assert dominates(joined, other)
    if dominates(third, one) and dominates(third, other):
        assert dominates(third, joined)


@law
@given(us_labels(), us_labels(), us_clearances())
def test_who_may_read_the_whole_may_read_each_part(one: Label, other: Label, holder: Clearance) -> None:
    joined = join([one, other])
    assert isinstance(joined, Label)
    if not decide(joined, holder, NOW):
        assert not any("release" in code for code in decide(one, holder, NOW))
        assert not any("release" in code for code in decide(other, holder, NOW))
        assert "caveat" not in decide(one, holder, NOW) + decide(other, holder, NOW)


def test_over_a_small_universe_the_whole_is_never_read_more_widely_than_a_part() -> None:
    """Clearances are expanded sets here ("up to"), as an authority issues them, so levels take part too."""
    names = [level.name for level in USA.levels]
    releases = [to("USA"), to("USA", "IND"), to("USA", "GBR"), to("USA", "GBR", "IND")]
    labels = [label(USA, level, release) for level in names[1:] for release in releases]
    holders = [
        clearance(USA, set(names[:height]), nation=Nation(nation))
        for height in range(len(names) + 1)
        for nation in ("USA", "IND", "GBR")
    ]
    permitted = 0
    for one, other, holder in product(labels, labels, holders):
        joined = join([one, other])
        assert isinstance(joined, Label)
        if not decide(joined, holder, NOW):
            permitted += 1
            assert not decide(one, holder, NOW)
            assert not decide(other, holder, NOW)
    assert permitted > 0


@law
@given(us_labels(), us_labels(), us_clearances())
def test_adding_a_control_never_adds_a_reader(one: Label, other: Label, holder: Clearance) -> None:
    narrowed = replace(one, caveats=one.caveats | other.caveats)
    assert decide(one, holder, NOW) == () or decide(narrowed, holder, NOW) != ()


@law
@given(us_labels(), us_labels(), st.randoms())
def test_equal_labels_have_equal_bytes_and_unequal_ones_do_not(one: Label, other: Label, chance: random.Random) -> None:
    written = canonical_bytes(label_as_dict(one))
    assert label_from_dict(read_object(written), POLICIES) == one
    assert (canonical_bytes(label_as_dict(other)) == written) == (one == other)
    shuffled = label_as_dict(one)
    for member in ("owner", "release", "caveats"):
        values = shuffled[member]
        if isinstance(values, list):
            chance.shuffle(values)
    assert canonical_bytes(label_as_dict(label_from_dict(shuffled, POLICIES))) == written


def test_a_leftover_of_the_united_states_alone_is_not_noforn() -> None:
    """REL TO USA, IND with REL TO USA, GBR leaves the US: a person's decision; a stated NOFORN wins (T2, T3)."""
    one, other = label(USA, "SECRET", to("USA", "IND")), label(USA, "SECRET", to("USA", "GBR"))
    leftover = join([one, other])
    assert leftover == unstated(USA, "SECRET")
    assert isinstance(leftover, Label)
    noforn = label(USA, "SECRET", to("USA"))
    assert join([leftover, noforn]) == noforn


def test_an_unstated_release_lets_no_other_nation_in() -> None:
    undecided = unstated(USA, "SECRET")
    indian = clearance(USA, {"SECRET"}, nation=Nation("IND"))
    assert decide(undecided, indian, NOW) == ("release.unstated",)
    assert decide(undecided, clearance(USA, {"SECRET"}), NOW) == ()


def test_what_cannot_be_joined_goes_to_a_person() -> None:
    american, indian = label(USA, "SECRET", to("USA")), label(IND, "SECRET", to("IND"))
    foreign = label(USA, "SECRET", to("USA", "IND"), owner=("IND",))
    elsewhere = label(USA, "SECRET", to("USA"), originator_id="urn:example:node:other")
    assert join([]) == Undecided("none")
    assert join([american, indian]) == Undecided("policy")
    assert join([american, foreign]) == Undecided("owner")
    assert join([american, elsewhere]) == Undecided("originator")
    derived = join([american, elsewhere], originator_id="urn:example:firm")
    assert isinstance(derived, Label)
    assert derived.originator_id == "urn:example:firm"


def test_contradictory_labels_cannot_be_made() -> None:
    good = label(USA, "SECRET", to("USA", "IND"))
    with pytest.raises(MalformedInput):
        replace(good, release=to("IND"))
    with pytest.raises(MalformedInput):
        replace(good, release=Nobody())
    with pytest.raises(MalformedInput):
        replace(good, owner=())
    with pytest.raises(MalformedInput):
        replace(good, level=IND.level("SECRET"))
    with pytest.raises(MalformedInput):
        replace(good, release_stated=False)
    with pytest.raises(MalformedInput):
        replace(good, created=good.created.replace(tzinfo=None))
    with pytest.raises(MalformedInput):
        replace(good, originator_id="two\nlines")
    with pytest.raises(UnknownValue):
        replace(good, originator_id_type="name")


def test_a_policy_refuses_what_it_does_not_allow() -> None:
    good = label(USA, "SECRET", to("USA"))
    with pytest.raises(MalformedInput):
        check_label(label(USA, "SECRET", Everyone()), POLICIES)
    with pytest.raises(MalformedInput):
        check_label(label(USA, "CONFIDENTIAL", to("USA"), caveats=frozenset({"IMCON"})), POLICIES)
    with pytest.raises(UnknownValue):
        check_label(label(USA, "SECRET", to("USA"), caveats=frozenset({"EYES"})), POLICIES)
    with pytest.raises(UnknownValue):
        check_label(replace(good, level=Level(USA.oid, "RESTRICTED", 1)), POLICIES)
    with pytest.raises(UnknownValue):
        check_label(replace(good, level=Level(USA.oid, "SECRET", 9)), POLICIES)
    with pytest.raises(UnknownValue):
        check_label(replace(good, policy=replace(USA.identity, version=2)), POLICIES)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("level", "RESTRICTED"),
        ("level", "secret"),
        ("level", 3),
        ("release", []),
        ("release", "nobody"),
        ("release", ["IND"]),
        ("release", ["USA", "USA"]),
        ("release", ["USA", "FVEY"]),
        ("release", None),
        ("release", "everyone"),
        ("owner", []),
        ("owner", "USA"),
        ("caveats", ["ORCON", "ORCON"]),
        ("caveats", ["EYES"]),
        ("created", "2026-01-01T00:00:00"),
        ("review_by", None),
        ("originator_id", ""),
        ("policy", {"oid": "2.999.840.1", "version": 2}),
        ("policy", {"oid": "2.999.840.9", "version": 1}),
        ("policy", {"oid": "2.999.840.1", "version": True}),
        ("policy", "USA"),
        ("more", 1),
    ],
)
def test_a_label_from_another_party_is_read_strictly(member: str, value: object) -> None:
    written: dict[str, object] = {**label_as_dict(label(USA, "SECRET", to("USA", "IND"))), member: value}
    with pytest.raises(MalformedInput):
        label_from_dict(written, POLICIES)


def test_every_condition_of_access_is_named_when_it_fails() -> None:
    item = label(USA, "SECRET", to("USA", "IND"), caveats=frozenset({"ORCON"}))
    assert decide(item, clearance(USA, {"SECRET"}, caveats=frozenset({"ORCON"})), NOW) == ()
    assert decide(item, clearance(USA, {"SECRET"}), NOW) == ("caveat",)
    everything_wrong = clearance(USA, {"TOP SECRET"}, nation=Nation("GBR"))
    assert decide(item, everything_wrong, everything_wrong.valid.end or NOW) == (
        "clearance.not_valid", "level", "caveat", "release",
    )  # fmt: skip
    indian = clearance(IND, {"SECRET"}, caveats=frozenset({"ORCON"}))
    assert decide(item, indian, NOW) == ("policy", "caveat")


def test_a_clearance_is_a_set_of_levels_of_one_policy_and_not_a_ceiling() -> None:
    with pytest.raises(MalformedInput):
        replace(clearance(USA, set()), levels=frozenset({IND.level("SECRET")}))
    assert decide(label(USA, "CONFIDENTIAL", to("USA")), clearance(USA, {"SECRET"}), NOW) == ("level",)
