"""Signing in at the nation's own provider: it says who she is; what she may do is read from this node's own store.

Rules: one request, one answer: state, nonce and verifier are 256 random bits each, kept for this browser alone and used
once; an answer to another request is refused. A subject that nobody bound, or a login code that nobody has, signs
nobody in and makes no account. No token and no claim is kept, but keyed digests of the provider's subject and session,
by which it ends what it began.
"""

from __future__ import annotations

import base64
import hmac
from collections import Counter
from dataclasses import dataclass

from relto.base.errors import NotAuthenticated
from relto.ledger.leaves import LeafEvent
from relto.ports.identity import Asked, IdentityProvider
from relto.services.book import enter
from relto.services.house import House
from relto.services.sign_in_bindings import bound_account, code_of
from relto.store.fields import blind_index
from relto.store.models import Account, PortalSession, SingleUse

CALLBACK = "/provider/callback"
SIGN_OUT = "/provider/sign-out"
_PURPOSE = "logout"
_BYTES = 32
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """Who came back: the account, or None and the code by which a registrar binds her; and of which session there."""

    account: Account | None
    code: str
    subject: str = ""
    session: str = ""


def ask(house: House, *, confirming: bool) -> Asked:
    """A new request. `confirming`: she must show herself to the provider anew, from now on."""
    state, nonce, verifier = (_text(house.entropy.random_bytes(_BYTES)) for _ in range(3))
    return Asked(state, nonce, verifier, house.now() if confirming else None)


def redirect_uri(house: House) -> str:
    """Where the provider sends people back: exactly this address has to be registered there."""
    return house.urls.portal.rstrip("/") + CALLBACK


def answered(
    house: House, provider: IdentityProvider, asked: Asked, *, state: str, code: str, issuer: str | None
) -> Answered:
    """Whom the provider's answer signs in. Raises NotAuthenticated("provider"), Unreachable("provider")."""
    longest = max(len(state), len(code), len(issuer or ""))
    if longest > _LONGEST or not hmac.compare_digest(state.encode("utf-8", "replace"), asked.state.encode("ascii")):
        raise NotAuthenticated("provider")
    if not code:
        raise NotAuthenticated("provider")
    found = provider.redeem(asked, code=code, issuer=issuer, redirect_uri=redirect_uri(house), now=house.now())
    subject, session = (_index(found.issuer, kind, of) for kind, of in (("sub", found.subject), ("sid", found.session)))
    if provider.names_login_codes:
        account = Account.objects.filter(username=found.value, is_active=True).first()
        return Answered(account, "", subject, session)
    told = code_of("oidc", found.issuer, found.value)
    return Answered(bound_account("oidc", told), told, subject, session)


def note_provider_session(session: str, answer: Answered) -> None:
    """By what the provider will say that the holder of this session of the portal signed out there."""
    PortalSession.objects.filter(id=session).update(provider_subject=answer.subject, provider_session=answer.session)


def sign_out_everywhere(house: House, provider: IdentityProvider, *, token: str) -> int:
    """End the sessions whose holder signed out at the provider (Back-Channel Logout 1.0 section 2.7); how many.

    A session that the token names, or every one of the subject when it names none. One entry for each person. Raises
    NotAuthenticated("provider") for a token that does not hold or has served, Unreachable("provider").
    """
    now = house.now()
    said = provider.signed_out(token, now=now)
    subject, session = (_index(said.issuer, kind, of) for kind, of in (("sub", said.subject), ("sid", said.session)))

    def step() -> int:
        SingleUse.objects.filter(purpose=_PURPOSE, expires_at__lte=now).delete()
        value = blind_index("logout-token", f"{said.issuer}\n{said.token}")
        _, first = SingleUse.objects.get_or_create(purpose=_PURPOSE, value=value, defaults={"expires_at": said.expires})
        if not first:
            raise NotAuthenticated("provider")
        rows = PortalSession.objects.filter(ended_at=None).select_related("account__person")
        if session:
            rows = rows.filter(provider_session=session)
        if subject:
            rows = rows.filter(provider_subject=subject)
        ended = list(rows)
        PortalSession.objects.filter(id__in=[row.id for row in ended]).update(ended_at=now)
        for person, count in Counter(row.account.person for row in ended).items():
            enter(
                house,
                LeafEvent.SESSION_ENDED,
                actor=str(house.nation),
                subject=person.id,
                company=person.company_id,
                details={"sessions": count, "by": "provider"},
                at=now,
            )
        return len(ended)

    return house.commit(step)


def _index(issuer: str, kind: str, value: str) -> str:
    return blind_index(f"sign-in/{kind}", f"{issuer}\n{value}") if value else ""


def _text(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode("ascii")
