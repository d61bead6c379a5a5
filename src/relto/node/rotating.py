"""Rotate what a node can rotate by itself: wrapping keys, token key, the link's certificate, the master secret.

Rules: each rotation is told before it is done, and is done whole or not at all. Wrapping and token keys: a new one is
made and then the older ones are retired, as far as the agreement in force lets them; asked again it goes on where it
stopped. The link's folder and that of the sealed secrets are prepared beside the old ones and exchanged by one call of
the kernel (renameat2(2), RENAME_EXCHANGE); what an interruption leaves is cleared by `finish`. Old keys go on
unwrapping and verifying. What names the node to others (its statement, log and cosigner keys) is not rotated here: the
agreement and the witnesses name those.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509

from relto.adapters.durable_files import storage, sync_folder
from relto.adapters.sealed_keys import MASTER_BYTES, SecretsFolder
from relto.adapters.system import SystemClock, SystemEntropy
from relto.base.errors import Conflict, Misconfigured, NotAvailable, NotVerified, Unreachable
from relto.base.instants import Instant
from relto.node import key_commands
from relto.node.certificates import renewed_link_certificate
from relto.node.checks import master_secret_path
from relto.node.keys import FIELD_KEY, LINK_PASSPHRASE
from relto.node.quarantined import opened_node
from relto.node.settings import NodeSettings, read_settings
from relto.node.starts import nobody_serves

if TYPE_CHECKING:
    from relto.services.key_rotation import KeyUse

Kind = Literal["wrapping", "token", "link", "master"]
KINDS: Final[tuple[Kind, ...]] = ("wrapping", "token", "link", "master")
FIXED: Final = ("statement", "log", "cosigner", "field", "sessions")
"""What others name, or what rows are sealed under: told in the list, and not rotated by this command."""
NEXT_SECRETS, NEXT_LINK = ".secrets.next", ".link.next"
_NEXT_MASTER: Final = ".next"
_AUTHORITY_KEY: Final = "link-authority-key"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of linux/fs.h


@dataclass(frozen=True, slots=True)
class Listed:
    """One thing that is rotated. `name`: kid, path or setting; `ends`: of a certificate."""

    kind: Kind
    name: str
    state: str
    made: Instant | None = None
    ends: Instant | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """`made`: kids or paths that are new; `retired`: kids; `waiting`: kids that the agreement in force still needs."""

    made: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def listed(root: Path) -> list[Listed]:
    """What can be rotated, as it stands. Raises Misconfigured."""
    node = opened_node(root)
    from relto.services.service_keys import service_keys  # noqa: PLC0415  tables need a started Django

    found = [Listed("wrapping", key.kid, key.state, key.created_at) for key in service_keys(purpose="wrapping")]
    found += [Listed("token", key.kid, key.state, key.created_at) for key in service_keys(purpose="token")]
    certificate = x509.load_pem_x509_certificate(node.settings.folder.link_certificate.read_bytes())
    times = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    found.append(Listed("link", "link/node.crt", "active", *times))
    return [*found, Listed("master", node.settings.master_secret, "active")]


def rotate_wrapping(root: Path) -> Rotated:
    """A new key of each algorithm that has one active key, and older ones retired as far as nothing needs them.

    Where there is none at all, keys are made as for a new node.
    """
    made, retired, waiting = list[str](), list[str](), list[str]()
    opened_node(root)
    from relto.services.service_keys import FIRST_KEYS  # noqa: PLC0415  tables need a started Django

    of_a_new_node = [algorithm for purpose, algorithm in FIRST_KEYS if purpose == "wrapping"]
    for algorithm in dict.fromkeys(use.key.algorithm for use in _active(root)) or of_a_new_node:
        if len([use for use in _active(root) if use.key.algorithm == algorithm]) <= 1:
            made.append(key_commands.made(root, algorithm))
        newest, *older = (use.key.kid for use in _active(root) if use.key.algorithm == algorithm)
        del newest
        for kid in older:
            try:
                key_commands.retired(root, kid)
                retired.append(kid)
            except Conflict as error:
                if error.reason != "key_needed":
                    raise
                waiting.append(kid)
    return Rotated(tuple(made), tuple(retired), tuple(waiting))


def _active(root: Path) -> list[KeyUse]:
    """Newest first."""
    return [use for use in key_commands.listed(root).keys if use.key.state == "active"]


def rotate_token(root: Path) -> Rotated:
    """A new key that signs tokens; what the older ones signed is verified until it ends."""
    node = key_commands.acting(root)
    from relto.services.token_key_rotation import rotate_token_key  # noqa: PLC0415  tables need a started Django

    made, retired = rotate_token_key(node.house, node.secrets)
    return Rotated((made,) if made else (), retired)


def rotate_link(root: Path) -> Rotated:
    """A new key and certificate of the link under the own link authority, which partners have pinned already."""
    settings = read_settings(root)
    folder, secrets = settings.folder, _secrets(settings)
    try:
        authority_key = secrets.unseal(_AUTHORITY_KEY)
    except NotAvailable as error:
        raise Conflict("link_authority_elsewhere", field="link", expected="a sealed link authority key") from error
    _require_nothing_left(settings)
    passphrase = secrets.unseal(LINK_PASSPHRASE).hex().encode("ascii")
    certificate, key = renewed_link_certificate(
        settings.nation,
        settings.host,
        SystemClock().now(),
        passphrase,
        (folder.link_authority.read_bytes(), authority_key),
    )
    staged, own = folder.root / NEXT_LINK, folder.link_certificate.parent
    with storage():
        shutil.copytree(own, staged)
        for place, data in ((folder.link_certificate, certificate), (folder.link_private_key, key)):
            (staged / place.name).unlink()
            _write(staged / place.name, data)
        sync_folder(staged)
        _exchange(staged, own)
        shutil.rmtree(staged)
    return Rotated(("link/node.crt", "link/node.key"))


def rotate_master(root: Path, *, keep_old: Path | None, new_to: Path | None = None) -> Rotated:
    """Seal every secret of the stopped node under a fresh master secret.

    `keep_old`: a new file for the old one, which older backups need, None to let it go; `new_to`: a new file for the
    new one, where the settings name a credential of systemd. Raises Conflict("node_running", "rotation_unfinished",
    "file_exists"), Misconfigured("master_secret").
    """
    settings = read_settings(root)
    for place in (keep_old, new_to):
        if place is not None and place.exists():
            raise Conflict("file_exists", field="file", found=place.name, expected="a name that is free")
    is_credential = settings.master_secret.startswith("credential:")
    if is_credential != (new_to is not None):
        expected = "--new-master, where the settings name a credential, and only there"
        raise Misconfigured("master_secret", field="master_secret", expected=expected)
    with nobody_serves(settings.folder.locks):
        _require_nothing_left(settings)
        secrets, place = _secrets(settings), master_secret_path(settings)
        fresh = SystemEntropy().random_bytes(MASTER_BYTES)
        with storage():
            if keep_old is not None:
                _write(keep_old, place.read_bytes())
                sync_folder(keep_old.absolute().parent)
            _reseal(settings, secrets, fresh, place, new_to)
    return Rotated((settings.master_secret,))


def _reseal(settings: NodeSettings, secrets: SecretsFolder, fresh: bytes, place: Path, new_to: Path | None) -> None:
    staged, own = settings.folder.root / NEXT_SECRETS, settings.folder.secrets
    staged.mkdir(mode=0o700)
    inside = place.parent.resolve() == own.resolve()
    # The new master secret is durable before anything is sealed under it alone.
    new_place = staged / place.name if inside else new_to or place.with_name(place.name + _NEXT_MASTER)
    _write(new_place, fresh)
    sync_folder(new_place.absolute().parent)
    sealing = SecretsFolder(staged, fresh, os.urandom)
    for name in secrets.names():
        sealing.seal(name, secrets.unseal(name))
    sync_folder(staged)
    _exchange(staged, own)
    if not inside and new_to is None:
        new_place.replace(place)
        sync_folder(place.parent)
    shutil.rmtree(staged)


def finish(root: Path) -> bool:
    """Finish or undo what an interrupted rotation left. True when there was something. Raises Conflict."""
    settings = read_settings(root)
    folder = settings.folder
    with nobody_serves(folder.locks), storage():
        place = master_secret_path(settings)
        new_place = place.with_name(place.name + _NEXT_MASTER)
        left = [folder.root / name for name in (NEXT_SECRETS, NEXT_LINK) if (folder.root / name).exists()]
        found = bool(left) or new_place.is_file()
        if new_place.is_file():
            if _opens(folder.secrets, new_place):
                new_place.replace(place)
            else:
                new_place.unlink()
            sync_folder(place.parent)
        if not _opens(folder.secrets, place):
            raise NotVerified("secret", field="master_secret", expected="the master secret that opens secrets/")
        for staged in left:
            shutil.rmtree(staged)
        sync_folder(folder.root)
    return found


def _opens(secrets: Path, master: Path) -> bool:
    with suppress(OSError, NotVerified, NotAvailable):
        SecretsFolder(secrets, master.read_bytes()[:MASTER_BYTES], os.urandom).unseal(FIELD_KEY)
        return True
    return False


def _secrets(settings: NodeSettings) -> SecretsFolder:
    return SecretsFolder.open(settings.folder.secrets, master_file=master_secret_path(settings))


def _require_nothing_left(settings: NodeSettings) -> None:
    place = master_secret_path(settings)
    left = [settings.folder.root / name for name in (NEXT_SECRETS, NEXT_LINK)]
    if any(one.exists() for one in (*left, place.with_name(place.name + _NEXT_MASTER))):
        raise Conflict("rotation_unfinished", field="folder", expected="relto node rotate-keys FOLDER --finish")


def _write(place: Path, data: bytes) -> None:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _exchange(one: Path, other: Path) -> None:
    """Two folders change names in one step; both keep what is in them. Raises Unreachable("storage")."""
    call: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) != 0:
        expected = "a file system that exchanges two names (renameat2)"
        raise Unreachable("storage", field="folder", found=ctypes.get_errno(), expected=expected)
    sync_folder(other.parent)
