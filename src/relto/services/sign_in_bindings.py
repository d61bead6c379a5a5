"""What a person shows at sign-in, bound to her by the registrar: a provider's subject, or a client certificate.

Rules: one subject or certificate names one person; nobody binds her own; what is bound is kept as a keyed digest only,
so the store tells nobody the provider's subjects. A person refused at sign-in is told a code, which holds the digest of
what she showed; her registrar types it, and nothing else identifies her.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.base.ids import read_id
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.services.accounts import draw_letters, new_account
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import read_choice
from relto.store.fields import blind_index
from relto.store.models import Account, Person, SignInBinding

KINDS: Final = ("oidc", "certificate")
_PREFIX: Final = "who-"
_CODE: Final = re.compile(r"\Awho-[a-z2-7]{52}\Z")


@dataclass(frozen=True, slots=True)
class BindingView:
    """Something bound to a person; never what it is. `kind`: oidc or certificate."""

    binding: str
    person: str
    kind: str
    bound_at: Instant
    ended_at: Instant | None = None
    entry: str = ""


def code_of(kind: str, issuer: str, value: str) -> str:
    """The code that stands for what a person showed: of a subject its issuer and value, of a certificate its digest."""
    digest = hashlib.sha256(f"{kind}\n{issuer}\n{value}".encode()).digest()
    return _PREFIX + base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def bound_account(kind: str, code: str) -> Account | None:
    """The account of the person to whom this was bound; None when nobody bound it."""
    found = SignInBinding.objects.filter(kind=kind, value=_index(kind, code), ended_at=None).first()
    return None if found is None else Account.objects.filter(person_id=found.person_id, is_active=True).first()


def bind(house: House, actor: Actor, *, person: str, kind: str, code: str) -> BindingView:
    """Bind what a code stands for to a person; her account is made when she has none, without a password.

    Raises Refused("role"), Refused("own_account") for the registrar herself, NotAvailable("person"),
    Conflict("person_suspended"), Conflict("binding") when it is bound already, MalformedInput, UnknownValue.
    """
    actor.require(Role.REGISTRAR)
    pseudonym, kind = read_id(person, "prs", field="person"), read_choice(kind, KINDS, field="kind")
    if not _CODE.match(code):
        raise MalformedInput("sign_in_code", field="code", expected="who- and 52 letters and digits 2 to 7")
    if pseudonym == actor.person:
        raise Refused("own_account", field="person", expected="another person: another registrar binds hers")
    now, letters = house.now(), draw_letters(house)

    def step() -> BindingView:
        row = Person.objects.filter(id=pseudonym).first()
        if row is None:
            raise NotAvailable("person", field="person")
        if row.suspended_at is not None and row.suspended_at <= now:
            raise Conflict("person_suspended", field="person", found=pseudonym)
        value = _index(kind, code)
        if SignInBinding.objects.filter(kind=kind, value=value, ended_at=None).exists():
            raise Conflict("binding", field="code", expected="a code that is bound to nobody")
        if not Account.objects.filter(person=row).exists():
            new_account(house, row, letters).save()
        made = SignInBinding.objects.create(
            id=house.new_id("bnd"), person=row, kind=kind, value=value, bound_at=now, bound_by=actor.person
        )
        return _view(made, _enter(house, LeafEvent.CREDENTIAL_ISSUED, actor, row, made))

    return house.commit(step)


def bindings_of(house: House, actor: Actor, *, person: str) -> list[BindingView]:
    """What is bound to a person, newest first, also what ended. Raises Refused("role"), NotAvailable("person")."""
    del house
    actor.require(Role.REGISTRAR)
    if not Person.objects.filter(id=person).exists():
        raise NotAvailable("person", field="person")
    return [_view(row) for row in SignInBinding.objects.filter(person_id=person).order_by("-bound_at", "id")]


def unbind(house: House, actor: Actor, *, binding: str, person: str) -> BindingView:
    """End a binding: nobody signs in by it any more. Raises Refused("role"), NotAvailable("binding")."""
    actor.require(Role.REGISTRAR)
    now = house.now()

    def step() -> BindingView:
        row = SignInBinding.objects.select_for_update().filter(id=binding, person_id=person, ended_at=None).first()
        if row is None:
            raise NotAvailable("binding", field="binding")
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        holder = Person.objects.get(id=row.person_id)
        return _view(row, _enter(house, LeafEvent.CREDENTIAL_REVOKED, actor, holder, row))

    return house.commit(step)


def _index(kind: str, code: str) -> str:
    return blind_index(f"sign-in/{kind}", code)


def _enter(house: House, event: LeafEvent, actor: Actor, holder: Person, row: SignInBinding) -> str:
    return enter(
        house,
        event,
        actor=actor.person,
        subject=holder.id,
        company=holder.company_id,
        details={"purpose": "sign-in", "person": holder.id, "kind": row.kind},
        at=row.ended_at or row.bound_at,
    )


def _view(row: SignInBinding, entry: str = "") -> BindingView:
    return BindingView(row.id, row.person_id, row.kind, row.bound_at, row.ended_at, entry)
