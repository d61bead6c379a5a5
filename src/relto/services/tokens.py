"""Access tokens of this node's own people (RFC 6749 section 4.4, RFC 7519, RFC 9068); no token crosses the border.

Rules: a token is an ES256 JWT that lives ten minutes, names its audiences, person and client, and is worth nothing
alone: at each use the client, the person and her roles are re-read from the store. The algorithm is pinned, never
taken from the token. Whatever is wrong with a client or token, the caller learns only that it does not authenticate.
A client that proves a key of its own (RFC 9449) gets a token bound to it (`cnf.jkt`), and such a token is worth nothing
at any door without a proof for that very request.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from relto.base.errors import NotAuthenticated
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.services.actors import actor_of, actor_of_person
from relto.services.house import House
from relto.services.proofs import Presented, ProvenKey, proof_refused, token_digest
from relto.services.service_keys import TOKEN_ALGORITHM, KeyRing
from relto.store.models import ApiClient
from relto.store.queries.callers import TOKEN_KEY, Credential, calling

LIFETIME = timedelta(minutes=10)
SKEW = timedelta(seconds=30)
MAX_TOKEN = 8192
MAX_CREDENTIAL = 256
_TYPE = "at+jwt"
_MOST_SIGNED = 4096
_NO_SECRET = "0" * 64  # stands in for the digest of an unknown client's secret; no secret has it


@dataclass(frozen=True, slots=True, repr=False)
class IssuedToken:
    """A token, its life in seconds, and its type: Bearer, or DPoP when it is bound to a key."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  a scheme's name


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and the key she proved with this request; None with a token that is bound to none."""

    actor: Actor
    key: ProvenKey | None


def secret_digest(secret: str) -> str:
    """Lower-case hex SHA-256 of a client secret; enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def issue(
    house: House, keyring: KeyRing, *, client_id: str, client_secret: str, presented: Presented | None = None
) -> IssuedToken:
    """A token for the person behind a client credential. Raises NotAuthenticated("client") whatever is wrong with it.

    `presented`: the proof that came with the request, if one did: the token is bound to its key. A proof that does not
    hold is NotAuthenticated too; see `proofs.challenge_of`.
    """
    now = house.now()
    key = house.proofs.check(presented, token=None, bound_to=None, now=now) if presented is not None else None
    if len(client_id) > MAX_CREDENTIAL or len(client_secret) > MAX_CREDENTIAL or "\x00" in client_id:
        raise NotAuthenticated("client")
    client = ApiClient.objects.filter(client_id=client_id).first()
    expected = client.secret_hash if client is not None else _NO_SECRET
    secret_holds = hmac.compare_digest(secret_digest(client_secret).encode("ascii"), expected.encode("ascii"))
    if client is None or not secret_holds or not Credential.of(client).usable(now):
        raise NotAuthenticated("client")
    try:
        actor = actor_of_person(house, client.person_id)
    except NotAuthenticated as error:
        raise NotAuthenticated("client") from error
    if key is not None:
        house.proofs.record(key, now)
    kid, signing_key = keyring.token_key
    issued_at = int(now.timestamp())
    claims: dict[str, object] = {
        "iss": house.urls.key_service,
        "aud": [house.urls.key_service, house.urls.relay, house.urls.portal],
        "sub": actor.person,
        "client_id": client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(LIFETIME.total_seconds()),
        "jti": house.new_id("tok"),
    }
    if key is not None:
        claims["cnf"] = {"jkt": key.thumbprint}
    header = {"alg": TOKEN_ALGORITHM, "typ": _TYPE, "kid": kid}
    return IssuedToken(
        jwt.encode(header, claims, signing_key, algorithms=[TOKEN_ALGORITHM]),
        int(LIFETIME.total_seconds()),
        "Bearer" if key is None else "DPoP",
    )


