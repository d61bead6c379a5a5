"""The few requests that relto makes of an S3-compatible store, each with its failures in relto's words.

Promises:
 1. What is sent is covered by SHA-256 twice: in the signature of each request (SigV4's x-amz-content-sha256, which
    every server compares) and as x-amz-checksum-sha256, which servers that have it keep beside the object.
 2. A condition that does not hold is an answer (""), not an error. A request that was answered and whose answer was
    lost is made again; who puts under a condition looks at what lies there before believing that it was somebody else.
 3. Nothing of the user's or machine's AWS configuration is followed: no profile, proxy, endpoint or credential.
 4. In a bucket that keeps versions, what is erased is erased with all its versions, unless a retention holds them: then
    it is out of sight and goes when somebody erases it after that.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self

from relto.adapters.s3_form import changed
from relto.adapters.s3_place import S3Place, read_credentials
from relto.base.errors import Misconfigured, NotAvailable, Unreachable

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from types_boto3_s3 import S3Client

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 60, 4
_CONNECTIONS: Final = 32
_ABSENT: Final = {"NoSuchKey", "404", "NotFound", "NoSuchVersion"}
_UNMET: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412"}
_NO_UPLOAD: Final = {"NoSuchUpload"}
_SHORTER: Final = {"InvalidRange", "416"}
_HELD: Final = {"AccessDenied", "ObjectLocked", "InvalidRequest", "MethodNotAllowed"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing tells it; `name` is its key below the prefix."""

    name: str
    size: int
    changed_at: datetime
    etag: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects by name, and the store's own instant of the answer: ages are told by one clock."""

    objects: list[StoredObject]
    now: datetime


def code_of(error: Exception) -> str:
    """The store's code of an error, `BotoCoreError` classes by their name."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if response else type(error).__name__


def unreachable() -> Unreachable:
    """The store does not take or give the bytes now."""
    return Unreachable("storage", field="storage", expected="an S3 store that takes and gives the bytes")


@contextmanager
def asking() -> Iterator[None]:
    """What the store answers, as relto's errors.

    NotAvailable for what is not there, NotVerified for what is shorter than it was, else Unreachable.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  of the optional extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415  likewise

    try:
        yield
    except ClientError as error:
        if code_of(error) in _ABSENT:
            raise NotAvailable("blob") from error
        if code_of(error) in _SHORTER:
            raise changed() from error
        raise unreachable() from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise unreachable() from error


