"""Full-size runs over a real S3 server: a GiB in bounded memory, killed processes, a server that goes and comes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from relto.adapters.s3_blobs import S3Blobs
from relto.adapters.s3_store import S3Store
from relto.adapters.s3_writing import BLOBS, WRITING
from relto.base.errors import Conflict, Unreachable
from relto.node.blob_settings import BlobSettings, blob_findings, read_blobs_url
from tests.support.certificates import make_authority, make_node_certificate
from tests.support.s3_server import S3Server, built_server, running_server, server_if_built

pytestmark = pytest.mark.accept
MEBIBYTE = 1024 * 1024
MOST_MORE_MEMORY = 64 * MEBIBYTE
PATTERN = os.urandom(MEBIBYTE)
LEASE_SECONDS = 4
PATIENCE = 60

PROCESS = """
import hashlib, json, sys
from pathlib import Path
from relto.adapters.s3_blobs import S3Blobs
from relto.adapters.s3_place import S3Place
from relto.adapters.s3_store import S3Store

endpoint, bucket, prefix, credentials, what, mebibytes = sys.argv[1:]
place = S3Place(endpoint=endpoint, bucket=bucket, prefix=prefix, credentials_file=Path(credentials))
blobs = S3Blobs(S3Store.open(place), lease_seconds={lease})
piece = bytes(range(256)) * 4096

def pieces():
    for number in range(int(mebibytes)):
        yield number.to_bytes(8, "big") + piece[8:]

def told(word):
    print(word, flush=True)

def stop_here(chunks):
    yield from chunks
    told("there")
    sys.stdin.read()

def peak():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

if what == "upload":
    writer = blobs.create()
    for chunk in stop_here(pieces()):
        writer.write(chunk)
elif what == "append":
    digest = sys.stdin.readline().strip()
    blobs.append_partial(digest, blobs.partial_size(digest), stop_here(pieces()), int(mebibytes) * len(piece))
else:
    writer = blobs.create()
    writer.write(b"x")
    blobs.remove(writer.finish().name)
    before = peak()
    writer = blobs.create()
    for chunk in pieces():
        writer.write(chunk)
    blob = writer.finish()
    read = hashlib.sha256()
    for chunk in blobs.read_range(blob.name, 0, blob.size):
        read.update(chunk)
    blobs.remove(blob.name)
    held, half = 0, int(mebibytes) // 2
    while held < blob.size:
        begin = held // len(piece)
        rest = (chunk for number, chunk in enumerate(pieces()) if begin <= number < begin + half)
        held = blobs.append_partial(blob.sha256, held, rest, blob.size)
    with blobs.arrival(blob.sha256) as arrival:
        again = arrival.finish()
        arrival.claim()
    same = read.hexdigest() == blob.sha256 == again.sha256 and again.size == blob.size
    print(json.dumps({"size": blob.size, "same": same, "before": before, "peak": peak()}))
""".replace("{lease}", str(LEASE_SECONDS))


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with server_if_built() as running:
        yield running


@pytest.fixture
def store(server: S3Server) -> S3Store:
    return server.store(server.place(f"size/{uuid4().hex}"))


def process(store: S3Store, what: str, mebibytes: int) -> subprocess.Popen[str]:
    place = store.place
    arguments = [place.endpoint, place.bucket, place.prefix, str(place.credentials_file), what, str(mebibytes)]
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


def patiently(try_it: object, *refusals: type[Exception]) -> object:
    """Again until it is taken, as a sender does."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return try_it()  # type: ignore[operator]
        except refusals:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def test_a_gibibyte_goes_in_out_and_arrives_in_bounded_memory(store: S3Store) -> None:
    told, _ = process(store, "measure", 1024).communicate()
    measured = json.loads(told)
    sys.stderr.write(f"{measured}\n")
    assert measured["size"] == 1024 * MEBIBYTE
    assert measured["same"]
    assert measured["peak"] - measured["before"] < MOST_MORE_MEMORY


def test_a_process_killed_amid_an_upload_leaves_nothing_visible(server: S3Server, store: S3Store) -> None:
    killed = process(store, "upload", 20)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "there\n"
    killed.kill()
    killed.communicate()
    assert [one.name for one in store.listed(BLOBS).objects] == []
    (record,) = store.listed(WRITING).objects
    os.utime(server.file(store.place, record.name), times=(0, 0))
    assert S3Blobs(store).remove_abandoned() == 1
    uploads = store.client.list_multipart_uploads(Bucket=store.place.bucket, Prefix=store.place.key(BLOBS))
    assert (uploads.get("Uploads", []), store.listed("").objects) == ([], [])


