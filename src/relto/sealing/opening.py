"""Opening a container in the safe order: one call that verifies everything before the first byte is handed out.

Order: manifest bounds and sizes against the archive; each share against its policy binding; the payload key by the root
signature; assertions; then, segment by segment, hash and tag before plaintext.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

from relto.base.errors import NotVerified
from relto.sealing.archive import Archive
from relto.sealing.assertions import Assertion, label_of, verify_assertions
from relto.sealing.manifest import Manifest, parse_manifest
from relto.sealing.payload_reading import PayloadReader, Positioned, ReadAt, Source, fill
from relto.sealing.policy import TdfPolicy, read_policy
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.sealing.shares import choose_shares, combine_by_sid
from relto.sealing.wrapping import verify_binding


@dataclass(frozen=True, slots=True)
class OpenedContainer:
    """A container whose shares, root signature and assertions hold; content is verified as it is read."""

    manifest: Manifest
    policy: TdfPolicy
    assertions: tuple[Assertion, ...]
    label_xml: str | None
    payload: PayloadReader

    def chunks(self) -> Iterator[bytes]:
        """The document, in verified pieces."""
        return self.payload.chunks()

    def views(self, start: int = 0, end: int | None = None) -> Iterator[memoryview]:
        """The document, or a range, in verified pieces without a copy: each is good until the next one is asked for."""
        return self.payload.views(start, end)

    def read_range(self, start: int, end: int) -> Iterator[bytes]:
        """Bytes `start` to `end` (excluded) of the document."""
        return self.payload.read_range(start, end)


def read_container(archive: Archive) -> Manifest:
    """The manifest, whose rows must add up to exactly the payload entry. Raises MalformedInput, NotVerified."""
    manifest = parse_manifest(archive.manifest)
    if manifest.integrity.encrypted_size != archive.payload_size:
        raise NotVerified(
            "payload_size",
            field="segments",
            found=manifest.integrity.encrypted_size,
            expected=f"{archive.payload_size} bytes, the size of the payload entry",
        )
    return manifest


def open_container(
    archive: Archive,
    source: BinaryIO | ReadAt,
    shares_by_kao: Mapping[int, bytes],
    *,
    trusted_keys: Mapping[str, str] | None = None,
    registered: ManifestFingerprint | None = None,
    require_label: bool = False,
) -> OpenedContainer:
    """Open with the shares at hand: position in `keyAccess` to unwrapped share, at least one for every split id.

    `source`: the seekable archive, or a `read_at(offset, size)` over it. `registered`: the fingerprint that its
    originator registered; a manifest that differs raises NotVerified("registration"). `require_label`: without a label
    raise NotVerified("label"). Further: NotVerified("share") for a share not bound to the policy, NotVerified("split"),
    ("root"), ("assertion"), MalformedInput; no payload is read before all of this holds.
    """
    manifest = read_container(archive)
    if registered is not None and manifest_fingerprint(manifest) != registered:
        raise NotVerified("registration", field="manifest", expected="the manifest that its originator registered")
    for position, share in shares_by_kao.items():
        if not 0 <= position < len(manifest.key_access):
            raise NotVerified("share", field="keyAccess")
        verify_binding(manifest.key_access[position], share, manifest.policy_text)
    policy = read_policy(manifest.policy_text)
    payload_key = combine_by_sid(choose_shares(manifest.key_access, shares_by_kao))
    payload = PayloadReader(_payload_of(archive, source), manifest.integrity, payload_key)
    assertions = verify_assertions(manifest, payload_key, trusted_keys)
    label_xml = label_of(assertions)
    if require_label and label_xml is None:
        raise NotVerified("label", field="assertions", expected="a label assertion")
    return OpenedContainer(
        manifest=manifest,
        policy=policy,
        assertions=assertions,
        label_xml=label_xml,
        payload=payload,
    )


class _PayloadEntry:
    """The payload entry of an archive file: offsets are relative to it."""

    def __init__(self, archive: Archive, source: BinaryIO) -> None:
        self._start = archive.payload_offset
        self._source = source

    def read_into(self, offset: int, buffer: memoryview) -> int:
        self._source.seek(self._start + offset)
        # A file opened for reading in binary has readinto, which its abstract type does not say.
        return fill(cast("Source", self._source), buffer)


def _payload_of(archive: Archive, source: BinaryIO | ReadAt) -> Positioned | ReadAt:
    if callable(source):
        return lambda offset, size: source(archive.payload_offset + offset, size)
    return _PayloadEntry(archive, source)
