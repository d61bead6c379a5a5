"""Capability 15 (domain.md section 9): programme security instruction and awareness of its list of cleared facilities.

Accept: sending to a listed but expired facility is refused and shows the expiry and the list version.
"""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.packs.programme_security.checks import PRACTISED
from relto.services import dossiers
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
LIST = "programme_security"
LIST_VERSION = 4


def instruction(two: TwoHouses, nation: Nation, expires: str = "2027-03-31") -> dict[str, Any]:
    def row(one: Nation) -> dict[str, Any]:
        return {
            "facility": FACILITY[one],
            "level": f"{one}:SECRET",
            "stores": True,
            "storage_level": f"{one}:SECRET",
            "verified_by": "Assurance of the authority",
            "verified_on": "2026-11-20",
            "expires_on": expires if one != nation else "2027-05-01",
        }

    return {
        "partner": OTHER[nation],
        "programme": PROGRAMME,
        "edition": 1,
        "in_force_from": "2026-12-01",
        "highest_level": f"{nation}:SECRET",
        "sections": [{"section": one, "text": "As agreed."} for one in PRACTISED],
        "list_version": LIST_VERSION,
        "stage": "contract",
        "facilities": [row(USA), row(IND)],
    }


def in_force(two: TwoHouses, nation: Nation, expires: str) -> str:
    """Two people of each authority approve."""
    number = two.begin(nation, "release_officer", LIST, instruction(two, nation, expires)).number
    two.take(nation, "release_officer", number, "propose")
    two.told(nation, "registrar", number, "propose")
    other = OTHER[nation]
    assert two.state(other, number) == "proposed"
    approval = {"own_reference": "DSA-44", "approves_list": True}
    two.take(other, "release_officer", number, "approve", answers=approval)
    assert two.state(other, number) == "proposed", "one person alone brings nothing into force"
    two.told(other, "registrar", number, "approve")
    assert two.state(nation, number) == two.state(other, number) == "in_force"
    return number


def sending(nation: Nation) -> dict[str, Any]:
    return {
        "partner": OTHER[nation],
        "programme": PROGRAMME,
        "company": COMPANY[nation],
        "sender_facility": FACILITY[nation],
        "recipient_facility": FACILITY[OTHER[nation]],
        "level": f"{nation}:SECRET",
    }


@pytest.mark.parametrize("nation", [USA, IND])
def test_sending_to_a_listed_but_expired_facility_is_refused_with_the_expiry_and_the_list_version(
    two: TwoHouses, nation: Nation
) -> None:
    """Of either direction: the day before its end the listing says nothing against it, the day after it stops it."""
    number = in_force(two, nation, "2026-12-31")
    officer = "security_officer"

    def about_the_list() -> list[Any]:
        found = two.do(nation, officer, dossiers.check_form, "transfer", sending(nation))
        return [one for one in found if one.finding.code.startswith(LIST)]

    assert about_the_list() == []
    two.forward(days=45)
    (told,) = about_the_list()
    assert told.stops
    assert told.finding.code == f"{LIST}.listing_expired"
    assert told.finding.path == "recipient_facility"
    assert told.finding.values == {
        "facility": FACILITY[OTHER[nation]],
        "expires": "2026-12-31",
        "version": LIST_VERSION,
        "dossier": number,
    }
    draft = two.begin(nation, officer, "transfer", sending(nation)).number
    checked = two.do(nation, officer, dossiers.check, draft)
    assert f"{LIST}.listing_expired" in {one.finding.code for one in checked if one.stops}
