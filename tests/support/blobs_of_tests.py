"""Where the houses of tests keep their blobs: files, or a real S3 server for whoever runs the same tests over it.

`RELTO_TEST_S3=<endpoint> <bucket> <credentials file>` (set by tests.support.whole_on_s3) makes each folder a prefix.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relto.adapters.file_blobs import FileBlobs
from relto.adapters.s3_place import S3Place
from relto.adapters.s3_store import S3Store, open_client
from relto.ports.surroundings import BlobStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

VARIABLE = "RELTO_TEST_S3"
of_files = pytest.mark.skipif(VARIABLE in os.environ, reason="it is of a blob store in a folder")


def blobs_in(folder: Path) -> BlobStore:
    """The blob store of a house in this folder; the same one again for the same folder."""
    if VARIABLE not in os.environ:
        return FileBlobs(folder)
    from relto.adapters.s3_blobs import S3Blobs  # noqa: PLC0415  only when it is asked for

    endpoint, bucket, credentials = os.environ[VARIABLE].split(" ")
    prefix = hashlib.sha256(str(folder).encode()).hexdigest()
    return S3Blobs(_store(S3Place(endpoint, bucket, prefix, Path(credentials))))


def _store(place: S3Place) -> S3Store:
    return S3Store(place, _client(place.endpoint, place.bucket, place.credentials_file))


@cache
def _client(endpoint: str, bucket: str, credentials: Path) -> S3Client:
    return open_client(S3Place(endpoint, bucket, "", credentials))
