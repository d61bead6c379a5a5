"""Assertions hold for one payload only, and only under keys that the reader trusts."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import MalformedInput, NotVerified
from relto.sealing.assertions import (
    LABEL_FORMAT,
    LABEL_ID,
    LABEL_SCHEMA,
    Assertion,
    PayloadKeyProof,
    TrustedKeyProof,
    build_assertion,
    build_label_assertion,
    label_assertion,
    label_of,
    object_value_text,
    verify_assertions,
)
from relto.sealing.integrity import aggregate_hash
from relto.sealing.keys import public_key_of
from relto.sealing.manifest import Manifest, parse_manifest
from tests.unit.sealing.containers import LABEL, SEGMENT, container, service_key

SEALED = container(SEGMENT + 1)
MANIFEST = parse_manifest(SEALED.archive.manifest)
KEY = SEALED.key


def having(*assertions: dict[str, Any]) -> Manifest:
    return replace(MANIFEST, assertions=assertions)


def bound_by(
    document: dict[str, Any], key: OctKey | RSAKey | ECKey, header: dict[str, Any], hashed: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An assertion as another client signs it."""
    digest = hashlib.sha256(canonical_bytes(hashed or document)).hexdigest()
    signature = base64.b64encode(aggregate_hash(MANIFEST.integrity) + bytes.fromhex(digest)).decode()
    claims = json.dumps({"assertionHash": digest, "assertionSig": signature})
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    token = jws.serialize_compact(header, claims, key, registry=registry)
    return {**document, "binding": {"method": "jws", "signature": token}}


OTHER = {
    "id": "remark",
    "type": "other",
    "scope": "payload",
    "appliesToState": "unencrypted",
    "statement": {"format": "text", "value": "x"},
}


def test_the_label_travels_as_a_handling_assertion() -> None:
    found = verify_assertions(MANIFEST, KEY)
    assert found == (replace(label_assertion(LABEL), proof=PayloadKeyProof()),)
    written = MANIFEST.assertions[0]
    assert written["id"] == LABEL_ID
    assert written["type"] == "handling"
    assert written["scope"] == "tdo"
    assert written["appliesToState"] == "encrypted"
    assert written["statement"] == {"format": LABEL_FORMAT, "schema": LABEL_SCHEMA, "value": LABEL}
    assert label_of(found) == LABEL


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"scope": "payload"},
        {"type": "other"},
        {"appliesToState": "unencrypted"},
        {"statement": {"format": LABEL_FORMAT, "schema": LABEL_SCHEMA, "value": "<weaker/>"}},
        {"unread": "member"},
    ],
)
def test_a_changed_assertion_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotVerified, match="assertion"):
        verify_assertions(having({**MANIFEST.assertions[0], **change}), KEY)


def test_an_assertion_of_another_payload_is_refused() -> None:
    other = parse_manifest(container(5).archive.manifest)
    with pytest.raises(NotVerified, match="assertion"):
        verify_assertions(having(dict(other.assertions[0])), KEY)


def test_an_assertion_without_binding_is_refused() -> None:
    bare = {name: value for name, value in MANIFEST.assertions[0].items() if name != "binding"}
    with pytest.raises(MalformedInput):
        verify_assertions(having(bare), KEY)
    for binding in ({"method": "xml", "signature": "x"}, {"method": "jws", "signature": "x"}, {"method": "jws"}, "x"):
        with pytest.raises((MalformedInput, NotVerified)):
            verify_assertions(having({**bare, "binding": binding}), KEY)


def test_a_trusted_key_signs_under_its_id() -> None:
    rsa_pem, curve_pem = service_key("rsa:2048"), service_key("ec:secp256r1")
    by_rsa = bound_by(OTHER, RSAKey.import_key(rsa_pem), {"alg": "RS256", "kid": "office"})
    by_curve = bound_by(OTHER, ECKey.import_key(curve_pem), {"alg": "ES256", "kid": "clerk"})
    trusted = {"office": public_key_of(rsa_pem), "clerk": public_key_of(curve_pem)}
    found = verify_assertions(having(by_rsa, by_curve), KEY, trusted)
    assert [item.proof for item in found] == [TrustedKeyProof("office"), TrustedKeyProof("clerk")]
    for keys in ({}, {"office": trusted["clerk"], "clerk": trusted["office"]}):
        with pytest.raises(NotVerified, match="assertion"):
            verify_assertions(having(by_rsa), KEY, keys)


