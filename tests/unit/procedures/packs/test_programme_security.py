"""Programme security: both authorities approve, the list says what is assured, and what it says of a facility."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.findings import Finding, weigh
from relto.procedures.known import Known
from relto.procedures.packs.cleared_facilities import list_difference, list_in_force, listing_findings
from relto.procedures.packs.programme_security import PROCEDURE
from relto.procedures.packs.programme_security.checks import check
from relto.procedures.procedure import Dossier
from relto.procedures.table import ANSWERING, ASKING
from tests.support.form_corpus.programme_security import CLEAN, row
from tests.support.known import FACILITY, IND, NOW, PROGRAMME, USA, dossier_known, facility, known, shipped_provisions


def filed_answers() -> dict[str, Any]:
    return CLEAN(Random(1)).answers  # noqa: S311  the same form each time is the point


def told(findings: list[Finding]) -> dict[str, Finding]:
    return {one.code.removeprefix("programme_security."): one for one in findings}


def with_list(*rows: dict[str, Any], version: int = 4, state: str = "in_force", **changes: Any) -> Known:
    data = {"programme": PROGRAMME, "list_version": version, "facilities": list(rows)}
    listed = dossier_known(f"PSI-2026-000{version}", "programme_security", state, data=data)
    return known(related={"programme_security": [listed]}, **changes)


def test_a_listed_but_expired_facility_is_refused_with_the_expiry_and_the_list_version() -> None:
    """Capability 15."""
    facts = with_list(row("IND", expires_on="2026-11-22"))
    (finding,) = listing_findings(facts, PROGRAMME, FACILITY[IND], "recipient_facility", level="USA:SECRET")
    assert finding.code == "programme_security.listing_expired"
    assert finding.values == {
        "facility": FACILITY[IND],
        "expires": "2026-11-22",
        "version": 4,
        "dossier": "PSI-2026-0004",
    }
    assert weigh([finding], shipped_provisions())[0].stops
    assert not list(listing_findings(with_list(row("IND")), PROGRAMME, FACILITY[IND], "recipient_facility"))


def test_who_is_not_on_the_list_or_listed_below_is_told_so_and_without_a_list_the_bundle_stands_alone() -> None:
    (missing,) = listing_findings(with_list(row("USA")), PROGRAMME, FACILITY[IND], "recipient_facility")
    assert (missing.code, missing.values["version"]) == ("programme_security.not_listed", 4)
    low = with_list(row("IND", level="IND:CONFIDENTIAL"))
    (below,) = listing_findings(low, PROGRAMME, FACILITY[IND], "recipient_facility", level="USA:SECRET")
    assert below.code == "programme_security.listed_below"
    assert not list(listing_findings(known(), PROGRAMME, FACILITY[IND], "recipient_facility"))


def test_of_several_lists_the_newest_that_both_approved_counts() -> None:
    older, newer = with_list(row("IND"), version=3), with_list(row("USA"), version=5)
    proposed = with_list(version=9, state="proposed")
    every = [*older.related["programme_security"], *newer.related["programme_security"]]
    facts = known(related={"programme_security": [*proposed.related["programme_security"], *every]})
    found = list_in_force(facts, PROGRAMME)
    assert found is not None
    assert found.number == "PSI-2026-0005"
    assert list_in_force(facts, "GRANITE-FINCH") is None


def test_the_dossier_says_where_the_next_bundle_would_differ() -> None:
    answers = {"facilities": [row("IND"), row("USA", facility="USA-F020")]}
    assert list_difference(answers, {FACILITY[IND], FACILITY[USA]}) == (
        frozenset({"USA-F020"}),
        frozenset({FACILITY[USA]}),
    )
    facts = known(enforced={PROGRAMME: frozenset({FACILITY[USA], "USA-F020"})})
    found = told(check(filed_answers(), facts))
    for what, code in (("not_in_bundle", FACILITY[IND]), ("dropped_from_bundle", "USA-F020")):
        assert (found[what].kind, found[what].values) == ("gap", {"facility": code})
    assert not {"not_in_bundle", "dropped_from_bundle"} & set(told(check(filed_answers(), known())))


def test_one_authority_alone_brings_nothing_into_force() -> None:
    into_force = [one for one in PROCEDURE.table.transitions if one.target == "in_force"]
    assert [(one.name, one.side) for one in into_force] == [("approve", ANSWERING)]
    assert PROCEDURE.table.transition("propose").side == ASKING
    assert PROCEDURE.steps["propose"].persons == PROCEDURE.steps["approve"].persons == 2


@pytest.mark.parametrize("nation", [USA, IND])
def test_who_approves_stands_by_its_own_facilities(nation: Nation) -> None:
    dossier = Dossier("PSI-2026-0001", "programme_security", "proposed", "answering", filed_answers(), NOW)
    guard = PROCEDURE.guards["own_facilities_stand"]
    assert not guard(dossier, {}, known(nation))
    own = nation
    gone = known(nation, facilities={FACILITY[own]: facility(own, state="revoked")})
    assert told(list(guard(dossier, {}, gone))).keys() == {"clearance_does_not_stand"}
    other = IND if own == USA else USA
    theirs = known(nation, facilities={FACILITY[other]: facility(other, state="revoked")})
    assert not guard(dossier, {}, theirs), "the other authority answers for its own"


def test_instruction_and_list_stand_or_fall_together() -> None:
    dossier = Dossier("PSI-2026-0001", "programme_security", "proposed", "answering", filed_answers(), NOW)
    guard = PROCEDURE.guards["both_parts_approved"]
    assert told(list(guard(dossier, {"approves_list": False}, known(IND)))).keys() == {"list_not_approved"}
    assert not guard(dossier, {"approves_list": True}, known(IND))


def test_a_section_that_the_practised_layout_has_is_missed_but_nothing_stops_for_it() -> None:
    answers = filed_answers()
    answers["sections"] = [one for one in answers["sections"] if one["section"] != "meetings"]
    findings = check(answers, known())
    assert told(findings)["section_missing"].values == {"section": "meetings"}
    assert not [one for one in weigh(findings, shipped_provisions()) if one.stops]


def test_a_later_version_replaces_one_in_force_and_is_numbered_after_it() -> None:
    answers = filed_answers()
    old = dossier_known("PSI-2026-0001", "programme_security", "in_force", data=answers)
    facts = known(dossiers={old.number: old})
    assert "version_order" in told(check(answers | {"replaces": old.number}, facts))
    assert "version_order" not in told(
        check(answers | {"replaces": old.number, "edition": answers["edition"] + 1}, facts)
    )
    assert "replaced_unknown" in told(check(answers | {"replaces": "PSI-2020-0404"}, facts))
    dossier = Dossier(old.number, "programme_security", "in_force", "asking", answers, NOW)
    guard = PROCEDURE.guards["successor_in_force"]
    newer = dossier_known("PSI-2026-0002", "programme_security", "in_force", data=answers | {"edition": 99})
    assert not guard(dossier, {"successor": newer.number}, known(dossiers={newer.number: newer}))
    proposed = replace(newer, state="proposed")
    assert guard(dossier, {"successor": newer.number}, known(dossiers={newer.number: proposed}))
