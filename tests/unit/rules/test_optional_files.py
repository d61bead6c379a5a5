"""The files that a bundle may carry: groups of nations, and consents to what it loosens."""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.rules.bundle import read_rules
from relto.rules.groups import Groups, read_groups
from relto.rules.loosenings import Consent, Piece, loosenings_file
from tests.unit.rules.agreement import DAY, IND, NOW, unsigned


def group(**changes: Any) -> dict[str, Any]:
    stated = {
        "code": "XGR",
        "nations": ["FRA"],
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": "2027-01-01T00:00:00Z",
        "source": "an example",
        "citation": None,
        "evidence": "none",
        "confirmed": False,
    }
    return {**stated, **changes}


def groups(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"type": "groups", "version": 1, "groups": [*rows]}


def consents(*stated: Consent) -> dict[str, Any]:
    return loosenings_file(stated)


CHANNEL = Piece("channel", "courier", value=True)


def test_a_bundle_without_them_has_none() -> None:
    plain = read_rules(unsigned())
    assert (plain.groups, plain.consents, plain.overlay) == (Groups(), (), None)


def test_a_group_has_its_members_on_its_dates_only() -> None:
    found = read_groups(
        groups(group(), group(nations=["BEL"], valid_from="2027-01-01T00:00:00Z", valid_to=None)), frozenset()
    )
    assert found.admitted(["XGR", "USA"], NOW) == {"XGR", "USA", "FRA"}
    assert found.admitted(["XGR"], NOW + 60 * DAY) == {"XGR", "BEL"}
    assert found.admitted(["XGR"], NOW - 400 * DAY) == {"XGR"}
    assert found.admitted(["YYY"], NOW) == {"YYY"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"groups": groups(group(code="USA"))}, "groups.code"),
        ({"groups": groups(group(), group(nations=["BEL"], valid_to=None))}, "groups.doubled"),
        ({"groups": groups(group(code="lower"))}, "bundle.schema"),
        ({"loosenings": consents(Consent(Nation("FRA"), CHANNEL, "why"))}, "consents.originator"),
        ({"loosenings": consents(Consent(IND, CHANNEL, "why", provision="NO-SUCH"))}, "provisions.unknown"),
        ({"loosenings": consents(Consent(IND, CHANNEL, "a"), Consent(IND, CHANNEL, "b"))}, "consents.doubled"),
        ({"loosenings": consents(Consent(IND, Piece("mood", "good", value=True), "why"))}, "bundle.schema"),
        ({"loosenings": consents()}, "bundle.schema"),
    ],
)
def test_what_does_not_fit_refuses_the_bundle_whole(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        read_rules(unsigned(**changes))
    assert caught.value.reason == reason
