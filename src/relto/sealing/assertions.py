"""Assertions of a container: statements bound to its payload by a JWS (OpenTDF spec, assertions; RFC 7515, RFC 8785).

Rules enforced: each assertion is bound; the binding is verified with the payload key (HS256) or with a key the
caller trusts by its id (RS256, ES256), never with one from the JWS header: segment hashes are public, so anyone could
sign with a key of his own. An HS256 binding proves knowledge of the payload key, never origin.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import MalformedInput, NotVerified
from relto.sealing.encoding import base64_text, member_object, member_text
from relto.sealing.integrity import Integrity, aggregate_hash, check_payload_key
from relto.sealing.keys import key_algorithm
from relto.sealing.manifest import Manifest

LABEL_ID = "relto-label"
LABEL_SCHEMA = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
LABEL_FORMAT = "xml-structured"
MAX_SIGNATURE = 1024 * 1024
MAX_STATEMENT = 512 * 1024
# Members that a writer leaves out when they are empty, so that they do not count in the hash.
_OPTIONAL = ("appliesToState",)
_OPTIONAL_STATEMENT = ("format", "schema", "value")
_ASYMMETRIC = {"RS256": "rsa:", "ES256": "ec:secp256r1"}


class _BindingRegistry(jws.JWSRegistry):
    """The library's checks, with room for the segment hashes of a large payload and for headers with unused keys."""

    max_header_length = 64 * 1024
    max_payload_length = MAX_SIGNATURE * 8


@dataclass(frozen=True, slots=True)
class PayloadKeyProof:
    """An HS256 binding under the payload key: it holds for this payload, and says nothing of who made it."""


@dataclass(frozen=True, slots=True)
class TrustedKeyProof:
    """An RS256 or ES256 binding under the trusted key of this id."""

    key_id: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion; `proof` says what its binding shows once it is verified, None before.

    `PayloadKeyProof`: whoever bound it knew the payload key, as every reader of the container does: no origin.
    `TrustedKeyProof`: it was bound by the holder of a key that the caller trusts.
    """

    id: str
    type: str
    scope: str
    applies_to_state: str
    format: str
    schema: str
    value: str
    proof: PayloadKeyProof | TrustedKeyProof | None = None


def label_assertion(label_xml: str) -> Assertion:
    """The STANAG 4774 label as a handling assertion over the whole container."""
    return Assertion(LABEL_ID, "handling", "tdo", "encrypted", LABEL_FORMAT, LABEL_SCHEMA, label_xml)


def build_assertion(assertion: Assertion, integrity: Integrity, payload_key: bytes) -> dict[str, Json]:
    """The assertion's JSON, bound to this payload by an HS256 JWS under the payload key."""
    check_payload_key(payload_key)
    document = _document(assertion)
    digest = hashlib.sha256(canonical_bytes(document)).hexdigest()
    claims = {"assertionHash": digest, "assertionSig": _expected_signature(integrity, digest)}
    signature = jws.serialize_compact(
        {"alg": "HS256"},
        json.dumps(claims, separators=(",", ":")),
        OctKey.import_key(payload_key),
        registry=_BindingRegistry(algorithms=["HS256"]),
    )
    return {**document, "binding": {"method": "jws", "signature": signature}}


def build_label_assertion(label_xml: str, integrity: Integrity, payload_key: bytes) -> dict[str, Json]:
    """`label_assertion` in its bound JSON form."""
    return build_assertion(label_assertion(label_xml), integrity, payload_key)


def _document(assertion: Assertion) -> dict[str, Json]:
    document: dict[str, Json] = {"id": assertion.id, "type": assertion.type, "scope": assertion.scope}
    if assertion.applies_to_state:
        document["appliesToState"] = assertion.applies_to_state
    statement: dict[str, Json] = {
        name: text
        for name, text in (
            ("format", assertion.format),
            ("schema", assertion.schema),
            ("value", assertion.value),
        )
        if text
    }
    return {**document, "statement": statement}


def verify_assertions(
    manifest: Manifest, payload_key: bytes, trusted_keys: Mapping[str, str] | None = None
) -> tuple[Assertion, ...]:
    """All assertions of the manifest, each verified. `trusted_keys`: key id to public PEM for RS256 and ES256.

    Raises NotVerified("assertion") naming its position, or MalformedInput: one that does not hold refuses all.
    """
    check_payload_key(payload_key)
    verified = []
    for position, written in enumerate(manifest.assertions):
        document, assertion = read_assertion(written)
        digest = hashlib.sha256(canonical_bytes(document)).hexdigest()
        claims, proof = _verified_claims(written, payload_key, trusted_keys or {}, position)
        expected = _expected_signature(manifest.integrity, digest)
        hash_holds = _same(member_text(claims, "assertionHash", field="assertion.binding"), digest)
        bound = _same(
            member_text(claims, "assertionSig", field="assertion.binding", max_length=MAX_SIGNATURE * 8), expected
        )
        if not (hash_holds and bound):
            raise NotVerified("assertion", field="assertions", position=position, expected="a binding to this payload")
        verified.append(replace(assertion, proof=proof))
    return tuple(verified)


