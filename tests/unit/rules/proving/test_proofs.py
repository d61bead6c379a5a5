"""What the prover says of the rules that ship, and of drafts with slips in them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from functools import cache

import pytest

from relto.base.errors import MalformedInput
from relto.rules.engine import Engine
from relto.rules.facts import Action
from relto.rules.gates import GateList, policy_text
from relto.rules.proving.mutants import mutants_of, try_mutant
from relto.rules.proving.obligations import Obligation, prove_alone, prove_within
from relto.rules.proving.rule_set import Equivalent, Member, RuleSet, rule_set_of
from tests.unit.rules.agreement import IND, NOW, USA, bundle

TODAY = int(NOW.timestamp())
SAMPLE = 5


@cache
def shipped() -> RuleSet:
    return rule_set_of(bundle())


def with_rule(rule: str, change: Callable[[str], str]) -> RuleSet:
    """The shipped rules with the condition of one rule changed."""
    rules = shipped()
    gates = tuple(
        dataclasses.replace(gate, holds=change(gate.holds)) if gate.rule == rule else gate for gate in rules.gates.gates
    )
    listed = GateList(gates, rules.gates.conditions)
    return dataclasses.replace(rules, gates=listed, engine=Engine(policy_text(listed), rules.schema, listed))


def with_row(origin: tuple[str, str], nation: str, level: str) -> RuleSet:
    """The shipped rules with one row of equivalents more."""
    rules = shipped()
    row = Equivalent((USA if origin[0] == "USA" else IND, origin[1]), USA if nation == "USA" else IND, 0, 0, 2**50)
    ranked = dataclasses.replace(row, rank=rules.ranks[row.nation, level])
    return dataclasses.replace(rules, equivalents=(*rules.equivalents, ranked))


SLIPS: dict[str, tuple[Callable[[], RuleSet], str]] = {
    "an American level for Indian RESTRICTED": (
        lambda: with_row(("IND", "RESTRICTED"), "USA", "CONFIDENTIAL"),
        "R16-equivalent-exists",
    ),
    "REL TO taken as consent": (
        lambda: with_rule(
            "R19-originator-consents", lambda holds: f"({holds}) || resource.audience.contains(principal.nation)"
        ),
        "R19-originator-consents",
    ),
    "consent for a nation instead of an item": (
        lambda: with_rule(
            "R19-originator-consents", lambda holds: holds.replace("context.consent.item == resource.code && ", "")
        ),
        "R19-originator-consents",
    ),
    "a stale assurance accepted": (
        lambda: with_rule("R10-personal-status-fresh", lambda _: "principal.statusAt <= context.now"),
        "R10-personal-status-fresh",
    ),
    "an expired assurance accepted": (
        lambda: with_rule("R09-personal-assurance-valid", lambda _: "!principal.suspended"),
        "R09-personal-assurance-valid",
    ),
    "a one-way equivalence inverted": (
        lambda: dataclasses.replace(with_row(("IND", "RESTRICTED"), "USA", "UNCLASSIFIED")),
        "R16-equivalent-exists",
    ),
    "a group expansion that adds a nation": (
        lambda: dataclasses.replace(shipped(), groups=tuple(Member("XGR", nation, 0, 2**50) for nation in (USA, IND))),
        "R15-releasable-to",
    ),
    "a date compared the wrong way": (
        lambda: with_rule(
            "R02-disclosure-authorised",
            lambda holds: holds.replace(
                "context.now < context.disclosure.until", "context.disclosure.until < context.now"
            ),
        ),
        "R02-disclosure-authorised",
    ),
    "disclosure implied by REL TO": (
        lambda: with_rule(
            "R02-disclosure-authorised", lambda holds: f"({holds}) || resource.audience.contains(principal.nation)"
        ),
        "R02-disclosure-authorised",
    ),
}


def refuted(draft: RuleSet) -> list[Obligation]:
    """The obligations of a draft that are not proved, when each originator's rules are the shipped ones."""
    found = prove_within(draft, {USA: shipped(), IND: shipped()}, today=TODAY)
    return [obligation for obligation in found if obligation.result != "proved"]


def test_the_shipped_rules_hold_by_themselves_and_both_solvers_say_so() -> None:
    found = list(prove_alone(shipped()))
    assert {obligation.result for obligation in found} == {"proved"}
    assert {obligation.kind for obligation in found} == {"forms_equal", "never_errs", "not_vacuous"}
    assert {obligation.action for obligation in found} == set(Action)
    assert all(len(set(obligation.answers.values())) == 1 for obligation in found)


