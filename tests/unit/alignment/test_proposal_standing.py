"""Silence, comments and states: derived alike on both nodes, and no silence of who never received anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relto.alignment.comment_matrix import matrix, resolution_body
from relto.alignment.proofs_told import Case, proofs_of, proven_body
from relto.alignment.proposal_standing import DraftFact, VersionFacts, before_signing, standing_of
from relto.alignment.proposals import read_proposal
from relto.alignment.shared_record import COMMENT, POSITION, PROPOSAL, PROVEN, RESOLUTION, Entry, Said, entries
from relto.alignment.signatures import Agreed
from relto.alignment.silence import NO_OBJECTION, OBJECTS, Silence, position_body, silence
from relto.base.nations import Nation
from tests.unit.exchange.alignment_bodies import ALIGNMENT_BODIES

USA, IND = Nation("USA"), Nation("IND")
PARTIES = (IND, USA)
OTHER = {USA: IND, IND: USA}
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
THING, DRAFT = "ale_" + "a" * 24, "d" * 64
NATIONS = some.sampled_from([USA, IND])


def version(nation: Nation = USA, number: int = 1, *, hours: float = 0, **changes: Any) -> Said:
    previous = f"{nation}{number - 1}" if number > 1 else ""
    body = {**ALIGNMENT_BODIES["proposal"], "silence_days": 5, "silence_count": "calendar_days", **changes}
    at = START + timedelta(hours=hours)
    return Said(THING, PROPOSAL, nation, number, previous, f"{nation}{number}", at, body)


def word(kind: str, nation: Nation, body: dict[str, Any], *, hours: float, number: int = 1, mark: str = "b") -> Said:
    entry = "ale_" + {USA: mark, IND: chr(ord(mark) + 1)}[nation] * 24
    return Said(entry, kind, nation, number, "", f"{entry}{number}", START + timedelta(hours=hours), body)


def position(nation: Nation, about: Said, said: str, *, hours: float, number: int = 1) -> Said:
    return word(POSITION, nation, position_body(THING, about, said, ""), hours=hours, number=number)


def entry(*versions: Said) -> Entry:
    return entries(versions)[THING]


def quiet(
    about: Said, *words: Said, days: float = 0, taken: float | None = 0, others: tuple[Said, ...] = ()
) -> Silence:
    """The silence on a version `days` after the start; `taken`: hours until the other node had it."""
    received = None if taken is None else START + timedelta(hours=taken)
    return silence(
        entry(about, *others),
        about,
        read_proposal(about.body),
        entries(words).values(),
        parties=PARTIES,
        taken={OTHER[about.nation]: received},
        at=START + timedelta(days=days),
    )


@given(NATIONS)
def test_silence_is_consent_when_the_days_of_who_received_it_are_over(nation: Nation) -> None:
    about, other = version(nation), OTHER[nation]
    assert quiet(about, days=4.9).awaited == (other,)
    assert quiet(about, days=5).is_ripe
    assert quiet(about, days=5, taken=12).awaited == (other,), "the days begin when its node took it"
    assert quiet(about, days=5.5, taken=12).silent == (other,)
    never = quiet(about, days=300, taken=None)
    assert (never.awaited, never.is_ripe, never.last_day) == ((other,), False, None)


@given(NATIONS)
def test_an_objection_at_any_time_stands_in_the_way_until_the_nation_says_otherwise(nation: Nation) -> None:
    about, other = version(nation), OTHER[nation]
    for hours in (1.0, 24 * 30.0):
        objection = position(other, about, OBJECTS, hours=hours)
        found = quiet(about, objection, days=40)
        assert (found.objecting, found.is_ripe) == ((other,), False)
        taken_back = position(other, about, NO_OBJECTION, hours=hours + 1, number=2)
        assert quiet(about, objection, taken_back, days=40).is_ripe
    assert quiet(about, position(other, about, NO_OBJECTION, hours=1), days=0.1).is_ripe
    assert quiet(version(nation, 2), position(other, about, NO_OBJECTION, hours=1), days=0.1).awaited == (other,)


@given(NATIONS)
def test_who_answers_with_a_draft_of_her_own_was_not_silent(nation: Nation) -> None:
    about, other = version(nation), OTHER[nation]
    answer = version(other, hours=2)
    assert quiet(about, days=60, others=(answer,)).awaited == (other,)
    consent = position(other, about, NO_OBJECTION, hours=3)
    assert quiet(about, consent, days=60, others=(answer,)).is_ripe


def test_working_days_are_counted_on_both_calendars_and_the_last_one_counts() -> None:
    about = version(silence_count="working_days", silence_days=3)
    found = quiet(about)
    # 24 Nov (Guru Nanak's birthday) is off in India, 26 Nov (Thanksgiving) in the United States.
    end = found.until[IND]
    assert end is not None
    assert end.date().isoformat() == "2026-11-28"
    far = version(silence_count="working_days", silence_days=3, hours=24 * 365 * 12)
    unknown = quiet(far, days=365 * 30, taken=24 * 365 * 12)
    assert (unknown.until[IND], unknown.is_ripe) == (None, False), "beyond a calendar's years silence never passes"


def facts(about: Said, silent: Silence, **changes: Any) -> VersionFacts:
    given_facts: dict[str, Any] = {
        "version": about,
        "proposal": read_proposal(about.body),
        "newest_of_line": True,
        "signed": {},
        "agreed": None,
        "silence": silent,
        "proofs": {},
        "rehearsals": 1,
        "remarks": (),
        "draft": DraftFact(DRAFT, "", "", base_is_newest=True),
        "carried": None,
    }
    return VersionFacts(**{**given_facts, **changes})


def proof(nation: Nation, about: Said, result: str, *, draft: str = DRAFT, hours: float = 1) -> Said:
    case = Case("release", "IND", ("R16",), (("equivalent", "IND:RESTRICTED>USA"),)) if result == "refuted" else None
    body = proven_body(THING, about, draft=draft, result=result, proof="f" * 64, case=case)
    return word(PROVEN, nation, body, hours=hours, mark="f")


def state(found: VersionFacts, agreed: Agreed | None = None, *, days: float = 0.5) -> tuple[str, list[tuple[str, str]]]:
    stands = standing_of(found, agreed, PARTIES, START + timedelta(days=days))
    return stands.state, [(one.code, one.nation) for one in stands.obstacles if one.blocks]


def test_a_version_goes_from_the_table_to_both_signatures_and_says_what_is_missing() -> None:
    about = version()
    waiting, ripe = quiet(about), quiet(about, position(IND, about, NO_OBJECTION, hours=1))
    every = [("silence", "IND"), ("unproved", "IND"), ("unproved", "USA"), ("unsigned", "IND"), ("unsigned", "USA")]
    assert state(facts(about, waiting)) == ("tabled", every)
    assert state(facts(about, ripe)) == ("ripe", every[1:])
    told = entries([proof(USA, about, "proved"), proof(IND, about, "proved")]).values()
    proofs = proofs_of(about, told)
    assert state(facts(about, ripe, proofs=proofs)) == ("proven", every[3:])
    assert state(facts(about, ripe, proofs=proofs, signed={USA: START})) == ("signed_by_one", [("unsigned", "IND")])
    both = Agreed(USA, 1, about.digest, START)
    assert state(facts(about, ripe, agreed=both), both) == ("agreed", [("not_submitted", "")])
    assert state(facts(version(IND), ripe), both)[0] == "superseded", "the other line's version, when this is agreed"
    assert state(facts(about, ripe, newest_of_line=False))[0] == "superseded"
    assert state(facts(version(word="withdrawn"), ripe))[0] == "withdrawn"


def test_only_the_own_proof_of_this_very_draft_lets_a_nation_sign() -> None:
    about = version()
    ripe = quiet(about, position(IND, about, NO_OBJECTION, hours=1))

    def missing(nation: Nation, *proofs: Said, **changes: Any) -> list[str]:
        found = facts(about, ripe, proofs=proofs_of(about, entries(proofs).values()), **changes)
        stands = standing_of(found, None, PARTIES, START + timedelta(hours=5))
        return [one.code for one in before_signing(stands.obstacles, nation)]

    assert missing(USA) == ["unproved"]
    assert missing(USA, proof(USA, about, "proved")) == []
    assert missing(USA, proof(IND, about, "proved")) == ["unproved"]
    assert missing(USA, proof(USA, about, "proved", draft="0" * 64)) == ["unproved"]
    assert missing(USA, proof(USA, about, "refuted")) == ["refuted"]
    assert missing(USA, proof(USA, about, "unknown")) == ["unknown"]
    own = proof(USA, about, "proved")
    older = DraftFact(DRAFT, "", "", base_is_newest=False)
    assert missing(USA, own, draft=older) == ["base_superseded"]
    assert missing(USA, own, draft=DraftFact("", "conflict.proposal.lint", "x", base_is_newest=True)) == [
        "draft_refused"
    ]
    assert missing(USA, draft=None) == [], "a joint text alone is not proved"


def test_what_is_agreed_over_rules_that_are_not_the_newest_needs_a_proposal_of_its_own() -> None:
    about = version()
    both = Agreed(USA, 1, about.digest, START)
    older = DraftFact(DRAFT, "", "", base_is_newest=False)
    stands = standing_of(facts(about, quiet(about), agreed=both, draft=older), both, PARTIES, START)
    assert (stands.state, [one.code for one in stands.obstacles]) == ("agreed", ["base_superseded"])
    assert [(one.nation, one.act) for one in stands.turns] == [("USA", "propose_anew")]


def test_the_turn_is_of_who_can_remove_what_stands_in_the_way() -> None:
    about = version()
    objected = quiet(about, position(IND, about, OBJECTS, hours=1))
    stands = standing_of(facts(about, objected), None, PARTIES, START)
    assert ("USA", "amend") in {(one.nation, one.act) for one in stands.turns}
    assert "sign" not in {one.act for one in stands.turns}


def remark(nation: Nation, clause: str, *, hours: float, mark: str, **named: str) -> Said:
    body = {"about": THING, "clause": clause, "text": "why?", **named}
    return word(COMMENT, nation, body, hours=hours, mark=mark)


@given(some.permutations(range(3)))
def test_the_matrix_holds_every_comment_once_and_the_newest_resolution_of_its_line(order: list[int]) -> None:
    about, other = version(), version(IND, hours=1)
    first = remark(IND, "2", hours=2, mark="m", version=about.digest)
    second = remark(USA, "1", hours=3, mark="p", version=other.digest)
    third = remark(IND, "", hours=4, mark="s")
    comments = [[first, second, third][place] for place in order]
    noted = word(RESOLUTION, USA, resolution_body(first.entry, "noted", "later", ""), hours=5, mark="v")
    taken = word(
        RESOLUTION, USA, resolution_body(first.entry, "accepted", "", about.digest), hours=6, number=2, mark="v"
    )
    stranger = word(RESOLUTION, IND, resolution_body(first.entry, "rejected", "no", ""), hours=9, mark="v")
    found = matrix(entry(about, other), entries(comments).values(), entries([noted, taken, stranger]).values())
    assert [(one.clause, one.line, one.number) for one in found] == [("", USA, 0), ("1", IND, 1), ("2", USA, 1)]
    resolved = found[2].resolution
    assert resolved is not None
    assert (resolved.by, resolved.resolution, resolved.taken_in) == (USA, "accepted", about.digest)
    assert [one.resolution for one in found[:2]] == [None, None]


@pytest.mark.parametrize("code", ["unresolved", "not_rehearsed", "effective_passed"])
def test_warnings_are_told_and_stand_in_nobodys_way(code: str) -> None:
    about = version(effective_from="2026-11-01T00:00:00Z")
    comments = entries([remark(IND, "1", hours=1, mark="m")]).values()
    found = facts(about, quiet(about, days=9), remarks=matrix(entry(about), comments, ()), rehearsals=0)
    stands = standing_of(found, None, PARTIES, START + timedelta(days=9))
    assert code in {one.code for one in stands.obstacles if not one.blocks}
    assert stands.state == "ripe"
