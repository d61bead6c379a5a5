"""Secrets at rest: files sealed with AES-256-GCM under one master secret (promise 1: no bare key on a disk).

Rules: the master secret is 32 bytes in a file that only its owner can read, or a systemd credential (systemd.exec(5),
LoadCredential=). A sealed secret is bound to its name as additional data, so files cannot be exchanged for each other.
A secret is written once, whole or not at all, and never overwritten, only destroyed. Modes: folders 0700, files 0600.
The sealed form is version(1) || nonce(12) || ciphertext || tag(16).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.base.errors import Conflict, MalformedInput, Misconfigured, NotAvailable, NotVerified
from relto.ports.surroundings import Entropy

MASTER_BYTES = 32
MASTER_FILE = "master.secret"
MAX_SECRET_BYTES = 64 * 1024
_VERSION = b"\x01"
_NONCE_BYTES = 12
_DOMAIN = b"relto-sealed-secret-v1\x00"
_SUFFIX = ".sealed"
_NAME = re.compile(r"\A[a-z0-9][a-z0-9._-]{0,95}\Z")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SecretsFolder:
    """A folder of sealed secrets and the master secret that opens them, held in this process's memory."""

    def __init__(self, path: Path, master: bytes, random_bytes: Callable[[int], bytes]) -> None:
        """Use `create` or `open`."""
        self._path = path
        self._cipher = AESGCM(master)
        self._random_bytes = random_bytes

    @classmethod
    def create(cls, path: Path, entropy: Entropy, *, master_file: Path | None = None) -> SecretsFolder:
        """Make the folder and a fresh master secret, in it or at `master_file`; an existing `master_file` is used.

        Raises Conflict("secrets_exist") when the folder already holds a master secret or sealed secrets.
        """
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        if any(path.glob(f"*{_SUFFIX}")):
            raise Conflict("secrets_exist", field="secrets", expected="an empty folder")
        if master_file is None or not master_file.exists():
            _write_once(master_file or path / MASTER_FILE, entropy.random_bytes(MASTER_BYTES), "secrets_exist")
        return cls.open(path, master_file=master_file, entropy=entropy)

    @classmethod
    def open(cls, path: Path, *, master_file: Path | None = None, entropy: Entropy | None = None) -> SecretsFolder:
        """Open an existing folder. Raises Misconfigured when it, or the master secret, is absent or readable by others.

        `master_file`: where the master secret lies instead of the folder (a systemd credential); `entropy`: for the
        nonces of what is sealed later, the operating system's generator when absent.
        """
        require_private(path, "secrets", is_folder=True)
        place = master_file or path / MASTER_FILE
        require_private(place, "master_secret", is_folder=False)
        master = place.read_bytes()
        if len(master) != MASTER_BYTES:
            raise Misconfigured("master_secret", field="master_secret", found=len(master), expected="32 bytes")
        return cls(path, master, entropy.random_bytes if entropy is not None else os.urandom)

    def seal(self, name: str, secret: bytes) -> None:
        """Store a new secret. Raises Conflict("secret_exists"): secrets are not replaced, a new one has a new name."""
        if len(secret) > MAX_SECRET_BYTES:
            raise MalformedInput("secret", field="secret", found=len(secret), expected=f"at most {MAX_SECRET_BYTES}")
        target = self._place(name)
        nonce = self._random_bytes(_NONCE_BYTES)
        _write_once(target, _VERSION + nonce + self._cipher.encrypt(nonce, secret, _bound(name)), "secret_exists")

    def unseal(self, name: str) -> bytes:
        """The secret. Raises NotAvailable when there is none of this name, NotVerified when it does not open."""
        place = self._place(name)
        try:
            with place.open("rb") as file:
                stored = file.read(MAX_SECRET_BYTES + 64)
        except FileNotFoundError as error:
            raise NotAvailable("secret", field="secret", found=name) from error
        if stored[:1] != _VERSION:
            raise NotVerified("secret", field="secret", found=name, expected="version 1")
        nonce, sealed = stored[1 : 1 + _NONCE_BYTES], stored[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, _bound(name))
        except (InvalidTag, ValueError) as error:
            expected = "a secret sealed under this master secret"
            raise NotVerified("secret", field="secret", found=name, expected=expected) from error

    def destroy(self, name: str) -> None:
        """Remove a secret for good, durably; nothing happens when there is none of this name.

        What a backup or the medium still holds stays sealed under the master secret.
        """
        self._place(name).unlink(missing_ok=True)
        _sync_folder(self._path)

    def names(self) -> tuple[str, ...]:
        """The names of the sealed secrets (kids among them), sorted."""
        return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in self._path.glob(f"*{_SUFFIX}")))

    def _place(self, name: str) -> Path:
        if not _NAME.match(name):
            raise MalformedInput("secret_name", field="secret", expected="lower-case letters, digits, and . _ -")
        return self._path / f"{name}{_SUFFIX}"


def _bound(name: str) -> bytes:
    return _DOMAIN + name.encode("ascii")


def require_private(place: Path, setting: str, *, is_folder: bool) -> None:
    """Refuse what is absent, of another kind, or open to anybody but its owner."""
    try:
        found = place.stat()
    except OSError as error:
        raise Misconfigured(f"{setting}.absent", field=setting, expected="a readable place") from error
    right_kind = stat.S_ISDIR(found.st_mode) if is_folder else stat.S_ISREG(found.st_mode)
    # systemd hands a credential over with an access list, whose mask shows as group bits; nobody else can reach it.
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    others = stat.S_IRWXO if credentials and place.parent == Path(credentials) else _OTHERS
    if not right_kind or found.st_mode & others:
        mode = oct(stat.S_IMODE(found.st_mode))
        expected = "0700, owner only" if is_folder else "0600, owner only"
        raise Misconfigured(f"{setting}.mode", field=setting, found=mode, expected=expected)


def _write_once(target: Path, data: bytes, taken: str) -> None:
    """Write a file that appears whole, durable and private under its name, or not at all; never over another one."""
    folder = target.parent
    temporary = folder / f".{target.name}.{os.getpid()}.{os.urandom(6).hex()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, target)
    except FileExistsError as error:
        raise Conflict(taken, field="secret", found=target.name.removesuffix(_SUFFIX)) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