def verify(house: House, token: str, *, audience: str, presented: Presented | None = None) -> Caller:
    """Who a token stands for, as the store knows her now. Raises NotAuthenticated.

    `presented`: what came with the request. A bound token needs its proof, under either scheme; a token that is bound
    to nothing is a bearer token and nothing else (RFC 9449 section 7).
    """
    now = house.now()
    signed = _verified(token)
    claims = signed.claims
    moment = now.timestamp()
    audiences = claims.get("aud")
    issued_at, expires = _numeric(claims, "iat"), _numeric(claims, "exp")
    in_time = (
        issued_at - SKEW.total_seconds() <= moment < expires + SKEW.total_seconds()
        and expires - issued_at <= LIFETIME.total_seconds()
    )
    meant_for_us = isinstance(audiences, list) and audience in audiences
    if not (in_time and meant_for_us and claims.get("iss") == house.urls.key_service):
        raise NotAuthenticated("token")
    person, client_id = claims.get("sub"), claims.get("client_id")
    if not isinstance(person, str) or not isinstance(client_id, str):
        raise NotAuthenticated("token")
    found = calling(signed.kid, client_id, person, now)
    if found is None or found.public_pem != signed.public_pem or not found.credential.usable(now):
        raise NotAuthenticated("token")
    try:
        actor = actor_of(house, person, found.person)
    except NotAuthenticated as error:
        raise NotAuthenticated("token") from error
    return Caller(actor, _proven(house, token, claims, presented, now))


def _proven(
    house: House, token: str, claims: Mapping[str, object], presented: Presented | None, now: Instant
) -> ProvenKey | None:
    """The key the caller proved, used up; None for a bearer token. Everything else about the token holds already."""
    confirmation = claims.get("cnf")
    if confirmation is None:
        if presented is not None and presented.scheme != "bearer":
            raise proof_refused()
        return None
    bound_to = confirmation.get("jkt") if isinstance(confirmation, Mapping) else None
    if not isinstance(bound_to, str) or presented is None:
        raise proof_refused()
    key = house.proofs.check(presented, token=token, bound_to=bound_to, now=now)
    house.proofs.record(key, now)
    return key


@dataclass(frozen=True, slots=True, repr=False)
class _Signed:
    """What a token says, and the key that signed it: the same for ever, whatever its people and keys come to."""

    kid: str
    public_pem: str
    claims: Mapping[str, object]


_signed: OrderedDict[str, _Signed] = OrderedDict()
_signed_lock = threading.Lock()


def _verified(token: str) -> _Signed:
    """What a key of this node signed. The very same text is verified once; whether its key still counts is read anew.

    Kept by the token's digest, never by the token.
    """
    if len(token) > MAX_TOKEN or not token.isascii():
        raise NotAuthenticated("token")
    digest = token_digest(token)
    known = _signed.get(digest)
    if known is not None:
        return known
    try:
        kid = jws.extract_compact(token.encode("ascii")).headers().get("kid")
        if not isinstance(kid, str) or "\x00" in kid:  # PostgreSQL takes no such text: a stranger's would be an error
            raise NotAuthenticated("token")
        found = TOKEN_KEY.first(kid[:64])
        if found is None:
            raise NotAuthenticated("token")
        decoded = jwt.decode(token, _public_key(found[0]), algorithms=[TOKEN_ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotAuthenticated("token") from error
    if decoded.header.get("typ") != _TYPE or decoded.header.get("alg") != TOKEN_ALGORITHM:
        raise NotAuthenticated("token")
    signed = _Signed(kid[:64], found[0], decoded.claims)
    with _signed_lock:
        _signed[digest] = signed
        while len(_signed) > _MOST_SIGNED:
            _signed.popitem(last=False)
    return signed


@lru_cache(maxsize=16)
def _public_key(pem: str) -> ECKey:
    return ECKey.import_key(pem)


def _numeric(claims: Mapping[str, object], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotAuthenticated("token")
    return value
