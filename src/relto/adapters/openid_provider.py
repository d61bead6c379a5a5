"""The nation's own OpenID provider: authorization code with PKCE (RFC 7636, S256), over HTTPS, bounded in all it says.

Rules: what is discovered is the issuer's own (OpenID Connect Discovery 1.0 section 4.3), and every address in it is
HTTPS, on a training node also plain HTTP to this machine; no redirect is followed; the key set is kept ten minutes and
read again for an unknown key at most twice a minute; no token outlives the call.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx

from relto.adapters.id_tokens import Expected, UnknownKeyError, identity
from relto.adapters.logout_tokens import signed_out
from relto.base.errors import NotAuthenticated, NotVerified, Unreachable
from relto.base.instants import Instant
from relto.ports.identity import Asked, Identified, SignedOut

_TIMEOUT: Final = 5.0
_LARGEST: Final = 64 * 1024
_MOST_KEYS: Final = 32
_KEPT: Final = 600.0
_AGAIN: Final = 30.0
_OK: Final = 200
_BROKEN: Final = 500
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_Told = TypeVar("_Told")
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, repr=False)
class ProviderSettings:
    """Who the provider is, who this node is to it, and what its word must carry.

    `authority_file`: PEM certificates to trust instead of the system's; `plain_on_loopback`: training nodes only.
    """

    issuer: str
    client_id: str
    secret: str
    claim: str = "sub"
    login_codes: bool = False
    algorithms: tuple[str, ...] = ("ES256", "PS256", "RS256", "EdDSA")
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    authority_file: str = ""
    plain_on_loopback: bool = False


@dataclass
class OpenIdProvider:
    """Satisfies relto.ports.identity.IdentityProvider; one for a process, used by all its threads."""

    settings: ProviderSettings
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: Mapping[str, Any] = field(default_factory=dict)
    _known_at: float = float("-inf")
    _keys: list[dict[str, Any]] = field(default_factory=list)
    _keys_at: float = float("-inf")

    @property
    def names_login_codes(self) -> bool:
        """Whether the claim holds the login code."""
        return self.settings.login_codes

    def address(self, asked: Asked, *, redirect_uri: str) -> str:
        """Where the browser is sent. Raises Unreachable("provider"), NotVerified("provider")."""
        digest = hashlib.sha256(asked.verifier.encode("ascii")).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid" if self.settings.claim == "sub" else "openid profile",
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        if self.settings.acr:
            query["acr_values"] = " ".join(self.settings.acr)
        if asked.confirming is not None:
            query |= {"prompt": "login", "max_age": "0"}
        endpoint = str(self._discovered()["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def redeem(self, asked: Asked, *, code: str, issuer: str | None, redirect_uri: str, now: Instant) -> Identified:
        """Whom a code stands for. Raises Unreachable("provider"), NotAuthenticated("provider")."""
        known, settings = self._discovered(), self.settings
        promised = known.get("authorization_response_iss_parameter_supported") is True
        if issuer != settings.issuer if issuer is not None else promised:
            raise NotAuthenticated("provider")
        given = self._exchange(str(known["token_endpoint"]), code, asked.verifier, redirect_uri)
        token, access = given.get("id_token"), given.get("access_token")
        if not isinstance(token, str) or not isinstance(access, str):
            raise NotAuthenticated("provider")
        expected = Expected(
            issuer=settings.issuer,
            client_id=settings.client_id,
            nonce=asked.nonce,
            claim=settings.claim,
            algorithms=settings.algorithms,
            acr=settings.acr,
            amr=settings.amr,
            confirmed_since=asked.confirming,
        )
        named = self._by_the_key_set(lambda keys: identity(token, keys, expected, access=access, now=now))
        return Identified(settings.issuer, named.value, named.subject, named.session)

    def signed_out(self, token: str, *, now: Instant) -> SignedOut:
        """Whom the provider says to have signed out. Raises Unreachable("provider"), NotAuthenticated("provider")."""
        own = self.settings
        return self._by_the_key_set(
            lambda keys: signed_out(
                token, keys, issuer=own.issuer, client_id=own.client_id, algorithms=own.algorithms, now=now
            )
        )

    def _by_the_key_set(self, read: Callable[[list[dict[str, Any]]], _Told]) -> _Told:
        """What a token says by the keys that are known, or by those that are read anew for one that is not."""
        try:
            return read(self._key_set(_KEPT))
        except UnknownKeyError:
            pass
        try:
            return read(self._key_set(_AGAIN))
        except UnknownKeyError as error:
            raise NotAuthenticated("provider") from error

    def _exchange(self, endpoint: str, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        # RFC 6749 section 2.3.1: both halves are form-encoded before they become Basic credentials.
        basic = httpx.BasicAuth(*(quote(half, safe="") for half in (self.settings.client_id, self.settings.secret)))
        with self._client() as client:
            status, document = _answer(client, client.build_request("POST", endpoint, data=form), basic)
        if status >= _BROKEN:
            raise Unreachable("provider")
        if status != _OK:
            raise NotAuthenticated("provider")
        return document

    def _discovered(self) -> Mapping[str, Any]:
        with self._lock:
            if time.monotonic() - self._known_at > _KEPT:
                found = self._read(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.settings.issuer:
                    raise NotVerified("provider", field="issuer")
                for name in _ENDPOINTS:
                    self._require_safe(found.get(name), name)
                self._known, self._known_at = found, time.monotonic()
            return self._known

    def _key_set(self, kept: float) -> list[dict[str, Any]]:
        address = str(self._discovered()["jwks_uri"])
        with self._lock:
            if time.monotonic() - self._keys_at > kept:
                keys = self._read(address).get("keys")
                if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
                    raise NotVerified("provider", field="jwks_uri")
                self._keys, self._keys_at = [key for key in keys if isinstance(key, dict)], time.monotonic()
            return self._keys

    def _require_safe(self, address: object, name: str) -> None:
        parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
        plain = self.settings.plain_on_loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or plain) or parts.fragment or parts.username:
            raise NotVerified("provider", field=name)

    def _read(self, address: str) -> Mapping[str, Any]:
        self._require_safe(address, "issuer")
        with self._client() as client:
            status, document = _answer(client, client.build_request("GET", address), None)
        if status != _OK:
            raise Unreachable("provider")
        return document

    def _client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.settings.authority_file or None)
        return httpx.Client(verify=context, timeout=_TIMEOUT, follow_redirects=False, trust_env=False)


def _answer(client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON object of an answer within the bound. Raises Unreachable("provider")."""
    request.headers["Accept"] = "application/json"
    until = time.monotonic() + 2 * _TIMEOUT
    try:
        response = client.send(request, auth=auth, stream=True)
        try:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _LARGEST or time.monotonic() > until:
                    raise Unreachable("provider")
        finally:
            response.close()
        document = json.loads(body) if body else {}
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        raise Unreachable("provider") from error
    if not isinstance(document, dict):
        raise Unreachable("provider")
    return response.status_code, document
