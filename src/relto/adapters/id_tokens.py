"""ID tokens, checked: OpenID Connect Core 1.0 section 3.1.3.7, for the authorization code flow.

Rules: the signature is by a key of the provider's set under an algorithm that the settings allow, all of them
asymmetric; issuer exactly; this client is the audience, and the authorized party where there is one or several
audiences; not expired, not issued in the future nor more than ten minutes ago; the nonce of this very request; the hash
of the access token when it is given; the authentication context and methods that the settings demand; a fresh
authentication when one was asked for. Whatever is wrong, it is NotAuthenticated("provider").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from relto.base.errors import NotAuthenticated
from relto.base.instants import Instant

ALGORITHMS: Final[Mapping[str, str]] = {
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "Ed25519": "OKP",
    "EdDSA": "OKP",
}
"""Every algorithm that may be allowed, with its kind of key: none of them is symmetric."""
LARGEST_TOKEN: Final = 16 * 1024
_LONGEST_VALUE: Final = 255
_SKEW: Final = 30
_OLDEST: Final = 600
_HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say. `confirmed_since`: the instant of a fresh authentication that was asked for."""

    issuer: str
    client_id: str
    nonce: str
    claim: str
    algorithms: tuple[str, ...]
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    confirmed_since: Instant | None = None


class UnknownKeyError(Exception):
    """The token names a key that is not in the set: it may be newer than the set."""


@dataclass(frozen=True, slots=True)
class Named:
    """What an ID token says of a person: the claim that names her, the provider's subject, and its session."""

    value: str
    subject: str
    session: str


def identity(token: str, keys: Sequence[Mapping[str, Any]], expected: Expected, *, access: str, now: Instant) -> Named:
    """Whom an ID token names. `access`: the access token that came with it.

    Raises NotAuthenticated("provider"), or UnknownKeyError when no key of the set has the token's `kid`.
    """
    claims, algorithm = verified(token, keys, expected.algorithms)
    moment = now.timestamp()
    audiences = claims.get("aud")
    audiences = [audiences] if isinstance(audiences, str) else audiences
    party = claims.get("azp")
    issued, expires = seconds_of(claims, "iat"), seconds_of(claims, "exp")
    holds = (
        claims.get("iss") == expected.issuer
        and isinstance(audiences, list)
        and expected.client_id in audiences
        and (party == expected.client_id or (party is None and len(audiences) == 1))
        and moment - _OLDEST <= issued <= moment + _SKEW
        and moment - _SKEW < expires
        and _same(claims.get("nonce"), expected.nonce)
        and ("at_hash" not in claims or _same(claims["at_hash"], _hash(access, algorithm)))
        and _strong_enough(claims, expected)
    )
    value = claims.get(expected.claim)
    if not holds or not isinstance(value, str) or not 0 < len(value) <= _LONGEST_VALUE or "\x00" in value:
        raise NotAuthenticated("provider")
    return Named(value, short_text(claims, "sub"), short_text(claims, "sid"))


def short_text(claims: Mapping[str, Any], name: str) -> str:
    """A claim that is a text of 255 characters at most; empty when it is none."""
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= _LONGEST_VALUE and "\x00" not in value else ""


def verified(
    token: str, keys: Sequence[Mapping[str, Any]], algorithms: tuple[str, ...], typ: str = ""
) -> tuple[Mapping[str, Any], str]:
    """Claims and algorithm of a token that a key of the set signed; `typ`: what its header must not contradict.

    Raises NotAuthenticated("provider"), UnknownKeyError.
    """
    if len(token) > LARGEST_TOKEN or not token.isascii():
        raise NotAuthenticated("provider")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        algorithm = header.get("alg")
        if algorithm not in algorithms or algorithm not in ALGORITHMS or header.get("crit"):
            raise NotAuthenticated("provider")
        if typ and str(header.get("typ", typ)).lower().removeprefix("application/") not in {typ, "jwt"}:
            raise NotAuthenticated("provider")
        key = _key(keys, header.get("kid"), ALGORITHMS[algorithm])
        decoded = jwt.decode(token, JWKRegistry.import_key(dict(key)), algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotAuthenticated("provider") from error
    return decoded.claims, str(algorithm)


def _key(keys: Sequence[Mapping[str, Any]], kid: object, kind: str) -> Mapping[str, Any]:
    """The key that a token names; one without a name is taken when the set has a single key of the kind."""
    fitting = [key for key in keys if key.get("kty") == kind and key.get("use", "sig") == "sig"]
    if kid is None and len(fitting) == 1:
        return fitting[0]
    found = [key for key in fitting if kid is not None and key.get("kid") == kid]
    if len(found) != 1:
        raise UnknownKeyError
    return found[0]


def _strong_enough(claims: Mapping[str, Any], expected: Expected) -> bool:
    methods = claims.get("amr", [])
    if not isinstance(methods, list) or not set(expected.amr) <= {one for one in methods if isinstance(one, str)}:
        return False
    if expected.acr and claims.get("acr") not in expected.acr:
        return False
    since = expected.confirmed_since
    return since is None or seconds_of(claims, "auth_time") >= since.timestamp() - _SKEW


def _hash(access: str, algorithm: str) -> str:
    """OpenID Connect Core 1.0 section 3.1.3.6: the left half of the access token's hash."""
    digest = _HASHES.get(algorithm[-3:], hashlib.sha512)(access.encode("ascii", "replace")).digest()
    if algorithm == "Ed25519":
        digest = hashlib.sha512(access.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode("ascii")


def seconds_of(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate; what is none is before every instant."""
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("-inf")


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8"))
