"""Manifests that another party wrote: read as the standard says, bounded, and refused whole when anything is off."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from relto.base.errors import MalformedInput, NotVerified, ReltoError, TooLarge, UnknownValue
from relto.sealing.archive import open_archive
from relto.sealing.assertions import build_label_assertion
from relto.sealing.integrity import verify_root
from relto.sealing.manifest import MAX_KEY_ACCESS, parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.registration import manifest_fingerprint, two_share_manifest
from tests.unit.sealing.containers import LABEL, SEGMENT, container, with_manifest

SEALED = container(2 * SEGMENT + 5, algorithms=("ec:secp256r1", "rsa:2048"))
WRITTEN = SEALED.archive.manifest


def document() -> dict[str, Any]:
    return dict(json.loads(WRITTEN))


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The manifest after a change to its JSON."""
    found = document()
    change(found)
    return json.dumps(found).encode()


def integrity(found: dict[str, Any]) -> dict[str, Any]:
    inner: dict[str, Any] = found["encryptionInformation"]["integrityInformation"]
    return inner


def test_the_manifest_has_what_the_strictest_reader_needs() -> None:
    found = document()
    assert found["schemaVersion"] == "4.3.0"
    assert found["encryptionInformation"]["method"] == {
        "algorithm": "AES-256-GCM",
        "isStreamable": True,
        "iv": "",
    }
    assert found["payload"]["mimeType"] == "application/pdf"
    assert all(set(row) == {"hash", "segmentSize", "encryptedSegmentSize"} for row in integrity(found)["segments"])
    assert integrity(found)["encryptedSegmentSizeDefault"] == integrity(found)["segmentSizeDefault"] + 28


def test_rows_without_sizes_have_the_default_size() -> None:
    def omit(found: dict[str, Any]) -> None:
        for row in integrity(found)["segments"][:2]:
            del row["segmentSize"], row["encryptedSegmentSize"]

    assert parse_manifest(changed(omit)).integrity == parse_manifest(WRITTEN).integrity


def test_unknown_members_and_nulls_are_read_over() -> None:
    def add(found: dict[str, Any]) -> None:
        found["later"] = {"x": 1}
        found["payload"]["more"] = True
        found["encryptionInformation"]["keyAccess"][0]["encryptedMetadata"] = None

    assert parse_manifest(changed(add)) == parse_manifest(WRITTEN)


def test_older_names_of_the_version_are_read() -> None:
    def rename(version: str) -> Callable[[dict[str, Any]], object]:
        def change(found: dict[str, Any]) -> None:
            del found["schemaVersion"]
            found["tdf_spec_version"] = version

        return change

    assert not parse_manifest(changed(rename("4.3.0"))).legacy
    with pytest.raises(MalformedInput):
        parse_manifest(changed(rename("4.2.2")))


def legacy(found: dict[str, Any]) -> None:
    """The same container under the rules before 4.3.0."""
    del found["schemaVersion"]
    rows = integrity(found)["segments"]
    texts = [base64.b64decode(row["hash"]).hex() for row in rows]
    for row, text in zip(rows, texts, strict=True):
        row["hash"] = base64.b64encode(text.encode()).decode()
    root = hmac.new(SEALED.key, "".join(texts).encode(), hashlib.sha256).hexdigest()
    integrity(found)["rootSignature"]["sig"] = base64.b64encode(root.encode()).decode()
    found["assertions"] = []
    for item in found["encryptionInformation"]["keyAccess"]:
        item["policyBinding"] = item["policyBinding"]["hash"]


def test_a_legacy_container_opens() -> None:
    data = with_manifest(SEALED, changed(legacy))
    opened = open_container(open_archive(io.BytesIO(data)), io.BytesIO(data), SEALED.shares())
    assert opened.manifest.legacy
    assert b"".join(opened.chunks()) == SEALED.plain


