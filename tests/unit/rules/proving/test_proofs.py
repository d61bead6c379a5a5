"""What the prover says of the rules that ship, and of drafts with slips in them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.labels.audience import Only
from relto.node.draft_changes import changed_equivalence, changed_limits
from relto.rules.builtin import package_data
from relto.rules.bundle import Bundle, read_rules
from relto.rules.decide import decide
from relto.rules.engine import Engine
from relto.rules.facts import Action
from relto.rules.gates import GateList, policy_text
from relto.rules.proving.mutants import mutants_of, try_mutant
from relto.rules.proving.obligations import Obligation, prove_alone, prove_within
from relto.rules.proving.pieces import differences, with_pieces
from relto.rules.proving.proof import originators_rules, prove
from relto.rules.proving.rule_set import RuleSet, rule_set_of
from tests.unit.rules.agreement import DAY, IND, NOW, POLICY, USA, bundle, case, unsigned

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


def gates_with(rule: str, holds: Callable[[str], str] = lambda text: text, **changes: Any) -> dict[str, Any]:
    """The shipped gates with one rule changed."""
    table: dict[str, Any] = read_object(package_data("gates.json"), field="gates.json")
    for gate in table["gates"]:
        if gate["rule"] == rule:
            gate |= {"holds": holds(gate["holds"]), **changes}
    return table


def rows_without(*left_out: tuple[str, str]) -> dict[str, Any]:
    """The shipped equivalents without those of these levels, each by (policy, level)."""
    table = changed_equivalence([], NOW - 30 * DAY)
    kept = [row for row in table["rows"] if (row["from_policy"], row["from_level"]) not in left_out]
    return {**table, "rows": kept}


def agreed(version: int = 2, **changes: Any) -> Bundle:
    """A whole bundle file, read as the node's prover reads it."""
    return read_rules(unsigned(version=version, supersedes=version - 1 or None, **changes))


def releasable(group: str, *nations: str) -> dict[str, Any]:
    """A table of groups with one group."""
    row = {
        "code": group,
        "nations": [*nations],
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": None,
        "source": "an example",
        "citation": None,
        "evidence": "none",
        "confirmed": False,
    }
    return {"type": "groups", "version": 1, "groups": [row]}


Made = Callable[[], dict[str, Any]]
SLIPS: dict[str, tuple[Made, Made, str]] = {
    "an American level for Indian RESTRICTED": (
        dict,
        lambda: {"equivalence": changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], NOW - 30 * DAY)},
        "R16-equivalent-exists",
    ),
    "REL TO taken as consent": (
        dict,
        lambda: {
            "gates": gates_with(
                "R19-originator-consents", lambda holds: f"({holds}) || resource.audience.contains(principal.nation)"
            )
        },
        "R19-originator-consents",
    ),
    "consent for a nation instead of an item": (
        dict,
        lambda: {
            "gates": gates_with(
                "R19-originator-consents", lambda holds: holds.replace("context.consent.item == resource.code && ", "")
            )
        },
        "R19-originator-consents",
    ),
    "a stale assurance accepted": (
        dict,
        lambda: {"gates": gates_with("R10-personal-status-fresh", lambda _: "principal.statusAt <= context.now")},
        "R10-personal-status-fresh",
    ),
    "an expired assurance accepted": (
        dict,
        lambda: {"gates": gates_with("R09-personal-assurance-valid", lambda _: "!principal.suspended")},
        "R09-personal-assurance-valid",
    ),
    "a one-way equivalence inverted": (
        lambda: {"equivalence": rows_without((POLICY[IND], "CONFIDENTIAL"))},
        lambda: {"equivalence": rows_without()},
        "R16-equivalent-exists",
    ),
    "a group expansion that adds a nation": (
        lambda: {"groups": releasable("XGR", "FRA")},
        lambda: {"groups": releasable("XGR", "FRA", "IND", "USA")},
        "R15-releasable-to",
    ),
    "a date compared the wrong way": (
        dict,
        lambda: {
            "gates": gates_with(
                "R02-disclosure-authorised",
                lambda holds: holds.replace(
                    "context.now < context.disclosure.until", "context.disclosure.until < context.now"
                ),
            )
        },
        "R02-disclosure-authorised",
    ),
    "disclosure implied by REL TO": (
        dict,
        lambda: {
            "gates": gates_with(
                "R02-disclosure-authorised", lambda holds: f"({holds}) || resource.audience.contains(principal.nation)"
            )
        },
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
def test_a_slip_in_a_draft_is_refuted_by_its_rule_with_a_case_that_cedar_confirms(slip: str) -> None:
    before, changed, rule = SLIPS[slip]
    old, new = agreed(1, **before()), agreed(**changed())
    found = [
        one
        for one in prove_within(rule_set_of(new), originators_rules(old, new), today=TODAY)
        if one.result != "proved"
    ]
    assert found
    for obligation in found:
        assert obligation.result == "refuted"
        assert set(obligation.answers.values()) == {"sat"}
        assert [reason.rules for reason in obligation.reasons] == [(rule,)]
        for reason in obligation.reasons:
            assert reason.replayed.confirmed
            assert reason.replayed.case.told()["at"] == "2026-11-22T14:00:00Z"


def test_the_mended_draft_is_proved() -> None:
    mended = agreed(limits=changed_limits(["assurance_status_max_age=12 hour"]), groups=releasable("XGR", "FRA"))
    proof = prove(agreed(1, groups=releasable("XGR", "FRA", "IND")), mended, today=TODAY)
    assert proof.proved
    assert all(len(set(one.answers.values())) == 1 for one in proof.obligations)


@pytest.mark.parametrize(
    "holds",
    ["principal.rank >= resource.label.getTag(principal.nation)", "resource.secrecy > 0", "principal.rank > 0 &&"],
)
def test_an_attribute_that_is_missing_or_may_be_is_no_bundle(holds: str) -> None:
    """Cedar's own validation demands the question before the answer, so such a draft is refused before any proof."""
    with pytest.raises(MalformedInput) as caught:
        agreed(gates=gates_with("R08-personal-level", lambda _: holds, applies=[]))
    assert caught.value.reason.startswith("bundle.cedar_")


@pytest.mark.parametrize("nations", [("FRA",), ("FRA", "IND", "USA")])
def test_a_group_in_an_audience_stands_for_its_members_on_the_day_and_for_nobody_else(nations: tuple[str, ...]) -> None:
    facts = case("release")
    marked = dataclasses.replace(facts, item=dataclasses.replace(facts.item, audience=Only(frozenset({Nation("XGR")}))))
    grouped = agreed(1, groups=releasable("XGR", *nations))
    assert decide(grouped, "release", marked, NOW).permitted is ("IND" in nations)
    assert not decide(agreed(1), "release", marked, NOW).permitted, "an unknown group is nobody"


def test_a_rule_set_with_all_pieces_of_another_is_that_other() -> None:
    old = rule_set_of(agreed(1, equivalence=rows_without((POLICY[IND], "SECRET"))))
    new = rule_set_of(
        agreed(
            limits=changed_limits(["assurance_status_max_age=2 hour"]),
            groups=releasable("XGR", "FRA"),
            gates=gates_with("R11-approved-channel", lambda _: "true"),
        )
    )
    changed = differences(old, new)
    assert {piece.kind for piece in changed} == {"equivalent", "gate", "group", "limit"}
    assert differences(with_pieces(old, new, [piece.name for piece in changed]), new) == ()
    assert differences(old, with_pieces(old, new, [])) == ()


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
