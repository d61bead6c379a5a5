"""Rewrap (OpenTDF, kas.AccessService/Rewrap): from a request to shares wrapped for the asker's session, v2 and v1.

Two sources of shares answer the same protocol. At home: unwrap and verify the binding, decide, record, mark the
decision used, and only then wrap. Through the relay: decide and record at home first, then ask the partner node; its
answer is wrapped for the asker's session key and passes through unopened.
Uniform failures: whatever is wrong with unwrapping, binding, policy or registration is one text, and what is wrong with
the first three is told after one and the same time (level_time). Every denial is another text, with the reference of
the recorded decision beside it, by which the asker reads the reasons in a separate call. Trouble is a third, with the
code of what did not answer beside it: it decides nothing, and asking again may succeed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Protocol

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotAvailable, NotVerified, Refused, ReltoError, UnknownValue, Unreachable
from relto.kas.failures import CAUSE, REFERENCE, RequestFailure
from relto.kas.level_time import LevelTime
from relto.procedures.actors import Actor
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import key_algorithm, load_public_key
from relto.sealing.policy import read_policy
from relto.sealing.rewrap import (
    BAD_REQUEST,
    FORBIDDEN,
    UNAVAILABLE,
    RewrapRequest,
    build_rewrap_answer,
    fail_result,
    parse_rewrap_request,
    permit_result,
)
from relto.sealing.wrapping import SessionWrapper
from relto.services.house import House
from relto.services.openings import OpeningGrant, ask_partner, open_at_home
from relto.services.origins import same_origin
from relto.services.service_keys import USABLE, KeyRing, service_keys

NOT_HERE = "rpc error: code = InvalidArgument desc = the key access object names another service"
NO_LEGACY_KEY = "rpc error: code = InvalidArgument desc = no legacy key IDs found"
MAX_OBJECTS_IN_ALL = 64
_LEGACY_KEY = "legacy_key"
_WHOLE_REQUEST: Mapping[str, tuple[str, str]] = {
    BAD_REQUEST: ("invalid_argument", "bad request"),
    NOT_HERE: ("invalid_argument", "the key access object names another service"),
    NO_LEGACY_KEY: ("invalid_argument", "no legacy key IDs found"),
    FORBIDDEN: ("permission_denied", "forbidden"),
    UNAVAILABLE: ("internal", "service unavailable"),
}
_log = logging.getLogger("relto.kas")


class SharesForSession(Protocol):
    """Where the shares of one request come from."""

    def wrapped(self, key_access: KeyAccess, policy_text: str) -> bytes:
        """The share of one object, wrapped for the session. Raises ReltoError."""
        ...

    @property
    def session_public_key(self) -> str | None:
        """The one key that the answer carries for an elliptic-curve session."""
        ...


class HomeShares:
    """Shares that this node's own key service holds."""

    def __init__(self, house: House, keyring: KeyRing, level_time: LevelTime, actor: Actor, session_key: str) -> None:
        """`session_key`: the PEM of the asker's public session key; `level_time`: that of the process."""
        self._house = house
        self._keyring = keyring
        self._level_time = level_time
        self._actor = actor
        self._wrapper = SessionWrapper(session_key, house.entropy.random_bytes)

    @property
    def session_public_key(self) -> str | None:
        """See SharesForSession."""
        return self._wrapper.session_public_key_pem

    def wrapped(self, key_access: KeyAccess, policy_text: str) -> bytes:
        """See SharesForSession. All that can be wrong with the secret is found first, with the same work each time."""
        if not key_access.kid and key_access.type == "wrapped" and not _has_rsa_key():
            raise UnknownValue(_LEGACY_KEY, field="kid", expected="the kid of a key of this service")
        attempt = self._level_time.begin(key_access.type)
        try:
            share = self._keyring.unwrap(key_access.kid, key_access, policy_text)
        except NotVerified:
            self._level_time.found(attempt)
            self._level_time.wait(attempt)
            raise
        self._level_time.found(attempt)
        _permitted_at_home(self._house, self._actor, key_access, policy_text)
        return self._wrapper.wrap(share)


def _has_rsa_key() -> bool:
    """True when an object without a kid, as clients write that were given none, has a key to be tried with."""
    return any(view.algorithm.startswith("rsa:") for view in service_keys(purpose="wrapping", states=USABLE))


