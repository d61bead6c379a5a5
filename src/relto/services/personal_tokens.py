"""Personal access tokens: a person's own scripts call the API in her name, within scopes and for some days.

Rules: she makes one herself, on the portal, after a fresh strong factor; it is 256 random bits, shown once and kept as
a digest; it names its scopes and ends by a day that the node bounds; it can be revoked at any time. At each use she,
her roles and the token are re-read from the store. It approves nothing and opens nothing (see token_scopes), and the
key service and the relay know no such token.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relto.base.errors import Conflict, MalformedInput, NotAuthenticated, NotAvailable, Refused
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.services.actors import actor_of_person
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import read_choice, read_text
from relto.services.token_scopes import SCOPES, allows
from relto.store.models import Person, PersonalToken

PREFIX: Final = "relto_pat_"
MOST: Final = 10
LONGEST_DAYS: Final = 90
_BYTES: Final = 32
_TOKEN: Final = re.compile(r"\Arelto_pat_[A-Za-z0-9_-]{43}\Z")
_LONGEST_LABEL: Final = 60
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token without its secret. `label`: what its holder calls it."""

    token: str
    label: str
    scopes: tuple[str, ...]
    created_at: Instant
    expires_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None
    entry: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class TokenMade:
    """A new token; this is the only time the secret is seen."""

    secret: str
    view: TokenView


def make_token(
    house: House, actor: Actor, *, label: str, scopes: Collection[str], days: int, longest: int = LONGEST_DAYS
) -> TokenMade:
    """A token of the actor's own for `days` days, at most `longest`. On the portal only.

    Raises MalformedInput, UnknownValue("scopes"), Conflict("tokens") when she holds ten that stand.
    """
    label = read_text(label, field="label", longest=_LONGEST_LABEL)
    chosen = sorted({read_choice(scope, SCOPES, field="scopes") for scope in scopes})
    if not chosen:
        raise MalformedInput("scopes", field="scopes", expected="at least one of " + ", ".join(SCOPES))
    if isinstance(days, bool) or not 1 <= days <= longest:
        raise MalformedInput("days", field="days", found=days, expected=f"1 to {longest} days")
    now = house.now()
    random = house.entropy.random_bytes(_BYTES)
    secret = PREFIX + base64.urlsafe_b64encode(random).rstrip(b"=").decode("ascii")

    def step() -> TokenView:
        standing = PersonalToken.objects.filter(person_id=actor.person, revoked_at=None, expires_at__gt=now)
        if standing.count() >= MOST:
            raise Conflict("tokens", field="label", expected=f"at most {MOST}; revoke one first")
        row = PersonalToken.objects.create(
            id=house.new_id("pat"),
            digest=_digest(secret),
            person_id=actor.person,
            label=label,
            scopes=chosen,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        return _view(row, _enter(house, LeafEvent.CREDENTIAL_ISSUED, actor, row, now))

    return TokenMade(secret, house.commit(step))


def tokens_of(house: House, actor: Actor) -> list[TokenView]:
    """The actor's own tokens, newest first, also those that ended."""
    del house
    return [_view(row) for row in PersonalToken.objects.filter(person_id=actor.person).order_by("-created_at", "id")]


def revoke_token(house: House, actor: Actor, *, token: str) -> TokenView:
    """Revoke one of the actor's own tokens. Raises NotAvailable("personal_token")."""
    now = house.now()

    def step() -> TokenView:
        row = (
            PersonalToken.objects.select_for_update().filter(id=token, person_id=actor.person, revoked_at=None).first()
        )
        if row is None:
            raise NotAvailable("personal_token", field="token")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        return _view(row, _enter(house, LeafEvent.CREDENTIAL_REVOKED, actor, row, now))

    return house.commit(step)


def is_personal(token: str) -> bool:
    """Whether this looks like a personal token, and not like one that the key service issues."""
    return token.startswith(PREFIX)


def caller(house: House, token: str, *, operation: str) -> Actor:
    """Who calls this operation with a personal token, as the store knows her now.

    Raises NotAuthenticated("token") whatever is wrong with the token, Refused("scope") when it is not for this.
    """
    now = house.now()
    found = PersonalToken.objects.filter(digest=_digest(token)).first() if _TOKEN.match(token) else None
    if found is None or found.revoked_at is not None or not found.created_at <= now < found.expires_at:
        raise NotAuthenticated("token")
    actor = actor_of_person(house, found.person_id)
    if not allows(found.scopes, operation):
        raise Refused("scope", field="scope", expected="a token with a scope for this, or another way to act")
    if found.last_used_at is None or now - found.last_used_at >= _NOTED_EVERY:
        PersonalToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return actor


def _digest(token: str) -> str:
    """Lower-case hex SHA-256; enough for 256 random bits."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _enter(house: House, event: LeafEvent, actor: Actor, row: PersonalToken, now: Instant) -> str:
    holder = Person.objects.get(id=actor.person)
    return enter(
        house,
        event,
        actor=actor.person,
        subject=row.id,
        company=holder.company_id,
        details={"purpose": "personal-token", "person": holder.id, "scopes": [*row.scopes]},
        at=now,
    )


def _view(row: PersonalToken, entry: str = "") -> TokenView:
    return TokenView(
        row.id,
        row.label,
        tuple(row.scopes),
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
        entry,
    )