def test_a_release_over_a_legacy_payload_keeps_its_form() -> None:
    original = parse_manifest(changed(legacy))
    label = build_label_assertion(LABEL, original.integrity, SEALED.key)
    released = two_share_manifest(
        original,
        payload_key=SEALED.key,
        policy_text=original.policy_text,
        key_access=original.key_access,
        assertions=[label],
    )
    data = with_manifest(SEALED, released)
    opened = open_container(open_archive(io.BytesIO(data)), io.BytesIO(data), SEALED.shares(), require_label=True)
    assert opened.label_xml == LABEL
    assert opened.manifest.integrity == original.integrity
    assert b"".join(opened.chunks()) == SEALED.plain


def test_the_two_forms_are_never_mixed() -> None:
    def only_root(found: dict[str, Any]) -> None:
        raw = integrity(found)["segments"][0]["hash"]
        legacy(found)
        found["schemaVersion"] = "4.3.0"
        integrity(found)["segments"][0]["hash"] = raw

    with pytest.raises(MalformedInput):
        parse_manifest(changed(only_root))


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], object]:
    def change(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return change


INFO = "encryptionInformation"
TABLE = (INFO, "integrityInformation")
TRAPS: dict[str, Callable[[dict[str, Any]], object]] = {
    "root signature without a key": put(*TABLE, "rootSignature", "alg", value="GMAC"),
    "not encrypted": put("payload", "isEncrypted", value=False),
    "encrypted as text": put("payload", "isEncrypted", value="true"),
    "other algorithm": put(INFO, "method", "algorithm", value="AES-128-GCM"),
    "other scheme": put(INFO, "type", value="shamir"),
    "unknown major version": put("schemaVersion", value="5.0.0"),
    "version that is none": put("schemaVersion", value="latest"),
    "version as number": put("schemaVersion", value=4),
    "two versions": put("tdf_spec_version", value="4.2.2"),
    "no key access": put(INFO, "keyAccess", value=[]),
    "too many key access objects": put(INFO, "keyAccess", value=[{}] * (MAX_KEY_ACCESS + 1)),
    "key access is text": put(INFO, "keyAccess", 0, value="x"),
    "binding is a number": put(INFO, "keyAccess", 0, "policyBinding", value=1),
    "policy is an object": put(INFO, "policy", value={}),
    "policy is no base64": put(INFO, "policy", value="e30"),
    "policy with line breaks": put(INFO, "policy", value="e3\n0="),
    "negative size": put(*TABLE, "segments", 0, "segmentSize", value=-1),
    "size as boolean": put(*TABLE, "segments", 0, "segmentSize", value=True),
    "size as fraction": put(*TABLE, "segments", 0, "segmentSize", value=16384.0),
    "huge size": put(*TABLE, "segments", 0, "segmentSize", value=2**40),
    "sizes that do not match": put(*TABLE, "segments", 0, "encryptedSegmentSize", value=16384),
    "defaults that do not match": put(*TABLE, "encryptedSegmentSizeDefault", value=16384),
    "hash of another length": put(*TABLE, "segments", 0, "hash", value="AAAA"),
    "unknown hash": put(*TABLE, "segmentHashAlg", value="CRC32"),
    "no table": put(*TABLE, value=None),
    "segments are text": put(*TABLE, "segments", value="all"),
    "root of another length": put(*TABLE, "rootSignature", "sig", value="AAAA"),
    "assertion is text": put("assertions", value=["x"]),
    "lone surrogate": put("payload", "mimeType", value="\ud800"),
    "long text": put("payload", "mimeType", value="x" * 300),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trapped_manifest_is_refused(trap: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        parse_manifest(changed(TRAPS[trap]))
    assert refused.value.field


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        WRITTEN[:-1],
        WRITTEN + b"x",
        WRITTEN.replace(b'"payload":{', b'"payload":{},"payload":{', 1),
        b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        WRITTEN.replace(b'"schemaVersion":"4.3.0"', b'"schemaVersion":"4.3.0","n":1e999'),
        WRITTEN.replace(b'"schemaVersion":"4.3.0"', b'"schemaVersion":"4.3.0","n":99999999999999999999'),
    ],
)
def test_what_is_no_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        parse_manifest(data)


def test_a_manifest_over_the_bound_is_refused() -> None:
    with pytest.raises(TooLarge):
        parse_manifest(b" " * (10 * 1024 * 1024 + 1))


def test_rows_must_fill_the_payload_entry() -> None:
    data = with_manifest(SEALED, changed(lambda found: integrity(found)["segments"].pop()))
    with pytest.raises(NotVerified, match="payload_size"):
        open_container(open_archive(io.BytesIO(data)), io.BytesIO(data), SEALED.shares())


@pytest.mark.parametrize("change", ["swap", "double"])
def test_reordered_or_repeated_segments_fail_at_the_root_before_anything_is_read(change: str) -> None:
    def move(found: dict[str, Any]) -> None:
        rows = integrity(found)["segments"]
        rows[0], rows[1] = (rows[1], rows[0]) if change == "swap" else (rows[0], rows[0])

    data = with_manifest(SEALED, changed(move))
    archive = open_archive(io.BytesIO(data))

    def never(offset: int, size: int) -> bytes:
        pytest.fail(f"read {size} bytes at {offset} before the root signature held")

    with pytest.raises(NotVerified, match="root"):
        open_container(archive, never, SEALED.shares())


def test_an_integrity_table_with_a_root_by_another_algorithm_never_verifies() -> None:
    table = parse_manifest(WRITTEN).integrity
    verify_root(table, SEALED.key)
    with pytest.raises(UnknownValue):
        verify_root(replace(table, root_algorithm="GMAC"), SEALED.key)
    with pytest.raises(MalformedInput):
        verify_root(table, SEALED.key[:16])


REGISTERED: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "policy": ("policy_digest", put(INFO, "policy", value=base64.b64encode(b'{"uuid":"x","body":{}}').decode())),
    "kas url": ("key_access_digest", put(INFO, "keyAccess", 0, "url", value="https://elsewhere.example")),
    "kid": ("key_access_digest", put(INFO, "keyAccess", 0, "kid", value="other")),
    "sid": ("key_access_digest", put(INFO, "keyAccess", 1, "sid", value="s-0")),
    "type": ("key_access_digest", put(INFO, "keyAccess", 0, "type", value="wrapped")),
    "wrapped key": ("key_access_digest", put(INFO, "keyAccess", 0, "wrappedKey", value="AAAA")),
    "binding": ("key_access_digest", put(INFO, "keyAccess", 0, "policyBinding", "hash", value="AAAA")),
    "metadata": ("key_access_digest", put(INFO, "keyAccess", 0, "encryptedMetadata", value="AAAA")),
    "one key access object less": ("key_access_digest", lambda found: found[INFO]["keyAccess"].pop()),
    "root signature": (
        "payload_digest",
        put(*TABLE, "rootSignature", "sig", value=base64.b64encode(bytes(32)).decode()),
    ),
    "segment": ("payload_digest", put(*TABLE, "segments", 0, "hash", value=base64.b64encode(bytes(16)).decode())),
    "segments": ("payload_digest", lambda found: integrity(found)["segments"].pop()),
    "assertion": ("assertions_digest", put("assertions", 0, "statement", "value", value="<weaker/>")),
    "no assertion": ("assertions_digest", put("assertions", value=[])),
}


@pytest.mark.parametrize("part", REGISTERED)
def test_any_change_of_a_registered_manifest_shows_in_its_part(part: str) -> None:
    name, change = REGISTERED[part]
    before = manifest_fingerprint(parse_manifest(WRITTEN)).as_dict()
    after = manifest_fingerprint(parse_manifest(changed(change))).as_dict()
    assert before[name] != after[name]
    untouched = {"payload_digest", "key_access_digest", "assertions_digest", "policy_digest"} - {name}
    assert all(before[other] == after[other] for other in untouched)


def test_every_error_of_the_trap_list_is_of_the_one_tree() -> None:
    for change in TRAPS.values():
        with pytest.raises(ReltoError):
            parse_manifest(changed(change))