class PartnerShares:
    """Shares that a partner's key service holds: asked for by this node, never by its people."""

    def __init__(self, house: House, actor: Actor, session_key: str) -> None:
        """`session_key`: the PEM of the asker's public session key; this node has no private half of it."""
        self._house = house
        self._actor = actor
        self._session_key = session_key
        self._session_public_key: str | None = None

    @property
    def session_public_key(self) -> str | None:
        """See SharesForSession: the partner's, passed on."""
        return self._session_public_key

    def wrapped(self, key_access: KeyAccess, policy_text: str) -> bytes:
        """See SharesForSession."""
        grant = _permitted_at_home(self._house, self._actor, key_access, policy_text)
        share = ask_partner(self._house, self._actor, grant, key_access=key_access, session_key_pem=self._session_key)
        self._session_public_key = share.session_public_key
        return share.wrapped


def _permitted_at_home(house: House, actor: Actor, key_access: KeyAccess, policy_text: str) -> OpeningGrant:
    """The decision of this node, recorded, durable and used up before anything leaves. Raises Refused, NotVerified."""
    policy_uuid = read_policy(policy_text).uuid
    return open_at_home(
        house, actor, policy_uuid=policy_uuid, policy_text=policy_text, key_access=key_access, serve=True
    )


def read_rewrap(document: Mapping[str, Json]) -> RewrapRequest:
    """The request inside a request token, bounded as a whole. Raises RequestFailure with texts that clients match."""
    client_key = document.get("clientPublicKey", document.get("client_public_key"))
    try:
        load_public_key(client_key if isinstance(client_key, str) else "")
    except UnknownValue as error:
        raise RequestFailure("invalid_argument", "clientPublicKey unsupported type") from error
    except MalformedInput as error:
        raise RequestFailure("invalid_argument", "clientPublicKey failure") from error
    try:
        request = parse_rewrap_request(document)
    except MalformedInput as error:
        raise RequestFailure("invalid_argument", "invalid request body") from error
    if sum(len(policy.key_access) for policy in request.policies) > MAX_OBJECTS_IN_ALL:
        raise RequestFailure("invalid_argument", "too many key access objects")
    return request


def require_one_object_for_a_curve_key(request: RewrapRequest) -> None:
    """An answer has room for one session key, and each partner answer brings its own: so one object for those."""
    objects = sum(len(policy.key_access) for policy in request.policies)
    if objects > 1 and key_algorithm(request.client_public_key).startswith("ec:"):
        raise RequestFailure("invalid_argument", "one key access object in a relay request with an elliptic-curve key")


def answer_rewrap(request: RewrapRequest, shares: SharesForSession, origin: str) -> dict[str, Json]:
    """The answer over all objects of a request that name `origin`; a v1 failure is a RequestFailure of the whole."""
    responses: list[tuple[str, list[dict[str, Json]]]] = []
    for policy in request.policies:
        results: list[dict[str, Json]] = []
        for object_id, key_access in policy.key_access:
            error, reference, cause = "", None, ""
            if not same_origin(key_access.url, origin):
                error = NOT_HERE
            else:
                try:
                    results.append(permit_result(object_id, shares.wrapped(key_access, policy.body)))
                except ReltoError as problem:
                    error, reference = error_text(problem), getattr(problem, "reference", None)
                    cause = problem.full_code if isinstance(problem, Unreachable) else ""
            if error and request.version == 1:
                code, message = _WHOLE_REQUEST[error]
                raise RequestFailure(code, message, reference=reference)
            if error:
                results.append(_failed(object_id, error, reference, cause))
        responses.append((policy.id, results))
    return build_rewrap_answer(responses, session_public_key=shares.session_public_key, version=request.version)


def error_text(problem: ReltoError) -> str:
    """The text for a result: a denial, the one text for all that is wrong with the secret parts, or trouble."""
    if isinstance(problem, Refused):
        return FORBIDDEN
    if isinstance(problem, UnknownValue) and problem.reason == _LEGACY_KEY:
        return NO_LEGACY_KEY
    if isinstance(problem, NotVerified | NotAvailable | MalformedInput):
        return BAD_REQUEST
    _log.warning("rewrap.unavailable %s", problem.full_code)
    return UNAVAILABLE


def _failed(object_id: str, error: str, reference: str | None, cause: str) -> dict[str, Json]:
    result = fail_result(object_id, error)
    metadata = result["metadata"]
    if isinstance(metadata, dict):
        metadata |= {name: value for name, value in ((REFERENCE, reference), (CAUSE, cause)) if value}
    return result
