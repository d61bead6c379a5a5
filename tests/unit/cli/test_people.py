"""`relto people` at a node that answers: a registrar finds whom she keeps, lets in, and takes a credential back."""

from __future__ import annotations

import pytest

from relto.base.errors import Conflict, NotAuthenticated, NotAvailable, Refused
from relto.store.models import Account
from tests.support.houses import COMPANY, FACILITY, USA
from tests.unit.api.door import OTHER_COMPANY, OTHER_FACILITY
from tests.unit.cli.desk import Desk


def test_a_registrar_finds_companies_facilities_and_people(desk: Desk) -> None:
    people = desk.door.node.people
    assert {row["code"] for row in desk.asks("registrar", "people", "companies")} == {COMPANY[USA], OTHER_COMPANY}
    assert {row["code"] for row in desk.asks("registrar", "people", "facilities")} == {FACILITY[USA], OTHER_FACILITY}
    found = {row["name"]: row for row in desk.asks("registrar", "people", "list")}
    assert found["Name of engineer"]["person"] == people["engineer"]
    assert found["Name of engineer"]["roles"] == ["engineer"]
    table = desk.types("security_officer", "people", "list")
    assert people["engineer"] in table
    assert people["stranger"] not in table
    assert OTHER_COMPANY not in desk.types("security_officer", "people", "companies")
    assert OTHER_FACILITY not in desk.types("security_officer", "people", "facilities")
    assert desk.types("release_officer", "people", "companies") == "No company is visible to you.\n"
    assert desk.types("release_officer", "--language", "hi", "people", "facilities").startswith("आपको कोई प्रतिष्ठान")


def test_a_registrar_takes_a_lost_credential_back(desk: Desk) -> None:
    engineer = desk.door.node.people["engineer"]
    assert desk.asks("engineer", "whoami")["person"] == engineer
    (held,) = desk.asks("registrar", "people", "credentials", engineer)
    assert held["client_id"] in desk.types("registrar", "people", "credentials", engineer)
    with pytest.raises(Refused):
        desk.types("security_officer", "people", "revoke", engineer, held["client_id"])
    with pytest.raises(NotAvailable):
        desk.types("registrar", "people", "revoke", desk.door.node.people["colleague"], held["client_id"])
    with pytest.raises(NotAvailable):
        desk.types("registrar", "people", "credentials", "../companies")
    revoked = desk.asks("registrar", "people", "revoke", engineer, held["client_id"])
    assert revoked["revoked_at"]
    assert revoked["entry"].startswith("ent_")
    with pytest.raises(NotAuthenticated):
        desk.types("engineer", "whoami")
    with pytest.raises(Conflict):
        desk.types("registrar", "people", "revoke", engineer, held["client_id"])
    stranger = desk.door.node.people["stranger"]
    assert desk.types("registrar", "people", "credentials", stranger) == "This person holds no client credential.\n"


def test_a_registrar_lets_a_person_in_to_the_portal(desk: Desk) -> None:
    people = desk.door.node.people
    opened = desk.asks("registrar", "people", "account", people["engineer"])
    assert opened["person"] == people["engineer"]
    assert opened["entry"].startswith("ent_")
    account = Account.objects.get(username=opened["username"])
    assert account.check_password(opened["first_password"])
    assert f"username: {account.username}\nfirst_password: " in desk.types(
        "registrar", "people", "account", people["engineer"]
    )
    account.refresh_from_db()
    assert not account.check_password(opened["first_password"])
    with pytest.raises(Refused):
        desk.types("registrar", "people", "account", people["registrar"])
    with pytest.raises(Refused):
        desk.types("engineer", "people", "account", people["colleague"])
