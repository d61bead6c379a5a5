"""The originator's label stays; translations stand beside it; access is decided on the one that applies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict, MalformedInput
from relto.base.nations import Nation
from relto.labels.access import Circumstances, Denied, Permitted, decide_access
from relto.labels.audience import Everyone
from relto.labels.controls import Category, ConcealedForeignInformation, Controls
from relto.labels.joining import Undecided
from relto.labels.label import label_as_dict
from relto.labels.label_set import Alternative, HomeComing, LabelSet, label_at, label_set
from relto.labels.mapping import EquivalenceTable, Mapped, NeedsPerson, NoEquivalent, map_label
from relto.labels.particulars import Particulars, Succession
from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy
from tests.unit.labels.labels_support import (
    IND,
    NOW,
    POLICIES,
    REVIEW,
    TABLE,
    USA,
    clearance,
    label,
    policy_bytes,
    row,
    to,
    unstated,
)

ORIGINAL = label(IND, "SECRET", to("IND", "USA"))


def _with_categories(nation: str, oid: str, **changes: Any) -> Any:
    policy = json.loads(policy_bytes(nation))
    kinds = ("RESTRICTIVE", "PERMISSIVE", "INFORMATIVE")
    policy["controls"]["categories"] = [
        {
            "oid": oid,
            "name": f"{kind.title()} words",
            "kind": kind,
            "values": ["ONE", "TWO"],
            "source": "made for this test",
            "evidence": "none",
            "confirmed": False,
        }
        for kind in kinds
    ]
    return load_policy(json.dumps(policy | changes).encode())


AMERICAN, INDIAN = "2.999.840.1.9", "2.999.356.1.9"
CAVEAT = {
    "name": "GUARDED",
    "portion": "GD",
    "lowest_level": None,
    "source": "test",
    "evidence": "none",
    "confirmed": False,
}
USA_2 = _with_categories("usa", AMERICAN)
IND_2 = _with_categories("ind", INDIAN, caveats=[CAVEAT], dissemination_order=["GUARDED", "NOFORN", "REL TO"])
BOTH = PolicySet([USA_2, IND_2])


def equivalent(kind: str, value: str, to_value: str | None, to_kind: str | None = None) -> dict[str, Any]:
    return {
        "from_oid": AMERICAN,
        "from_kind": kind,
        "from_value": value,
        "to_oid": None if to_value is None else INDIAN,
        "to_kind": None if to_value is None else to_kind or kind,
        "to_value": to_value,
    }


def table(**members: Any) -> EquivalenceTable:
    return EquivalenceTable.from_rows([row("USA", "SECRET", "IND", "SECRET", **members)], BOTH)


def test_a_translation_stands_beside_the_original_and_coming_home_gives_the_original_back() -> None:
    labels = label_set(ORIGINAL, NOW)
    found = labels.translated(TABLE, USA, NOW)
    assert isinstance(found, Mapped)
    abroad = labels.with_alternative(Alternative(found.label, "table-7"), NOW)
    assert abroad.originator == ORIGINAL
    assert abroad.label_for(USA.identity) == found.label
    assert abroad.label_for(IND.identity) == ORIGINAL
    home = abroad.translated(TABLE, IND, NOW)
    assert isinstance(home, HomeComing)
    assert canonical_bytes(label_as_dict(home.label)) == canonical_bytes(label_as_dict(ORIGINAL))
    assert [entry.event for entry in abroad.history] == ["bound", "translated"]
    left = abroad.without_alternative(USA.identity, NOW)
    assert left.label_for(USA.identity) is None
    assert [entry.event for entry in left.history] == ["bound", "translated", "withdrawn"]
    with pytest.raises(Conflict):
        abroad.with_alternative(Alternative(found.label, "table-8"), NOW)
    with pytest.raises(Conflict):
        left.without_alternative(USA.identity, NOW)


def test_indian_restricted_goes_home_as_restricted_and_has_no_american_label() -> None:
    labels = label_set(label(IND, "RESTRICTED", to("IND", "USA")), NOW)
    assert isinstance(labels.translated(TABLE, USA, NOW), NoEquivalent)
    home = labels.translated(TABLE, IND, NOW)
    assert isinstance(home, HomeComing)
    assert home.label.level == IND.level("RESTRICTED")


def test_a_set_with_a_wider_or_a_second_label_cannot_be_made() -> None:
    wider = label(USA, "SECRET", to("IND", "USA", "GBR"), owner=("IND",))
    narrower = label(USA, "SECRET", to("IND", "USA"), owner=("IND",))
    other_owner = label(USA, "SECRET", to("IND", "USA"))
    for wrong in (wider, other_owner):
        with pytest.raises(MalformedInput):
            LabelSet(ORIGINAL, (Alternative(wrong, "t"),))
    with pytest.raises(MalformedInput):
        LabelSet(ORIGINAL, (Alternative(narrower, "t"), Alternative(narrower, "t")))
    with pytest.raises(MalformedInput):
        LabelSet(ORIGINAL, (Alternative(ORIGINAL, "t"),))


def test_a_successor_needs_the_originator_s_word_and_the_clock() -> None:
    later = label(USA, "UNCLASSIFIED", Everyone())
    item = label(USA, "SECRET", to("USA", "IND"), particulars=Particulars(succession=Succession(NOW, later)))
    assert label_at(item, NOW, by_originator=True) == later
    assert label_at(item, NOW, by_originator=False) == item
    assert label_at(item, item.created, by_originator=True) == item
    assert label_at(replace(item, particulars=Particulars()), REVIEW, by_originator=True).level == item.level
    abroad = map_label(item, TABLE, IND, NOW)
    assert isinstance(abroad, Mapped)
    assert abroad.label.particulars.succession is None


def test_a_control_that_the_table_does_not_carry_goes_to_a_person() -> None:
    for controls in (
        Controls(relido=True),
        Controls(dissem=frozenset({"FISA"})),
        Controls(sci=frozenset({("SI",)})),
        Controls(fgi=ConcealedForeignInformation()),
        Controls(categories=(Category("2.999.840.1.5", "RESTRICTIVE", frozenset({"ALPHA"})),)),
    ):
        item = label(USA, "SECRET", to("USA", "IND"), controls=controls)
        assert map_label(item, TABLE, IND, NOW) == NeedsPerson("controls")
    shown = label(USA, "SECRET", to("USA", "IND"), controls=Controls(display_to=frozenset({Nation("GBR")})))
    assert map_label(shown, TABLE, IND, NOW) == NeedsPerson("release")


def test_what_the_table_carries_arrives_and_information_may_stay_behind() -> None:
    item = label(
        USA_2,
        "SECRET",
        to("USA", "IND"),
        caveats=frozenset({"PROPIN"}),
        controls=Controls(
            categories=(
                Category(AMERICAN, "RESTRICTIVE", frozenset({"ONE"})),
                Category(AMERICAN, "INFORMATIVE", frozenset({"ONE", "TWO"})),
            )
        ),
    )
    carried = table(
        caveat_equivalents={"PROPIN": "GUARDED"},
        category_equivalents=[equivalent("RESTRICTIVE", "ONE", "TWO"), equivalent("INFORMATIVE", "ONE", None)],
    )
    found = map_label(item, carried, IND_2, NOW)
    assert isinstance(found, Mapped)
    assert found.label.caveats == {"GUARDED"}
    assert found.label.controls == Controls(categories=(Category(INDIAN, "RESTRICTIVE", frozenset({"TWO"})),))
    assert map_label(item, table(caveat_equivalents={"PROPIN": "GUARDED"}), IND_2, NOW) == NeedsPerson("controls")
    assert map_label(item, table(), IND_2, NOW) == NeedsPerson("caveats")
    added = map_label(label(USA_2, "SECRET", to("USA", "IND")), table(adds_caveats=["GUARDED"]), IND_2, NOW)
    assert isinstance(added, Mapped)
    assert added.label.caveats == {"GUARDED"}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"category_equivalents": [equivalent("RESTRICTIVE", "ONE", None)]}, "malformed.equivalence.discards"),
        ({"category_equivalents": [equivalent("PERMISSIVE", "ONE", None)]}, "malformed.equivalence.discards"),
        (
            {"category_equivalents": [equivalent("RESTRICTIVE", "ONE", "ONE", "PERMISSIVE")]},
            "malformed.equivalence.widens",
        ),
        (
            {"category_equivalents": [equivalent("RESTRICTIVE", "ONE", "ONE", "INFORMATIVE")]},
            "malformed.equivalence.widens",
        ),
        (
            {"category_equivalents": [equivalent("PERMISSIVE", one, "ONE") for one in ("ONE", "TWO")]},
            "malformed.equivalence.widens",
        ),
        (
            {"category_equivalents": [equivalent("PERMISSIVE", "ONE", one) for one in ("ONE", "TWO")]},
            "malformed.equivalence.widens",
        ),
        ({"caveat_equivalents": {"PROPIN": "GUARDED", "IMCON": "GUARDED"}}, "malformed.equivalence.widens"),
        ({"category_equivalents": [equivalent("RESTRICTIVE", "THREE", "ONE")]}, "unknown.equivalence.category"),
        ({"category_equivalents": [equivalent("RESTRICTIVE", "ONE", "THREE")]}, "unknown.equivalence.category"),
        ({"category_equivalents": [{}]}, "malformed.equivalence"),
        ({"category_equivalents": {}}, "malformed.equivalence"),
        ({"caveat_equivalents": {"PROPIN": None}}, "malformed.equivalence"),
        ({"caveat_equivalents": {"PROPIN": "UNHEARD"}}, "unknown.caveat"),
        ({"adds_caveats": ["UNHEARD"]}, "unknown.caveat"),
        ({"adds_nations": ["GBR"]}, "malformed.equivalence"),
    ],
)
def test_a_table_that_widens_or_discards_is_refused_when_it_is_loaded(members: dict[str, Any], code: str) -> None:
    with pytest.raises(MalformedInput) as refusal:
        table(**members)
    assert refusal.value.full_code == code


def test_access_is_decided_on_the_label_of_the_reader_s_policy() -> None:
    circumstances = Circumstances(NOW, binding_verified=True, policies=POLICIES)
    labels = label_set(ORIGINAL, NOW)
    american = clearance(USA, {"SECRET"})
    assert decide_access(labels, american, circumstances) == Undecided("no_alternative")
    found = labels.translated(TABLE, USA, NOW)
    assert isinstance(found, Mapped)
    abroad = labels.with_alternative(Alternative(found.label, "table-7"), NOW)
    assert decide_access(abroad, american, circumstances) == Permitted(found.label)
    assert decide_access(abroad, clearance(IND, {"SECRET"}), circumstances) == Permitted(ORIGINAL)
    assert decide_access(abroad, clearance(USA, {"CONFIDENTIAL"}), circumstances) == Denied(("level",))
    unbound = replace(circumstances, binding_verified=False)
    assert decide_access(abroad, american, unbound) == Denied(("binding",))


def test_an_invalid_label_denies_even_where_the_decision_function_would_permit() -> None:
    circumstances = Circumstances(NOW, binding_verified=True, policies=POLICIES)
    invalid = label(USA, "SECRET", Everyone())
    assert decide_access(label_set(invalid, NOW), clearance(USA, {"SECRET"}), circumstances) == Denied(
        ("label.not_valid",)
    )


def test_originator_controlled_needs_the_originator_s_grant() -> None:
    item = label(USA, "SECRET", to("USA", "IND"), caveats=frozenset({"ORCON"}))
    reader = clearance(USA, {"SECRET"}, caveats=frozenset({"ORCON"}))
    circumstances = Circumstances(NOW, binding_verified=True, policies=POLICIES)
    assert decide_access(label_set(item, NOW), reader, circumstances) == Denied(("originator.grant",))
    granted = replace(circumstances, granted_subjects=frozenset({reader.subject}))
    assert decide_access(label_set(item, NOW), reader, granted) == Permitted(item)


def test_an_unstated_release_alone_is_for_a_person_and_with_more_it_is_a_denial() -> None:
    circumstances = Circumstances(NOW, binding_verified=True, policies=POLICIES)
    labels = label_set(unstated(USA, "SECRET"), NOW)
    indian = clearance(USA, {"SECRET"}, nation=Nation("IND"))
    assert decide_access(labels, indian, circumstances) == Undecided("release.unstated")
    uncleared = clearance(USA, set(), nation=Nation("IND"))
    assert decide_access(labels, uncleared, circumstances) == Denied(("level", "release.unstated"))
