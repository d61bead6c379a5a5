"""The engine and a naive evaluator agree on random facts; nations swapped, the answer is the same."""

from __future__ import annotations

import operator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relto.base.instants import Period
from relto.base.nations import Nation
from relto.labels.audience import Audience, Everyone, Nobody, Only
from relto.rules.decide import decide
from relto.rules.facts import (
    Action,
    AuthorisationFacts,
    ConsentFacts,
    DecisionFacts,
    FacilityFacts,
    ItemFacts,
    LevelCode,
    ListingFacts,
    PersonFacts,
    ReleaseFacts,
)  # fmt: skip
from tests.unit.rules.agreement import DAY, FACILITY, IND, ITEM, NOW, POLICY, PROGRAMME, THIS_MONTH, USA, bundle, case
from tests.unit.rules.naive import failed_rules

FRA = Nation("FRA")
SWAP = {USA: IND, IND: USA, FRA: FRA}
NATIONS = st.sampled_from([USA, IND, USA, IND, FRA])
PERIODS = st.sampled_from([THIS_MONTH, THIS_MONTH, Period(NOW, None), Period(NOW - DAY, NOW), Period(NOW + DAY, None)])
STATUS = st.sampled_from([NOW, NOW - timedelta(hours=24), NOW - timedelta(hours=25), NOW + timedelta(seconds=1), None])
ITEMS = st.sampled_from([ITEM, ITEM, ITEM, "itm_other"])
PROGRAMMES = st.sampled_from([PROGRAMME, PROGRAMME, "OTHER", None])
AUDIENCES: list[Audience] = [Only(frozenset({USA, IND})), Everyone(), Nobody(), Only(frozenset({FRA}))]
REASONS = st.sampled_from(["rsn_1", "rsn_1", ""])
UNLESS_ODD = st.integers(0, 3).map(bool)
LEVELS = ["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET", "COSMIC"]
CAVEATS = st.frozensets(st.sampled_from(["example/A", "example/B"]))


@st.composite
def levels(draw: st.DrawFn, nation: Nation | None = None) -> LevelCode | None:
    """A level, mostly SECRET of the nation's own policy."""
    policy = POLICY.get(nation or draw(NATIONS), "2.999.250.1")
    return draw(
        st.one_of(st.just(LevelCode(policy, "SECRET")), st.builds(LevelCode, st.just(policy), st.sampled_from(LEVELS)))
    )


@st.composite
def wild_cases(draw: st.DrawFn) -> tuple[str, DecisionFacts]:
    """An action and facts that do not contradict each other; mostly much stands against them."""
    action = draw(st.sampled_from([one.value for one in Action]))
    origin = draw(st.sampled_from([USA, IND]))
    others = [SWAP[origin], SWAP[origin], SWAP[origin], FRA] + ([] if action == "supply_share" else [origin])
    onward = action == "retransfer"
    nation = FRA if onward else draw(st.sampled_from(others))
    nations = st.sampled_from([nation, nation, nation, USA, IND, FRA])
    audience = draw(st.sampled_from(AUDIENCES))
    third = SWAP[origin] if onward else FRA
    owners = st.sampled_from(
        [frozenset({third if onward else origin}), frozenset({USA, IND}), frozenset({third, origin})]
    )
    item = draw(st.builds(
        ItemFacts, item=st.just(ITEM), owners=owners,
        level=levels(origin).filter(bool), audience=st.just(audience), caveats=CAVEATS, programme=PROGRAMMES,
        export_controlled=st.booleans(), physical=st.booleans(), registered=UNLESS_ODD,
    ))  # fmt: skip
    suspended = UNLESS_ODD.map(operator.not_)
    facility = draw(st.builds(
        FacilityFacts, code=st.sampled_from([FACILITY.get(nation, "FRA-F001"), "OTH-F009"]), nation=st.just(nation),
        level=levels(nation), safeguarding=levels(nation), valid=PERIODS, status_at=STATUS, suspended=suspended,
    ))  # fmt: skip
    fewest, most = {"open": (1, 1), "supply_share": (1, 1), "retransfer": (0, 0)}.get(action, (1, 2))
    count = draw(st.integers(fewest, most))
    people = tuple(draw(st.builds(
        PersonFacts, pseudonym=st.just(f"psn_{number}"), nation=st.just(nation), facility=st.just(facility.code),
        level=levels(nation), caveats=st.one_of(st.just(item.caveats), CAVEATS), valid=PERIODS, status_at=STATUS,
        programmes=st.sampled_from([frozenset({PROGRAMME}), frozenset({PROGRAMME, "OTHER"}), frozenset[str]()]),
        suspended=suspended,
    )) for number in range(count))  # fmt: skip
    return action, DecisionFacts(
        node=nation if action in ("accept", "open") else origin,
        item=item, facility=facility, people=people, releaser=origin,
        channel=draw(st.sampled_from(["link", "link", "post", None])),
        authorisations=tuple(draw(st.lists(st.builds(
            AuthorisationFacts, st.sampled_from(["disclosure", "export"]), st.just("R"), nations,
            st.one_of(st.none(), ITEMS), PROGRAMMES, PERIODS), max_size=3))),
        consents=tuple(draw(st.lists(st.builds(
            ConsentFacts, st.just("C"), NATIONS, ITEMS, nations,
            st.sampled_from([facility.code, facility.code, "OTH-F000"]), PERIODS), max_size=3))),
        listings=tuple(draw(st.lists(st.builds(
            ListingFacts, st.sampled_from(["psn_0", "psn_1"]), ITEMS, REASONS, PERIODS), max_size=3))),
        release=draw(st.one_of(st.none(), st.builds(
            ReleaseFacts, release=st.just("rel_1"), item=ITEMS, recipient=st.just(origin) if onward else nations,
            facility=st.sampled_from([facility.code, facility.code, "OTH-F000"]), mode=st.just("live"),
            state=st.sampled_from(["proposed", "released", "accepted", "accepted", "withdrawn"]), valid=PERIODS))),
    )  # fmt: skip