def _same(written: str, expected: str) -> bool:
    return hmac.compare_digest(written.encode("utf-8"), expected.encode("utf-8"))


def _expected_signature(integrity: Integrity, digest: str) -> str:
    """base64 of what the assertion is bound to: the hashes of all segments, then its own hash, both in one form."""
    own = digest.encode("ascii") if integrity.legacy else bytes.fromhex(digest)
    return base64_text(aggregate_hash(integrity) + own)


def read_assertion(written: Mapping[str, Json]) -> tuple[dict[str, Json], Assertion]:
    """The hashed form of a written assertion (without its binding) and its members. Raises MalformedInput.

    A statement value that is a JSON object counts as its compact text with sorted names, as the Go client makes it.
    """
    field = "assertion"
    statement = dict(written.get("statement")) if isinstance(written.get("statement"), dict) else None  # type: ignore[arg-type]
    if statement is None:
        raise MalformedInput("assertion.statement", field="assertion.statement", expected="an object")
    if isinstance(statement.get("value"), dict):
        statement["value"] = object_value_text(statement["value"])
    for name in _OPTIONAL_STATEMENT:
        if statement.get(name) in ("", None):
            statement.pop(name, None)
    document = {name: value for name, value in written.items() if name != "binding"}
    document["statement"] = statement
    for name in _OPTIONAL:
        if document.get(name) in ("", None):
            document.pop(name, None)
    assertion = Assertion(
        id=member_text(document, "id", field=field, max_length=256),
        type=member_text(document, "type", field=field, max_length=256),
        scope=member_text(document, "scope", field=field, max_length=256),
        applies_to_state=member_text(document, "appliesToState", field=field, default="", max_length=256),
        format=member_text(statement, "format", field="statement", default="", max_length=256),
        schema=member_text(statement, "schema", field="statement", default="", max_length=2048),
        value=member_text(statement, "value", field="statement", default="", max_length=MAX_STATEMENT),
    )
    return document, assertion


def object_value_text(value: Json) -> str:
    """Compact JSON with sorted names and the escapes of Go's encoder, which the hash of such a statement covers."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _verified_claims(
    written: Mapping[str, Json], payload_key: bytes, trusted_keys: Mapping[str, str], position: int
) -> tuple[Mapping[str, object], PayloadKeyProof | TrustedKeyProof]:
    binding = member_object(written, "binding", field="assertion")
    method = member_text(binding, "method", field="assertion.binding", max_length=16)
    if method.lower() != "jws":
        raise MalformedInput("assertion.method", field="assertion.binding.method", expected="jws")
    compact = member_text(binding, "signature", field="assertion.binding", max_length=MAX_SIGNATURE * 12)
    try:
        found = jws.extract_compact(compact.encode("utf-8"), registry=_BindingRegistry())
        algorithm, key, proof = _binding_key(found.headers(), payload_key, trusted_keys, position)
        registry = _BindingRegistry(algorithms=[algorithm], strict_check_header=False)
        opened = jws.deserialize_compact(compact, key, registry=registry)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotVerified("assertion", field="assertions", position=position, expected="a valid signature") from error
    return read_object(opened.payload, field="assertion.binding", max_bytes=MAX_SIGNATURE * 8), proof


def _binding_key(
    header: Mapping[str, object], payload_key: bytes, trusted_keys: Mapping[str, str], position: int
) -> tuple[str, OctKey | RSAKey | ECKey, PayloadKeyProof | TrustedKeyProof]:
    algorithm = header.get("alg")
    if algorithm == "HS256":
        return "HS256", OctKey.import_key(payload_key), PayloadKeyProof()
    kid = header.get("kid")
    family = _ASYMMETRIC.get(algorithm) if isinstance(algorithm, str) else None
    pem = trusted_keys.get(kid) if isinstance(kid, str) else None
    if family is None or pem is None or not key_algorithm(pem).startswith(family):
        raise NotVerified("assertion.key", field="assertions", position=position, expected="a key trusted here")
    if algorithm == "RS256":
        return "RS256", RSAKey.import_key(pem), TrustedKeyProof(str(kid))
    return "ES256", ECKey.import_key(pem), TrustedKeyProof(str(kid))


def label_of(assertions: Sequence[Assertion]) -> str | None:
    """The XML of the one STANAG 4774 label; None without one. Raises MalformedInput when there are two."""
    labels = [item for item in assertions if item.schema == LABEL_SCHEMA]
    if len(labels) > 1:
        raise MalformedInput("assertion.labels", field="assertions", found=len(labels), expected="one label")
    if not labels:
        return None
    if labels[0].type != "handling" or labels[0].scope != "tdo":
        raise MalformedInput("assertion.label", field="assertions", expected="a handling assertion over the container")
    return labels[0].value
