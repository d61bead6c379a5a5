"""Five containers of small variety: what relto writes and what other clients write, each small enough to damage whole.

Each can be built again around another manifest, as somebody would who mends the checksums too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from relto.sealing.archive import container_chunks, open_archive
from relto.sealing.assertions import build_assertion, build_label_assertion, label_assertion
from relto.sealing.manifest import parse_manifest
from relto.sealing.shares import split
from tests.unit.sealing.containers import LABEL, SEGMENT, Sealed, container, seeded


@dataclass(frozen=True)
class Specimen:
    """A container, what is in it, the shares that open it, and how it is built around a manifest."""

    name: str
    data: bytes
    build: Callable[[bytes], bytes]
    plain: bytes
    label: str | None
    shares: dict[int, bytes]

    @property
    def manifest(self) -> bytes:
        """The manifest as it lies in the container."""
        return open_archive(io.BytesIO(self.data)).manifest

    def segments(self) -> list[range]:
        """Where each segment lies in the container."""
        archive = open_archive(io.BytesIO(self.data))
        found, start = [], archive.payload_offset
        for row in parse_manifest(archive.manifest).integrity.segments:
            found.append(range(start, start + row.encrypted_size))
            start += row.encrypted_size
        return found


@cache
def specimens() -> tuple[Specimen, ...]:
    """The five, the same bytes each time."""
    one = container(300)
    two = container(SEGMENT + 77, algorithms=("ec:secp256r1", "rsa:2048"))
    many = container(7 * SEGMENT + 5, hash_algorithm="HS256")
    three = container(2 * SEGMENT + 40)
    streamed = _streamed(three.payload)
    return (
        _own("relto, one share", one, {0: one.key}),
        _own("relto, two shares", two, dict(enumerate(split(two.key, 2, seeded(4))))),
        _java(one),
        Specimen(
            "JS-like, zip64 and descriptors",
            streamed(_without_sizes(three)),
            streamed,
            three.plain,
            LABEL,
            {0: three.key},
        ),
        _own("relto, HS256 hashes of many segments", many, {0: many.key}),
    )


def _own(name: str, sealed: Sealed, shares: dict[int, bytes]) -> Specimen:
    def build(manifest: bytes) -> bytes:
        known = sealed.sealed
        return b"".join(container_chunks([sealed.payload], known.encrypted_size, known.crc32, manifest))

    return Specimen(name, sealed.data, build, sealed.plain, LABEL, shares)


def _without_sizes(sealed: Sealed) -> bytes:
    """As the JS client writes it: rows of the default size say no size."""
    document = json.loads(sealed.archive.manifest)
    table = document["encryptionInformation"]["integrityInformation"]
    for row in table["segments"][:-1]:
        del row["segmentSize"], row["encryptedSegmentSize"]
    return json.dumps(document).encode()


def _java(sealed: Sealed) -> Specimen:
    """As the older Java client wrote it: no version, hex in base64, a bare binding, flags that differ by entry."""
    document: dict[str, Any] = json.loads(sealed.archive.manifest)
    del document["schemaVersion"]
    information = document["encryptionInformation"]
    information["method"] = {"algorithm": "AES-256-GCM", "IsStreamable": True}
    table = information["integrityInformation"]
    texts = [base64.b64decode(row["hash"]).hex() for row in table["segments"]]
    for row, text in zip(table["segments"], texts, strict=True):
        row["hash"] = base64.b64encode(text.encode()).decode()
    root = hmac.new(sealed.key, "".join(texts).encode(), hashlib.sha256).hexdigest()
    table["rootSignature"]["sig"] = base64.b64encode(root.encode()).decode()
    for item in information["keyAccess"]:
        item["policyBinding"] = item["policyBinding"]["hash"]
    document["assertions"] = []
    integrity = parse_manifest(json.dumps(document).encode()).integrity
    document["assertions"] = [build_label_assertion(LABEL, integrity, sealed.key)]
    document["assertions"].append(
        build_assertion(_remark(), integrity, sealed.key),
    )

    def build(manifest: bytes) -> bytes:
        return _archive(((b"0.payload", sealed.payload, 0x808), (b"0.manifest.json", manifest, 0x800)), wide=False)

    data = build(json.dumps(document).encode())
    return Specimen("Java-like, legacy", data, build, sealed.plain, LABEL, {0: sealed.key})


def _remark() -> Any:
    label = label_assertion("a remark of the sender")
    return type(label)("remark", "other", "payload", "", "text", "", label.value)


def _streamed(payload: bytes) -> Callable[[bytes], bytes]:
    def build(manifest: bytes) -> bytes:
        return _archive(((b"0.payload", payload, 0x808), (b"0.manifest.json", manifest, 0x808)), wide=True)

    return build


def _archive(entries: tuple[tuple[bytes, bytes, int], ...], *, wide: bool) -> bytes:
    """Entries of name, content and flags; `wide`: zip64 wherever it may be, as the JS client writes it."""
    body, directory = b"", b""
    for name, data, flags in entries:
        offset, checksum, size = len(body), zlib.crc32(data), len(data)
        later = bool(flags & 8)
        local_sizes = (
            (0, 0xFFFFFFFF, 0xFFFFFFFF) if later and wide else ((0, 0, 0) if later else (checksum, size, size))
        )
        local_extra = struct.pack("<HHQQ", 1, 16, 0, 0) if wide else b""
        version = 45 if wide else 10
        body += struct.pack(
            "<4sHHHHHIIIHH", b"PK\3\4", version, flags, 0, 0, 0x21, *local_sizes, len(name), len(local_extra)
        )
        body += name + local_extra + data
        if later:
            body += b"PK\7\x08" + struct.pack("<IQQ" if wide else "<III", checksum, size, size)
        extra = struct.pack("<HHQQQ", 1, 24, size, size, offset) if wide else b""
        shown = (0xFFFFFFFF,) * 3 if wide else (size, size, offset)
        fixed = (0x314, version, flags, 0, 0, 0x21, checksum, *shown[:2], len(name), len(extra), 0, 0, 0, 0, shown[2])
        directory += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", *fixed) + name + extra
    start, size = len(body), len(directory)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, size, start, 0)
    if wide:
        end = (
            struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, size, start)
            + struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
            + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        )
    return body + directory + end
