"""Whether an S3 store does what relto needs of it, asked by doing it once: before a node starts, not at its first loss.

Promises: the bucket is there and the credentials may write, read and delete below the prefix; conditions on writes are
kept (the locks of arrivals rest on them); what is put is what is read; a retention that is asked for is one that the
bucket has. Each failure is one finding that names the setting. The probe's own object is removed.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final

from relto.adapters.s3_place import S3Place
from relto.adapters.s3_store import S3Store, code_of
from relto.base.errors import Misconfigured, ReltoError

_ABSENT: Final = {"404", "NoSuchBucket", "NotFound"}
_REFUSED: Final = {
    "401", "403", "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
    "AuthorizationHeaderMalformed",
}  # fmt: skip
_NO_LOCK: Final = {"ObjectLockConfigurationNotFoundError", "NotImplemented", "InvalidRequest", "404"}


def require_store(place: S3Place) -> None:
    """Raise Misconfigured naming the first thing that does not hold."""
    store = S3Store.open(place)
    _require_bucket(store)
    if place.object_lock_days:
        _require_lock(store)
    _require_objects(store)


def _require_bucket(store: S3Store) -> None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  of the optional extra

    try:
        store.client.head_bucket(Bucket=store.place.bucket)
    except ClientError as error:
        code = code_of(error)
        if code in _ABSENT:
            raise Misconfigured("blob_bucket", field="blobs.bucket", expected="a bucket that is there") from error
        if code in _REFUSED:
            raise _refused() from error
        raise _no_answer(code) from error
    except (BotoCoreError, OSError, ValueError) as error:
        raise _no_answer(code_of(error)) from error


def _require_lock(store: S3Store) -> None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  of the optional extra

    found: object = ""
    try:
        answer = store.client.get_object_lock_configuration(Bucket=store.place.bucket)
        found = answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled")
    except ClientError as error:
        if code_of(error) not in _NO_LOCK:
            raise _refused() from error
    except BotoCoreError as error:
        raise _no_answer(code_of(error)) from error
    if found != "Enabled":
        expected = "0, or a bucket that was made with object lock"
        raise Misconfigured("blob_lock", field="blobs.object_lock_days", expected=expected)


def _require_objects(store: S3Store) -> None:
    name = f"probe/{secrets.token_hex(16)}"
    try:
        failing = _failing(store, name)
    except ReltoError as error:
        raise _refused() from error
    finally:
        with suppress(ReltoError):
            store.erase(name)
    if failing is not None:
        raise failing


def _failing(store: S3Store, name: str) -> Misconfigured | None:
    first, second = secrets.token_bytes(64), secrets.token_bytes(64)
    etag = store.put(name, first, only_new=True)
    twice = store.put(name, second, only_new=True)
    other = store.put(name, second, instead_of='"00000000000000000000000000000000"')
    if not etag or twice or other or not store.put(name, second, instead_of=etag):
        expected = "a store that keeps If-None-Match and If-Match on writes"
        return Misconfigured("blob_conditions", field="blobs.endpoint", expected=expected)
    whole = b"".join(store.stream(name, 1, len(second) - 1))
    if store.tail(name, len(second)) != (second, len(second)) or whole != second[1:]:
        return Misconfigured("blob_bytes", field="blobs.endpoint", expected="a store that gives what it was given")
    store.erase(name)
    if store.listed(name).objects:
        return Misconfigured("blob_bytes", field="blobs.endpoint", expected="a store that removes what it is told to")
    return None


def _refused() -> Misconfigured:
    expected = "credentials that may list, write, read and delete below the prefix"
    return Misconfigured("blob_access", field="blobs.credentials_file", expected=expected)


def _no_answer(code: str) -> Misconfigured:
    return Misconfigured("blob_store", field="blobs.endpoint", found=code, expected="an S3 store that answers here")