def test_a_process_killed_amid_an_append_lets_the_next_go_on(store: S3Store) -> None:
    data = b"".join(number.to_bytes(8, "big") + (bytes(range(256)) * 4096)[8:] for number in range(20))
    digest = hashlib.sha256(data).hexdigest()
    killed = process(store, "append", 20)
    assert killed.stdin is not None
    assert killed.stdout is not None
    killed.stdin.write(f"{digest}\n")
    killed.stdin.flush()
    assert killed.stdout.readline() == "there\n"
    blobs = S3Blobs(store, lease_seconds=LEASE_SECONDS)
    with pytest.raises(Conflict, match="payload_busy"):
        blobs.append_partial(digest, 0, iter([b"x"]), len(data))
    killed.kill()
    killed.communicate()
    held = blobs.partial_size(digest)
    assert 0 < held < len(data)
    patiently(lambda: blobs.append_partial(digest, held, iter([data[held:]]), len(data)), Conflict)
    with blobs.arrival(digest) as arrival:
        blob = arrival.finish()
        arrival.claim()
    assert b"".join(blobs.read_range(blob.name, 0, blob.size)) == data
    assert [one.name for one in store.listed("").objects] == [f"{BLOBS}{blob.name}"]


def test_two_processes_send_the_same_at_once_and_it_arrives_once(store: S3Store) -> None:
    data = os.urandom(20 * MEBIBYTE)
    digest = hashlib.sha256(data).hexdigest()
    names: list[str] = []

    def send() -> None:
        blobs = S3Blobs(store, lease_seconds=LEASE_SECONDS)

        def go_on() -> None:
            while (held := blobs.partial_size(digest)) < len(data):
                blobs.append_partial(digest, held, iter([data[held : held + 3 * MEBIBYTE]]), len(data))
            with blobs.arrival(digest) as arrival:
                names.append(arrival.finish().name)

        patiently(go_on, Conflict)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert names == [f"sha256-{digest}"] * 4
    assert b"".join(S3Blobs(store).read_range(names[0], 0, len(data))) == data


def test_a_server_that_stops_and_comes_back(server: S3Server, store: S3Store) -> None:
    blobs, data = S3Blobs(store, lease_seconds=LEASE_SECONDS), os.urandom(20 * MEBIBYTE)
    digest = hashlib.sha256(data).hexdigest()
    writer = blobs.create()
    writer.write(data)
    chunks = blobs.read_range(writer.finish().name, 0, len(data))
    begun = next(chunks)
    unfinished = blobs.create()

    def until_it_stops() -> Iterator[bytes]:
        yield data[: 9 * MEBIBYTE]
        server.stop()
        yield data[9 * MEBIBYTE :]

    with pytest.raises(Unreachable, match="storage"):
        blobs.append_partial(digest, 0, until_it_stops(), len(data))
    with pytest.raises(Unreachable, match="storage"):
        unfinished.write(data)
    unfinished.abandon()
    with pytest.raises(Unreachable, match="storage"):
        blobs.open(f"sha256-{digest}")
    server.start()
    assert hashlib.sha256(b"".join([begun, *chunks])).hexdigest() == digest, "the reader goes on where it was"
    assert blobs.partial_size(digest) == 8 * MEBIBYTE
    held = blobs.partial_size(digest)
    patiently(lambda: blobs.append_partial(digest, held, iter([data[held:]]), len(data)), Conflict)
    with blobs.arrival(digest) as arrival:
        assert arrival.finish().size == len(data)


def test_over_tls_only_the_named_authority_is_believed(tmp_path: Path) -> None:
    authority, other = make_authority(tmp_path, "IND"), make_authority(tmp_path, "USA")
    made = make_node_certificate(tmp_path, authority, host="localhost")
    with running_server(built_server(), [made.certificate, made.private_key, authority.file]) as server:
        blobs = S3Blobs(S3Store.open(server.place("tls")))
        writer = blobs.create()
        writer.write(b"over TLS")
        assert blobs.open(writer.finish().name).read() == b"over TLS"
        assert list(blob_findings(settings_of(server), tmp_path, "live")) == []
        server.authority = other.file
        with pytest.raises(Unreachable, match="storage"):
            S3Blobs(S3Store.open(server.place("tls"))).open("0" * 32)
        assert [one.reason for one in blob_findings(settings_of(server), tmp_path, "live")] == ["blob_store"]


def settings_of(server: S3Server) -> BlobSettings:
    place = server.place("tls")
    return read_blobs_url(
        f"s3://{place.bucket}/tls?endpoint={place.endpoint}&credentials_file={place.credentials_file}"
        f"&ca_file={place.ca_file}"
    )
