"""Proofs of possession of a caller's own key (RFC 9449, DPoP): checked here for every door, by one function.

Rules enforced, in this order (RFC 9449 section 4.3): exactly one proof, bounded; typ dpop+jwt; an asymmetric algorithm;
a public key in the header that suits it, RSA of 2048 to 4096 bits or a NIST curve, without private members; no critical
extension; the signature; htm and htu of this request (scheme, host and default port normalised, query left out); `ath`
of the token it comes with, and the key the token is bound to; `jti`; `iat` within the skew. Whoever asked is then
established (token or client credential), and only after that is its `jti` recorded: what does not hold cannot fill the
memory of what was seen.

A door's memory lives in its process, or in memory that the processes of one address (`htu`) share. It is bounded, and
full it refuses. What was seen before a start is not remembered, so a proof that is older than the process must carry a
nonce of this start; so must one whose time is outside the skew, since a nonce says better than a wrong clock when it
was made (section 4.3, point 11), and every one where the node demands it. A proof that carries a nonce holds as long as
the nonce does, whatever its time says: else one of a fast clock would hold once more when that time comes, long after
it was forgotten. Nonces are an HMAC over a time window, under a key made at each start: there is
nothing to store, they rotate once per skew, and the one before the present one still holds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from joserfc.jwk import ECKey, RSAKey

from relto.base.errors import NotAuthenticated, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.services.compact_signatures import ALGORITHMS, WRONG, SigningKey, header_of, signed_payload
from relto.services.origins import normal_origin
from relto.services.seen_proofs import OwnSeen, Seen, SharedSeen

_LOG = logging.getLogger(__name__)
DEFAULT_SKEW = timedelta(seconds=60)
MAX_PROOF = 8 * 1024
MAX_SEEN = 500_000
INVALID, NONCE_NEEDED = "proof", "proof_nonce"
_TYPE = "dpop+jwt"
_MAX_ID = 256
_LATEST = 1e11  # the year 5138; not a number is not below it
_MAX_URL = 2048
_CURVES = frozenset({"P-256", "P-384", "P-521"})
_KEY_MEMBERS: Mapping[str, tuple[str, ...]] = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MAX_MEMBER = 700  # characters of base64url: a modulus of 4096 bits
_RSA_BITS = range(2048, 4097)
_EXPONENT = "AQAB"  # 65537, the one in use
_NONCE_BYTES = 16
_WINDOW_BYTES = 8
_SECRET_BYTES = 32


def proof_refused(nonce: str = "") -> NotAuthenticated:
    """The proof does not hold; with a `nonce`, one that carries it may."""
    expected = "a proof for this request"
    if nonce:
        return NotAuthenticated(NONCE_NEEDED, field="DPoP", expected=f"{expected}, with the nonce", nonce=nonce)
    return NotAuthenticated(INVALID, field="DPoP", expected=expected)


@dataclass(frozen=True, slots=True)
class Challenge:
    """How a refused proof is answered (RFC 9449 sections 7.1 and 8): the error code, and the nonce to carry, or ""."""

    error: str
    nonce: str


def challenge_of(error: ReltoError) -> Challenge | None:
    """The challenge that an error asks for; None for one that is not about a proof."""
    if not isinstance(error, NotAuthenticated) or error.reason not in (INVALID, NONCE_NEEDED):
        return None
    nonce = str(error.details.get("nonce", ""))
    return Challenge("use_dpop_nonce" if nonce else "invalid_dpop_proof", nonce)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brings: the scheme of its token, every DPoP header, its method and its full address.

    `path_suffices`: a proof may name the path alone, as the platform's gRPC clients do. Only for doors whose processes
    share one memory of proofs, and never at the token endpoint.
    """

    scheme: str
    proofs: tuple[str, ...]
    method: str
    url: str
    path_suffices: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ProvenKey:
    """The key whose possession a proof shows. `thumbprint`: RFC 7638, base64url; `seen`: how its use is remembered."""

    thumbprint: str
    key: SigningKey
    seen: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SharedProofs:
    """What several processes judge proofs by together; made before they are forked."""

    nonce_key: bytes
    seen: SharedSeen

    @classmethod
    def make(cls) -> SharedProofs:
        """A fresh key, and an empty memory."""
        return cls(secrets.token_bytes(_SECRET_BYTES), SharedSeen(MAX_SEEN))


