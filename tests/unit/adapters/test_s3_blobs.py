"""What is of an S3 store alone: damage found at reading, crashes between requests, leases, retention, a store away."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from relto.adapters.s3_blobs import S3Blobs
from relto.adapters.s3_leases import LOCKS, S3Leases
from relto.adapters.s3_place import S3Place
from relto.adapters.s3_store import S3Store
from relto.adapters.s3_writing import BLOBS, PART, WRITING
from relto.base.errors import Conflict, NotAvailable, NotVerified, ReltoError, Unreachable
from relto.exchange.limits import ArrivalLimits
from tests.support.s3_server import BUCKET, LOCKED, S3Server, server_if_built

MEBIBYTE = 1024 * 1024
DATA = os.urandom(2 * MEBIBYTE + 5)
DIGEST = hashlib.sha256(DATA).hexdigest()
MOST_CHANGES = 200


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with server_if_built() as running:
        yield running


@pytest.fixture
def place(server: S3Server) -> S3Place:
    return server.place(f"alone/{uuid4().hex}")


@pytest.fixture
def store(server: S3Server, place: S3Place) -> S3Store:
    return server.store(place)


def stored(blobs: S3Blobs, data: bytes = DATA) -> str:
    writer = blobs.create()
    writer.write(data)
    return writer.finish().name


def read_until_damage(chunks: Iterator[bytes]) -> tuple[bytes, str]:
    given = bytearray()
    try:
        for chunk in chunks:
            given += chunk
    except NotVerified as damage:
        return bytes(given), damage.reason
    return bytes(given), ""


@pytest.mark.parametrize("position", [0, MEBIBYTE, 2 * MEBIBYTE + 4, 2 * MEBIBYTE + 5, -33, -1])
def test_every_byte_changed_behind_the_nodes_back_is_found_at_reading(
    server: S3Server, place: S3Place, store: S3Store, position: int
) -> None:
    name = stored(S3Blobs(store))
    with server.file(place, BLOBS + name).open("r+b") as file:
        file.seek(position, os.SEEK_END if position < 0 else os.SEEK_SET)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    given, damage = read_until_damage(S3Blobs(store).read_range(name, 0, len(DATA)))
    assert damage == "blob_digest"
    assert DATA.startswith(given), "what came before the damage was right, and of the damaged block nothing came"
    with pytest.raises(NotVerified, match="blob_digest"):
        S3Blobs(store).open(name).read()


def test_another_blobs_bytes_and_a_cut_or_empty_object_are_found(
    server: S3Server, place: S3Place, store: S3Store
) -> None:
    blobs = S3Blobs(store)
    first, second = stored(blobs), stored(blobs, b"another one")
    kept = server.file(place, BLOBS + second).read_bytes()
    for instead in (server.file(place, BLOBS + first).read_bytes(), kept[:-1], kept[:7], b"", kept + b"\0"):
        store.put(BLOBS + second, instead)
        with pytest.raises(NotVerified, match="blob_digest"):
            S3Blobs(store).open(second)
    store.put(BLOBS + first, kept)
    with pytest.raises(NotVerified, match="blob_digest"):
        list(blobs.read_range(first, 0, len(DATA)))
    assert blobs.stored(stored(blobs)).sha256 == DIGEST


class CutShortError(ReltoError):
    """The process ends here, as a kill would."""


class KilledStore(S3Store):
    """The store as a process sees it that is killed after so many changes: from then on nothing of it is asked."""

    def __init__(self, store: S3Store, changes: int) -> None:
        super().__init__(store.place, store.client)
        self.left = changes
        changing = {
            "put_object",
            "delete_object",
            "create_multipart_upload",
            "upload_part",
            "complete_multipart_upload",
        }
        client = store.client

        class Counting:
            def __getattr__(_self, name: str) -> object:  # noqa: N805  `self` is the store's
                if self.left <= 0 or name in changing:
                    self.left -= 1
                    if self.left < 0:
                        raise CutShortError
                return getattr(client, name)

        self.client = Counting()  # type: ignore[assignment]


def send(blobs: S3Blobs, data: bytes, size: int) -> str:
    """A sender that goes on wherever the node says; then the message comes, and claims it."""
    digest = hashlib.sha256(data).hexdigest()
    while (held := blobs.partial_size(digest)) < len(data):
        blobs.append_partial(digest, held, iter([data[held : held + size]]), len(data))
    with blobs.arrival(digest) as arrival:
        name = arrival.finish().name
        arrival.claim()
    return name


def pass_time(server: S3Server, store: S3Store, below: str) -> None:
    """A day passes for these objects."""
    for one in store.listed(below).objects:
        os.utime(server.file(store.place, one.name), times=(time.time() - 86400,) * 2)


def arrives_whatever_is_killed(server: S3Server, store: S3Store, changes_of_a_kill: Iterable[int]) -> None:
    """Kill the receiving process after so many changes; what came before is there, and the rest comes."""
    data = os.urandom(230)
    digest = hashlib.sha256(data).hexdigest()
    for changes in changes_of_a_kill:
        killed = KilledStore(store, changes)
        with suppress(CutShortError):
            send(S3Blobs(killed), data, 130)
        blobs = S3Blobs(store)
        assert blobs.partial_size(digest) in {0, 100, 130, 200, 230}, "whole parts alone"
        pass_time(server, store, LOCKS)
        name = send(blobs, data, 130)
        assert b"".join(S3Blobs(store).read_range(name, 0, len(data))) == data
        assert blobs.unclaimed() == []
        blobs.remove(name)
        blobs.remove_abandoned()
        pass_time(server, store, WRITING)
        blobs.remove_abandoned()
        assert [one.name for one in store.listed("").objects] == [], f"killed after {changes} changes"
        if killed.left >= 0:
            return
    pytest.fail("the arrival never ended")


def test_an_arrival_survives_a_kill_between_requests(
    server: S3Server, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.adapters.s3_arrivals.PART", 100)
    arrives_whatever_is_killed(server, store, (3, 8, 13, 18, 22, 23, 24, 25, 26, MOST_CHANGES))


@pytest.mark.accept
@pytest.mark.parametrize("bucket", [BUCKET, LOCKED])
def test_an_arrival_survives_a_kill_between_any_two_requests(
    server: S3Server, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    monkeypatch.setattr("relto.adapters.s3_arrivals.PART", 100)
    store = server.store(server.place(uuid4().hex, bucket=bucket))
    arrives_whatever_is_killed(server, store, range(MOST_CHANGES))


def test_two_processes_never_append_both(server: S3Server, store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when the first was away so long that its lease was taken over, and then comes back."""
    monkeypatch.setattr("relto.adapters.s3_arrivals.PART", 100)
    first, second = S3Blobs(store), S3Blobs(store)

    def slow() -> Iterator[bytes]:
        yield DATA[:100]
        with pytest.raises(Conflict, match="payload_busy"):
            second.append_partial(DIGEST, 100, iter([b"x"]), len(DATA))
        pass_time(server, store, LOCKS)
        assert second.append_partial(DIGEST, 100, iter([DATA[100:150]]), len(DATA)) == 150
        yield b"y" * 100

    with pytest.raises(Conflict, match="payload_busy"):
        first.append_partial(DIGEST, 0, slow(), len(DATA))
    assert second.partial_size(DIGEST) == 150
    assert store.get(f"arriving/{DIGEST}/{100:015d}") == DATA[100:150]


