"""A person's first sign-in: the registrar opens her account, and gives a new first password when she is locked out."""

from __future__ import annotations

import re

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.services.accounts import open_account
from relto.services.sign_in_links import make_link
from relto.store.models import Account, LedgerEntry, Person
from tests.support.houses import START, Node


def test_a_registrar_opens_an_account_and_the_password_is_kept_as_a_hash_only(usa: Node) -> None:
    opened = open_account(usa.house, usa.actor("registrar"), person=usa.people["engineer"])
    account = Account.objects.get()
    assert (account.username, account.person_id) == (opened.username, opened.person)
    assert opened.person == usa.people["engineer"]
    assert re.fullmatch(r"usa-f\d+-engineer-[a-z0-9]{4}", opened.username)
    assert re.fullmatch(r"[a-z2-7]{5}(-[a-z2-7]{5}){5}", opened.first_password)
    assert account.check_password(opened.first_password)
    entry = LedgerEntry.objects.get(entry=opened.entry)
    assert (entry.event, entry.subject) == ("credential:issued", opened.person)
    assert entry.details == {"purpose": "portal", "person": opened.person, "reset": False}
    assert opened.first_password not in repr(opened) + account.password


def test_a_new_first_password_replaces_the_old_one_under_the_same_login_code(usa: Node) -> None:
    registrar, engineer = usa.actor("registrar"), usa.people["engineer"]
    first = open_account(usa.house, registrar, person=engineer)
    sessions_of = Account.objects.get().get_session_auth_hash()
    second = open_account(usa.house, registrar, person=engineer)
    account = Account.objects.get()
    assert second.username == first.username
    assert not account.check_password(first.first_password)
    assert account.check_password(second.first_password)
    assert account.get_session_auth_hash() != sessions_of
    assert LedgerEntry.objects.get(entry=second.entry).details["reset"] is True


def test_an_account_made_by_a_sign_in_link_gets_its_first_password(usa: Node) -> None:
    make_link(usa.house, usa.actor("registrar"), usa.people["engineer"])
    assert not Account.objects.get().has_usable_password()
    opened = open_account(usa.house, usa.actor("registrar"), person=usa.people["engineer"])
    assert Account.objects.get().check_password(opened.first_password)


def test_who_may_not_or_whom_it_does_not_fit_leaves_nothing(usa: Node) -> None:
    registrar, before = usa.actor("registrar"), LedgerEntry.objects.count()
    Person.objects.filter(id=usa.people["colleague"]).update(suspended_at=START)
    with pytest.raises(Refused) as own:
        open_account(usa.house, registrar, person=registrar.person)
    assert own.value.full_code == "refused.own_account"
    with pytest.raises(Refused) as role:
        open_account(usa.house, usa.actor("security_officer"), person=usa.people["engineer"])
    assert role.value.full_code == "refused.role"
    with pytest.raises(NotAvailable):
        open_account(usa.house, registrar, person="prs_" + "a" * 24)
    with pytest.raises(MalformedInput):
        open_account(usa.house, registrar, person="engineer")
    with pytest.raises(Conflict):
        open_account(usa.house, registrar, person=usa.people["colleague"])
    assert (Account.objects.count(), LedgerEntry.objects.count()) == (0, before)
