"""Policies are data with sources; equivalence is a signed, dated, directed table that never weakens anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.labels.audience import Everyone
from relto.labels.label import label_as_dict
from relto.labels.levels import PolicyId
from relto.labels.mapping import EquivalenceTable, Mapped, NeedsPerson, NoEquivalent, map_label
from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy
from tests.unit.labels.labels_support import (
    DEFAULT_ROWS,
    IND,
    NATIONS,
    NOW,
    POLICIES,
    TABLE,
    USA,
    label,
    policy_bytes,
    row,
    to,
    unstated,
)


def test_an_unknown_level_is_refused_with_the_policy_s_levels() -> None:
    with pytest.raises(UnknownValue) as refusal:
        USA.level("RESTRICTED")
    assert refusal.value.field == "level"
    assert refusal.value.expected == "a level of policy USA: TOP SECRET, SECRET, CONFIDENTIAL, UNCLASSIFIED"


def test_only_read_facts_are_confirmed_and_no_indian_one_is() -> None:
    assert {e.level.name for e in USA.entries if e.provenance.confirmed} == {"TOP SECRET", "SECRET", "CONFIDENTIAL"}
    assert not any(entry.provenance.confirmed for entry in IND.entries)
    assert all("not reviewed by a native reader" in entry.provenance.source for entry in IND.entries)


def test_policies_are_found_by_oid_nation_or_name_and_one_version_each() -> None:
    assert POLICIES.find("2.999.840.1") is POLICIES.find("USA") is POLICIES.by_name("usa") is USA
    assert POLICIES.by_nation(Nation("IND")) is IND
    for missing in ("", "FRA", "2.999"):
        with pytest.raises(UnknownValue):
            POLICIES.find(missing)
    with pytest.raises(UnknownValue):
        POLICIES.of(PolicyId(USA.oid, "USA", 2))
    with pytest.raises(MalformedInput):
        PolicySet([USA, USA])
    assert PolicyId("2.999.1", "A", 1) == PolicyId("2.999.1", "B", 1) != PolicyId("2.999.1", "A", 2)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(policy: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place: Any = policy
        for part in parents:
            place = place[int(part)] if part.isdigit() else place[part]
        place[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("format", 2),
        _set("unstated_release", "everyone"),
        _set("more", 1),
        _set("oid", "USA"),
        _set("name", "usa policy"),
        _set("version", 0),
        _set("nation", "US"),
        _set("levels", []),
        _set("levels.1.name", "TOP SECRET"),
        _set("levels.1.name", "RESTRICTED"),
        _set("levels.1.hierarchy", 4),
        _set("levels.1.hierarchy", -1),
        _set("levels.1.hierarchy", "3"),
        _set("levels.1.lacv", 5),
        _set("levels.1.portion", "TS"),
        _set("levels.1.markings", {"hi": "x"}),
        _set("levels.1.may_be_public", 1),
        _set("levels.1.evidence", "inference"),
        _set("levels.1.evidence", "heard"),
        _set("levels.1.source", " "),
        _set("tag_sets", []),
        _set("tag_sets.0.kind", "RESTRICTIVE"),
        _set("tag_sets.0.role", "programme"),
        _set("tag_sets.0.role", ["release"]),
        _set("tag_sets.0.name", "Releasable\x00To"),
        _set("tag_sets.0.oid", "2.999.840.1.2"),
        _set("caveats.0.lowest_level", "RESTRICTED"),
        _set("caveats.0.name", "IMCON"),
        _set("dissemination_order", ["NOFORN", "REL TO"]),
    ],
)
def test_a_policy_file_is_refused_whole_for_any_fault(change: Callable[[dict[str, Any]], None]) -> None:
    policy = json.loads(policy_bytes("usa"))
    assert load_policy(json.dumps(policy).encode()).oid == USA.oid
    change(policy)
    with pytest.raises(MalformedInput):
        load_policy(json.dumps(policy).encode())


def test_secret_maps_to_secret_with_the_same_owner_audience_and_dates() -> None:
    original = label(USA, "SECRET", to("USA", "IND"))
    found = map_label(original, TABLE, IND, NOW)
    assert isinstance(found, Mapped)
    assert found.label.level == IND.level("SECRET")
    assert found.label.policy == IND.identity
    assert not found.row.confirmed
    unchanged = set(label_as_dict(original)) - {"policy", "level"}
    assert all(label_as_dict(found.label)[name] == label_as_dict(original)[name] for name in unchanged)


def test_indian_restricted_has_no_american_equivalent_and_is_never_guessed() -> None:
    found = map_label(label(IND, "RESTRICTED", to("USA", "IND")), TABLE, USA, NOW)
    assert isinstance(found, NoEquivalent)
    assert found.handling == "as_confidential"


def test_over_the_whole_universe_a_translation_adds_no_nation_and_drops_no_control() -> None:
    for policy, target in ((USA, IND), (IND, USA)):
        for level in policy.levels:
            for other in ("GBR", "FRA"):
                original = label(policy, level.name, to(policy.nation, other))
                found = map_label(original, TABLE, target, NOW)
                if isinstance(found, Mapped):
                    for nation in NATIONS:
                        assert found.label.release.covers(nation) == original.release.covers(nation)
                    assert found.label.level.name == level.name


def test_a_person_decides_what_the_table_does_not() -> None:
    secret = label(USA, "SECRET", to("USA", "IND"))
    partial = EquivalenceTable.from_rows([row("USA", "SECRET", "IND", "SECRET")], POLICIES)
    assert map_label(label(USA, "CONFIDENTIAL", to("USA")), partial, IND, NOW) == NeedsPerson("no_row")
    assert map_label(label(IND, "SECRET", to("IND")), partial, USA, NOW) == NeedsPerson("no_row")
    assert map_label(secret, TABLE, USA, NOW) == NeedsPerson("same_policy")
    assert map_label(secret, TABLE, IND, datetime(2025, 1, 1, tzinfo=UTC)) == NeedsPerson("no_row")
    controlled = label(USA, "SECRET", to("USA", "IND"), caveats=frozenset({"ORCON"}))
    assert map_label(controlled, TABLE, IND, NOW) == NeedsPerson("caveats")
    assert map_label(label(USA, "SECRET", Everyone()), TABLE, IND, NOW) == NeedsPerson("policy")
    unknown_here = EquivalenceTable.from_rows([], PolicySet([USA]))
    assert map_label(secret, unknown_here, IND, NOW) == NeedsPerson("policy")


def test_a_translation_is_never_translated_again() -> None:
    abroad = map_label(label(IND, "SECRET", to("USA", "IND")), TABLE, USA, NOW)
    assert isinstance(abroad, Mapped)
    assert map_label(abroad.label, TABLE, IND, NOW) == NeedsPerson("not_originator")


def test_an_undecided_release_stays_undecided_abroad_and_unclassified_may_be_public() -> None:
    found = map_label(unstated(USA, "SECRET"), TABLE, IND, NOW)
    assert isinstance(found, Mapped)
    assert not found.label.release_stated
    public = map_label(label(USA, "UNCLASSIFIED", Everyone()), TABLE, IND, NOW)
    assert isinstance(public, Mapped)
    upward = EquivalenceTable.from_rows([row("USA", "UNCLASSIFIED", "IND", "RESTRICTED")], POLICIES)
    assert map_label(label(USA, "UNCLASSIFIED", Everyone()), upward, IND, NOW) == NeedsPerson("release")


@pytest.mark.parametrize(
    "rows",
    [
        [row("USA", "SECRET", "IND", "CONFIDENTIAL")],
        [row("USA", "SECRET", "IND", "SECRET"), row("USA", "CONFIDENTIAL", "IND", "TOP SECRET")],
        [row("USA", "SECRET", "IND", "SECRET"), row("USA", "SECRET", "IND", None)],
        [row("USA", "SECRET", "USA", "SECRET")],
        [row("USA", "RESTRICTED", "IND", "RESTRICTED")],
        [row("IND", "RESTRICTED", "USA", "RESTRICTED")],
        [row("FRA", "SECRET", "USA", "SECRET")],
        [row("USA", "SECRET", "IND", "SECRET", confirmed="yes")],
        [row("USA", "SECRET", "IND", "SECRET", evidence="heard")],
        [row("USA", "SECRET", "IND", "SECRET", valid_to="2025-01-01T00:00:00Z")],
        [row("USA", "SECRET", "IND", "SECRET", handling="")],
        [row("USA", "SECRET", "IND", "SECRET", more=1)],
        "rows",
        [None],
    ],
)
def test_a_table_that_lowers_protection_or_is_malformed_is_refused(rows: object) -> None:
    with pytest.raises(MalformedInput):
        EquivalenceTable.from_rows(rows, POLICIES)


def test_a_row_may_follow_another_in_time() -> None:
    rows = [
        row("IND", "RESTRICTED", "USA", None, valid_to="2027-01-01T00:00:00Z"),
        row("IND", "RESTRICTED", "USA", "CONFIDENTIAL", valid_from="2027-01-01T00:00:00Z"),
    ]
    table = EquivalenceTable.from_rows(rows, POLICIES)
    item = label(IND, "RESTRICTED", to("IND", "USA"))
    assert isinstance(map_label(item, table, USA, NOW), NoEquivalent)
    assert isinstance(map_label(item, table, USA, datetime(2027, 1, 1, tzinfo=UTC)), Mapped)
    assert len(DEFAULT_ROWS) == 9