class Proofs:
    """What one process knows to judge proofs by: its nonces, and what it has seen."""

    def __init__(
        self, *, skew: timedelta = DEFAULT_SKEW, nonce_required: bool = False, shared: SharedProofs | None = None
    ) -> None:
        """`skew`: how far a proof's time may be from the node's clock; `nonce_required`: at every request.

        `shared`: what this process has in common with others that answer at the same address.
        """
        self.skew = skew
        self.nonce_required = nonce_required
        self._secret = secrets.token_bytes(_SECRET_BYTES) if shared is None else shared.nonce_key
        self._lock = threading.Lock()
        self._began: float | None = None
        self._seen: Seen = OwnSeen(MAX_SEEN) if shared is None else shared.seen

    def together(self, shared: SharedProofs) -> Proofs:
        """As strict as this one, with what other processes share."""
        return Proofs(skew=self.skew, nonce_required=self.nonce_required, shared=shared)

    def begin(self, now: Instant) -> None:
        """The process serves from now on; without it, from the first proof on."""
        with self._lock:
            if self._began is None:
                self._began = now.timestamp()

    def nonce(self, now: Instant) -> str:
        """The nonce of the present window."""
        return self._nonce_of(int(now.timestamp() // self.skew.total_seconds()))

    def check(self, presented: Presented, *, token: str | None, bound_to: str | None, now: Instant) -> ProvenKey:
        """The key behind the one proof of a request; nothing is recorded yet, see `record`.

        `token`: the access token it must name, None at the token endpoint; `bound_to`: the thumbprint it must have.
        Raises NotAuthenticated; see `challenge_of`.
        """
        self.begin(now)
        if len(presented.proofs) != 1 or len(presented.proofs[0]) > MAX_PROOF or not presented.proofs[0].isascii():
            raise proof_refused()
        claims, key = _verified(presented.proofs[0])
        thumbprint = key.thumbprint
        holds = (
            claims.get("htm") == presented.method
            and (
                _same_address(claims.get("htu"), presented.url)
                or (token is not None and _names_path(claims, presented))
            )
            and (token is None or _equal(claims.get("ath"), token_digest(token)))
            and (bound_to is None or _equal(thumbprint, bound_to))
        )
        moment, issued, identity = now.timestamp(), _seconds(claims.get("iat")), claims.get("jti")
        if not holds or issued is None or not isinstance(identity, str) or not 0 < len(identity) <= _MAX_ID:
            raise proof_refused()
        nonce = claims.get("nonce")
        out_of_time = issued < int(self._began or 0) or abs(moment - issued) > self.skew.total_seconds()
        if self.nonce_required or nonce is not None or out_of_time:
            self._require_nonce(nonce, now)
        seen = hashlib.sha256(json.dumps([thumbprint, identity]).encode("ascii")).digest()[:_NONCE_BYTES]
        return ProvenKey(thumbprint, key, seen)

    def record(self, proven: ProvenKey, now: Instant) -> None:
        """The proof is used up. Raises NotAuthenticated if it was before, Unreachable("proofs") when memory is full."""
        # A proof holds from `skew` before its time to `skew` after; whatever was seen stays for at least that long,
        # and the newest of the present ones may have come as late as one `kept` after the turn.
        kept = 2 * self.skew.total_seconds() + 1
        verdict = self._seen.add(proven.seen, now.timestamp(), kept)
        if verdict == "seen":
            _LOG.warning("proof.replayed")
            raise proof_refused()
        if verdict == "full":
            raise Unreachable("proofs", field="DPoP", expected="fewer requests at a time")

    def _require_nonce(self, given: object, now: Instant) -> None:
        window = int(now.timestamp() // self.skew.total_seconds())
        good = [_equal(given, self._nonce_of(one)) for one in (window, window - 1)]
        if not any(good):
            raise proof_refused(self.nonce(now))

    def _nonce_of(self, window: int) -> str:
        return _base64url(hmac.digest(self._secret, window.to_bytes(_WINDOW_BYTES, "big"), "sha256")[:_NONCE_BYTES])


def token_digest(token: str) -> str:
    """What `ath` must be: base64url of the SHA-256 of the access token (RFC 9449 section 4.2)."""
    return _base64url(hashlib.sha256(token.encode("ascii", "replace")).digest())


def verify_signature(text: str, proven: ProvenKey) -> bool:
    """True when a compact JWS (a request token) was signed by the proven key, with an algorithm of the table."""
    return signed_payload(text, proven.key) is not None


def _verified(proof: str) -> tuple[Mapping[str, Any], SigningKey]:
    """Claims and key of a proof whose form and signature hold."""
    key = _key_of_header(proof.partition(".")[0])
    payload = signed_payload(proof, key)
    if payload is None:
        raise proof_refused()
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise proof_refused() from error
    if not isinstance(claims, dict):
        raise proof_refused()
    return claims, key


@lru_cache(maxsize=1024)
def _key_of_header(segment: str) -> SigningKey:
    """The key in the header of a proof, by the header's very text: whatever one client signs has the same one."""
    try:
        header = header_of(f"{segment}.e30.")
    except WRONG as error:
        raise proof_refused() from error
    if header.get("typ") != _TYPE or header.get("alg") not in ALGORITHMS or "crit" in header:
        raise proof_refused()
    return _public_key(header.get("jwk"))


def _public_key(found: object) -> SigningKey:
    if not isinstance(found, dict) or not _PRIVATE_MEMBERS.isdisjoint(found):
        raise proof_refused()
    names = _KEY_MEMBERS.get(str(found.get("kty")), ())
    members = tuple(found.get(name) for name in names)
    if not members or not all(isinstance(one, str) and len(one) <= _MAX_MEMBER for one in members):
        raise proof_refused()
    return _imported(names, members)


@lru_cache(maxsize=1024)
def _imported(names: tuple[str, ...], members: tuple[str, ...]) -> SigningKey:
    written: dict[str, Any] = dict(zip(names, members, strict=True))
    if written["kty"] == "EC":
        if written["crv"] not in _CURVES:
            raise proof_refused()
        return _accepted(ECKey, written)
    try:
        modulus = int.from_bytes(base64.urlsafe_b64decode(written["n"] + "=="), "big")
    except ValueError as error:
        raise proof_refused() from error
    if modulus.bit_length() not in _RSA_BITS or written["e"] != _EXPONENT:
        raise proof_refused()
    return _accepted(RSAKey, written)


def _accepted(kind: type[ECKey | RSAKey], written: dict[str, Any]) -> SigningKey:
    try:
        signer = SigningKey(kind.import_key(written))
        signer.p256, signer.thumbprint  # noqa: B018  made now: a point beside the curve is refused here
    except WRONG as error:
        raise proof_refused() from error
    return signer


def _same_address(found: object, expected: str) -> bool:
    """The same scheme, host, port and path; query and fragment are not compared (RFC 9449 section 4.3, point 9)."""
    if found == expected:
        return _address(expected) is not None
    if not isinstance(found, str) or len(found) > _MAX_URL:
        return False
    return _address(found) is not None and _address(found) == _address(expected)


def _names_path(claims: Mapping[str, Any], presented: Presented) -> bool:
    return presented.path_suffices and claims.get("htu") == urlsplit(presented.url).path


@lru_cache(maxsize=256)
def _address(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    origin = normal_origin(f"{parts.scheme}://{parts.netloc}")
    return None if origin is None else (origin, unquote(parts.path) or "/")


def _seconds(value: object) -> float | None:
    """Seconds since 1970; None when it is no such number."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LATEST
    return float(value) if number and isinstance(value, int | float) else None


def _equal(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("ascii")
    )


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def challenge_text(challenge: Challenge | None) -> str:
    """The WWW-Authenticate challenge of the DPoP scheme (RFC 9449 section 7.1); None where no proof was given."""
    told = f'error="{challenge.error}", ' if challenge is not None else ""
    return f'DPoP {told}algs="{" ".join(ALGORITHMS)}"'