def test_a_draft_that_changes_nothing_is_within_both_originators_rules() -> None:
    assert refuted(shipped()) == []


def test_a_draft_that_tightens_is_within_them_too() -> None:
    assert refuted(dataclasses.replace(shipped(), status_max_age=shipped().status_max_age - 1)) == []


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_refuted_by_its_rule_with_a_case_that_cedar_confirms(slip: str) -> None:
    draft, rule = SLIPS[slip]
    found = refuted(draft())
    assert found
    for obligation in found:
        assert obligation.result == "refuted"
        assert set(obligation.answers.values()) == {"sat"}
        assert [reason.rules for reason in obligation.reasons] == [(rule,)]
        for reason in obligation.reasons:
            assert reason.replayed.confirmed
            assert reason.replayed.case.told()["at"] == "2026-11-22T14:00:00Z"


def test_a_longer_limit_is_a_loosening() -> None:
    found = refuted(dataclasses.replace(shipped(), status_max_age=shipped().status_max_age + 1))
    reasons = {reason.rules for obligation in found for reason in obligation.reasons}
    assert reasons == {("R06-facility-status-fresh",), ("R10-personal-status-fresh",)}


def test_a_policy_that_may_err_is_found() -> None:
    doubtful = with_rule("R10-personal-status-fresh", lambda holds: f"context.now + 9223372036854775807 > 0 && {holds}")
    erring = [one for one in prove_alone(doubtful) if one.kind == "never_errs" and one.result == "refuted"]
    assert {one.action for one in erring} == {Action.RELEASE, Action.ACCEPT, Action.OPEN, Action.SUPPLY_SHARE}


def test_rules_that_permit_nobody_are_found() -> None:
    closed = with_rule("R20-manifest-registered", lambda _: "false")
    assert {one.result for one in prove_alone(closed) if one.kind == "not_vacuous"} == {"refuted"}


def test_an_operator_that_the_prover_does_not_know_is_refused() -> None:
    liking = with_rule("R11-approved-channel", lambda holds: f'{holds} && context.channel like "l*"')
    with pytest.raises(MalformedInput) as caught:
        list(prove_alone(liking))
    assert caught.value.reason == "proof.unknown"


def test_another_schema_is_refused() -> None:
    with pytest.raises(MalformedInput) as caught:
        list(prove_alone(dataclasses.replace(shipped(), schema=shipped().schema + "\n")))
    assert caught.value.reason == "proof.schema"


def test_levels_in_another_order_are_not_compared() -> None:
    other = {name: rank + 1 for name, rank in shipped().ranks.items()}
    with pytest.raises(MalformedInput) as caught:
        refuted(dataclasses.replace(shipped(), ranks=other))
    assert caught.value.reason == "proof.levels"


def test_a_door_for_people_without_a_facility_is_found() -> None:
    """Of whoever belongs to no facility the questions name an empty code, so the prover must ask about it too."""
    draft = with_rule("R21-release-in-force", lambda holds: f'({holds}) || principal.facility.code == ""')
    found = refuted(draft)
    assert {obligation.action for obligation in found} == {Action.ACCEPT, Action.OPEN, Action.SUPPLY_SHARE}
    for obligation in found:
        assert obligation.result == "refuted"
        assert all(reason.replayed.confirmed for reason in obligation.reasons)


def test_a_new_level_is_not_compared_because_whoever_holds_it_holds_nothing_by_the_rules_in_force() -> None:
    highest = max(rank for (nation, _), rank in shipped().ranks.items() if nation == USA)
    draft = dataclasses.replace(shipped(), ranks={**shipped().ranks, (USA, "ABOVE ALL"): highest + 1})
    for one, other in ((draft, shipped()), (shipped(), draft)):
        with pytest.raises(MalformedInput) as caught:
            list(prove_within(one, {USA: other}, today=TODAY))
        assert caught.value.reason == "proof.levels"


def test_a_sample_of_deleted_and_weakened_conditions_is_caught() -> None:
    every = list(mutants_of(shipped()))
    for mutant in random.Random(TODAY).sample(every, SAMPLE):  # noqa: S311  a choice of tests, no secret
        fate = try_mutant(mutant, shipped()).fate
        assert fate in ("caught", "not_valid"), (mutant.rule, mutant.slip)
