"""A real S3 server for tests: versitygw, built once by the Go on this machine into a cache that later runs find.

`make test` uses it where it is already built (or on the PATH); `make accept` builds it. RELTO_TEST_CACHE names another
cache folder. The server listens on the loopback address, its objects are files in a folder of the test: so a test can
change them behind the node's back.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relto.adapters.s3_place import S3Place
from relto.adapters.s3_store import S3Store, open_client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

VERSION = "v1.8.0"
MODULE = f"github.com/versity/versitygw/cmd/versitygw@{VERSION}"
MISSING = "versitygw is not built: `python -m tests.support.s3_server` builds it (needs Go), or put it on the PATH"
BUCKET, LOCKED = "blobs", "locked"
ACCESS_KEY = "RELTOTESTACCESSKEY"
_SECONDS = 20
_BUILD_SECONDS = 1500


def cache() -> Path:
    """Where what was built for tests lies."""
    given = os.environ.get("RELTO_TEST_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "relto-tests"


def server_binary() -> Path | None:
    """The server, if it is there."""
    built = cache() / f"versitygw-{VERSION}" / "versitygw"
    on_path = shutil.which("versitygw")
    return built if built.is_file() else Path(on_path) if on_path else None


def built_server() -> Path:
    """The server, built now if it is not there. Raises FileNotFoundError without Go, RuntimeError with what Go said."""
    found = server_binary()
    if found:
        return found
    if not shutil.which("go"):
        raise FileNotFoundError("Go is absent: install golang, or put versitygw on the PATH")
    place = cache() / f"versitygw-{VERSION}"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        run = subprocess.run(
            ["nice", "-n", "5", "go", "install", MODULE],
            env={**os.environ, "GOBIN": folder},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(run.stderr[-2000:])
        (Path(folder) / "versitygw").rename(place / "versitygw")
    return place / "versitygw"


class S3Server:
    """One server over one folder; it can be killed and started again at the same address."""

    def __init__(self, binary: Path, folder: Path, tls: Sequence[Path] = ()) -> None:
        """`tls`: the files of a certificate for `localhost`, its key and its authority; without them plain HTTP."""
        self._binary = binary
        self._folder = folder
        self._tls = tls
        self.authority = tls[2] if tls else None
        self._secret = secrets.token_hex(16)
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.endpoint = f"https://localhost:{self._port}" if tls else f"http://127.0.0.1:{self._port}"
        self.credentials = folder / "credentials.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self._client: S3Client | None = None
        for name in ("data", "versions"):
            (folder / name).mkdir(parents=True)
        self.credentials.touch(mode=0o600)
        self.credentials.write_text(f'access_key_id = "{ACCESS_KEY}"\nsecret_access_key = "{self._secret}"\n')

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        tls = ["--cert", str(self._tls[0]), "--key", str(self._tls[1])] if self._tls else []
        self._process = subprocess.Popen(
            [
                *(str(self._binary), "--port", f"127.0.0.1:{self._port}", "--quiet", *tls, "posix"),
                *("--versioning-dir", str(self._folder / "versions"), str(self._folder / "data")),
            ],
            env={"PATH": os.environ.get("PATH", ""), "ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": self._secret},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("versitygw did not start")

    def stop(self) -> None:
        """End it at once, as a failing machine would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def place(self, prefix: str, *, bucket: str = BUCKET, object_lock_days: int = 0) -> S3Place:
        """A prefix of one of its buckets."""
        return S3Place(
            endpoint=self.endpoint,
            bucket=bucket,
            prefix=prefix,
            credentials_file=self.credentials,
            ca_file=self.authority,
            object_lock_days=object_lock_days,
        )

    def store(self, place: S3Place) -> S3Store:
        """The place, opened with one client for all: making one takes longer than most tests."""
        if self._client is None:
            self._client = open_client(place)
        return S3Store(place, self._client)

    def file(self, place: S3Place, name: str) -> Path:
        """Where an object's bytes lie on the disk."""
        return self._folder / "data" / place.bucket / place.key(name)


@contextmanager
def running_server(binary: Path, tls: Sequence[Path] = ()) -> Iterator[S3Server]:
    """A server with a plain bucket and one with object lock; gone afterwards, with all that it held."""
    folder = Path(tempfile.mkdtemp(prefix="relto-s3-"))
    server = S3Server(binary, folder / "server", tls)
    try:
        server.start()
        client = server.store(server.place("")).client
        client.create_bucket(Bucket=BUCKET)
        client.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server_if_built() -> Iterator[S3Server]:
    """For fixtures of `make test`: a running server, or the asking test is skipped by name."""
    pytest.importorskip("boto3", reason="boto3 is absent: pip install 'relto[s3]'")
    binary = server_binary()
    if binary is None:
        pytest.skip(MISSING)
    with running_server(binary) as server:
        yield server


if __name__ == "__main__":
    sys.stdout.write(f"{built_server()}\n")