def test_a_key_that_the_header_brings_along_is_never_used() -> None:
    """Segment hashes are public, so anybody could bind an assertion with a key of his own."""
    own = ECKey.generate_key("P-256")
    forged = bound_by(OTHER, own, {"alg": "ES256", "jwk": own.as_dict(private=False)})
    with pytest.raises(NotVerified, match="key"):
        verify_assertions(having(forged), KEY)
    named = bound_by(OTHER, own, {"alg": "ES256", "kid": "clerk", "jwk": own.as_dict(private=False)})
    with pytest.raises(NotVerified, match="assertion"):
        verify_assertions(having(named), KEY, {"clerk": public_key_of(service_key("ec:secp256r1"))})


def test_a_public_key_is_never_taken_for_a_shared_secret() -> None:
    public_pem = public_key_of(service_key("ec:secp256r1"))
    secret = OctKey.import_key(base64.urlsafe_b64encode(public_pem.encode()))
    forged = bound_by(OTHER, secret, {"alg": "HS256", "kid": "clerk"})
    with pytest.raises(NotVerified, match="assertion"):
        verify_assertions(having(forged), KEY, {"clerk": public_pem})


def test_an_unsigned_binding_is_refused() -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    body = MANIFEST.assertions[0]["binding"]["signature"].split(".")[1]  # type: ignore[index, call-overload, union-attr]
    unsigned = {**OTHER, "binding": {"method": "jws", "signature": f"{head}.{body}."}}
    with pytest.raises(NotVerified, match="assertion"):
        verify_assertions(having(unsigned), KEY)


def test_a_statement_that_is_an_object_is_hashed_as_its_text() -> None:
    value: Json = {"ocl": {"pol": "p<&>", "cls": "S"}, "a": [1, "ü"]}
    document = {**OTHER, "statement": {"format": "json", "value": value}}
    text = '{"a":[1,"ü"],"ocl":{"cls":"S","pol":"p\\u003c\\u0026\\u003e"}}'
    assert object_value_text(value) == text
    hashed = {**OTHER, "statement": {"format": "json", "value": text}}
    found = verify_assertions(having(bound_by(document, OctKey.import_key(KEY), {"alg": "HS256"}, hashed)), KEY)
    assert found[0].value == text


def test_empty_optional_members_do_not_count() -> None:
    document = {**OTHER, "appliesToState": "", "statement": {"format": "", "schema": "", "value": "x"}}
    hashed = {"id": "remark", "type": "other", "scope": "payload", "statement": {"value": "x"}}
    found = verify_assertions(having(bound_by(document, OctKey.import_key(KEY), {"alg": "HS256"}, hashed)), KEY)
    assert found[0].applies_to_state == ""


def test_there_is_one_label() -> None:
    label = build_label_assertion(LABEL, MANIFEST.integrity, KEY)
    with pytest.raises(MalformedInput, match="labels"):
        label_of(verify_assertions(having(label, {**label}), KEY))
    wrong = Assertion("x", "other", "payload", "", LABEL_FORMAT, LABEL_SCHEMA, LABEL)
    with pytest.raises(MalformedInput, match="label"):
        label_of(verify_assertions(having(build_assertion(wrong, MANIFEST.integrity, KEY)), KEY))
    assert label_of(()) is None


def test_a_document_of_thousands_of_segments_still_has_a_label() -> None:
    row = MANIFEST.integrity.segments[0]
    large = replace(MANIFEST.integrity, segments=(row,) * 20_000)
    label = build_label_assertion(LABEL, large, KEY)
    assert label_of(verify_assertions(replace(MANIFEST, integrity=large, assertions=(label,)), KEY)) == LABEL
