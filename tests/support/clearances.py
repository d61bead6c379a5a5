"""Clearing a facility through the services: its declaration of ownership, its package, and two people's grant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from relto.base.nations import Nation
from tests.support.houses import COMPANY, FACILITY, IND, START, USA
from tests.support.two_houses import OTHER, TwoHouses

CONTRACT: Final = "CONTRACT 26-1"
_OFFICIALS: Final = {
    USA: (
        ("senior_management_official", "engineer"),
        ("facility_security_officer", "security_officer"),
        ("insider_threat_official", "colleague"),
    ),
    IND: (
        ("company_chief_security_officer", "security_officer"),
        ("cyber_information_security_officer", "colleague"),
    ),
}
_MANAGERS: Final = (("senior_manager", "engineer"), ("security_officer", "security_officer"), ("director", "colleague"))
SPONSORED: Final = {"reference": "SPONSOR 4/26", "received_on": "2026-11-18"}


def day(number: int) -> str:
    """So many days after the story begins."""
    return str((START + timedelta(days=number)).date())


def declaration(two: TwoHouses, nation: Nation, **changes: Any) -> dict[str, Any]:
    """A firm that only people of its own nation own."""
    usual: dict[str, Any] = {
        "facility": FACILITY[nation],
        "company": COMPANY[nation],
        "reason": "application",
        "owners": [{"holder_kind": "person", "country": nation, "percent": 100, "elects_board": True}],
        "foreign_interest": False,
        "foreign_board": False,
        "foreign_debt": False,
        "foreign_income": False,
        "foreign_control": False,
        "foreign_government": False,
        "proscribed": False,
        "instrument": "none",
        "licensed": False,
        "signatory": two.nodes[nation].people["engineer"],
        "signatory_position": "senior_manager",
        "signed_on": day(-2),
    }
    return usual | changes


def controlled(two: TwoHouses, nation: Nation, **changes: Any) -> dict[str, Any]:
    """A subsidiary that a company of the other nation owns and controls."""
    owner = {"holder_kind": "company", "country": OTHER[nation], "percent": 100, "elects_board": True}
    usual: dict[str, Any] = {
        "owners": [owner],
        "foreign_interest": True,
        "foreign_control": True,
        "controlling_country": OTHER[nation],
    }
    return declaration(two, nation, **(usual | changes))


def package(two: TwoHouses, nation: Nation, **changes: Any) -> dict[str, Any]:
    """What the firm files: the usual facility, at SECRET, with storage."""
    people = two.nodes[nation].people

    def named(who: str) -> dict[str, Any]:
        return {"person": people[who], "name": f"Name of {who}", "citizenship": nation}

    usual: dict[str, Any] = {
        "facility": FACILITY[nation],
        "company": COMPANY[nation],
        "sponsor_kind": "contracting_activity",
        "sponsor_office": "THE CONTRACTING OFFICE",
        "contract": CONTRACT,
        "needed_level": f"{nation}:SECRET",
        "level": f"{nation}:SECRET",
        "safeguarding": True,
        "safeguarding_level": f"{nation}:SECRET",
        "classified_system": False,
        "proscribed": False,
        "organised_in": nation,
        "small_company": False,
        "joint_venture": False,
        "has_parent": False,
        "foreign_interest": False,
        "officials": [{"office": office, "appointed": day(-400)} | named(who) for office, who in _OFFICIALS[nation]],
        "key_managers": [{"position": position, "excluded": False} | named(who) for position, who in _MANAGERS],
        "signatory": people["engineer"],
        "signatory_position": "senior_manager",
        "signed_on": day(-1),
    }
    return usual | changes


def granted(nation: Nation, **changes: Any) -> dict[str, Any]:
    """The answers to a grant."""
    usual = {"level": f"{nation}:SECRET", "safeguarding_level": f"{nation}:SECRET", "valid_until": day(300)}
    return usual | changes


def declared(two: TwoHouses, nation: Nation, finding: str = "find_no_control", **changes: Any) -> str:
    """The firm declares; the authority finds."""
    make = controlled if finding == "find_unmitigated" else declaration
    number = two.begin(nation, "security_officer", "ownership", make(two, nation, **changes)).number
    two.take(nation, "security_officer", number, "submit")
    two.take(nation, "release_officer", number, finding)
    return number


def in_process(two: TwoHouses, nation: Nation, **changes: Any) -> str:
    """A sponsored package that the authority works on."""
    number = two.begin(nation, "security_officer", "facility_clearance", package(two, nation, **changes)).number
    two.take(nation, "registrar", number, "record_sponsorship", answers=SPONSORED)
    two.take(nation, "security_officer", number, "submit")
    two.take(nation, "registrar", number, "accept")
    return number


def by_two(two: TwoHouses, nation: Nation, number: str, step: str, answers: dict[str, Any] | None = None) -> None:
    """The registrar signs, the release officer takes the step; the link has worked since."""
    reason = "As decided by the board"
    two.take(nation, "registrar", number, step, answers=answers, reason=reason)
    two.told(nation, "release_officer", number, step, answers=answers, reason=reason)


def cleared(two: TwoHouses, nation: Nation) -> str:
    """A facility with a final clearance, whose dossier this is."""
    declared(two, nation)
    number = in_process(two, nation)
    by_two(two, nation, number, "grant_final", granted(nation))
    return number
