"""The settings of the place for ciphertext: files in the node's folder, or a prefix in an S3-compatible store.

Read from the table `blobs` of node.toml; each is refused by name. `relto node init --blobs` and `relto demo --blobs`
take the same as one address: `s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&credentials_file=PATH`.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from relto.adapters.file_blobs import FileBlobs
from relto.adapters.http_addresses import is_loopback_name
from relto.adapters.s3_place import S3Place, read_credentials
from relto.base.errors import Misconfigured

if TYPE_CHECKING:
    from relto.ports.surroundings import BlobStore

_TEXTS: Final = ("endpoint", "region", "bucket", "prefix", "credentials_file", "ca_file")
KNOWN: Final = ("kind", *_TEXTS, "path_style", "object_lock_days")
_NEEDED: Final = ("endpoint", "bucket", "credentials_file")
_REGION: Final = "us-east-1"
_BUCKET: Final = re.compile(r"\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_PREFIX: Final = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}(?:/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}){0,7}\Z")
_LOCK_DAYS: Final = range(36501)
_LONGEST_URL: Final = 2048


@dataclass(frozen=True, slots=True)
class BlobSettings:
    """`kind`: files or s3; the rest is of s3 alone. Paths start at the node's folder unless they are absolute."""

    kind: Literal["files", "s3"] = "files"
    endpoint: str = ""
    region: str = _REGION
    bucket: str = ""
    prefix: str = ""
    credentials_file: str = ""
    ca_file: str = ""
    path_style: bool = True
    object_lock_days: int = 0

    def place(self, root: Path) -> S3Place:
        """Where the blobs of the node in the folder `root` lie, for kind s3."""
        return S3Place(
            endpoint=self.endpoint,
            bucket=self.bucket,
            prefix=self.prefix,
            credentials_file=root / self.credentials_file,
            region=self.region,
            ca_file=root / self.ca_file if self.ca_file else None,
            path_style=self.path_style,
            object_lock_days=self.object_lock_days,
        )

    def as_toml(self) -> str:
        """The table `blobs` of node.toml; empty for files."""
        if self.kind == "files":
            return ""
        given = {name: value for name in KNOWN if (value := getattr(self, name)) != getattr(BlobSettings(), name)}
        return "[blobs]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()) + "\n"


def read_blobs(given: object) -> BlobSettings:
    """The settings; left out: files in the node's folder. Raises Misconfigured naming the setting."""
    if not isinstance(given, dict):
        raise _wrong("", "a table with kind")
    unknown = sorted(set(given) - set(KNOWN))
    if unknown:
        raise Misconfigured("unknown_setting", field=f"blobs.{unknown[0]}", expected=", ".join(KNOWN))
    kind = given.get("kind", "files")
    if kind == "files":
        for name in (one for one in KNOWN if one != "kind" and one in given):
            raise _wrong(name, 'nothing, or kind = "s3"')
        return BlobSettings()
    if kind != "s3":
        raise _wrong("kind", "files or s3")
    return BlobSettings(kind="s3", path_style=_path_style(given), object_lock_days=_lock_days(given), **_texts(given))


def read_blobs_url(url: str) -> BlobSettings:
    """What --blobs is given: `s3://BUCKET/PREFIX?endpoint=…&credentials_file=…`; empty: files. Raises Misconfigured."""
    if not url:
        return BlobSettings()
    try:
        parts = urlsplit(url)
        members = parse_qsl(parts.query, strict_parsing=bool(parts.query), max_num_fields=len(KNOWN))
    except ValueError as error:
        raise _wrong("", "s3://BUCKET/PREFIX?endpoint=URL&credentials_file=PATH") from error
    given: dict[str, object] = dict(members)
    known = set(KNOWN) - {"kind", "bucket", "prefix"}
    sound = parts.scheme == "s3" and parts.netloc and not parts.fragment and len(url) <= _LONGEST_URL
    if not sound or set(given) - known or len(given) != len(members):
        raise _wrong("", "s3://BUCKET/PREFIX?endpoint=URL&credentials_file=PATH, and " + ", ".join(sorted(known)))
    for name in ("credentials_file", "ca_file"):
        if name in given:
            given[name] = str(Path(str(given[name])).absolute())
    if "path_style" in given:
        given["path_style"] = {"true": True, "false": False}.get(str(given["path_style"]), given["path_style"])
    if str(given.get("object_lock_days", "")).isdecimal():
        given["object_lock_days"] = int(str(given["object_lock_days"]))
    prefix = parts.path.strip("/")
    return read_blobs({"kind": "s3", "bucket": parts.netloc, **({"prefix": prefix} if prefix else {}), **given})