def open_client(place: S3Place) -> S3Client:
    """A client for the place, which threads may share. Raises Misconfigured without boto3 or usable credentials."""
    credentials = read_credentials(place.credentials_file)
    try:
        from boto3.session import Session  # noqa: PLC0415  the optional extra `s3`
        from botocore.config import Config  # noqa: PLC0415  likewise
        from botocore.session import Session as Core  # noqa: PLC0415  likewise
    except ImportError as error:
        raise Misconfigured("boto3", field="blobs.kind", expected="the extra: pip install 'relto[s3]'") from error
    core = Core(session_vars={"config_file": (None, None, "/dev/null", None), "profile": (None, None, None, None)})
    core.register_component("data_loader", _descriptions())
    session = Session(
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        region_name=place.region,
        botocore_session=core,
    )
    config = Config(
        signature_version="s3v4",
        proxies={},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        s3={"addressing_style": "path" if place.path_style else "virtual", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session.client(
        "s3", endpoint_url=place.endpoint, verify=str(place.ca_file) if place.ca_file else True, config=config
    )


@cache
def _descriptions() -> Loader:
    """What botocore knows of S3, read once for all clients of a process."""
    from botocore.loaders import create_loader  # noqa: PLC0415  of the optional extra

    return create_loader()


def checksum(data: bytes) -> str:
    """SHA-256 as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")


class S3Store:
    """The objects below one prefix of a bucket."""

    def __init__(self, place: S3Place, client: S3Client) -> None:
        """`client`: of `open_client`."""
        self.place = place
        self.client = client
        self._versioned: bool | None = None

    @classmethod
    def open(cls, place: S3Place) -> Self:
        """Raises Misconfigured; nothing is asked of the store yet."""
        return cls(place, open_client(place))

    def put(self, name: str, data: bytes, *, only_new: bool = False, instead_of: str = "", held: bool = False) -> str:
        """Put a whole object; its ETag, or "" when the condition does not hold.

        `only_new`: nothing may lie there; `instead_of`: only in place of the object with this ETag; `held`: under the
        place's retention.
        """
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if only_new else {"IfMatch": instead_of} if instead_of else {}
        retention = self.retention() if held else {}
        from botocore.exceptions import ClientError  # noqa: PLC0415  of the optional extra

        with asking():
            try:
                answer = self.client.put_object(
                    **self._at(name), Body=data, ChecksumSHA256=checksum(data), **condition, **retention
                )
            except ClientError as error:
                if condition and code_of(error) in _UNMET | _ABSENT:
                    return self._put_before(name, data)
                raise
        return answer["ETag"]

    def _put_before(self, name: str, data: bytes) -> str:
        """The ETag when exactly these bytes lie there: they were put, and the answer was lost."""
        try:
            with asking():
                found = self.client.get_object(**self._at(name))
                return found["ETag"] if found["Body"].read(len(data) + 1) == data else ""
        except NotAvailable:
            return ""

    def get(self, name: str) -> bytes:
        """A whole small object. Raises NotAvailable."""
        with asking():
            return self.client.get_object(**self._at(name))["Body"].read()

    def stream(self, name: str, first: int, last: int) -> Iterator[bytes]:
        """The bytes `first` to `last` (of an object that is as long) in pieces as they come. Raises NotAvailable."""
        with asking():
            body = self.client.get_object(**self._at(name), Range=f"bytes={first}-{last}")["Body"]
        try:
            while True:
                with asking():
                    piece = body.read(_PIECE)
                if not piece:
                    return
                yield piece
        finally:
            body.close()

    def tail(self, name: str, count: int) -> tuple[bytes, int]:
        """(the last `count` bytes, or all of a shorter object; its size). Raises NotAvailable."""
        with asking():
            answer = self.client.get_object(**self._at(name), Range=f"bytes=-{count}")
            data = answer["Body"].read()
        size = answer.get("ContentRange", "").rpartition("/")[2]
        return data, int(size) if size.isdigit() else len(data)

    def size(self, name: str) -> int:
        """An object's size. Raises NotAvailable."""
        with asking():
            return self.client.head_object(**self._at(name))["ContentLength"]

    def listed(self, below: str) -> Listing:
        """All objects whose names begin so, by name."""
        cut = len(self.place.key(""))
        found: list[StoredObject] = []
        now = datetime.now(UTC)
        more: dict[str, Any] = {}
        with asking():
            while True:
                page = self.client.list_objects_v2(Bucket=self.place.bucket, Prefix=self.place.key(below), **more)
                now = _said_at(page["ResponseMetadata"]["HTTPHeaders"]) or now
                found += [
                    StoredObject(one["Key"][cut:], one["Size"], one["LastModified"], one["ETag"])
                    for one in page.get("Contents", [])
                ]
                if not page.get("IsTruncated"):
                    return Listing(sorted(found, key=lambda one: one.name), now)
                more = {"ContinuationToken": page["NextContinuationToken"]}

    def erase(self, name: str) -> None:
        """Remove an object; no error when it is gone. Its versions go too, unless a retention holds them."""
        with asking():
            if self.keeps_versions():
                self._erase_versions(name)
            else:
                self.client.delete_object(**self._at(name))

    def keeps_versions(self) -> bool:
        """Whether the bucket keeps what is replaced or deleted; asked once."""
        if self._versioned is None:
            with asking():
                self._versioned = bool(self.client.get_bucket_versioning(Bucket=self.place.bucket).get("Status"))
        return self._versioned

    def retention(self) -> dict[str, Any]:
        """The arguments that put an object under the place's retention from now on; none without one.

        Governance, not compliance: a spill of content that should not lie there has to be removable by somebody whom
        the bucket's policy names; the node's own credentials need not be able to.
        """
        if not self.place.object_lock_days:
            return {}
        until = datetime.now(UTC) + timedelta(days=self.place.object_lock_days)
        return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}

    def begin_parts(self, name: str) -> str:
        """Begin an object in parts, under the place's retention; the upload's identity."""
        with asking():
            answer = self.client.create_multipart_upload(
                **self._at(name), ChecksumAlgorithm="SHA256", **self.retention()
            )
        return answer["UploadId"]

    def put_part(self, name: str, upload: str, number: int, data: bytes) -> tuple[str, str]:
        """Send a part (from 1); (ETag, checksum)."""
        digest = checksum(data)
        with asking():
            answer = self.client.upload_part(
                **self._at(name), UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=digest
            )
        return answer["ETag"], answer.get("ChecksumSHA256", "")

    def join_parts(self, name: str, upload: str, parts: list[tuple[str, str]], size: int) -> None:
        """Make the parts one object, visible as a whole. The same again when the first answer was lost."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  of the optional extra

        listed: list[Any] = [
            {"PartNumber": number, "ETag": etag, **({"ChecksumSHA256": digest} if digest else {})}
            for number, (etag, digest) in enumerate(parts, start=1)
        ]
        with asking():
            try:
                self.client.complete_multipart_upload(
                    **self._at(name), UploadId=upload, MultipartUpload={"Parts": listed}
                )
            except ClientError as error:
                if code_of(error) not in _NO_UPLOAD or self.size(name) != size:
                    raise

    def drop_parts(self, name: str, upload: str) -> None:
        """Give an object in parts up; no error when it is finished or gone."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  of the optional extra

        with asking():
            try:
                self.client.abort_multipart_upload(**self._at(name), UploadId=upload)
            except ClientError as error:
                if code_of(error) not in _NO_UPLOAD | _ABSENT:
                    raise

    def _at(self, name: str) -> dict[str, Any]:
        return {"Bucket": self.place.bucket, "Key": self.place.key(name)}

    def _erase_versions(self, name: str) -> None:
        """Only versions that are there now, the present one last: what somebody puts meanwhile is his."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  of the optional extra

        key, held = self.place.key(name), False
        versions: list[tuple[bool, datetime, str]] = []
        markers: list[str] = []
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=self.place.bucket, Prefix=key):
            markers += [one["VersionId"] for one in page.get("DeleteMarkers", []) if one["Key"] == key]
            versions += [
                (one["IsLatest"], one["LastModified"], one["VersionId"])
                for one in page.get("Versions", [])
                if one["Key"] == key
            ]
        for _, _, version in sorted(versions):
            try:
                self.client.delete_object(**self._at(name), VersionId=version)
            except ClientError as error:
                if code_of(error) not in _HELD:
                    raise
                held = True
        if held:
            self.client.delete_object(**self._at(name))  # out of sight
        for marker in () if held else markers:
            self.client.delete_object(**self._at(name), VersionId=marker)


_PIECE: Final = 256 * 1024


def _said_at(headers: Any) -> datetime | None:
    try:
        return parsedate_to_datetime(str(headers["date"]))
    except (KeyError, ValueError):
        return None