PARTS = {
    "item": ["owners", "level", "audience", "caveats", "programme", "export_controlled", "physical", "registered"],
    "facility": ["level", "safeguarding", "valid", "status_at", "suspended"],
    "person": ["level", "caveats", "valid", "status_at", "programmes", "suspended"],
    "case": ["channel", "authorisations", "consents", "listings", "release"],
}
FIELDS = [(part, name) for part, names in PARTS.items() for name in names]


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, DecisionFacts]:
    """A case in which all holds, with up to three facts taken from a wild one; or now and then the wild one itself."""
    action, wild = draw(wild_cases())
    nation = wild.facility.nation
    onward = action == "retransfer"
    if (nation == FRA and not onward) or draw(st.integers(0, 5)) == 0:
        return action, wild
    good = case(action, SWAP[wild.releaser], wild.releaser) if onward else case(action, wild.releaser, nation)
    twists = draw(st.frozensets(st.sampled_from(FIELDS), max_size=3))

    def taken(part: str, source: object) -> dict[str, Any]:
        return {name: getattr(source, name) for chosen, name in twists if chosen == part}

    people = tuple(replace(one, **taken("person", wild.people[0])) for one in good.people)
    item, facility = (
        replace(good.item, **taken("item", wild.item)),
        replace(good.facility, **taken("facility", wild.facility)),
    )
    return action, replace(good, item=item, facility=facility, people=people, **taken("case", wild))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_engine_and_naive_evaluator_agree_on_outcome_and_reasons(asked: tuple[str, DecisionFacts]) -> None:
    action, facts = asked
    decision = decide(bundle(), action, facts, NOW)
    assert not decision.errors
    expected = failed_rules(action, facts, NOW)
    assert {rule[:3] for rule in decision.failed_rules} == expected
    assert decision.permitted is (not expected)


def swapped(facts: DecisionFacts) -> DecisionFacts:
    """The same case with the two nations exchanged."""

    def level(code: LevelCode | None) -> LevelCode | None:
        oids = {POLICY[USA]: POLICY[IND], POLICY[IND]: POLICY[USA]}
        return None if code is None else LevelCode(oids.get(code.policy, code.policy), code.name)

    codes = {FACILITY[USA]: FACILITY[IND], FACILITY[IND]: FACILITY[USA]}
    item, facility, release = facts.item, facts.facility, facts.release
    audience = item.audience
    return replace(
        facts,
        node=SWAP[facts.node],
        releaser=SWAP[facts.releaser],
        item=replace(
            item,
            owners=frozenset(SWAP[one] for one in item.owners),
            level=level(item.level),  # type: ignore[arg-type]
            audience=Only(frozenset(SWAP[one] for one in audience.nations)) if isinstance(audience, Only) else audience,
        ),
        facility=replace(
            facility,
            code=codes.get(facility.code, facility.code),
            nation=SWAP[facility.nation],
            level=level(facility.level),
            safeguarding=level(facility.safeguarding),
        ),
        people=tuple(
            replace(
                one, nation=SWAP[one.nation], facility=codes.get(one.facility, one.facility), level=level(one.level)
            )
            for one in facts.people
        ),
        authorisations=tuple(replace(one, nation=SWAP[one.nation]) for one in facts.authorisations),
        consents=tuple(replace(one, nation=SWAP[one.nation], by=SWAP[one.by]) for one in facts.consents),
        release=release
        and replace(release, recipient=SWAP[release.recipient], facility=codes.get(release.facility, release.facility)),
    )


def names_restricted(facts: DecisionFacts) -> bool:
    """RESTRICTED exists in one of the two policies only: the one honest asymmetry."""
    levels_named = [
        facts.item.level,
        facts.facility.level,
        facts.facility.safeguarding,
        *(one.level for one in facts.people),
    ]
    return any(code is not None and code.name == "RESTRICTED" for code in levels_named)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases().filter(lambda asked: not names_restricted(asked[1])))
def test_no_nation_is_home_the_rules_are_the_same_both_ways(asked: tuple[str, DecisionFacts]) -> None:
    action, facts = asked
    one = decide(bundle(), action, facts, NOW)
    other = decide(bundle(), action, swapped(facts), NOW)
    assert (one.permitted, one.failed_rules) == (other.permitted, other.failed_rules)
