"""Guides and derivation: one level a topic, every source named, never below another government's information."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.procedures.findings import Finding, Weighed, weigh
from relto.procedures.limits import ProcedureLimits
from relto.procedures.packs import classification_guide, derivation
from relto.procedures.packs.classification_guide.checks import check as check_guide
from relto.procedures.packs.derivation.checks import check, derive
from relto.procedures.procedure import Dossier
from tests.support.form_corpus import classification_guide as guides
from tests.support.form_corpus.derivation import CLEAN, source
from tests.support.known import IND, NOW, SimpleLevels, dossier_known, known, pseudonym, shipped_provisions

LEVELS = ("CONFIDENTIAL", "SECRET", "TOP SECRET")


def filed(**changes: Any) -> dict[str, Any]:
    answers = CLEAN(Random(2)).answers  # noqa: S311  the same form each time is the point
    answers |= {
        "sources": [source("IND-77", "IND:SECRET", "IND"), source("US-1", "USA:CONFIDENTIAL")],
        "level": "USA:SECRET",
        "derived_from": "IND-77; US-1",
    }
    return {code: value for code, value in (answers | changes).items() if value is not None}


def weighed(findings: list[Finding], prefix: str = "derivation.") -> dict[str, Weighed]:
    every = weigh(findings, shipped_provisions())
    return {one.finding.code.removeprefix(prefix): one for one in every}


def test_two_sources_one_foreign_give_the_highest_level_both_on_derived_from_and_no_downgrade() -> None:
    """Capability 13."""
    derived = derive(filed()["sources"], SimpleLevels(), "USA")
    assert derived.levels == ("IND:SECRET",)
    assert derived.derived_from == ("IND-77", "US-1")
    assert derived.foreign == ("IND",)
    assert not [one for one in weighed(check(filed(), known())).values() if one.stops]
    lowered = weighed(check(filed(level="USA:CONFIDENTIAL"), known()))["below_foreign"]
    assert lowered.stops
    assert "USR-13" in lowered.finding.rules
    unnamed = weighed(check(filed(derived_from="IND-77"), known()))["source_not_named"]
    assert unnamed.finding.values == {"reference": "US-1"}


@given(st.lists(st.tuples(st.sampled_from(["USA", "IND"]), st.sampled_from(LEVELS)), min_size=1, max_size=6))
def test_what_is_derived_covers_every_source_and_is_one_of_them(sources: list[tuple[str, str]]) -> None:
    rows = [source(f"S-{n}", f"{owner}:{level}", owner) for n, (owner, level) in enumerate(sources)]
    (highest,) = derive(rows, SimpleLevels(), "USA").levels
    assert all(SimpleLevels().covers(highest, row["level_of_source"]) for row in rows)
    assert highest in {row["level_of_source"] for row in rows}
    swapped = derive(rows, SimpleLevels(), "IND")
    assert swapped.derived_from == tuple(row["reference"] for row in rows)


def test_of_a_level_without_equivalent_nobody_guesses() -> None:
    """Indian RESTRICTED beside US SECRET: two levels that have no order, and how it is handled must be said."""
    rows = [source("IND-9", "IND:RESTRICTED", "IND"), source("US-1")]
    assert derive(rows, SimpleLevels(), "USA").levels == ("IND:RESTRICTED", "USA:SECRET")
    answers = filed(sources=rows, derived_from="IND-9; US-1")
    assert weighed(check(answers, known()))["no_equivalent"].stops
    assert "no_equivalent" not in weighed(check(answers | {"without_equivalent": "As India asks"}, known()))


def test_the_longest_duration_is_carried_forward_and_a_change_of_the_provision_moves_it() -> None:
    short = filed(declassify_on="2041-01-01")
    assert weighed(check(short, known()))["declassified_too_early"].finding.values == {"longest": "2051-11-20"}
    book = shipped_provisions()
    for identity, name in (("USR-76", "max"), ("USR-69", "default_duration")):
        record = book[identity].record
        parameters = {**record["parameters"], name: {"value": 10, "unit": "year"}}
        book = {**book, identity: replace(book[identity], record={**record, "parameters": parameters})}
    sources = [source("IND-77", "IND:SECRET", "IND")]
    drafted = known(limits=ProcedureLimits(book))
    answers = filed(sources=sources, derived_from="IND-77", declassify_on="2036-11-20")
    assert not {"declassified_too_early", "declassified_too_late"} & set(weighed(check(answers, drafted)))
    assert "declassified_too_early" in weighed(check(answers, known()))


def test_india_has_no_rule_of_its_own_on_durations_and_takes_no_american_one() -> None:
    answers = filed(
        level="IND:SECRET",
        classifier=pseudonym(11),
        declassify_on=None,
        sources=[source("US-1"), source("IND-1", "IND:SECRET", "IND")],
        derived_from="US-1, IND-1",
    )
    found = weighed(check(answers, known(IND)))
    assert set(found) == {"duration_no_rule"}
    assert not found["duration_no_rule"].stops
    assert weighed(check(answers | {"level": "IND:CONFIDENTIAL"}, known(IND)))["below_foreign"].finding.values == {
        "level": "IND:CONFIDENTIAL",
        "owner": "USA",
        "source": "USA:SECRET",
    }


def test_it_is_lowered_only_with_the_originating_governments_written_approval() -> None:
    dossier = Dossier("DRC-2026-0001", "derivation", "recorded", "asking", filed(), NOW)
    guard = derivation.PROCEDURE.guards["originator_approved"]
    lower = {"level": "USA:CONFIDENTIAL"}
    (missing,) = guard(dossier, lower, known())
    assert (missing.code, missing.values) == ("derivation.approval_missing", {"owner": "IND"})
    assert guard(dossier, lower | {"approval": "IND-DSA-7", "approved_on": "2027-01-01"}, known()), "not yet approved"
    assert not guard(dossier, lower | {"approval": "IND-DSA-7", "approved_on": "2026-11-01"}, known())
    own = filed(sources=[source("US-1")], derived_from="US-1")
    (below,) = guard(replace(dossier, answers=own), lower | {"approval": "X", "approved_on": "2026-11-01"}, known())
    assert below.code == "derivation.below_source", "own sources are lowered by who classified them"


def test_guides_that_differ_are_listed_for_the_working_group() -> None:
    mine = {"programme": "MONSOON-LARK", "edition": 2, "topics": [guides.topic("Seeker  head"), guides.topic("DOME")]}
    theirs = {"programme": "MONSOON-LARK", "edition": 1, "topics": [guides.topic("SEEKER HEAD", "IND:TOP SECRET")]}
    other = dossier_known("CLG-2026-0007", "classification_guide", "in_force", data=theirs)
    facts = known(related={"classification_guide": [other]})
    found = weighed(check_guide(mine, facts), "classification_guide.")
    assert set(found) == {"guide_conflict"}
    conflict = found["guide_conflict"]
    assert (conflict.stops, conflict.finding.path) == (False, "topics/0/level")
    assert conflict.finding.values["guide"] == "CLG-2026-0007"
    assert not check_guide(mine | {"replaces": other.number}, replace(facts, dossiers={other.number: other}))
    restricted = {**theirs, "topics": [guides.topic("DOME", "IND:RESTRICTED")]}
    facts = known(related={"classification_guide": [replace(other, data=restricted)]})
    assert set(weighed(check_guide(mine, facts), "classification_guide.")) == {"guide_incomparable"}


@pytest.mark.parametrize("state", ["draft", "superseded", "ended"])
def test_only_guides_in_force_are_compared_and_a_later_edition_must_be_in_force(state: str) -> None:
    data = {"programme": "MONSOON-LARK", "edition": 9, "topics": [guides.topic("DOME", "USA:TOP SECRET")]}
    other = dossier_known("CLG-2026-0007", "classification_guide", state, data=data)
    mine = {"programme": "MONSOON-LARK", "edition": 2, "topics": [guides.topic("DOME")]}
    facts = known(related={"classification_guide": [other]}, dossiers={other.number: other})
    assert not check_guide(mine, facts)
    dossier = Dossier("CLG-2026-0001", "classification_guide", "in_force", "asking", mine, NOW)
    guard = classification_guide.PROCEDURE.guards["successor_in_force"]
    assert guard(dossier, {"successor": other.number}, facts)
    issued = replace(facts, dossiers={other.number: replace(other, state="in_force")})
    assert not guard(dossier, {"successor": other.number}, issued)
