"""Taking in a sealed container: streamed to the blob store, read without trust, compared with the item's label.

Nothing is kept of a container that is not what its item says. Only ciphertext passes here; the payload key never does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.base.instants import Instant, instant_text
from relto.labels import attributes
from relto.labels.label import Label, label_as_dict
from relto.labels.policy import PolicySet
from relto.labels.stanag4774 import read_label
from relto.ports.surroundings import BlobStore, StoredBlob
from relto.sealing.archive import LONGEST_BEGINNING, check_beginning, open_archive
from relto.sealing.assertions import LABEL_SCHEMA, label_of, read_assertion
from relto.sealing.checksum import crc32
from relto.sealing.manifest import Manifest
from relto.sealing.opening import read_container
from relto.sealing.policy import TdfPolicy, read_policy
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.services.house import House
from relto.signing.statements import sign_statement
from relto.store.models import Item

LARGEST_CONTAINER = 64 * 1024**3
REGISTRATION = "manifest-registration"


@dataclass(frozen=True, slots=True)
class StoredContainer:
    """A container in the blob store, read but not yet registered; the payload is a range of the blob."""

    blob: StoredBlob
    content: bytes
    manifest: Manifest
    policy: TdfPolicy
    fingerprint: ManifestFingerprint
    payload_offset: int
    payload_size: int
    payload_crc32: int
    payload_sha256: str


def store_container(blobs: BlobStore, chunks: Iterable[bytes]) -> StoredContainer:
    """Stream a container in and read it; if wrong, nothing stays. Raises MalformedInput, TooLarge, NotVerified.

    What does not even begin as a container, such as a document sent by mistake, is never on the disk.
    """
    begun = _begun(_bounded(chunks))
    writer = blobs.create()
    try:
        for chunk in begun:
            writer.write(chunk)
    except BaseException:
        writer.abandon()
        raise
    blob = writer.finish()
    try:
        return _read(blobs, blob)
    except BaseException:
        blobs.remove(blob.name)
        raise


@contextmanager
def kept_if_registered(house: House, container: StoredContainer) -> Iterator[None]:
    """What fails inside leaves no blob behind, unless the registration became durable all the same."""
    try:
        yield
    except BaseException:
        if not Item.objects.filter(payload_blob=container.blob.name).exists():
            house.blobs.remove(container.blob.name)
        raise


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, once they are seen to begin as a container. Raises MalformedInput."""
    held = b""
    while len(held) < LONGEST_BEGINNING and (chunk := next(chunks, None)) is not None:
        held += chunk
    check_beginning(held[:LONGEST_BEGINNING])
    return chain((held,), chunks)


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_CONTAINER:
            raise TooLarge("container", field="container", expected=f"at most {LARGEST_CONTAINER} bytes")
        yield chunk


def _read(blobs: BlobStore, blob: StoredBlob) -> StoredContainer:
    with blobs.open(blob.name) as source:
        archive = open_archive(source)
    manifest = read_container(archive)
    digest, checksum = hashlib.sha256(), 0
    for chunk in blobs.read_range(blob.name, archive.payload_offset, archive.payload_size):
        digest.update(chunk)
        checksum = crc32(chunk, checksum)
    if checksum != archive.crc32:
        raise MalformedInput("archive.payload", field="container", expected="a payload with the checksum it states")
    return StoredContainer(
        blob=blob,
        content=archive.manifest,
        manifest=manifest,
        policy=read_policy(manifest.policy_text),
        fingerprint=manifest_fingerprint(manifest),
        payload_offset=archive.payload_offset,
        payload_size=archive.payload_size,
        payload_crc32=checksum,
        payload_sha256=digest.hexdigest(),
    )


def check_label_equal(
    manifest: Manifest, label: Label, programme: str | None, policies: PolicySet, *, assertion_needed: bool = True
) -> None:
    """The policy's attributes and the label inside say exactly what `label` and `programme` say.

    Raises NotVerified("label_policy_mismatch" or "label_assertion"), or MalformedInput for what cannot be read.
    """
    policy = read_policy(manifest.policy_text)
    attributes.compare(label, programme, policy.attributes)
    if policy.dissem:
        raise NotVerified("label_policy_mismatch", field="policy.dissem", expected="no names: readers are listed apart")
    stated = [assertion for _, assertion in map(read_assertion, manifest.assertions)]
    if not assertion_needed and all(assertion.schema != LABEL_SCHEMA for assertion in stated):
        return
    label_xml = label_of(stated)
    if label_xml is None:
        raise NotVerified("label_assertion", field="assertions", expected="the STANAG 4774 label of the item")
    inside = read_label(label_xml.encode("utf-8"), policies)
    if canonical_bytes(label_as_dict(inside)) != canonical_bytes(label_as_dict(label)):
        raise NotVerified("label_assertion", field="assertions", expected="the label that was announced")


def label_in_force(manifest: Manifest, stated: Label, policies: PolicySet) -> Label:
    """The label of a container that was sealed elsewhere: the one inside, when it carries one that says as `stated`.

    Only its dates may be its own: it was made before it was submitted. Raises NotVerified("label_assertion") for a
    label inside that says anything else, MalformedInput for one that cannot be read.
    """
    label_xml = label_of([assertion for _, assertion in map(read_assertion, manifest.assertions)])
    if label_xml is None:
        return stated
    inside = read_label(label_xml.encode("utf-8"), policies)
    as_of_now = replace(inside, created=stated.created, review_by=stated.review_by)
    if canonical_bytes(label_as_dict(as_of_now)) != canonical_bytes(label_as_dict(stated)):
        raise NotVerified("label_assertion", field="assertions", expected="the label that was stated")
    return inside


def sign_registration(
    house: House,
    *,
    item: str,
    kind: str,
    fingerprint: ManifestFingerprint,
    label: Json,
    programme: str,
    at: Instant,
    mode: str = "",
) -> bytes:
    """This node's signed word that it registered a manifest for an item (design: registered manifests).

    `mode`, of a manifest for another nation's people: live or transferred.
    """
    body: dict[str, Json] = {
        "item": item,
        "kind": kind,
        "node": house.nation,
        "fingerprint": fingerprint.as_dict(),
        "label": label,
        "programme": programme,
        "registered_at": instant_text(at),
    }
    if mode:
        body["mode"] = mode
    return sign_statement(REGISTRATION, 1, body, [house.node_key])
