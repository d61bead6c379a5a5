"""A witness's own folder: identity, keys, the logs it knows, and where its state and evidence lie.

Layout: `witness.json` (name and known logs, 0600), `keys/ed25519.seed` and `keys/ml-dsa-44.seed` (32 bytes in hex,
0600), `state.sqlite3`, `evidence/`. Promises: keys are made once and never overwritten; a file is replaced whole or not
at all; keys that others can read stop the start.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relto.base.canonical import Json, read_object
from relto.base.errors import Conflict, MalformedInput, Misconfigured
from relto.ledger.notes import SEED_BYTES, KeyType, NoteKey, VerifierKey, check_key_name, read_vkey

CONFIGURATION_TYPE = "relto/witness"
CONFIGURATION_VERSION = 1
CONFIGURATION = "witness.json"
STATE = "state.sqlite3"
EVIDENCE = "evidence"
MOST_LOGS = 1024
_KEYS = {KeyType.ED25519_COSIGNATURE: "keys/ed25519.seed", KeyType.MLDSA44_COSIGNATURE: "keys/ml-dsa-44.seed"}
_OWNER_ONLY = 0o600
_OWNER_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class WitnessIdentity:
    """What others put into their policies: the name and the vkeys of the Ed25519 and the ML-DSA-44 cosigner."""

    name: str
    vkeys: tuple[str, ...]


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by a file with `data`, durable before this returns; only the owner can read it."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def init_witness(folder: Path, name: str) -> WitnessIdentity:
    """Make a witness with fresh keys. Raises Conflict when the folder already holds one; nothing is overwritten."""
    check_key_name(name)
    if (folder / CONFIGURATION).exists() or (folder / "keys").exists():
        raise Conflict("witness.exists", field="folder", expected="a folder without a witness")
    folder.mkdir(mode=_OWNER_FOLDER, parents=True, exist_ok=True)
    folder.chmod(_OWNER_FOLDER)
    for part in ("keys", EVIDENCE):
        (folder / part).mkdir(mode=_OWNER_FOLDER, exist_ok=True)
    for path in _KEYS.values():
        write_whole(folder / path, secrets.token_bytes(SEED_BYTES).hex().encode() + b"\n")
    _write_configuration(folder, name, {})
    return read_identity(folder)


def read_identity(folder: Path) -> WitnessIdentity:
    """The name and vkeys of the witness in this folder. Raises Misconfigured."""
    configuration = read_configuration(folder)
    return WitnessIdentity(configuration.name, tuple(key.vkey for key in read_keys(folder, configuration.name)))


def read_keys(folder: Path, name: str) -> tuple[NoteKey, ...]:
    """The cosigner keys. Raises Misconfigured when one is missing, malformed, or readable by others."""
    return tuple(NoteKey.from_seed(name, key_type, _read_seed(folder / path)) for key_type, path in _KEYS.items())


def _read_seed(path: Path) -> bytes:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii").strip()
        seed = bytes.fromhex(text)
    except (OSError, ValueError):
        raise Misconfigured("witness.key", field=path.name, expected="a key file made by relto witness init") from None
    if mode & 0o077:
        raise Misconfigured(
            "witness.key_mode", field=path.name, found=f"{mode:o}", expected="600: readable by the owner only"
        )
    if len(seed) != SEED_BYTES:
        raise Misconfigured("witness.key", field=path.name, expected="a key file made by relto witness init")
    return seed


@dataclass(frozen=True, slots=True)
class WitnessConfiguration:
    """The witness's name and the logs it knows: origin -> keys."""

    name: str
    logs: Mapping[str, tuple[VerifierKey, ...]]


def read_configuration(folder: Path) -> WitnessConfiguration:
    """Read `witness.json`. Raises Misconfigured."""
    try:
        return _configuration((folder / CONFIGURATION).read_bytes())
    except (OSError, MalformedInput) as error:
        raise Misconfigured("witness.configuration", field=CONFIGURATION, expected="a witness made by init") from error


def _configuration(data: bytes) -> WitnessConfiguration:
    document = read_object(data, field=CONFIGURATION)
    if (document.get("type"), document.get("version")) != (CONFIGURATION_TYPE, CONFIGURATION_VERSION):
        raise MalformedInput("witness.version", field=CONFIGURATION)
    name, logs = document.get("name"), document.get("logs")
    if not isinstance(name, str) or not isinstance(logs, dict) or len(logs) > MOST_LOGS:
        raise MalformedInput("witness.members", field=CONFIGURATION)
    return WitnessConfiguration(check_key_name(name), {origin: _read_vkeys(vkeys) for origin, vkeys in logs.items()})


def _read_vkeys(vkeys: Json | Sequence[str]) -> tuple[VerifierKey, ...]:
    if not isinstance(vkeys, list | tuple) or not vkeys:
        raise MalformedInput("witness.vkeys", field="vkeys", expected="one or more vkeys")
    keys = tuple(read_vkey(vkey) if isinstance(vkey, str) else None for vkey in vkeys)
    read = tuple(key for key in keys if key is not None and key.key_type is not KeyType.ED25519_COSIGNATURE)
    if len(read) != len(vkeys):
        raise MalformedInput("witness.vkeys", field="vkeys", expected="Ed25519 (type 1) or ML-DSA-44 (type 6) log keys")
    return read


def trust_log(folder: Path, origin: str, vkeys: Sequence[str]) -> None:
    """Know a log by these keys.

    Keys given earlier for the same origin are replaced. A running witness sees it at once.
    """
    _read_vkeys(vkeys)
    configuration = read_configuration(folder)
    if not origin or any(letter < " " for letter in origin):
        raise MalformedInput("witness.origin", field="origin", expected="a log's origin line")
    logs = {known: [key.vkey for key in keys] for known, keys in configuration.logs.items()}
    logs[origin] = list(vkeys)
    if len(logs) > MOST_LOGS:
        raise Conflict("witness.logs", field="origin", found=len(logs), expected=f"at most {MOST_LOGS} logs")
    _write_configuration(folder, configuration.name, logs)


def _write_configuration(folder: Path, name: str, logs: Mapping[str, Sequence[str]]) -> None:
    document = {"type": CONFIGURATION_TYPE, "version": CONFIGURATION_VERSION, "name": name, "logs": logs}
    write_whole(
        folder / CONFIGURATION, json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    )
