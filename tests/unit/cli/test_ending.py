"""What ends access, at the terminal: withdrawals, dispositions, suspensions, memberships, authorisations."""

from __future__ import annotations

import pytest

from relto.base.errors import Conflict, NotAvailable, Refused
from tests.support.houses import FACILITY, IND, PROGRAMME, USA, vouch
from tests.support.peer_simulator import Peer
from tests.unit.cli.desk import Desk
from tests.unit.services.stories import accept, arrived, released

WHY = ("--reason", "no longer needed")


@pytest.fixture
def india() -> Peer:
    return Peer(IND, USA)


def test_a_release_officer_withdraws_and_both_the_case_and_its_line_say_so(desk: Desk, india: Peer) -> None:
    node = desk.door.node
    india.vouch(node.house, "reader")
    case, _ = released(node, india, mode="transferred")
    with pytest.raises(Refused):
        desk.types("security_officer", "cases", "withdraw", case.id, *WHY)
    said = desk.types("release_officer", "cases", "withdraw", case.id, *WHY)
    assert f"{case.number}: Withdrawn" in said
    assert "mode: transferred" in said
    assert "disposition: asked" in said
    assert "A release was withdrawn" in said
    found = desk.asks("release_officer", "cases", "show", case.id)
    assert (found["state"], found["withdrawal_reason"]) == ("withdrawn", "no longer needed")
    assert "withdrawn" in {line["direction"] for line in desk.asks("release_officer", "register")}
    with pytest.raises(Conflict):
        desk.types("release_officer", "cases", "withdraw", case.id, *WHY)
    with pytest.raises(NotAvailable):
        desk.types("release_officer", "cases", "withdraw", "rel_" + "a" * 24, *WHY)


def test_a_security_officer_accounts_for_what_was_withdrawn(desk: Desk, india: Peer) -> None:
    node = desk.door.node
    vouch(node, IND, "engineer")
    arrival, sent = arrived(node, india)
    accept(node, arrival)
    disposed = ("arrivals", "dispose", arrival.id, "--outcome", "destroyed", "--reason", "shredded before two")
    with pytest.raises(Conflict):
        desk.types("security_officer", *disposed)
    assert india.code_of(india.send(node.house, "withdrawal", india.withdrawal(sent))) == ""
    assert "Withdrawn" in desk.types("release_officer", "arrivals", "show", arrival.id)
    found = desk.asks("security_officer", *disposed)
    assert (found["state"], found["disposition"]) == ("withdrawn", "destroyed")
    assert found["entry"].startswith("ent_")
    with pytest.raises(Conflict):
        desk.types("security_officer", *disposed)


def test_a_registrar_sees_what_a_suspension_cuts_before_and_after(desk: Desk) -> None:
    node = desk.door.node
    vouch(node, IND, "engineer")
    engineer = node.people["engineer"]
    before = desk.types("registrar", "people", "consequences", "facility", FACILITY[USA])
    assert "People who are cut off:" in before
    assert engineer in before
    for who in ("security_officer", "release_officer"):
        with pytest.raises(Refused):
            desk.types(who, "people", "suspend", "facility", FACILITY[USA], *WHY)
    with pytest.raises(NotAvailable):
        desk.types("registrar", "people", "consequences", "facility", "USA-F404")
    suspended = desk.asks("registrar", "people", "suspend", "facility", FACILITY[USA], *WHY)
    assert suspended["suspended_at"]
    assert engineer in {row["pseudonym"] for row in suspended["affected"]["people"]}
    assert {row["status"] for row in desk.asks("registrar", "assurances", "list")} == {"suspended"}
    with pytest.raises(Conflict):
        desk.types("registrar", "people", "suspend", "facility", FACILITY[USA], *WHY)
    ended = desk.types("registrar", "people", "reinstate", "facility", FACILITY[USA], *WHY)
    assert f"facility {FACILITY[USA]}: no longer suspended" in ended
    assert {row["status"] for row in desk.asks("registrar", "assurances", "list")} == {"valid"}


def test_a_received_assurance_tells_what_it_carries(desk: Desk, india: Peer) -> None:
    node = desk.door.node
    india.vouch(node.house, "reader")
    case, _ = released(node, india)
    (facility,) = [row for row in desk.asks("registrar", "assurances", "list") if row["subject_kind"] == "facility"]
    assert case.number in desk.types("release_officer", "assurances", "affected", facility["id"])
    with pytest.raises(NotAvailable):
        desk.types("release_officer", "assurances", "affected", "asr_" + "a" * 24)


def test_an_authorisation_and_a_membership_end(desk: Desk, india: Peer) -> None:
    node = desk.door.node
    india.vouch(node.house, "reader")
    case, _ = released(node, india)
    (disclosure,) = [row for row in desk.asks("registrar", "authorisations", "list") if row["kind"] == "disclosure"]
    with pytest.raises(NotAvailable):
        desk.types("security_officer", "authorisations", "withdraw", disclosure["id"], *WHY)
    assert case.number in desk.types("registrar", "authorisations", "withdraw", disclosure["id"], *WHY)
    with pytest.raises(Conflict):
        desk.types("registrar", "authorisations", "withdraw", disclosure["id"], *WHY)
    engineer = node.people["engineer"]
    ended = desk.asks("security_officer", "people", "end-membership", PROGRAMME, engineer, *WHY)
    assert ended["until"]
    assert desk.asks("engineer", "whoami")["programmes"] == []
    with pytest.raises(Conflict):
        desk.types("registrar", "people", "end-membership", PROGRAMME, engineer, *WHY)
