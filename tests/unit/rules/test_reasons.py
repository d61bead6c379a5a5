"""A decision can be stored, shown to three readers who may know different things, and tried again with a remedy."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput
from relto.rules.builtin import package_data
from relto.rules.decide import decide
from relto.rules.decision import decision_from_dict
from relto.rules.provisions import BILATERAL, read_provisions, standing
from relto.rules.remedies import REMEDIES, replay_with
from relto.rules.training import seed_provisions
from relto.rules.views import asker_view, officer_view, partner_view, rule_text
from tests.unit.rules.agreement import IND, NOW, USA, bundle, case
from tests.unit.rules.test_decisions import STORIES


def colleague() -> dict[str, object]:
    """The refusal of the story: an Indian colleague who is not in the programme."""
    facts = case("open")
    facts = replace(facts, people=(replace(facts.people[0], programmes=frozenset()),), listings=())
    return {"facts": facts, "decision": decide(bundle(), "open", facts, NOW)}


def test_a_decision_reads_back_as_it_was_written() -> None:
    for action in ("release", "accept", "open", "supply_share", "retransfer"):
        decision = decide(bundle(), action, case(action), NOW)
        again = decision_from_dict(json.loads(canonical_bytes(decision.as_dict())))
        assert again == decision
        assert again.digest() == decision.digest()
        assert (decision.bundle_version, decision.bundle_digest) == (1, bundle().digest)
        assert decision.engine.startswith("cedarpy ")


@pytest.mark.parametrize(
    "change",
    [
        {"type": "verdict"}, {"version": 2}, {"permitted": "yes"}, {"gates": {}}, {"gates": [{}]}, {"errors": [1]},
        {"more": 1},
        {"bundle_version": True}, {"at": "today"},
    ],
)  # fmt: skip
def test_a_malformed_decision_is_refused(change: dict[str, object]) -> None:
    written = decide(bundle(), "open", case("open"), NOW).as_dict()
    with pytest.raises(MalformedInput):
        decision_from_dict({**written, **change})
    for member in ("outcome", "facts", "provisions", "unconfirmed"):
        gates = [{**written["gates"][0], member: 7}]
        with pytest.raises(MalformedInput):
            decision_from_dict({**written, "gates": gates})


def test_the_asker_her_officer_and_the_partner_see_what_each_may_know() -> None:
    decision = decide(bundle(), "open", colleague()["facts"], NOW)  # type: ignore[arg-type]
    asker = asker_view(decision)
    assert [gate.rule for gate in asker.gates] == ["R12-programme-member", "R13-listed-with-reason"]
    assert asker.gates[0].who == "programme_security_officer"
    assert asker.bundle_version == 1
    assert "psn_engineer" not in repr(asker)
    assert "MONSOON" not in repr(asker)
    officer = officer_view(decision, bundle())
    failed = next(gate for gate in officer["gates"] if gate["rule"] == "R12-programme-member")
    assert failed["facts"] == {"programme": "MONSOON-LARK"}
    cited = {provision["id"]: provision for provision in failed["provisions"]}
    assert cited["IND-05"]["citation"] == "SMLDI 2025 para 4.5"
    assert cited["IND-05"]["evidence"] == "secondary"
    assert partner_view(decision) == "refused"
    assert partner_view(decide(bundle(), "supply_share", case("supply_share"), NOW)) == "permitted"


def test_each_rule_is_worded_in_both_languages_and_says_whether_a_native_reader_reviewed_it() -> None:
    for gate in bundle().gates.gates:
        for language in ("en", "hi"):
            said = rule_text(bundle(), gate.rule, language)
            assert said is not None
            assert said[0]
            assert said[1] is False
        assert rule_text(bundle(), gate.rule, "fr") is None


@pytest.mark.parametrize(("rule", "why", "story"), STORIES, ids=[f"{rule[:3]} {why}" for rule, why, _ in STORIES])
def test_carrying_out_the_remedy_makes_the_refused_request_permitted(rule: str, why: str, story: object) -> None:
    del why
    gate = bundle().gates.by_rule(rule)
    action = "retransfer" if rule.startswith("R19") else gate.actions[-1]
    facts = story(case(action))  # type: ignore[operator]
    refused = decide(bundle(), action, facts, NOW)
    replay = replay_with(bundle(), action, facts, NOW, tuple(one.remedy for one in refused.failed))
    if gate.remedy in REMEDIES:
        assert replay.decision.permitted, (rule, replay.decision.failed_rules)
    else:
        assert replay.impossible == (gate.remedy,)
        assert replay.decision.failed_rules == (rule,)


def test_a_remedy_that_changes_the_agreement_is_not_pretended() -> None:
    replay = replay_with(bundle(), "open", case("open"), NOW, ("agree_equivalent",))
    assert (replay.applied, replay.impossible) == ((), ("agree_equivalent",))


def test_every_gate_cites_provisions_of_both_nations_and_of_the_agreement() -> None:
    for gate in bundle().gates.gates:
        nations = {bundle().provision(identity).nation for identity in gate.provisions}
        assert nations == {"USA", "IND", BILATERAL}, gate.rule


def test_no_bilateral_record_is_confirmed_and_gaps_stay_gaps() -> None:
    provisions = read_provisions(seed_provisions())
    assert len(provisions) == 376
    assert not any(one.confirmed for one in provisions.values() if one.nation == BILATERAL)
    assert all(one.requirement is None for one in provisions.values() if one.is_gap)
    with pytest.raises(MalformedInput, match=r"provisions\.confirmed"):
        read_provisions([{**seed_provisions()[0], "nation": BILATERAL}])
    gap = next(one for one in seed_provisions() if one["evidence"] == "none")
    with pytest.raises(MalformedInput, match=r"provisions\.gap"):
        read_provisions([{**gap, "requirement": "the other nation's number"}])


def test_a_rule_is_unconfirmed_for_a_nation_where_no_rule_is_loaded() -> None:
    provisions = read_provisions(seed_provisions())
    assert not standing(["USR-07"], USA, provisions).unconfirmed
    india = standing(["USR-07"], IND, provisions)
    assert (india.unconfirmed, india.evidence) == (True, "none")
    gap = bundle().standing("R02-disclosure-authorised", IND)
    assert gap.gaps == ("GAP-IND-disclosure", "GAP-BIL-disclosure")
    assert gap.evidence == "none"
    decision = decide(bundle(), "open", case("open"), NOW)
    assert decision.rests_on_unconfirmed
    assert all("USR" not in identity for gate in decision.gates for identity in gate.provisions)


def test_the_rulebook_that_ships_is_the_whole_seed() -> None:
    records = seed_provisions()
    assert {record["evidence"] for record in records} <= {
        "read", "excerpt", "secondary", "press", "inference", "unverified", "none",
    }  # fmt: skip
    assert json.loads(package_data("rulebook.json")) == records


def test_what_was_never_released_is_told_as_one_cause_and_the_decision_keeps_every_gate() -> None:
    for release, remedies in (
        (None, {"release_first"}),
        (replace(case("open").release, state="proposed"), {"release_first"}),  # type: ignore[type-var]
        (replace(case("open").release, state="withdrawn"), {"release_again"}),  # type: ignore[type-var]
    ):
        decision = decide(bundle(), "open", replace(case("open"), release=release), NOW)
        told = asker_view(decision)
        assert {gate.remedy for gate in told.gates} & {"extend_release", "release_again", "release_first"} == remedies
        assert not told.permitted
        full = officer_view(decision, bundle())["gates"]
        assert [gate["rule"] for gate in full] == [gate.rule for gate in decision.gates]
    unreleased = decide(bundle(), "open", replace(case("open"), release=None), NOW)
    assert {"R18-release-period", "R21-release-in-force"} <= set(unreleased.failed_rules)
    assert "R18-release-period" not in {gate.rule for gate in asker_view(unreleased).gates}