def address_below(url: str, name: str) -> str:
    """The same store, one name further down: what two nodes share is the bucket, never a prefix. Empty stays empty."""
    if not url:
        return ""
    place, mark, query = url.partition("?")
    return f"{place.rstrip('/')}/{name}{mark}{query}"


def open_blobs(settings: BlobSettings, root: Path, folder: Path) -> BlobStore:
    """The blob store of the node in `root`; `folder`: where its files would lie. Raises Misconfigured."""
    if settings.kind == "files":
        return FileBlobs(folder)
    from relto.adapters.s3_blobs import S3Blobs  # noqa: PLC0415  whoever keeps files needs none of it
    from relto.adapters.s3_store import S3Store  # noqa: PLC0415  likewise

    return S3Blobs(S3Store.open(settings.place(root)))


def blob_findings(settings: BlobSettings, root: Path, kind: str) -> Iterator[Misconfigured]:
    """What is wrong with the place; a store is asked only when the settings themselves are sound."""
    if settings.kind == "files":
        return
    place, sound = settings.place(root), True
    endpoint = urlsplit(settings.endpoint)
    if endpoint.scheme != "https" and (kind == "live" or not _is_loopback(endpoint.hostname or "")):
        sound = False
        expected = "https" if kind == "live" else "https, or http on this machine"
        yield Misconfigured("blob_plain_http", field="blobs.endpoint", expected=expected)
    if place.ca_file is not None and not place.ca_file.is_file():
        sound = False
        yield Misconfigured("blobs", field="blobs.ca_file", expected="a file with PEM certificates")
    try:
        read_credentials(place.credentials_file)
        if sound:
            from relto.adapters.s3_probe import require_store  # noqa: PLC0415  whoever keeps files needs none of it

            require_store(place)
    except Misconfigured as problem:
        yield problem


def _texts(given: Mapping[str, object]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name in _TEXTS:
        value = given.get(name, _REGION if name == "region" else "")
        if not isinstance(value, str) or (name in _NEEDED and not value):
            raise _wrong(name, "a text")
        texts[name] = value
    texts["endpoint"] = _endpoint(texts["endpoint"])
    if not _BUCKET.match(texts["bucket"]):
        raise _wrong("bucket", "the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")
    if texts["prefix"] and not _PREFIX.match(texts["prefix"]):
        raise _wrong("prefix", "names of letters, digits, dots, hyphens and underscores, with slashes between")
    return texts


def _endpoint(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise _wrong("endpoint", "scheme://host:port")
    return url.rstrip("/")


def _path_style(given: Mapping[str, object]) -> bool:
    value = given.get("path_style", True)
    if not isinstance(value, bool):
        raise _wrong("path_style", "true or false")
    return value


def _lock_days(given: Mapping[str, object]) -> int:
    value = given.get("object_lock_days", 0)
    if not isinstance(value, int) or isinstance(value, bool) or value not in _LOCK_DAYS:
        raise _wrong("object_lock_days", f"0 to {_LOCK_DAYS.stop - 1} days")
    return value


def _is_loopback(host: str) -> bool:
    if is_loopback_name(host):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(name: str, expected: str) -> Misconfigured:
    return Misconfigured("blobs", field=f"blobs.{name}".rstrip("."), expected=expected)
