"""What a tampered disk, a careless hand or another nation's bundle can do: be refused by name, with nothing changed."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relto.base.canonical import Json
from relto.base.errors import (
    Conflict,
    MalformedInput,
    NotAvailable,
    NotVerified,
    Refused,
    ReltoError,
    TooLarge,
    Unreachable,
)
from relto.exchange.courier import (
    MOST_FILES,
    CarriedFile,
    Manifest,
    Verdict,
    check_files,
    read_manifest,
    stated_manifest,
    verdict_on,
    write_manifest,
)
from relto.exchange.courier_file import BLOCK, END, CourierReader, header, member
from relto.procedures.actors import Actor, Role
from relto.services import courier_reading
from relto.services.courier_making import bundle_stream, make_bundle
from relto.services.courier_view import courier_bundle
from relto.services.sending import queue_message
from relto.store.models import Channel, CourierBundle, InboxMessage, LedgerEntry
from tests.unit.services_exchange.courier_world import CourierWorld, make_courier_world
from tests.unit.services_exchange.world import IND, USA, Applied, activate_agreement, node_key

PAYLOAD = bytes(range(256)) * 300


@pytest.fixture
def couriers(transactional_db: None, tmp_path: Path) -> CourierWorld:
    made = make_courier_world(tmp_path)
    activate_agreement()
    return made


def manifest_of(data: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """A bundle taken apart."""
    reader = CourierReader([data])
    manifest = stated_manifest(reader.manifest())
    files = {file.name: b"".join(reader.file(file)) for file in manifest.files}
    reader.end()
    return manifest, files


def bundle_of(note: bytes, files: dict[str, bytes], *, order: list[str] | None = None) -> bytes:
    pieces = [b"".join(member("manifest", len(note), [note]))]
    pieces += [b"".join(member(name, len(files[name]), [files[name]])) for name in order or list(files)]
    return b"".join(pieces) + END


def resigned(data: bytes, **changes: object) -> bytes:
    """The same bundle under a changed manifest that the sender's own node signed."""
    manifest, files = manifest_of(data)
    note, _ = write_manifest(dataclasses.replace(manifest, **changes), node_key(USA))  # type: ignore[arg-type]
    return bundle_of(note, files)


def state_here() -> tuple[int, int, int, int, list[tuple[str, str, int]]]:
    channels = sorted((row.partner, row.direction, row.next_sequence) for row in Channel.objects.all())
    counted = (CourierBundle.objects.filter(direction="in").count(), InboxMessage.objects.count())
    return (*counted, LedgerEntry.objects.count(), Applied.count(), channels)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def swapped(data: bytes) -> bytes:
    """The two messages exchanged, so that each stands under the other's name."""
    manifest, files = manifest_of(data)
    first, second = (file.name for file in manifest.files if file.name.startswith("message-"))
    note = CourierReader([data]).manifest()
    return bundle_of(note, files | {first: files[second], second: files[first]})


def with_link(data: bytes) -> bytes:
    """A symbolic link in the place of the first file."""
    start = data.index(header_name(data))
    block = bytearray(data[start : start + BLOCK])
    block[156:157] = b"2"
    return data[:start] + bytes(block) + data[start + BLOCK :]


def header_name(data: bytes) -> bytes:
    return manifest_of(data)[0].files[0].name.encode() + b"\0"


