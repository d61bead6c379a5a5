"""Inspections: a checklist from each nation's own rule book, findings closed with evidence, then the certificate."""

from __future__ import annotations

import pytest

from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.procedures.forms.reading import read_answers
from relto.procedures.packs import inspection, self_inspection
from relto.procedures.packs.inspections.checklist import checklist, prepared, subject_checks
from relto.procedures.procedure import Dossier, Procedure, Taken
from relto.procedures.table import advance
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.self_inspection import answered
from tests.support.known import COMPANY, FACILITY, IND, NOW, USA, known, pseudonym, shipped_provisions

BOTH = pytest.mark.parametrize("nation", [USA, IND])
OTHER = {USA: IND, IND: USA}
INSPECTOR = Actor("prs_a", USA, None, None, frozenset({Role.INSPECTOR}), frozenset())
CLOSED = {"number": 2, "outcome": "corrected", "evidence": "Work order 12"}


def dossier(nation: Nation, *steps: Taken) -> Dossier:
    form = answered(seeded(3), nation, "readiness", not_met=2)
    return Dossier(
        "SLF-2026-0001",
        "self_inspection",
        "correcting",
        "asking",
        form,
        NOW,
        steps,
        company=COMPANY[nation],
    )


@BOTH
def test_the_readiness_list_has_the_fifteen_conditions_for_any_nation(nation: Nation) -> None:
    rows = checklist("readiness", (), nation, shipped_provisions())
    letters = [row["provisions"].split(",")[0] for row in rows]
    assert letters == [f"GSO-30.{letter}" for letter in "abcdefghijklmno"]


@BOTH
def test_a_list_shows_the_own_books_rules_and_the_partners_only_beside_them(nation: Nation) -> None:
    book = shipped_provisions()
    rows = checklist("small_company", (), nation, book)
    assert len(rows) == len(subject_checks())
    for row in rows:
        own = {book[one].nation for one in row.get("provisions", "").split(", ") if one}
        beside = {book[one].nation for one in row.get("compared", "").split(", ") if one}
        assert own <= {nation, "bilateral"}
        assert beside <= {OTHER[nation]}


def test_a_check_without_a_rule_says_so_and_never_borrows_the_partners() -> None:
    rows = {row["check"]: row for row in checklist("small_company", (), IND, shipped_provisions())}
    assert rows["destruction"]["standing"] == "no_rule"
    assert "GAP-IND-destruction" in rows["destruction"]["provisions"]
    assert rows["visits"]["standing"] == "unconfirmed"
    assert {row["standing"] for row in checklist("readiness", (), USA, shipped_provisions())} == {
        "confirmed",
        "unconfirmed",
    }


def test_provision_by_provision_the_text_stands_where_it_was_read_and_else_the_heading() -> None:
    book = shipped_provisions()
    for row in checklist("by_provision", ("storage", "incidents"), IND, book):
        provision = book[row["provisions"]]
        expected = provision.requirement if provision.evidence == "read" else provision.title
        assert row["requirement"] == expected


def test_a_rule_that_joins_the_book_joins_the_list() -> None:
    book = dict(shipped_provisions())
    gone = book.pop("USR-47")
    before = checklist("by_provision", ("storage",), USA, book)
    after = checklist("by_provision", ("storage",), USA, book | {gone.id: gone})
    assert {row["provisions"] for row in after} - {row["provisions"] for row in before} == {"USR-47"}


def test_a_list_that_no_form_can_hold_is_refused() -> None:
    every = [one.code for one in subject_checks()]
    with pytest.raises(MalformedInput) as refused:
        checklist("by_provision", every, USA, shipped_provisions())
    assert refused.value.full_code == "malformed.checklist"


