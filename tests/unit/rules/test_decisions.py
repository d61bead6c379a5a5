"""Who may have a document, and why not: each gate alone stands against it, and the decision says which one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relto.base.instants import Period
from relto.base.nations import Nation
from relto.labels.audience import Everyone, Nobody, Only
from relto.rules.decide import decide
from relto.rules.facts import Action, ConsentFacts, DecisionFacts, ListingFacts
from tests.unit.rules.agreement import (
    DAY,
    FACILITY,
    FRA,
    IND,
    ITEM,
    NOW,
    THIS_MONTH,
    USA,
    bundle,
    case,
    home_case,
    level,
)  # fmt: skip

ACTIONS = [action.value for action in Action]
PAST = Period(NOW - 5 * DAY, NOW)
Story = Callable[[DecisionFacts], DecisionFacts]


def item(**changes: Any) -> Story:
    """A story in which the item is different."""
    return lambda facts: replace(facts, item=replace(facts.item, **changes))


def facility(**changes: Any) -> Story:
    """A story in which the facility is different."""
    return lambda facts: replace(facts, facility=replace(facts.facility, **changes))


def person(**changes: Any) -> Story:
    """A story in which the person is different."""
    return lambda facts: replace(facts, people=tuple(replace(one, **changes) for one in facts.people))


def release(**changes: Any) -> Story:
    """A story in which the release is different."""
    return lambda facts: replace(facts, release=facts.release and replace(facts.release, **changes))


def held(**changes: Any) -> Story:
    """A story in which the release under which a holder has the item is different."""
    return lambda facts: release(**changes)(facts) if not facts.people else facts


def release_story(**changes: Any) -> Story:
    """A story in which the release to the readers is different."""
    return lambda facts: release(**changes)(facts) if facts.people else facts


def consent(**changes: Any) -> Story:
    """A story in which the consent is different."""
    return lambda facts: replace(facts, consents=tuple(replace(one, **changes) for one in facts.consents))


def authorisations(kind: str, **changes: Any) -> Story:
    """A story in which an authorisation is different."""
    return lambda facts: replace(
        facts,
        authorisations=tuple(replace(one, **changes) if one.kind == kind else one for one in facts.authorisations),
    )


STORIES: list[tuple[str, str, Story]] = [
    ("R02-disclosure-authorised", "only an export licence", lambda f: replace(f, authorisations=f.authorisations[1:])),
    ("R02-disclosure-authorised", "for another item", authorisations("disclosure", item="itm_other", programme=None)),
    ("R02-disclosure-authorised", "for another nation", authorisations("disclosure", nation=Nation("GBR"))),
    ("R02-disclosure-authorised", "for nothing in particular", authorisations("disclosure", programme=None)),
    ("R02-disclosure-authorised", "it ended a moment ago", authorisations("disclosure", valid=PAST)),
    ("R03-export-authorised", "no licence", lambda f: replace(f, authorisations=f.authorisations[:1])),
    ("R03-export-authorised", "the licence ended", authorisations("export", valid=PAST)),
    (
        "R04-facility-level",
        "cleared one level too low",
        lambda f: facility(level=level(f.facility.nation, "CONFIDENTIAL"))(f),
    ),
    ("R04-facility-level", "no clearance known", facility(level=None)),
    ("R04-facility-level", "the other nation's level", lambda f: facility(level=level(f.releaser, "SECRET"))(f)),
    ("R05-facility-assurance-valid", "suspended", facility(suspended=True)),
    ("R05-facility-assurance-valid", "no assurance", facility(valid=None)),
    ("R05-facility-assurance-valid", "ended", facility(valid=PAST)),
    ("R06-facility-status-fresh", "stale by a second", facility(status_at=NOW - timedelta(hours=24, seconds=1))),
    ("R06-facility-status-fresh", "never confirmed", facility(status_at=None)),
    ("R06-facility-status-fresh", "confirmed in the future", facility(status_at=NOW + timedelta(seconds=1))),
    ("R07-safeguarding", "may not store", facility(safeguarding=None)),
    ("R08-personal-level", "one level too low", lambda f: person(level=level(f.facility.nation, "CONFIDENTIAL"))(f)),
    ("R08-personal-level", "an invented level", lambda f: person(level=level(f.facility.nation, "COSMIC"))(f)),
    ("R09-personal-assurance-valid", "suspended", person(suspended=True)),
    ("R09-personal-assurance-valid", "not yet valid", person(valid=Period(NOW + DAY, None))),
    ("R10-personal-status-fresh", "stale", person(status_at=NOW - 2 * DAY)),
    ("R11-approved-channel", "sent by post", lambda f: replace(f, channel="post")),
    ("R11-approved-channel", "no channel named", lambda f: replace(f, channel=None)),
    ("R12-programme-member", "curious colleague", person(programmes=frozenset({"OTHER"}))),
    ("R13-listed-with-reason", "not listed", lambda f: replace(f, listings=())),
    ("R13-listed-with-reason", "no reason", lambda f: replace(f, listings=(replace(f.listings[0], reason=""),))),
    (
        "R13-listed-with-reason",
        "another item",
        lambda f: replace(f, listings=(replace(f.listings[0], item="itm_other"),)),
    ),
    ("R15-releasable-to", "national eyes only", item(audience=Nobody())),
    ("R15-releasable-to", "for somebody else", item(audience=Only(frozenset({Nation("GBR")})))),
    ("R17-caveats-held", "a caveat she lacks", lambda f: item(caveats=f.item.caveats | {"example/OTHER"})(f)),
    ("R18-release-period", "the release ended", release_story(valid=PAST)),
    ("R20-manifest-registered", "forged manifest", item(registered=False)),
    ("R19-originator-consents", "no consent", lambda f: replace(f, consents=())),
    ("R19-originator-consents", "for another item", consent(item="itm_other")),
    ("R19-originator-consents", "to another nation", consent(nation=Nation("GBR"))),
    ("R19-originator-consents", "to another facility there", consent(facility="FRA-F002")),
    ("R19-originator-consents", "of the holder", lambda f: consent(by=f.releaser)(f)),
    ("R19-originator-consents", "it ended a moment ago", consent(valid=PAST)),
    ("R19-originator-consents", "it has not begun", consent(valid=Period(NOW + DAY, None))),
    ("R24-held-under-release", "withdrawn", held(state="withdrawn")),
    ("R24-held-under-release", "not yet accepted", held(state="released")),
    ("R24-held-under-release", "returned", held(state="refused")),
    ("R24-held-under-release", "another item's release", held(item="itm_other")),
    ("R24-held-under-release", "a release to somebody else", held(recipient=Nation("GBR"))),
    ("R21-release-in-force", "withdrawn", release_story(state="withdrawn")),
    ("R21-release-in-force", "another item's release", release_story(item="itm_other")),
    ("R21-release-in-force", "another facility's release", release_story(facility="IND-F999")),
    ("R22-release-accepted", "not yet accepted", release_story(state="released")),
]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(("origin", "recipient"), [(USA, IND), (IND, USA)])
def test_when_every_gate_holds_it_is_permitted_in_both_directions(
    action: str, origin: Nation, recipient: Nation
) -> None:
    decision = decide(bundle(), action, case(action, origin, recipient), NOW)
    assert decision.permitted, decision.failed_rules
    assert not decision.errors
    assert [gate.rule for gate in decision.gates] == [gate.rule for gate in bundle().gates.of_action(action)]
    assert all(gate.outcome in ("holds", "does_not_apply") for gate in decision.gates)


@pytest.mark.parametrize(
    ("action", "origin", "recipient"),
    [
        *((action, USA, IND) for action in ACTIONS),
        *((action, IND, USA) for action in ("release", "open", "retransfer")),
    ],
)
@pytest.mark.parametrize(("rule", "why", "story"), STORIES, ids=[f"{rule[:3]} {why}" for rule, why, _ in STORIES])
def test_one_gate_alone_refuses_and_is_named_alone(
    action: str, origin: Nation, recipient: Nation, rule: str, why: str, story: Story
) -> None:
    del why
    gate = bundle().gates.by_rule(rule)
    decision = decide(bundle(), action, story(case(action, origin, recipient)), NOW)
    if action in gate.actions and (action == "retransfer" or not rule.startswith("R19")):
        assert not decision.permitted
        assert decision.failed_rules == (rule,)
        assert decision.failed[0].remedy == gate.remedy
        assert set(decision.failed[0].facts) == set(gate.facts)
    else:
        assert decision.permitted


def test_an_agreement_that_ended_stops_crossing_the_border_and_never_work_at_home() -> None:
    later = bundle().expires
    shift = later - NOW
    for facts, permitted in ((case("open"), False), (home_case(), True)):
        moved = facility(valid=None if facts.facility.valid is None else Period(NOW, None), status_at=later)(facts)
        moved = person(valid=Period(NOW, None), status_at=later)(moved)
        moved = replace(moved, listings=tuple(replace(one, valid=Period(NOW, None)) for one in moved.listings))
        moved = release(valid=Period(NOW, None))(moved)
        decision = decide(bundle(), "open", moved, NOW + shift)
        assert decision.permitted is permitted
        if not permitted:
            assert "R01-agreement-in-force" in decision.failed_rules


def test_before_the_effective_instant_nothing_crosses() -> None:
    early = bundle().effective_from - timedelta(seconds=1)
    assert "R01-agreement-in-force" in decide(bundle(), "open", case("open"), early).failed_rules


def test_indian_restricted_has_no_american_equivalent_and_nobody_guesses_one() -> None:
    facts = item(level=level(IND, "RESTRICTED"))(case("release", IND, USA))
    assert decide(bundle(), "release", facts, NOW).failed_rules == ("R16-equivalent-exists",)


def test_a_level_of_an_unknown_policy_is_refused() -> None:
    facts = item(level=replace(level(USA, "SECRET"), policy="2.999.250.1"))(case("open"))
    assert "R16-equivalent-exists" in decide(bundle(), "open", facts, NOW).failed_rules


def test_a_third_nation_is_no_party_to_this_agreement() -> None:
    fra = FRA
    facts = case("release")
    facts = replace(facility(nation=fra)(person(nation=fra)(facts)), authorisations=())
    failed = decide(bundle(), "release", item(audience=Everyone())(facts), NOW).failed_rules
    assert {"R01-agreement-in-force", "R14-basic-list", "R16-equivalent-exists"} <= set(failed)


def test_consent_of_a_third_nation_is_for_this_item_and_to_this_nation() -> None:
    fra = FRA
    facts = item(owners=frozenset({fra}))(case("release"))
    given_consent = ConsentFacts("C-1", fra, ITEM, IND, FACILITY[IND], THIS_MONTH)
    for given, permitted in [
        ((), False),
        ((given_consent,), True),
        ((replace(given_consent, item="itm_other"),), False),
        ((replace(given_consent, nation=USA),), False),
        ((replace(given_consent, facility="IND-F999"),), False),
        ((replace(given_consent, by=USA),), False),
        ((replace(given_consent, valid=PAST),), False),
        ((replace(given_consent, valid=PAST), given_consent, replace(given_consent, item="itm_other")), True),
    ]:
        decision = decide(bundle(), "release", replace(facts, consents=given), NOW)
        assert decision.permitted is permitted
        assert permitted or decision.failed_rules == ("R19-originator-consents",)


@pytest.mark.parametrize(("origin", "holder"), [(USA, IND), (IND, USA)])
def test_no_consent_stands_for_the_holders_own_authorisations_and_none_of_them_for_consent(
    origin: Nation, holder: Nation
) -> None:
    facts = case("retransfer", origin, holder)
    for missing, rules in [
        ({"authorisations": ()}, ("R02-disclosure-authorised", "R03-export-authorised")),
        ({"consents": ()}, ("R19-originator-consents",)),
        ({"release": None}, ("R24-held-under-release",)),
    ]:
        assert decide(bundle(), "retransfer", replace(facts, **missing), NOW).failed_rules == rules  # type: ignore[arg-type]


def test_a_joint_item_goes_on_only_with_the_other_owners_consent() -> None:
    facts = item(owners=frozenset({USA, IND}))(case("retransfer", USA, IND))
    assert decide(bundle(), "retransfer", facts, NOW).permitted
    assert decide(bundle(), "retransfer", consent(by=IND)(facts), NOW).failed_rules == ("R19-originator-consents",)


def test_nothing_is_passed_on_once_the_agreement_ended() -> None:
    later = bundle().expires
    always = Period(NOW, None)
    facts = held(valid=always)(consent(valid=always)(case("retransfer")))
    facts = replace(facts, authorisations=tuple(replace(one, valid=always) for one in facts.authorisations))
    assert decide(bundle(), "retransfer", facts, later).failed_rules == ("R23-agreement-with-originator",)


def test_a_retransfer_names_no_person_and_goes_to_a_third_nation() -> None:
    facts = case("retransfer")
    reader = case("open").people[0]
    named = replace(reader, nation=FRA, facility=facts.facility.code)
    assert decide(bundle(), "retransfer", replace(facts, people=(named,)), NOW).errors == ("facts.people",)
    for nation in (USA, IND):
        odd = decide(bundle(), "retransfer", facility(nation=nation)(facts), NOW)
        assert (odd.permitted, odd.errors) == (False, ("facts.third_nation",))
    elsewhere = replace(facts, node=USA)
    assert decide(bundle(), "retransfer", elsewhere, NOW).errors == ("facts.node",)
    for action in ("release", "accept", "open", "supply_share"):
        assert decide(bundle(), action, replace(case(action), people=()), NOW).errors == ("facts.people",)


def test_a_joint_item_needs_each_other_owners_consent() -> None:
    fra, gbr = FRA, Nation("GBR")
    facts = item(owners=frozenset({USA, fra, gbr}))(case("release"))
    consents = tuple(ConsentFacts("C", by, ITEM, IND, FACILITY[IND], THIS_MONTH) for by in (fra, gbr))
    assert decide(bundle(), "release", replace(facts, consents=consents), NOW).permitted
    assert not decide(bundle(), "release", replace(facts, consents=consents[:1]), NOW).permitted


def test_claiming_to_be_the_releaser_does_not_make_a_foreign_item_national() -> None:
    facts = replace(case("open"), releaser=IND, release=None)
    failed = decide(bundle(), "open", facts, NOW).failed_rules
    assert {"R19-originator-consents", "R21-release-in-force"} <= set(failed)


def test_at_home_an_unregistered_container_opens_only_when_unclassified() -> None:
    forged = item(registered=False)(home_case())
    assert decide(bundle(), "open", forged, NOW).failed_rules == ("R20-manifest-registered",)
    assert decide(bundle(), "open", item(level=level(USA, "UNCLASSIFIED"))(forged), NOW).permitted
    abroad = item(registered=False, level=level(USA, "UNCLASSIFIED"))(case("open"))
    assert decide(bundle(), "open", abroad, NOW).failed_rules == ("R20-manifest-registered",)


def test_home_opening_asks_nothing_of_the_agreement() -> None:
    decision = decide(bundle(), "open", home_case(), NOW)
    assert decision.permitted
    outcomes = {gate.rule: gate.outcome for gate in decision.gates}
    assert outcomes["R01-agreement-in-force"] == "does_not_apply"
    assert outcomes["R13-listed-with-reason"] == "holds"


def test_one_reader_without_clearance_refuses_the_release_and_is_named_to_the_officer() -> None:
    facts = case("release")
    colleague = replace(facts.people[0], pseudonym="psn_colleague", level=None)
    listed = ListingFacts("psn_colleague", ITEM, "rsn_2", THIS_MONTH)
    facts = replace(facts, people=(*facts.people, colleague), listings=(*facts.listings, listed))
    decision = decide(bundle(), "release", facts, NOW)
    assert decision.failed_rules == ("R08-personal-level",)
    assert decision.failed[0].facts["people"] == "psn_colleague"


def test_the_officer_sees_the_dates_and_levels_behind_a_gate() -> None:
    decision = decide(bundle(), "open", facility(status_at=NOW - 3 * DAY)(case("open")), NOW)
    assert decision.failed[0].facts == {
        "facility": "IND-F001",
        "facility.status_at": "2026-11-19T14:00:00Z",
        "limit.status_max_age_hours": "24",
    }