def test_of_many_that_come_at_once_one_gets_the_lease(store: S3Store) -> None:
    won: list[str] = []
    together = threading.Barrier(8)

    def come() -> None:
        leases = S3Leases(store, 60)
        together.wait()
        with suppress(Conflict):
            won.append(leases.take("one").name)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == ["one"]


def test_a_lease_is_renewed_and_given_back_only_by_its_holder(server: S3Server, store: S3Store) -> None:
    leases, others = S3Leases(store, 60), S3Leases(store, 60)
    lease = leases.take("one")
    pass_time(server, store, LOCKS)
    assert others.expired() == ["one"]
    lease.renew(store)
    assert (others.expired(), others.taken()) == ([], {"one"})
    pass_time(server, store, LOCKS)
    taken_over = others.take("one")
    lease.renew(store)
    with pytest.raises(Conflict, match="payload_busy"):
        lease.require()
    leases.release(lease)
    taken_over.require()
    assert others.taken() == {"one"}
    others.release(taken_over)
    assert others.taken() == set()


def test_what_another_process_lets_come_counts_here_as_announced(store: S3Store) -> None:
    limits = ArrivalLimits(most_bytes=100)
    other = hashlib.sha256(b"other").hexdigest()

    def meanwhile() -> Iterator[bytes]:
        yield b"x"
        with pytest.raises(Unreachable, match="no_room"):
            S3Blobs(store, limits).append_partial(other, 0, iter([b"x"]), 50)

    S3Blobs(store, limits).append_partial(DIGEST, 0, meanwhile(), 60)
    assert S3Blobs(store, limits).append_partial(other, 0, iter([b"x"]), 50) == 1


def test_what_a_crashed_writer_left_is_removed_and_what_is_being_written_stays(
    server: S3Server, store: S3Store
) -> None:
    alive, crashed = S3Blobs(store).create(), S3Blobs(store).create()
    for writer in (alive, crashed):
        writer.write(bytes(PART + 1))
    assert len(store.listed(WRITING).objects) == 2
    os.utime(server.file(store.place, f"{WRITING}{crashed.name}"), times=(0, 0))
    assert S3Blobs(store).remove_abandoned() == 1
    with pytest.raises(Unreachable):
        crashed.finish()
    assert alive.finish().size == PART + 1
    assert [one.name for one in store.listed("").objects] == [f"{BLOBS}{alive.name}"]


def test_what_is_under_retention_goes_out_of_sight_and_stays(server: S3Server) -> None:
    store = server.store(server.place(f"held/{uuid4().hex}", bucket=LOCKED, object_lock_days=30))
    blobs = S3Blobs(store)
    large = os.urandom(PART + 1)
    for name in (stored(blobs), stored(blobs, large), send(blobs, b"sent" * 100, 150)):
        blobs.remove(name)
        with pytest.raises(NotAvailable):
            blobs.open(name)
        versions = store.client.list_object_versions(Bucket=LOCKED, Prefix=store.place.key(BLOBS + name))["Versions"]
        retention = store.client.get_object_retention(
            Bucket=LOCKED, Key=versions[0]["Key"], VersionId=versions[0]["VersionId"]
        )["Retention"]
        assert retention["Mode"] == "GOVERNANCE"
        until = retention["RetainUntilDate"]
        assert timedelta(days=29) < until - datetime.now(UTC) <= timedelta(days=30)
    working = [store.place.key(below) for below in ("arriving/", LOCKS, WRITING)]
    left = [store.client.list_object_versions(Bucket=LOCKED, Prefix=prefix).get("Versions", []) for prefix in working]
    assert left == [[], [], []], "of the work before it nothing is kept, not even an old version"
