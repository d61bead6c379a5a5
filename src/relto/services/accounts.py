"""Portal accounts: how a person comes to her first sign-in on any node, and back in when she cannot sign in.

Rules: the registrar opens a person's account, never her own; the first password is random (150 bits), shown once and
stored only as Django's salted hash; it ends by itself after three days, and before when she sets her own. A new first
password ends the account's sessions, for each carries a code that is made from the password's hash. Second factors
stay. The login code that names the account carries no name.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from relto.base.errors import Conflict, NotAvailable, Refused
from relto.base.ids import read_id
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.services.book import enter
from relto.services.house import House
from relto.services.portal_sessions import end_now
from relto.store.models import Account, Person

_PURPOSE = "portal"
_LETTERS = 4
_NOT_CODE = re.compile(r"[^a-z0-9-]+")
_RANDOM_BYTES = 20
_GROUPS = 6
_GROUP_LENGTH = 5
FIRST_PASSWORD_LASTS = timedelta(days=3)


@dataclass(frozen=True, slots=True, repr=False)
class AccountOpened:
    """A login code with its first password, which ends `until`; this is the only time the password is seen."""

    username: str
    first_password: str
    person: str
    entry: str
    until: Instant


def open_account(house: House, actor: Actor, *, person: str) -> AccountOpened:
    """Give a person a first password for the portal; her account is made when she has none.

    Raises Refused("role"), Refused("own_account"), NotAvailable("person"), Conflict("person_suspended"),
    Conflict("account") when the login code drawn is taken, MalformedInput.
    """
    actor.require(Role.REGISTRAR)
    pseudonym = read_id(person, "prs", field="person")
    if pseudonym == actor.person:
        raise Refused("own_account", field="person", expected="another person: another registrar opens hers")
    now = house.now()
    letters = draw_letters(house)
    first_password = _first_password(house)
    # Made before the step: it is slow on purpose, and the step holds up every other one.
    hashed = make_password(first_password)

    def step() -> tuple[str, str]:
        row = Person.objects.select_for_update(of=("self",)).filter(id=pseudonym).first()
        if row is None:
            raise NotAvailable("person", field="person")
        if row.suspended_at is not None and row.suspended_at <= now:
            raise Conflict("person_suspended", field="person", found=pseudonym)
        held = Account.objects.filter(person=row).first()
        account = held or new_account(house, row, letters)
        account.password, account.first_password_until = hashed, now + FIRST_PASSWORD_LASTS
        account.save()
        end_now(pseudonym, now)
        entry = enter(
            house,
            LeafEvent.CREDENTIAL_ISSUED,
            actor=actor.person,
            subject=pseudonym,
            company=row.company_id,
            details={"purpose": _PURPOSE, "person": pseudonym, "reset": held is not None},
            at=now,
        )
        return account.username, entry

    username, entry = house.commit(step)
    return AccountOpened(username, first_password, pseudonym, entry, now + FIRST_PASSWORD_LASTS)


def has_ended(house: House, account: Account) -> bool:
    """Whether the account's password is a first one whose time is over."""
    return account.first_password_until is not None and account.first_password_until <= house.now()


def password_is_her_own(account: Account) -> None:
    """She has set a password herself: it does not end."""
    Account.objects.filter(pk=account.pk).update(first_password_until=None)


def draw_letters(house: House) -> str:
    """The random end of a login code, drawn before the step that makes the account."""
    return house.new_id("acc").partition("_")[2][:_LETTERS]


def new_account(house: House, person: Person, letters: str) -> Account:
    """An account, not yet saved, that no password opens; its code: nation or facility, role, and the letters drawn.

    Raises Conflict("account") when the code is taken.
    """
    role = person.role_grants.order_by("role").values_list("role", flat=True).first() or "person"
    place = (person.facility_id or house.nation).lower()
    code = _NOT_CODE.sub("-", f"{place}-{role.replace('_', '-')}-{letters}")[:60]
    if Account.objects.filter(username=code).exists():
        raise Conflict("account", field="person", expected="a code that is not taken; ask again")
    account = Account(username=code, person=person)
    account.set_unusable_password()
    return account


def _first_password(house: House) -> str:
    """Six groups of five characters (RFC 4648 section 6, lower case: it has no 0, 1, 8 or 9 to misread)."""
    text = base64.b32encode(house.entropy.random_bytes(_RANDOM_BYTES)).decode("ascii").lower()
    return "-".join(text[at : at + _GROUP_LENGTH] for at in range(0, _GROUPS * _GROUP_LENGTH, _GROUP_LENGTH))
