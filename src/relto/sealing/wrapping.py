"""Wrapping key shares for key services and sessions, and binding each share to its policy (OpenTDF spec, key access).

A share leaves a service only after unwrapping, policy binding and policy decoding all hold; which of them failed is
never told (no oracle): the same error, after the same work.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.base.errors import NotVerified, ReltoError, UnknownValue, Unreachable
from relto.sealing.encapsulation import (
    SHARE_BYTES,
    CurveWrapper,
    Random,
    Wrapped,
    family_of,
    unwrap_bytes,
    wrap_bytes,
)
from relto.sealing.encoding import base64_text, read_any_base64, read_base64
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import (
    PrivateKey,
    algorithm_of,
    generate_private_key,
    generate_service_key,
    key_algorithm,
    key_fingerprint,
    load_private_key,
    load_public_key,
    public_key_of,
)
from relto.sealing.outside_keys import HolderKey
from relto.sealing.policy import read_policy

__all__ = [
    "KeyAccess",
    "SessionKey",
    "SessionWrapped",
    "SessionWrapper",
    "generate_service_key",
    "key_algorithm",
    "key_fingerprint",
    "load_private_key",
    "load_public_key",
    "policy_binding",
    "public_key_of",
    "unwrap_share",
    "verify_binding",
    "wrap_for_session",
    "wrap_share",
]

_HEX = re.compile(rb"\A[0-9A-Fa-f]{64}\Z")
_DIGEST_BYTES = 32


def policy_binding(share: bytes, policy_text: str) -> str:
    """base64 of the lower-case hex HMAC-SHA256 of the policy string under the share: the form everybody writes."""
    return base64_text(hmac.digest(share, policy_text.encode("utf-8"), "sha256").hex().encode("ascii"))


def binding_bytes(binding_hash: str) -> bytes:
    """The 32 bytes of a written binding, in its hex or its raw form. Raises NotVerified("share")."""
    try:
        data = read_base64(binding_hash, field="policyBinding", max_bytes=128)
    except ReltoError as error:
        raise NotVerified("share", field="policyBinding") from error
    if _HEX.match(data):
        data = bytes.fromhex(data.decode("ascii"))
    if len(data) != _DIGEST_BYTES:
        raise NotVerified("share", field="policyBinding")
    return data


def verify_binding(key_access: KeyAccess, share: bytes, policy_text: str) -> None:
    """Verify that the share is bound to exactly this policy string. Raises NotVerified("share")."""
    expected = hmac.digest(share, policy_text.encode("utf-8", "surrogatepass"), "sha256")
    algorithm_holds = key_access.binding_algorithm in ("HS256", "")
    if not hmac.compare_digest(binding_bytes(key_access.binding_hash), expected) or not algorithm_holds:
        raise NotVerified("share", field="policyBinding")


def wrap_share(
    share: bytes,
    *,
    public_key_pem: str,
    kid: str,
    url: str,
    sid: str,
    policy_text: str,
    random: Random,
    encrypted_metadata: str = "",
) -> KeyAccess:
    """The key access object that wraps a 32-byte share for the service holding this key, bound to the policy string.

    The key decides the type: RSA-2048/4096 `wrapped`, NIST curves `ec-wrapped`, ML-KEM `mlkem-wrapped`, composites
    `hybrid-wrapped`. `random` gives the IV; ephemeral keys and padding are the library's own.
    """
    recipient = load_public_key(public_key_pem)
    wrapped = wrap_bytes(recipient, share, random)
    return KeyAccess(
        type=family_of(recipient),
        url=url,
        kid=kid,
        sid=sid,
        wrapped_key=base64_text(wrapped.data),
        binding_hash=policy_binding(share, policy_text),
        encrypted_metadata=encrypted_metadata,
        ephemeral_public_key=wrapped.ephemeral_public_key,
    )


def unwrap_share(key_access: KeyAccess, private_key: HolderKey | str, policy_text: str) -> bytes:
    """The share, once unwrapping, binding and policy decoding all hold. Raises NotVerified("share") for any of them.

    All three are done whatever the first one says, on a stand-in share if need be, so that time tells nothing either.
    Raises Unreachable when the token that holds the key does not answer: then nothing was found out about the share.
    """
    holder = load_private_key(private_key) if isinstance(private_key, str) else private_key
    failed = key_access.type != family_of(holder)
    # A stand-in of unpredictable bytes: a binding made for a known value must not look right by accident.
    share = AESGCM.generate_key(bit_length=256)
    try:
        data = read_any_base64(key_access.wrapped_key, field="wrappedKey")
        share = unwrap_bytes(holder, Wrapped(data, key_access.ephemeral_public_key))
    except Unreachable:
        raise
    except ReltoError:
        failed = True
    try:
        verify_binding(key_access, share, policy_text)
    except ReltoError:
        failed = True
    try:
        read_policy(policy_text)
    except ReltoError:
        failed = True
    if failed:
        raise NotVerified("share")
    return share


@dataclass(frozen=True, slots=True)
class SessionWrapped:
    """A share wrapped for one session, and the session's ephemeral public key when the client key is a curve key."""

    wrapped: bytes
    session_public_key_pem: str | None = None