def foreign(data: bytes) -> bytes:
    manifest, files = manifest_of(data)
    return bundle_of(write_manifest(manifest, node_key("FRA"))[0], files)


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "malformed.courier.truncated"),
    "no bundle": (lambda _: b"PK" * 4000, "malformed.courier.form"),
    "cut short": (lambda data: data[:-5000], "malformed.courier.truncated"),
    "without its end": (lambda data: data[: -2 * BLOCK], "malformed.courier.truncated"),
    "something after the end": (lambda data: data + b"x", "malformed.courier.extra"),
    "another file after the last": (lambda data: data[: -2 * BLOCK] + header("x", 0) + END, "malformed.courier.file"),
    "a damaged payload": (lambda data: flipped(data, len(data) - 3 * BLOCK), "not_verified.courier.digest"),
    "messages exchanged": (swapped, ""),
    "a link for a file": (with_link, "malformed.courier.file"),
    "a damaged manifest": (lambda data: flipped(data, BLOCK + 200), ""),
    "signed by nobody known": (foreign, "not_verified.note.no_known_key"),
    "for another nation": (lambda data: resigned(data, recipient="FRA"), "not_verified.courier.channel"),
    "of another nation": (lambda data: resigned(data, sender="FRA"), "not_verified.courier.sender"),
    "after what never was": (lambda data: resigned(data, previous="a" * 96), "conflict.courier.other_previous"),
    "taken what we never made": (
        lambda data: resigned(data, taken=3, taken_digest="b" * 96),
        "conflict.courier.ahead",
    ),
    "awaits what we never sent": (lambda data: resigned(data, awaited=7), "conflict.courier.ahead"),
    "settled what we never answered": (lambda data: resigned(data, settled=7), "conflict.courier.ahead"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_does_not_hold_is_refused_by_name_and_changes_nothing(couriers: CourierWorld, name: str) -> None:
    change, code = HOSTILE[name]
    couriers.queue(USA)
    couriers.queue(USA, payload=PAYLOAD)
    couriers.make(USA)
    data = couriers.media[USA, 1]
    before = state_here()
    with pytest.raises(ReltoError) as refused:
        couriers.read(IND, change(data))
    assert not code or refused.value.full_code == code
    assert state_here() == before
    assert couriers.house(IND).blobs.unclaimed() == []
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 1
    assert Applied.count() == 2


def test_a_number_has_one_bundle_and_a_chain_one_past(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.make(USA)
    couriers.arrive(USA, 1)
    couriers.take(IND)
    other = resigned(couriers.media[USA, 1], cosigned=1)
    with pytest.raises(Conflict, match="other_digest"):
        couriers.read(IND, other)


def test_a_held_bundle_with_another_past_is_told_when_its_turn_comes(couriers: CourierWorld) -> None:
    for _ in range(2):
        couriers.queue(USA)
        couriers.make(USA)
    couriers.read(IND, resigned(couriers.media[USA, 2], previous="a" * 96))
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 2
    assert CourierBundle.objects.get(direction="in", number=2).results == {
        "manifest": "conflict.courier.other_previous"
    }
    assert Applied.count() == 2


def test_only_operators_make_and_read_and_they_see_no_content(couriers: CourierWorld) -> None:
    body: dict[str, Json] = {
        "statement": {"payload": "U0VFS0VSLUhFQUQ=", "payloadType": "text/plain", "signatures": [{}]}
    }
    usa = couriers.house(USA)
    usa.commit(lambda: queue_message(usa, IND, "assurance", body))
    couriers.make(USA)
    assert b"SEEKER" not in couriers.media[USA, 1]
    assert b"U0VFS0VSLUhFQUQ" not in couriers.media[USA, 1]
    for role in set(Role) - {Role.OPERATOR}:
        other = Actor("prs_" + "x" * 24, USA, None, None, frozenset({role}), frozenset())
        with pytest.raises(Refused):
            make_bundle(usa, other, IND, files=couriers.files(USA))
        with pytest.raises(Refused):
            courier_reading.read_bundle(usa, other, iter([b""]))


@pytest.mark.parametrize(("partner", "number"), [("IND", 2**80), ("IND", 0), ("IND", 7), ("I\0D", 1), ("", 1)])
def test_a_bundle_that_nobody_knows_is_not_available(couriers: CourierWorld, partner: str, number: int) -> None:
    usa, operator = couriers.house(USA), couriers.operator(USA)
    for ask in (
        lambda: bundle_stream(usa, operator, partner, number),
        lambda: courier_bundle(usa, operator, partner, "out", number),
    ):
        with pytest.raises((NotAvailable, MalformedInput)):
            ask()


def test_a_held_chain_is_bounded(couriers: CourierWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_reading, "MOST_HELD", 1)
    for _ in range(3):
        couriers.queue(USA)
        couriers.make(USA)
    couriers.arrive(USA, 2)
    with pytest.raises(Conflict, match="too_many"):
        couriers.arrive(USA, 3)


def test_a_payload_that_the_link_began_is_completed(couriers: CourierWorld) -> None:
    couriers.queue(USA, payload=PAYLOAD)
    couriers.make(USA)
    sha256 = hashlib.sha256(PAYLOAD).hexdigest()
    couriers.house(IND).blobs.append_partial(sha256, 0, iter([PAYLOAD[:1000]]), len(PAYLOAD))
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 1


class _OutOfRoom:
    """A blob store whose disk is full."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def append_partial(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        del sha256, offset, chunks, limit
        raise Unreachable("no_room", field="payload", expected="room")


def test_a_full_disk_refuses_the_bundle_and_it_may_come_again(couriers: CourierWorld) -> None:
    couriers.queue(USA, payload=PAYLOAD)
    couriers.make(USA)
    ind = couriers.world.ind
    couriers.world.ind = dataclasses.replace(ind, blobs=_OutOfRoom(ind.blobs))  # type: ignore[arg-type]
    with pytest.raises(Unreachable, match="no_room"):
        couriers.arrive(USA, 1)
    couriers.world.ind = ind
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 1


def test_names_and_bounds_of_a_manifest() -> None:
    sound = CarriedFile("message-1", 10, "a" * 96)
    for bad in ("Message-1", "message-01", "message-0", "../message-1", "message-1/x", "manifest", "payload-1", "con"):
        with pytest.raises(MalformedInput):
            check_files([CarriedFile(bad, 1, "a" * 96)])
    with pytest.raises(MalformedInput):
        check_files([sound, sound])
    with pytest.raises(TooLarge):
        check_files([CarriedFile(f"message-{number}", 1, "a" * 96) for number in range(1, MOST_FILES + 2)])
    with pytest.raises(TooLarge):
        check_files([CarriedFile("message-1", 2**30, "a" * 96)])
    with pytest.raises(TooLarge):
        check_files([CarriedFile(f"payload-{os.urandom(32).hex()}", 1, "a" * 96) for _ in range(33)])


def test_both_lines_of_the_note_must_hold(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.make(USA)
    note = CourierReader([couriers.media[USA, 1]]).manifest()
    text, _, lines = note.partition(b"\n\n")
    first, second = lines.splitlines(keepends=True)
    trusted = [node_key(USA).public]
    read_manifest(note, sender=USA, recipient=IND, trusted=trusted)
    for kept in (first, second):
        with pytest.raises(NotVerified):
            read_manifest(text + b"\n\n" + kept, sender=USA, recipient=IND, trusted=trusted)


def test_a_header_of_many_gibibytes_is_written_and_read() -> None:
    assert len(header("payload-" + "a" * 64, 10 * 1024**3)) == BLOCK


def test_a_verdict_needs_neither_age_nor_clock(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.make(USA)
    couriers.world.clock.pass_time(days=4000)
    manifest = manifest_of(couriers.media[USA, 1])[0]
    assert verdict_on(manifest, known=None, expected=1, last_digest="") is Verdict.NEXT
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 1