@BOTH
def test_a_new_self_inspection_comes_with_the_whole_list_and_keeps_one_that_was_brought(nation: Nation) -> None:
    """One list of two dozen questions: a company without security staff of its own answers it in one sitting."""
    fresh = prepared({"facility": FACILITY[nation]}, known(nation))
    assert fresh["profile"] == "small_company"
    _, findings = read_answers(self_inspection.PROCEDURE.form, fresh, whole=False)
    assert not findings
    assert prepared({**fresh, "profile": "readiness"}, known(nation))["checklist"] == fresh["checklist"]


@BOTH
def test_every_item_names_its_evidence(nation: Nation) -> None:
    filed = Filed("self_inspection", answered(seeded(1), nation, "small_company"), known(nation))
    assert not [one for one in judge(filed) if one.stops]
    without = filed.with_row("checklist", 4, evidence=None)
    assert [(one.finding.code, one.finding.path) for one in judge(without) if one.stops] == [
        ("form.missing", "checklist/4/evidence")
    ]


@pytest.mark.parametrize("pack", [inspection.PROCEDURE, self_inspection.PROCEDURE], ids=lambda pack: pack.code)
def test_a_finding_is_not_closed_without_evidence(pack: Procedure) -> None:
    form = pack.step("close_finding").form
    assert form is not None
    _, findings = read_answers(form, {"number": 2, "outcome": "corrected"})
    assert [(one.code, one.path) for one in findings] == [("form.missing", "evidence")]


@pytest.mark.parametrize("pack", [inspection.PROCEDURE, self_inspection.PROCEDURE], ids=lambda pack: pack.code)
def test_no_conclusion_while_a_finding_is_open(pack: Procedure) -> None:
    guard = pack.guards["all_closed"]
    (finding,) = guard(dossier(USA), {}, known())
    assert (finding.code, dict(finding.values)) == (f"{pack.code}.findings_open", {"left": 1, "all": 1})
    closed = Taken("close_finding", "correcting", NOW, "asking", "prs_a", CLOSED)
    assert not guard(dossier(USA, closed), {}, known())


def test_the_certificate_is_there_only_when_every_finding_is_closed() -> None:
    (certificate,) = [one for one in self_inspection.PROCEDURE.papers if one.code == "certificate"]
    table = self_inspection.PROCEDURE.table
    before = {"under_way", "reported", "correcting", "cancelled"}
    assert certificate.states == set(table.states) - before
    into = [one for one in table.transitions if one.target in certificate.states and one.sources & before]
    assert [(one.name, one.guards) for one in into] == [("conclude", ("all_closed",))]


@BOTH
def test_an_official_of_the_own_company_certifies(nation: Nation) -> None:
    guard = self_inspection.PROCEDURE.guards["official_known"]
    own, theirs = (pseudonym(1), pseudonym(11)) if nation == USA else (pseudonym(11), pseudonym(1))
    signed = {"signed_on": NOW.date().isoformat()}
    assert not guard(dossier(nation), {"official": own, **signed}, known(nation))
    (finding,) = guard(dossier(nation), {"official": theirs, **signed}, known(nation))
    assert finding.code == "self_inspection.official_unknown"


def test_the_yearly_clock_is_the_nations_own_and_a_nation_without_a_rule_has_none() -> None:
    (clock,) = self_inspection.PROCEDURE.clocks
    limits = known().limits
    usa = limits.limit(clock.limit, USA)
    assert usa is not None
    assert (usa.value, usa.unit, usa.provision) == (12, "month", "LIM-20")
    assert limits.limit(clock.limit, IND) is None
    audits = {one.code: limits.limit(one.limit, IND) for one in inspection.PROCEDURE.clocks}
    assert audits.pop("next_review") is None
    assert {code: (one.value, one.unit, one.confirmed) for code, one in audits.items() if one is not None} == {
        "next_external_audit": (2, "year", False),
        "next_cyber_audit": (12, "month", False),
    }


def test_the_company_plans_and_the_inspector_closes() -> None:
    table = inspection.PROCEDURE.table
    assert table.transition("plan").roles != table.transition("close_finding").roles
    assert advance(table, "reported", "conclude", actor=INSPECTOR, held={"all_closed"}) == "concluded"
