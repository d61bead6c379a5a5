"""What a nation's rules demand of its register: found by level and origin, dated, and never another nation's number."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources
from itertools import product
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, Refused
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.procedures import copies
from relto.procedures.actors import Actor, Role
from relto.procedures.register_rules import (
    COPY_NUMBER,
    DEMANDS,
    INVENTORY_MONTHS,
    RECORDS,
    REPRODUCTION_CONSENT,
    SIGNATORIES,
    Demand,
    read_register_rules,
    shipped_register_rules,
)

TODAY = date(2026, 11, 23)
LEVELS = ("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED", "UNCLASSIFIED", "")
TWO = Demand(SIGNATORIES, "USA", 2, provision="USR-06", citation="32 CFR 117.15(e)(2)")
NO_RULE = Demand(SIGNATORIES, "IND", None, provision="GAP-IND-destruction")


def document() -> dict[str, Any]:
    data = resources.files("relto.procedures").joinpath("data", "register_rules.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(data)
    return found


def officer(*roles: Role, person: str = "prs_a") -> Actor:
    return Actor(person, Nation("USA"), "USA-C014", None, frozenset(roles or {Role.SECURITY_OFFICER}), frozenset())


def demand(nation: str, name: str, level: str, *, foreign: bool, on: date = TODAY) -> Demand:
    return shipped_register_rules().demand(nation, name, level=level, foreign=foreign, on=on)


def test_foreign_top_secret_demands_a_number_consent_and_two_signatories_and_confidential_no_record() -> None:
    top = demand("USA", COPY_NUMBER, "TOP SECRET", foreign=True)
    assert (top.value, top.provision, top.confirmed) == (1, "USR-06", True)
    assert demand("USA", REPRODUCTION_CONSENT, "TOP SECRET", foreign=True).citation == "32 CFR 117.19(c)(10)"
    assert demand("USA", SIGNATORIES, "TOP SECRET", foreign=True).value == 2
    low = demand("USA", RECORDS, "CONFIDENTIAL", foreign=True)
    assert (low.value, low.events, low.citation) == (0, (), "32 CFR 2001.54(c)")
    assert demand("USA", COPY_NUMBER, "CONFIDENTIAL", foreign=True).value == 0


def test_a_profile_may_demand_what_the_shipped_rules_do_not() -> None:
    profile = document()
    row = next(one for one in profile["rules"] if one["demand"] == COPY_NUMBER and one["level"] == "CONFIDENTIAL")
    row |= {"value": 1, "evidence": "secondary", "confirmed": False, "citation": "the originator's own demand"}
    rules = read_register_rules(json.dumps(profile))
    found = rules.demand("USA", COPY_NUMBER, level="CONFIDENTIAL", foreign=True, on=TODAY)
    assert (found.value, found.confirmed) == (1, False)
    with pytest.raises(MalformedInput) as refused:
        copies.demanded(found, None, field="number", expected="a copy number")
    assert (refused.value.field, refused.value.details["citation"]) == ("number", "the originator's own demand")


@pytest.mark.parametrize("name", DEMANDS)
def test_where_india_has_no_rule_the_answer_is_a_gap_and_never_the_american_number(name: str) -> None:
    for level, foreign in product(LEVELS, (True, False)):
        found = demand("IND", name, level, foreign=foreign)
        assert found.is_gap
        assert (found.value, found.citation, found.evidence, found.confirmed) == (None, "", "none", False)
        assert found.provision.startswith("GAP-IND-") or found.provision == ""


def test_the_indian_heading_counts_until_the_manual_was_replaced() -> None:
    before = demand("IND", INVENTORY_MONTHS, "SECRET", foreign=False, on=date(2025, 7, 2))
    assert (before.value, before.evidence, before.confirmed) == (12, "excerpt", False)
    assert demand("IND", INVENTORY_MONTHS, "SECRET", foreign=False, on=date(2025, 7, 3)).is_gap


def test_every_confirmed_row_was_read_and_names_where() -> None:
    for rule in shipped_register_rules().rules:
        assert rule.provision
        assert rule.citation
        assert rule.source
        assert rule.confirmed == (rule.evidence == "read")


@pytest.mark.parametrize(
    "change",
    [
        {"type": "rules"},
        {"version": 2},
        {"rules": {}},
        {"rules": [{}]},
        {"gaps": [{"nation": "IND"}]},
        {"gaps": "none"},
    ],
)
def test_rules_of_another_form_are_refused_whole(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        read_register_rules(json.dumps(document() | change))


@pytest.mark.parametrize(
    "change",
    [
        {"value": -1},
        {"value": True},
        {"demand": "colour"},
        {"about": "theirs"},
        {"confirmed": True, "evidence": "excerpt"},
        {"superseded_from": "soon"},
        {"events": [1]},
        {"stray": 1},
    ],
)
def test_a_row_that_is_not_understood_refuses_the_whole_file(change: dict[str, Any]) -> None:
    changed = document()
    changed["rules"][0] |= change
    with pytest.raises(MalformedInput):
        read_register_rules(json.dumps(changed))
    doubled = document()
    doubled["rules"].append(doubled["rules"][0])
    with pytest.raises(MalformedInput):
        read_register_rules(json.dumps(doubled))


def test_a_destruction_that_two_must_sign_waits_for_the_second_and_is_refused_without_one() -> None:
    given = {"method": "shredding", "done_on": "2026-11-20"}
    with pytest.raises(MalformedInput) as refused:
        copies.take(copies.HELD, "destroy", actor=officer(), given=given, signatories=TWO)
    assert (refused.value.field, refused.value.details["rule"]) == ("witness", "USR-06")
    with pytest.raises(MalformedInput):
        copies.take(copies.HELD, "destroy", actor=officer(), given=given | {"witness": "prs_a"}, signatories=TWO)
    taken = copies.take(copies.HELD, "destroy", actor=officer(), given=given | {"witness": "prs_b"}, signatories=TWO)
    assert (taken.state, taken.event) == (copies.DESTROYING, LeafEvent.COPY_DESTRUCTION_SIGNED)
    state, engineer = copies.DESTROYING, officer(Role.ENGINEER, person="prs_b")
    with pytest.raises(Refused):
        copies.take(state, "witness", actor=officer(), given={}, signatories=TWO, named_witness="prs_b")
    taken = copies.take(state, "witness", actor=engineer, given={}, signatories=TWO, named_witness="prs_b")
    assert (taken.state, taken.event) == (copies.DESTROYED, LeafEvent.COPY_DESTROYED)


def test_where_no_rule_is_loaded_one_signature_is_taken() -> None:
    given = {"method": "burning", "done_on": "2026-11-20"}
    taken = copies.take(copies.HELD, "destroy", actor=officer(), given=given, signatories=NO_RULE)
    assert taken.state == copies.DESTROYED


@pytest.mark.parametrize(("state", "step"), list(product(copies.COPY.states, copies.STEPS)))
def test_a_step_starts_only_where_the_table_says_and_states_all_that_it_needs(state: str, step: str) -> None:
    form = copies.STEPS[step]
    given = dict.fromkeys(form.needs, "x")
    who = officer(Role.SECURITY_OFFICER)
    if state in copies.COPY.transition(step).sources:
        assert copies.take(state, step, actor=who, given=given, signatories=NO_RULE, named_witness="prs_a").state
        for name in form.needs:
            with pytest.raises(MalformedInput) as missing:
                copies.take(state, step, actor=who, given=given | {name: ""}, signatories=NO_RULE)
            assert missing.value.field == name
        with pytest.raises(MalformedInput):
            copies.take(state, step, actor=who, given=given | {"colour": "red"}, signatories=NO_RULE)
    else:
        with pytest.raises(Conflict):
            copies.take(state, step, actor=who, given=given, signatories=NO_RULE, named_witness="prs_a")


def test_what_ended_offers_no_step_and_nobody_else_is_offered_the_witness_step() -> None:
    for state in (copies.DESTROYED, copies.RETURNED):
        assert copies.steps_open_to(state, officer()) == ()
    assert copies.steps_open_to(copies.DESTROYING, officer(), "prs_b") == ()
    assert copies.steps_open_to(copies.DESTROYING, officer(Role.ENGINEER, person="prs_b"), "prs_b") == ("witness",)
    with pytest.raises(MalformedInput):
        copies.take(copies.HELD, "sell", actor=officer(), given={}, signatories=NO_RULE)