class SessionWrapper:
    """Wraps the shares of one answer for one client key: a single ephemeral key serves the whole answer."""

    def __init__(self, client_public_key_pem: str, random: Random | None = None) -> None:
        """`random` gives IVs (without it the library's own). Raises UnknownValue for an unsupported client key."""
        self._recipient = load_public_key(client_public_key_pem)
        self._random = random or _library_random
        curve_key = self._recipient if isinstance(self._recipient, ec.EllipticCurvePublicKey) else None
        self._curve = CurveWrapper(curve_key, self._random) if curve_key is not None else None

    @property
    def session_public_key_pem(self) -> str | None:
        """What the answer's `sessionPublicKey` carries; None for key kinds that need none."""
        return self._curve.ephemeral_public_key if self._curve is not None else None

    def wrap(self, share: bytes) -> bytes:
        """The `kasWrappedKey` bytes of one share."""
        if len(share) != SHARE_BYTES:
            raise NotVerified("share", field="share")
        if self._curve is not None:
            return self._curve.wrap(share).data
        return wrap_bytes(self._recipient, share, self._random).data


def _library_random(count: int) -> bytes:
    """Up to 32 bytes from the generator the ephemeral keys come from."""
    return AESGCM.generate_key(bit_length=256)[:count]


def wrap_for_session(share: bytes, client_public_key_pem: str, random: Random | None = None) -> SessionWrapped:
    """One share for one client key; use `SessionWrapper` when an answer carries several."""
    wrapper = SessionWrapper(client_public_key_pem, random)
    return SessionWrapped(wrapper.wrap(share), wrapper.session_public_key_pem)


class SessionKey:
    """The client's side of a session: made for one request, never stored."""

    def __init__(self, private_key: PrivateKey) -> None:
        """Usually made by `generate`."""
        self._private_key = private_key
        self.public_pem = public_key_of(private_key)
        self.algorithm = algorithm_of(private_key)

    @classmethod
    def generate(cls, algorithm: str) -> SessionKey:
        """A new session key: "rsa:2048", "ec:secp256r1", or any other algorithm of the table."""
        return cls(generate_private_key(algorithm))

    @property
    def fingerprint(self) -> str:
        """Lower-case hex SHA-256 of the public PEM: what a link request pins."""
        return hashlib.sha256(self.public_pem.encode("ascii")).hexdigest()

    def unwrap(self, wrapped: bytes, session_public_key_pem: str | None = None) -> bytes:
        """The share of an answer. Raises NotVerified("share")."""
        if isinstance(self._private_key, ec.EllipticCurvePrivateKey) and not session_public_key_pem:
            raise NotVerified("share", field="sessionPublicKey")
        return unwrap_bytes(self._private_key, Wrapped(wrapped, session_public_key_pem or ""))


def require_family(key_access: KeyAccess, allowed: frozenset[str]) -> None:
    """Refuse a wrapping type that the profile in force does not allow. Raises UnknownValue."""
    if key_access.type not in allowed:
        raise UnknownValue("wrapping", field="keyAccess.type", expected=", ".join(sorted(allowed)))
