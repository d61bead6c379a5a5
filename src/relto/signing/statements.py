"""Signed statements: assurances, bundles, notices. What a reader accepts is exactly what trusted owners signed.

Rules enforced here:
 1. A statement is a DSSE envelope over the canonical JSON (RFC 8785) of {"type", "version", ...}.
 2. A signer counts only when her Ed25519 AND her ML-DSA-87 signature over the pre-authentication encoding verify.
 3. A signature that claims a trusted key and is wrong, doubled, or lacks its other half, rejects the whole statement;
    signatures by unknown keys are ignored.
 4. `need` counts distinct trusted owners, not keys: one owner with two keys is one voice.
 5. Signatures are verified before the payload is read; the payload's own type and version equal the envelope's.
 6. A body may name "critical" members; a reader that does not understand one of them refuses the statement.
 7. `type` and `version` belong to the envelope's side: a body never sets them itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.signing.envelope import MAX_SIGNATURES, Envelope, Signature, read_envelope
from relto.signing.keys import StatementKey, StatementPublicKey

DEFAULT_MAX_BYTES = 1024 * 1024
MAX_CRITICAL = 32
_KIND = re.compile(r"\A[a-z][a-z0-9]*([.-][a-z0-9]+)*\Z")
_MAX_KIND = 64
_PAYLOAD_TYPE = re.compile(r"\Aapplication/vnd\.relto\.([a-z0-9.-]+)\.v([1-9][0-9]{0,5})\+json\Z")
_RESERVED = ("type", "version")
_ED25519 = ".ed25519"
_ML_DSA_87 = ".ml-dsa-87"


@dataclass(frozen=True)
class Statement:
    """A statement whose signatures hold. `body` includes type and version; `digest` is the SHA-256 hex of `payload`."""

    kind: str
    version: int
    body: dict[str, Json]
    signers: frozenset[str]
    owners: frozenset[str]
    payload: bytes
    digest: str


def sign_statement(kind: str, version: int, body: Mapping[str, Json], keys: Sequence[StatementKey]) -> bytes:
    """The canonical envelope of a new statement, signed by each of `keys` (one or more, all different).

    Raises MalformedInput for a kind that is not dotted lower case, a version below 1, a body that sets type or version,
    a "critical" member that names what the body lacks, or no keys.
    """
    _check_kind(kind, version)
    for name in _RESERVED:
        if name in body:
            raise MalformedInput("statement.reserved", field=name, expected="a body without type and version")
    _read_critical(body)
    payload = canonical_bytes({"type": kind, "version": version, **body})
    if not keys or len({key.public.key_id for key in keys}) != len(keys):
        raise MalformedInput("statement.keys", field="keys", found=len(keys), expected="one or more different keys")
    envelope = Envelope(payload, _payload_type(kind, version), ())
    return _with_signatures(envelope, keys).as_bytes()


def add_signature(envelope: bytes, key: StatementKey, *, max_bytes: int = DEFAULT_MAX_BYTES) -> bytes:
    """The same statement with the signature of `key` added, or renewed when it already carries one.

    The caller decides whether to sign: read the statement first. Raises MalformedInput for a malformed envelope.
    """
    found = read_envelope(envelope, max_bytes=max_bytes)
    _read_payload_type(found.payload_type)
    _read_payload(found.payload)
    return _with_signatures(found, [key]).as_bytes()


def read_statement(
    envelope: bytes,
    *,
    kind: str,
    versions: Collection[int],
    trusted: Iterable[StatementPublicKey],
    need: int = 1,
    understands: Collection[str] = (),
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Statement:
    """Verify and read a statement of `kind` in one of `versions`, signed by at least `need` distinct trusted owners.

    Raises MalformedInput or TooLarge for a wrong form or another kind, UnknownValue for another version or a critical
    member not in `understands`, NotVerified (reason "signature") when the signatures do not suffice.
    """
    found = read_envelope(envelope, max_bytes=max_bytes)
    stated_kind, version = _read_payload_type(found.payload_type)
    if stated_kind != kind:
        raise MalformedInput("statement.kind", field="payloadType", found=stated_kind, expected=kind)
    if version not in versions:
        expected = ", ".join(str(known) for known in sorted(versions))
        raise UnknownValue("statement.version", field="payloadType", found=version, expected=expected)
    signers = _verified_signers(found, _by_key_id(trusted))
    owners = frozenset(key.owner for key in signers)
    if need < 1 or len(owners) < need:
        raise NotVerified("signature", field="signatures", found=len(owners), expected=f"{max(need, 1)} trusted owners")
    body = _read_payload(found.payload)
    if body.get("type") != kind or type(body.get("version")) is not int or body.get("version") != version:
        raise MalformedInput("statement.type", field="payload", expected="the type and version of the envelope")
    for name in _read_critical(body):
        if name not in understands:
            raise UnknownValue("statement.critical", field="critical", expected="only members that the reader knows")
    return Statement(
        kind=kind,
        version=version,
        body=body,
        signers=frozenset(key.key_id for key in signers),
        owners=owners,
        payload=found.payload,
        digest=sha256_hex(found.payload),
    )


def _verified_signers(envelope: Envelope, trusted: Mapping[str, StatementPublicKey]) -> list[StatementPublicKey]:
    """The trusted keys that signed with both algorithms; refuses the whole for any faulty claim of a trusted key."""
    claims: dict[str, dict[str, bytes]] = {}
    for entry in envelope.signatures:
        for suffix in (_ED25519, _ML_DSA_87):
            key_id = entry.key_hint.removesuffix(suffix)
            if entry.key_hint.endswith(suffix) and key_id in trusted:
                halves = claims.setdefault(key_id, {})
                if suffix in halves:
                    raise NotVerified("signature", field="signatures", key_id=key_id, expected="one pair for each key")
                halves[suffix] = entry.value
        if entry.key_hint in trusted:
            raise NotVerified("signature", field="signatures", key_id=entry.key_hint, expected="a pair of signatures")
    message = envelope.signed_bytes()
    signers = []
    for key_id, halves in claims.items():
        if len(halves) != len((_ED25519, _ML_DSA_87)):
            raise NotVerified("signature", field="signatures", key_id=key_id, expected="Ed25519 and ML-DSA-87")
        trusted[key_id].verify(message, halves[_ED25519], halves[_ML_DSA_87])
        signers.append(trusted[key_id])
    return signers


def _with_signatures(envelope: Envelope, keys: Sequence[StatementKey]) -> Envelope:
    signatures = {entry.key_hint: entry for entry in envelope.signatures}
    message = envelope.signed_bytes()
    for key in keys:
        classical, post_quantum = key.sign(message)
        for suffix, value in ((_ED25519, classical), (_ML_DSA_87, post_quantum)):
            hint = key.public.key_id + suffix
            signatures[hint] = Signature(hint, value)
    if len(signatures) > MAX_SIGNATURES:
        raise MalformedInput(
            "statement.keys", field="signatures", found=len(signatures), expected=f"at most {MAX_SIGNATURES}"
        )
    return Envelope(envelope.payload, envelope.payload_type, tuple(signatures.values()))


def _by_key_id(trusted: Iterable[StatementPublicKey]) -> dict[str, StatementPublicKey]:
    known: dict[str, StatementPublicKey] = {}
    for key in trusted:
        if known.setdefault(key.key_id, key) != key:
            raise MalformedInput("key.ambiguous", field="trusted", found=key.key_id, expected="one key for each key_id")
    return known


def _payload_type(kind: str, version: int) -> str:
    return f"application/vnd.relto.{kind}.v{version}+json"


def _read_payload_type(text: str) -> tuple[str, int]:
    match = _PAYLOAD_TYPE.match(text)
    if match is None or not _KIND.match(match[1]):
        raise MalformedInput("statement.kind", field="payloadType", expected="application/vnd.relto.<kind>.v<n>+json")
    return match[1], int(match[2])


def _read_payload(payload: bytes) -> dict[str, Json]:
    """The payload's members; it must be canonical, so that one meaning has one digest."""
    body = read_object(payload, field="payload", max_bytes=len(payload))
    if canonical_bytes(body) != payload:
        raise MalformedInput("statement.canonical", field="payload", expected="canonical JSON (RFC 8785)")
    return body


def _read_critical(body: Mapping[str, Json]) -> list[str]:
    critical = body.get("critical", [])
    if not isinstance(critical, list) or len(critical) > MAX_CRITICAL:
        raise MalformedInput("statement.critical", field="critical", expected=f"at most {MAX_CRITICAL} member names")
    names = [name for name in critical if isinstance(name, str) and name in body]
    if len(set(names)) != len(critical) or {*_RESERVED, "critical"} & set(names):
        raise MalformedInput("statement.critical", field="critical", expected="different members of the body")
    return names


def _check_kind(kind: str, version: int) -> None:
    if not _KIND.match(kind) or len(kind) > _MAX_KIND:
        raise MalformedInput("statement.kind", field="kind", expected="dotted lower case, such as agreement-bundle")
    if version < 1:
        raise MalformedInput("statement.version", field="version", found=version, expected="1 or more")
