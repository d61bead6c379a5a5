"""A document sealed by an engineer comes back byte for byte, to those whose services all answer, and to nobody else."""

from __future__ import annotations

import hmac
import io
import zipfile
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.sealing.archive import (
    ContainerWriter,
    closing_records,
    container_chunks,
    container_part,
    container_size,
    open_archive,
)
from relto.sealing.assertions import build_label_assertion
from relto.sealing.integrity import OVERHEAD, Integrity, Segment, encode_hash, sign_root
from relto.sealing.manifest import build_manifest, parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.payload import PayloadReader, PayloadSealer, SealedPayload
from relto.sealing.payload_reading import fill
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint, two_share_manifest
from relto.sealing.shares import split
from relto.sealing.zip_records import PAYLOAD_NAME, Entry, local_header
from tests.unit.sealing.containers import (
    LABEL,
    POLICY,
    SEGMENT,
    UUID,
    container,
    document,
    seal,
    seeded,
    service_key,
    with_manifest,
    wrap,
)


@pytest.mark.parametrize("hash_algorithm", ["GMAC", "HS256"])
@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 77])
def test_a_document_of_any_length_comes_back(size: int, hash_algorithm: str) -> None:
    sealed = container(size, hash_algorithm=hash_algorithm)
    opened = open_container(sealed.archive, sealed.source, sealed.shares(), require_label=True)
    assert b"".join(opened.chunks()) == sealed.plain
    assert opened.label_xml == LABEL
    assert opened.policy.uuid == UUID
    assert len(opened.manifest.integrity.segments) == max(1, -(-size // SEGMENT))


def test_two_services_must_both_answer() -> None:
    sealed = container(3 * SEGMENT, algorithms=("rsa:2048", "ec:secp256r1"))
    shares = sealed.shares()
    assert b"".join(open_container(sealed.archive, sealed.source, shares).chunks()) == sealed.plain
    for position in shares:
        with pytest.raises(NotVerified, match=r"not_verified\.split"):
            open_container(sealed.archive, sealed.source, {position: shares[position]})
    with pytest.raises(NotVerified, match=r"not_verified\.share"):
        open_container(sealed.archive, sealed.source, {0: shares[1], 1: shares[0]})
    with pytest.raises(NotVerified, match=r"not_verified\.share"):
        open_container(sealed.archive, sealed.source, {**shares, 2: shares[0]})


def test_alternatives_of_one_share_serve_each_alone() -> None:
    key = seeded(3)(32)
    payload, sealed = seal(b"within one nation", key)
    key_access = [wrap(key, "ec:secp256r1", "s"), wrap(key, "ec:secp256r1", "s", holder="ARC")]
    manifest = build_manifest(POLICY, key_access, sealed)
    data = b"".join(container_chunks([payload], sealed.encrypted_size, sealed.crc32, manifest))
    archive = open_archive(io.BytesIO(data))
    for shares in ({0: key}, {1: key}, {0: key, 1: key}):
        assert b"".join(open_container(archive, io.BytesIO(data), shares).chunks()) == b"within one nation"


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_any_range_is_that_part_of_the_document(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 3 * SEGMENT))
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    key, plain = seeded(9)(32), document(size)
    payload, sealed = seal(plain, key, chunk=data.draw(st.integers(1000, 2 * SEGMENT)))
    reader = PayloadReader(lambda at, count: payload[at : at + count], sealed.integrity, key)
    assert b"".join(reader.read_range(start, end)) == plain[start:end]
    assert b"".join(reader.chunks()) == plain


def test_a_range_reads_only_the_segments_it_touches() -> None:
    key = seeded(9)(32)
    payload, sealed = seal(document(3 * SEGMENT), key)
    asked: list[int] = []

    def read_at(offset: int, size: int) -> bytes:
        asked.append(offset)
        return payload[offset : offset + size]

    reader = PayloadReader(read_at, sealed.integrity, key)
    list(reader.read_range(SEGMENT + 5, SEGMENT + 10))
    assert asked == [SEGMENT + OVERHEAD]
    with pytest.raises(MalformedInput):
        reader.read_range(5, 3 * SEGMENT + 1)


class TenGibibytes(io.RawIOBase):
    """A container of ten gibibytes of which only the end and three segments exist; it counts what is read."""

    def __init__(self, key: bytes) -> None:
        size, count = 2 * 2**20, 5 * 2**10
        cipher = AESGCM(key)
        self.plain = {index: document(size, index) for index in (0, 2500, count - 1)}
        self.row = size + OVERHEAD
        self.sealed = {
            index: (nonce := seeded(index)(12)) + cipher.encrypt(nonce, plain, None)
            for index, plain in self.plain.items()
        }
        tags = [self.sealed[index][-16:] if index in self.sealed else bytes(16) for index in range(count)]
        rows = tuple(Segment(encode_hash(tag, legacy=False), size, self.row) for tag in tags)
        table = Integrity(rows, sign_root(tags, key))
        label = build_label_assertion(LABEL, table, key)
        manifest = build_manifest(POLICY, [wrap(key, "ec:secp256r1")], table, [label])
        payload = count * self.row
        self.head = local_header(PAYLOAD_NAME, payload, 7)
        self.tail_at = len(self.head) + payload
        self.tail = closing_records(Entry(PAYLOAD_NAME, 0, 7, payload, 0), self.tail_at, manifest)
        self.position = self.count = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = self.tail_at + len(self.tail) + offset if whence == io.SEEK_END else offset
        return self.position

    def readinto(self, buffer: Any, /) -> int:
        if self.position >= self.tail_at:
            given = self.tail[self.position - self.tail_at :][: len(buffer)]
        elif self.position < len(self.head):
            given = self.head[self.position :][: len(buffer)]
        else:
            index, offset = divmod(self.position - len(self.head), self.row)
            given = self.sealed[index][offset : offset + len(buffer)]
        buffer[: len(given)] = given
        self.position += len(given)
        self.count += len(given)
        return len(given)

    def read(self, size: int = -1) -> bytes:
        place = bytearray(size)
        return bytes(place[: fill(self, memoryview(place))])


def test_a_page_of_ten_gibibytes_costs_its_manifest_and_the_segments_it_lies_in() -> None:
    """A segment that is not there cannot be read at all; those of the page are, and are verified."""
    key = seeded(5)(32)
    source = TenGibibytes(key)
    opened = open_container(open_archive(source), source, {0: key}, require_label=True)  # type: ignore[arg-type]
    assert opened.payload.size == 10 * 2**30
    assert source.count < 2**20 + 2**18  # the manifest, of which the label's binding is a part
    before, middle = source.count, 2500 * 2 * 2**20
    assert b"".join(opened.read_range(middle + 4096, middle + 8192)) == source.plain[2500][4096:8192]
    assert source.count - before == source.row
    assert b"".join(opened.read_range(0, 10)) == source.plain[0][:10]
    last = opened.payload.size - 100
    assert b"".join(opened.read_range(last, opened.payload.size)) == source.plain[5119][-100:]
    assert source.count - before == 3 * source.row


@pytest.mark.parametrize("legacy", [False, True])
def test_an_empty_document_may_have_no_segment_at_all(*, legacy: bool) -> None:
    """As the JS client and otdf-python write it; Go and Java write one empty segment, as relto does."""
    key = seeded(5)(32)
    digest = hmac.digest(key, b"", "sha256")
    table = Integrity((), encode_hash(digest, legacy=legacy), legacy=legacy)
    manifest = build_manifest(POLICY, [wrap(key, "ec:secp256r1")], table, [build_label_assertion(LABEL, table, key)])
    source = io.BytesIO(b"".join(container_chunks([], 0, 0, manifest)))
    opened = open_container(open_archive(source), source, {0: key}, require_label=True)
    assert list(opened.chunks()) == []
    with pytest.raises(NotVerified, match="share"):
        open_container(open_archive(source), source, {0: bytes(32)})


def test_a_pipe_that_gives_a_little_at_a_time_is_sealed_segment_by_segment() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.left = data

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any, /) -> int:
            given, self.left = self.left[: min(len(buffer), 700)], self.left[min(len(buffer), 700) :]
            buffer[: len(given)] = given
            return len(given)

    plain, key, out = document(2 * SEGMENT + 9), seeded(9)(32), io.BytesIO()
    sealer = PayloadSealer(out, key, random=seeded(), segment_size=SEGMENT)
    pipe = Pipe(plain)
    assert [sealer.read_from(pipe) for _ in range(4)] == [SEGMENT, SEGMENT, 9, 0]
    sealed = sealer.finish()
    assert zlib.crc32(out.getvalue()) == sealed.crc32
    reader = PayloadReader(lambda at, count: out.getvalue()[at : at + count], sealed.integrity, key)
    assert b"".join(reader.chunks()) == plain


