"""A throw-away PostgreSQL cluster on a unix socket, for running the same tests on the second engine.

Nothing listens on the network; the socket folder is its owner's only. As root the server runs as another user, since
PostgreSQL refuses root. `RELTO_TEST_POSTGRESQL=<socket folder>` makes tests/support/django_settings.py use it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

USER = "relto"
MISSING = "PostgreSQL server binaries are absent: install postgresql (initdb, postgres), or put them on the PATH"
_SECONDS = 20


def server_binaries() -> Path | None:
    """The folder that holds initdb and postgres, or None."""
    candidates = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    config = shutil.which("pg_config")
    if config:
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.insert(0, Path(said.stdout.strip()))
    return next((one for one in candidates if (one / "initdb").exists() and (one / "postgres").exists()), None)


def _server_user() -> pwd.struct_passwd | None:
    """Who runs the server: another user when this is root, else nobody else (None)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@contextmanager
def throw_away_cluster(
    *, durable: bool = False, database: str | None = None, settings: Sequence[str] = ()
) -> Iterator[Path]:
    """A running cluster; its socket's folder. `durable`: with fsync, for measurements. Gone afterwards.

    `database`: make this database too (test runs make their own). `settings`: of the server, beside what tests need.
    """
    binaries = server_binaries()
    if binaries is None:
        raise FileNotFoundError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="relto-pg-"))
    user = _server_user()
    identity: dict[str, object] = {}
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder), "TZ": "UTC"}
    data = folder / "data"
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            env=environment,
            **identity,  # type: ignore[call-overload]
        )
        switch = "on" if durable else "off"
        own = ["listen_addresses=", f"unix_socket_directories={folder}", f"fsync={switch}", "shared_buffers=16MB"]
        own.append("max_connections=300")  # each thread of a node's processes has its own
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(part for setting in (*own, *settings) for part in ("-c", setting))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            **identity,  # type: ignore[call-overload]
        )
        _wait(binaries, folder)
        if database is not None:
            subprocess.run([binaries / "createdb", "-h", folder, "-U", USER, database], check=True)
        yield folder
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(binaries: Path, folder: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        ready = subprocess.run([binaries / "pg_isready", "-q", "-h", folder, "-U", USER, "-d", "postgres"], check=False)
        if ready.returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("the throw-away PostgreSQL cluster did not start")
