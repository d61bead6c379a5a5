"""Sign-in links: how people of a training node reach the portal without a passkey. A live node makes and takes none.

Rules: the registrar makes a link for one person; it holds for one hour and signs in once; the node's secret signs
it, and only its digest is kept when it was used.

A token is 36 bytes as 48 URL-safe characters, so it has one spelling only: account (5 bytes), expiry in seconds since
1970 (5), nonce (10), then the first 128 bits of an HMAC-SHA-256 over those twenty bytes (RFC 2104 section 5).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

from relto.base.errors import Conflict, NotAuthenticated, NotAvailable, Refused
from relto.base.ids import read_id
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.services.accounts import draw_letters, new_account
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import Account, Person, SingleUse

LIFETIME = timedelta(hours=1)
PATH = "/sign-in/"
_SALT = "relto.sign-in-link"
_PURPOSE = "sign-in-link"
_NUMBER_BYTES = 5
_NONCE_BYTES = 10
_CODE_BYTES = 16
_TOKEN = re.compile(r"\A[A-Za-z0-9_-]{48}\Z")


@dataclass(frozen=True, slots=True, repr=False)
class SignInLink:
    """A link's path below the portal's address; this is the only time it is seen."""

    path: str
    person: str
    expires_at: Instant
    entry: str


def issue_link(house: House, actor: Actor, person: str) -> SignInLink:
    """A link for `person`, whose account is made when she has none.

    Raises Refused("role"), Refused("live_node"), NotAvailable("person"), Conflict("person_suspended"), MalformedInput.
    """
    _require_training(house)
    actor.require(Role.REGISTRAR)
    pseudonym = read_id(person, "prs", field="person")
    now = house.now()
    nonce = house.entropy.random_bytes(_NONCE_BYTES)
    letters = draw_letters(house)

    def step() -> tuple[int, str]:
        row = Person.objects.filter(id=pseudonym).first()
        if row is None:
            raise NotAvailable("person", field="person")
        if row.suspended_at is not None and row.suspended_at <= now:
            raise Conflict("person_suspended", field="person", found=pseudonym)
        account = Account.objects.filter(person=row).first()
        if account is None:
            account = new_account(house, row, letters)
            account.save()
        entry = enter(
            house,
            LeafEvent.CREDENTIAL_ISSUED,
            actor=actor.person,
            subject=pseudonym,
            company=row.company_id,
            details={"purpose": _PURPOSE, "person": pseudonym},
            at=now,
        )
        return account.pk, entry

    account_id, entry = house.commit(step)
    expires = (now + LIFETIME).replace(microsecond=0)
    numbers = (account_id, int(expires.timestamp()))
    content = b"".join([*(number.to_bytes(_NUMBER_BYTES) for number in numbers), nonce])
    token = base64.urlsafe_b64encode(content + _code(content)).decode("ascii")
    return SignInLink(PATH + token, pseudonym, expires, entry)


def make_link(house: House, actor: Actor, person: str) -> str:
    """The path of a new link, such as /sign-in/<token>. Raises as `issue_link` does."""
    return issue_link(house, actor, person).path


def redeem(house: House, token: str) -> int:
    """The account that this link signs in, this once. Raises NotAuthenticated("sign_in_link") whatever is wrong."""
    _require_training(house)
    now = house.now()
    account_id, until = _read(token)
    digest = hashlib.sha256(token.encode("ascii")).hexdigest()

    def step() -> int:
        SingleUse.objects.filter(purpose=_PURPOSE, expires_at__lte=now).delete()
        account = Account.objects.filter(pk=account_id, is_active=True).select_related("person").first()
        suspended = account is not None and (
            account.person.suspended_at is not None and account.person.suspended_at <= now
        )
        if until <= now or account is None or suspended:
            raise NotAuthenticated("sign_in_link")
        _, first_use = SingleUse.objects.get_or_create(purpose=_PURPOSE, value=digest, defaults={"expires_at": until})
        if not first_use:
            raise NotAuthenticated("sign_in_link")
        return int(account.pk)

    return house.commit(step)


def _require_training(house: House) -> None:
    if house.kind != "training":
        raise Refused("live_node", field="node", found=house.kind, expected="a training node")


def _code(content: bytes) -> bytes:
    """The authentication code of a token's content under the node's secret."""
    return salted_hmac(_SALT, content, algorithm="sha256").digest()[:_CODE_BYTES]


def _read(token: str) -> tuple[int, Instant]:
    """Account and expiry of a token that this node made. Raises NotAuthenticated."""
    if not _TOKEN.match(token):
        raise NotAuthenticated("sign_in_link")
    whole = base64.urlsafe_b64decode(token)
    content, code = whole[:-_CODE_BYTES], whole[-_CODE_BYTES:]
    if not constant_time_compare(code, _code(content)):
        raise NotAuthenticated("sign_in_link")
    account, until = (int.from_bytes(content[at : at + _NUMBER_BYTES]) for at in (0, _NUMBER_BYTES))
    return account, datetime.fromtimestamp(until, UTC)
