"""Where ciphertext lies: every wrong setting is refused by its name; a store is asked before the node starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.file_blobs import FileBlobs
from relto.adapters.s3_blobs import S3Blobs
from relto.adapters.s3_place import read_credentials
from relto.base.errors import Misconfigured
from relto.node.blob_settings import BlobSettings, address_below, blob_findings, open_blobs, read_blobs, read_blobs_url
from tests.support.s3_server import LOCKED, S3Server, server_if_built

S3: Mapping[str, object] = {
    "kind": "s3",
    "endpoint": "https://s3.example:9000",
    "bucket": "relto",
    "credentials_file": "s3.toml",
}


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with server_if_built() as running:
        yield running


def test_left_out_means_files_in_the_nodes_folder(tmp_path: Path) -> None:
    assert read_blobs({}) == read_blobs({"kind": "files"}) == BlobSettings()
    assert isinstance(open_blobs(BlobSettings(), tmp_path, tmp_path / "blobs"), FileBlobs)
    assert BlobSettings().as_toml() == ""
    assert list(blob_findings(BlobSettings(), tmp_path, "live")) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "ftp"}, "blobs.kind"),
        ({"kind": "files"}, "blobs.endpoint"),
        ({"bucket": ""}, "blobs.bucket"),
        ({"bucket": "../x"}, "blobs.bucket"),
        ({"prefix": "a/../b"}, "blobs.prefix"),
        ({"prefix": "/a"}, "blobs.prefix"),
        ({"endpoint": "s3.example"}, "blobs.endpoint"),
        ({"endpoint": "https://user:secret@s3.example"}, "blobs.endpoint"),
        ({"endpoint": "https://s3.example/path"}, "blobs.endpoint"),
        ({"credentials_file": 7}, "blobs.credentials_file"),
        ({"path_style": "yes"}, "blobs.path_style"),
        ({"object_lock_days": -1}, "blobs.object_lock_days"),
        ({"object_lock_days": True}, "blobs.object_lock_days"),
        ({"secret_access_key": "x"}, "blobs.secret_access_key"),
    ],
)
def test_every_wrong_setting_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_blobs({**S3, **change})
    assert refusal.value.field == field


def test_one_address_says_the_same_as_the_table(tmp_path: Path) -> None:
    read = read_blobs_url(
        f"s3://relto/a/b?endpoint=http://127.0.0.1:9000&credentials_file={tmp_path}/s3.toml"
        "&object_lock_days=30&path_style=false&region=ap-south-1"
    )
    assert (read.bucket, read.prefix, read.object_lock_days, read.path_style) == ("relto", "a/b", 30, False)
    further = address_below("s3://relto/a/?endpoint=http://127.0.0.1:9000&credentials_file=s3.toml", "ind")
    assert (read_blobs_url(further).prefix, address_below("", "ind")) == ("a/ind", "")
    assert "secret" not in read.as_toml()
    assert read_blobs_url("") == BlobSettings()
    for wrong in ("relto/a", "s3://relto?endpoint", "http://relto", "s3://?endpoint=http://127.0.0.1", "s3://a b"):
        with pytest.raises(Misconfigured):
            read_blobs_url(wrong)


def test_credentials_are_of_the_nodes_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "s3.toml"
    for text in (
        'access_key_id = "AK"\nsecret_access_key = "SK"\n',
        "[default]\naws_access_key_id = AK\naws_secret_access_key = SK\n",
    ):
        file.write_text(text)
        file.chmod(0o600)
        read = read_credentials(file)
        assert (read.access_key_id, read.secret_access_key, read.session_token) == ("AK", "SK", None)
        assert "SK" not in repr(read)
    file.chmod(0o640)
    with pytest.raises(Misconfigured, match="open_credentials"):
        read_credentials(file)
    for text in ("", "access_key_id = 7", "[other]\naws_access_key_id = AK\n", "\0", '= "SK"', "[default]\nx\n"):
        file.write_text(text)
        file.chmod(0o600)
        with pytest.raises(Misconfigured, match="blob_credentials") as refusal:
            read_credentials(file)
        assert "SK" not in str(refusal.value)
    with pytest.raises(Misconfigured, match="blob_credentials"):
        read_credentials(tmp_path / "absent")


def of_server(server: S3Server, **change: object) -> BlobSettings:
    place = server.place("checked")
    given = {"endpoint": place.endpoint, "bucket": place.bucket, "prefix": place.prefix}
    return read_blobs({**S3, **given, "credentials_file": str(place.credentials_file), **change})


def codes(settings: BlobSettings, kind: str = "training") -> list[tuple[str, str | None]]:
    return [(finding.reason, finding.field) for finding in blob_findings(settings, Path("/nonexistent"), kind)]


def test_a_sound_store_is_written_read_and_cleaned(server: S3Server, tmp_path: Path) -> None:
    settings = of_server(server)
    assert codes(settings) == []
    assert codes(of_server(server, bucket=LOCKED, object_lock_days=1)) == []
    assert server.store(server.place("checked")).listed("").objects == [], "the probe leaves nothing"
    assert isinstance(open_blobs(settings, tmp_path, tmp_path / "blobs"), S3Blobs)
    assert not (tmp_path / "blobs").exists()


def test_what_a_store_lacks_is_named_before_the_node_starts(server: S3Server, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('access_key_id = "RELTOTESTACCESSKEY"\nsecret_access_key = "another"\n')
    wrong.chmod(0o600)
    assert codes(of_server(server, credentials_file=str(wrong))) == [("blob_access", "blobs.credentials_file")]
    assert codes(of_server(server, bucket="absent")) == [("blob_bucket", "blobs.bucket")]
    assert codes(of_server(server, object_lock_days=30)) == [("blob_lock", "blobs.object_lock_days")]
    assert codes(of_server(server, endpoint="http://127.0.0.1:9")) == [("blob_store", "blobs.endpoint")]
    assert codes(of_server(server, ca_file="absent.pem")) == [("blobs", "blobs.ca_file")]


def test_ciphertext_goes_over_tls(server: S3Server) -> None:
    assert codes(of_server(server), "live") == [("blob_plain_http", "blobs.endpoint")]
    away = replace(of_server(server), endpoint="http://s3.example")
    assert codes(away) == [("blob_plain_http", "blobs.endpoint")], "a training node, but another machine"
