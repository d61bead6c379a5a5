"""Where a node's blobs lie in an S3-compatible store, and the credentials that open it.

Promises: credentials come from one file that only the node's user can read (mode 0600), never from the environment, a
profile of the user or the machine's metadata service; they are of no representation, setting or error.
"""

from __future__ import annotations

import configparser
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relto.base.errors import Misconfigured

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LARGEST: Final = 64 * 1024
_PROFILE: Final = "default"
_KEY, _SECRET, _TOKEN = "access_key_id", "secret_access_key", "session_token"
_FIELD: Final = "blobs.credentials_file"
_EXPECTED: Final = f"{_KEY} and {_SECRET} as TOML, or a profile [{_PROFILE}] as the AWS tools write it"


@dataclass(frozen=True, slots=True)
class S3Place:
    """One prefix of one bucket.

    `endpoint`: scheme://host:port; `ca_file`: trust only this authority (None: the system's); `path_style`: the bucket
    stands in the path, not in the host's name; `object_lock_days`: what is finished cannot be deleted before (0: it
    can be).
    """

    endpoint: str
    bucket: str
    prefix: str
    credentials_file: Path
    region: str = "us-east-1"
    ca_file: Path | None = None
    path_style: bool = True
    object_lock_days: int = 0

    def key(self, name: str) -> str:
        """The object's key of a name below the prefix."""
        return f"{self.prefix}/{name}" if self.prefix else name


@dataclass(frozen=True, slots=True, repr=False)
class S3Credentials:
    """An access key; the token is of a temporary one."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


def read_credentials(file: Path) -> S3Credentials:
    """The credentials in a file. Raises Misconfigured naming what is wrong with it, never what it says."""
    try:
        if file.stat().st_mode & _OTHERS:
            raise Misconfigured("open_credentials", field=_FIELD, expected="mode 0600")
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise Misconfigured(
            "blob_credentials", field=_FIELD, expected="a file that the node's user can read"
        ) from error
    try:
        found = _members(data.decode("utf-8")) if len(data) <= _LARGEST else {}
    except (UnicodeDecodeError, configparser.Error):
        found = {}
    key, secret, token = (found.get(name) for name in (_KEY, _SECRET, _TOKEN))
    if not key or not secret or not all(isinstance(one, str) for one in (key, secret, token or "")):
        raise Misconfigured("blob_credentials", field=_FIELD, expected=_EXPECTED)
    return S3Credentials(str(key), str(secret), str(token) if token else None)


def _members(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        profiles = configparser.RawConfigParser()
        profiles.read_string(text)
        if not profiles.has_section(_PROFILE):
            return {}
        return {name.removeprefix("aws_"): value for name, value in profiles.items(_PROFILE)}