def test_the_checksum_of_large_segments_is_that_of_the_standard_library() -> None:
    plain, out = document(3 * 2**20 + 5), io.BytesIO()
    sealer = PayloadSealer(out, bytes(32), random=seeded(), segment_size=2**20)
    sealer.write(plain)
    sealed = sealer.finish()
    assert zlib.crc32(out.getvalue()) == sealed.crc32


def test_what_was_not_authentic_is_not_left_in_the_memory_of_earlier_views() -> None:
    payload, sealed = seal(document(2 * SEGMENT), bytes(32))
    damaged = bytearray(payload)
    damaged[SEGMENT + OVERHEAD + 100] ^= 1
    reader = PayloadReader(lambda at, count: bytes(damaged[at : at + count]), sealed.integrity, bytes(32))
    views = reader.views()
    kept = next(views)
    assert bytes(kept) == document(2 * SEGMENT)[:SEGMENT]
    with pytest.raises(NotVerified, match="segment"):
        next(views)
    assert bytes(kept) == bytes(SEGMENT)


def test_sealing_holds_one_segment_at_a_time() -> None:
    largest = 0

    class Sink:
        def write(self, data: memoryview) -> None:
            nonlocal largest
            largest = max(largest, len(data))

    sealer = PayloadSealer(Sink(), bytes(32), random=seeded(), segment_size=SEGMENT)
    for _ in range(10):
        sealer.write(bytes(SEGMENT * 3 // 2))
    assert sealer.finish().plaintext_size == 15 * SEGMENT
    assert largest == SEGMENT + OVERHEAD
    with pytest.raises(Conflict):
        sealer.write(b"late")
    with pytest.raises(Conflict):
        sealer.finish()


def test_what_is_known_of_a_payload_can_be_stored() -> None:
    _, sealed = seal(document(SEGMENT + 1), bytes(32), "HS256")
    assert SealedPayload.from_dict(sealed.as_dict()) == sealed
    with pytest.raises(MalformedInput):
        SealedPayload.from_dict({**sealed.as_dict(), "segments": [["x", 1]]})
    with pytest.raises(MalformedInput):
        SealedPayload.from_dict({**sealed.as_dict(), "segment_hash_algorithm": "CRC"})


@pytest.mark.parametrize("size", [1024, 5 * 1024 * 1024])
def test_a_segment_size_other_readers_refuse_is_never_written(size: int) -> None:
    with pytest.raises(MalformedInput):
        PayloadSealer(io.BytesIO(), bytes(32), random=seeded(), segment_size=size)


def test_an_ordinary_zip_tool_sees_the_two_entries() -> None:
    sealed = container(SEGMENT + 1)
    with zipfile.ZipFile(sealed.source) as archive:
        assert archive.namelist() == ["0.payload", "0.manifest.json"]
        assert archive.testzip() is None
        assert archive.read("0.payload") == sealed.payload
    assert container_size(sealed.sealed.encrypted_size, len(sealed.archive.manifest)) == len(sealed.data)


def test_a_container_goes_to_a_pipe_while_its_size_is_unknown() -> None:
    class Pipe:
        def __init__(self) -> None:
            self.data = bytearray()

        def write(self, data: memoryview) -> int:
            self.data += data
            return len(data)

    pipe, key = Pipe(), seeded(3)(32)
    writer = ContainerWriter(pipe)
    sealer = PayloadSealer(writer, key, random=seeded(), segment_size=SEGMENT)
    sealer.write(document(2 * SEGMENT))
    sealed = sealer.finish()
    label = build_label_assertion(LABEL, sealed.integrity, key)
    writer.finish(build_manifest(POLICY, [wrap(key, "ec:secp256r1")], sealed, [label]), sealed.crc32)
    source = io.BytesIO(bytes(pipe.data))
    opened = open_container(open_archive(source), source, {0: key})
    assert b"".join(opened.chunks()) == document(2 * SEGMENT)
    with zipfile.ZipFile(source) as archive:
        assert archive.testzip() is None
    with pytest.raises(Conflict):
        writer.finish(b"{}", 0)
    with pytest.raises(Conflict):
        writer.write(b"late")


def test_a_payload_other_than_announced_never_becomes_a_container() -> None:
    sealed = container()
    given = container_chunks([sealed.payload[:-1]], sealed.sealed.encrypted_size, sealed.sealed.crc32, b"{}")
    collected = next(given) + next(given)
    with pytest.raises(MalformedInput, match="archive"):
        next(given)
    with pytest.raises(MalformedInput):
        open_archive(io.BytesIO(collected))


def test_a_release_is_a_new_manifest_over_the_same_payload() -> None:
    original = container(3 * SEGMENT)
    first = parse_manifest(original.archive.manifest)
    shares = split(original.key, 2, seeded(11))
    key_access = [wrap(shares[0], "ec:secp256r1", "a"), wrap(shares[1], "rsa:2048", "b", holder="IND")]
    label = build_label_assertion(LABEL, first.integrity, original.key)
    released = two_share_manifest(
        first, payload_key=original.key, policy_text=POLICY, key_access=key_access, assertions=[label]
    )
    second = parse_manifest(released)
    assert second.integrity == first.integrity
    before, after = manifest_fingerprint(first), manifest_fingerprint(second)
    assert before.payload_digest == after.payload_digest
    assert before.key_access_digest != after.key_access_digest
    data = with_manifest(original, released)
    opened = open_container(
        open_archive(io.BytesIO(data)), io.BytesIO(data), dict(enumerate(shares)), registered=after, require_label=True
    )
    assert b"".join(opened.chunks()) == original.plain
    with pytest.raises(NotVerified, match="registration"):
        open_container(open_archive(io.BytesIO(data)), io.BytesIO(data), dict(enumerate(shares)), registered=before)
    with pytest.raises(NotVerified, match="root"):
        two_share_manifest(first, payload_key=bytes(32), policy_text=POLICY, key_access=key_access)


def test_a_fingerprint_is_plain_json_and_covers_what_a_rewrap_request_shows() -> None:
    sealed = container(algorithms=("ec:secp256r1", "rsa:2048"))
    manifest = parse_manifest(sealed.archive.manifest)
    fingerprint = manifest_fingerprint(manifest)
    assert ManifestFingerprint.from_dict(fingerprint.as_dict()) == fingerprint
    assert all(fingerprint.covers(item, POLICY) for item in manifest.key_access)
    assert not fingerprint.covers(wrap(bytes(32), "ec:secp256r1"), POLICY)
    assert not fingerprint.covers(manifest.key_access[0], POLICY + "=")


def test_a_service_key_unwraps_what_was_wrapped_for_it_only() -> None:
    sealed = container()
    other = container(algorithms=("ec:secp256r1", "ec:secp256r1"))
    assert sealed.services[0] != other.services[1]
    assert service_key("ec:secp256r1", "USA") == sealed.services[0]


def test_each_part_of_a_container_is_the_same_bytes_as_in_the_whole() -> None:
    payload, manifest = document(700), b"{}" * 40
    crc32 = zlib.crc32(payload)
    whole = b"".join(container_chunks([payload], len(payload), crc32, manifest))
    assert len(whole) == container_size(len(payload), len(manifest))

    def read(offset: int, size: int) -> list[bytes]:
        return [payload[offset : offset + size]]

    for start in range(0, len(whole), 13):
        for end in range(start + 1, len(whole) + 1, 17):
            part = container_part(read, len(payload), crc32, manifest, start, end)
            assert b"".join(part) == whole[start:end], (start, end)
