"""What checks may know: own facilities by the register, the partner's by assurance, and nothing of other companies."""

from __future__ import annotations

from typing import Any

import pytest

from relto.procedures.actors import Role
from relto.procedures.known import Known
from relto.rules.training import seed_provisions
from relto.services import active_bundle, dossiers
from relto.services.dossiers.known import Asked, Rules, gather
from relto.services.suspensions import suspend
from relto.store.models import Dossier
from tests.support.agreements import place, version_of
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, USA, Node, add_company
from tests.support.two_houses import TwoHouses
from tests.unit.services.dossiers.request import PROCEDURE
from tests.unit.services.dossiers.test_between_two_nodes import SAMPLE, answers

pytestmark = pytest.mark.django_db


def known(node: Node, given: dict[str, Any], company: str = COMPANY[USA], **changes: Any) -> Known:
    now = node.clock.now()
    rules = Rules.of(active_bundle.active(node.house, now))
    asked = Asked(PROCEDURE, given, company=company, side="asking", **changes)
    return gather(node.house, rules, asked, now)


def test_the_register_speaks_for_its_own_and_the_assurance_for_the_partners(two: TwoHouses) -> None:
    reader = two.nodes[IND].people["engineer"]
    unknown = "prs_" + "b" * 24
    rows = [
        {"person": one, "name": "any", "level": "USA:SECRET"}
        for one in (two.nodes[USA].people["engineer"], reader, unknown)
    ]
    with two.at(USA) as node:
        found = known(node, answers(two, USA, people=rows))
        own, theirs = found.facilities[FACILITY[USA]], found.facilities[FACILITY[IND]]
        assert (own.nation, own.company, own.level, own.safeguarding, own.state) == (
            "USA", COMPANY[USA], "USA:SECRET", "USA:SECRET", "valid",
        )  # fmt: skip
        assert (theirs.nation, theirs.company, theirs.level, theirs.state) == ("IND", "", "IND:SECRET", "valid")
        assert own.listed_in == theirs.listed_in == {PROGRAMME}
        mine = found.people[node.people["engineer"]]
        assert (mine.level, mine.roles, mine.suspended) == ("USA:SECRET", frozenset({"engineer"}), False)
        assert (found.people[reader].nation, found.people[reader].facility) == ("IND", FACILITY[IND])
        assert unknown not in found.people
        assert found.roster == {node.people["engineer"]: "Name of engineer"}
        assert (found.partner, found.side, found.companies) == ("IND", "asking", {COMPANY[USA]: "private"})
        assert found.programmes == {PROGRAMME: {USA, IND}}


def test_who_is_suspended_is_known_as_such_on_both_nodes(two: TwoHouses) -> None:
    two.do(IND, "registrar", suspend, kind="facility", subject=FACILITY[IND], reason="a test")
    two.deliver()
    with two.at(USA) as node:
        assert known(node, answers(two, USA)).facilities[FACILITY[IND]].state == "suspended"
    with two.at(IND) as node:
        assert known(node, answers(two, IND), COMPANY[IND]).facilities[FACILITY[IND]].state == "suspended"


def test_levels_are_compared_by_the_bundles_rows_only(two: TwoHouses) -> None:
    with two.at(USA) as node:
        levels = known(node, {}).levels
    assert levels.covers("USA:TOP SECRET", "USA:SECRET") is True
    assert levels.covers("USA:CONFIDENTIAL", "USA:SECRET") is False
    assert levels.covers("IND:SECRET", "USA:SECRET") is True
    assert levels.covers("USA:SECRET", "IND:RESTRICTED") is None
    assert levels.covers("USA:SECRET", "FRA:SECRET") is None
    assert levels.covers("USA:WONDERFUL", "USA:SECRET") is None
    assert [levels.known(one) for one in ("USA:SECRET", "IND:RESTRICTED", "USA:RESTRICTED", "FRA:SECRET", "x")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_other_dossiers_on_the_same_subjects_are_known_within_the_company(two: TwoHouses) -> None:
    first = two.begin(USA, "security_officer", SAMPLE, answers(two, USA))
    foreign = two.begin(USA, "security_officer", SAMPLE, answers(two, USA))
    with two.at(USA) as node:
        Dossier.objects.filter(id=foreign.id).update(company="USA-C099")
        form = answers(two, USA, earlier=first.number)
        found = known(node, form)
        assert [one.number for one in found.related[SAMPLE]] == [first.number]
        assert set(found.dossiers) == {first.number}
        assert found.dossiers[first.number].data["host"] == FACILITY[IND]
        of_authority = known(node, form, "")
        assert {one.number for one in of_authority.related[SAMPLE]} == {first.number, foreign.number}
        assert known(node, form | {"earlier": foreign.number}).dossiers == {}
        assert known(node, {"partner": "IND"}).related[SAMPLE] == []


def test_the_annex_is_in_force_while_the_bundle_carries_it(two: TwoHouses) -> None:
    with two.at(USA) as node:
        assert known(node, {}).industrial_annex_in_force
        assert known(node, {}).agreement_in_force
        without = [record | {"parameters": {}} if record["id"] == "ISA-03" else record for record in seed_provisions()]
        place(node, version_of(2, provisions=without))
        assert not known(node, {}).industrial_annex_in_force
        node.clock.forward(days=400)
        assert not known(node, {}).agreement_in_force


def test_a_dossier_is_not_related_to_itself(two: TwoHouses) -> None:
    with two.at(USA) as node:
        view = dossiers.begin(node.house, node.actor("security_officer"), SAMPLE, answers(two, USA))
        row = Dossier.objects.get(id=view.id)
        assert known(node, row.answers, row=row).related[SAMPLE] == []


def test_every_name_of_the_form_is_known_to_what_keeps_names_at_home(two: TwoHouses) -> None:
    """A text for the partner may not name another company's people either, whom this company may not compare."""
    with two.at(USA) as node:
        add_company(node, "USA-C099", "USA-F099")
        node.add("stranger", Role.ENGINEER, company="USA-C099", facility="USA-F099")
        stranger = node.people["stranger"]
        found = known(node, answers(two, USA, people=[{"person": stranger, "name": "any", "level": "USA:SECRET"}]))
        assert (dict(found.roster), set(found.names)) == ({}, {stranger})
