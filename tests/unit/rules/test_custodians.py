"""Custodians in the agreement: an addition that old bundles lack, checked whole where it stands."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from relto.base.errors import ReltoError
from relto.base.nations import Nation
from relto.rules.bundle import Bundle, open_bundle
from relto.rules.custodians import recovery_orders
from tests.support.custodians import bundle_entry, order
from tests.unit.rules.agreement import IND, NOW, USA, authorities, bundle, party, signed, unsigned


def with_custodians(**entries: Any) -> Bundle:
    """The training bundle whose parties name these custodians."""
    parties = {
        nation: {**party(nation), **({"custodians": entries[nation]} if nation in entries else {})}
        for nation in (USA, IND)
    }
    data = signed(unsigned(parties=parties))
    return open_bundle(data, authorities=authorities(), at=NOW, active_version=None, node_kind="training")


def test_a_bundle_without_custodians_is_as_before_and_recovers_nothing() -> None:
    assert [one.custodians for one in bundle().parties.values()] == [None, None]


def test_both_nations_custodians_are_read_and_give_an_order_for_each_share() -> None:
    found = with_custodians(USA=bundle_entry("USA"), IND=bundle_entry("IND"))
    custodians = {nation: one.custodians for nation, one in found.parties.items()}
    assert recovery_orders(custodians, [IND, USA]) == (order("IND"), order("USA"))
    assert recovery_orders(custodians, [USA]) == (order("USA"),)


def test_where_one_nation_names_none_a_two_nation_item_has_no_half_recovery() -> None:
    found = with_custodians(USA=bundle_entry("USA"))
    custodians = {nation: one.custodians for nation, one in found.parties.items()}
    assert recovery_orders(custodians, [USA]) == (order("USA"),)
    assert recovery_orders(custodians, [USA, IND]) == ()
    assert recovery_orders(custodians, [Nation("FRA")]) == ()


def changed(nation: str, change: str) -> dict[str, Any]:
    entry: dict[str, Any] = copy.deepcopy(bundle_entry(nation))
    keys = entry["keys"]
    if change == "quorum of one":
        entry["quorum"] = 1
    elif change == "quorum above the number":
        entry["quorum"] = 4
    elif change == "numbers with a gap":
        keys.pop(1)
    elif change == "a kid of another key":
        keys[0]["kid"] = keys[1]["kid"]
    elif change == "a weaker algorithm":
        keys[0]["algorithm"] = "hpqt:secp256r1-mlkem768"
    elif change == "another owner":
        keys[0]["statement_key"] = keys[1]["statement_key"]
    elif change == "a name":
        keys[0]["name"] = "somebody"
    else:
        keys[1] = {**keys[0], "number": 2, "statement_key": keys[1]["statement_key"]}
    return entry


@pytest.mark.parametrize(
    "change",
    [
        "quorum of one",
        "quorum above the number",
        "numbers with a gap",
        "a kid of another key",
        "a weaker algorithm",
        "another owner",
        "a name",
        "one key for two custodians",
    ],
)
def test_custodians_that_are_not_what_they_say_refuse_the_bundle(change: str) -> None:
    with pytest.raises(ReltoError) as refused:
        with_custodians(USA=changed("USA", change), IND=bundle_entry("IND"))
    assert "custodians" in str(refused.value)


def test_one_person_cannot_stand_for_both_nations() -> None:
    lent: dict[str, Any] = copy.deepcopy(bundle_entry("IND"))
    lent["keys"][0] |= {name: bundle_entry("USA")["keys"][0][name] for name in ("kid", "pem")}  # type: ignore[index, call-overload]
    with pytest.raises(ReltoError, match=r"custodians\.twice"):
        with_custodians(USA=bundle_entry("USA"), IND=lent)
