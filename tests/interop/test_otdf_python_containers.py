"""Containers pass between relto and otdf-python, both ways, with the key service's key at hand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from relto.base.errors import NotVerified
from relto.sealing.archive import open_archive
from relto.sealing.keys import public_key_of
from relto.sealing.opening import open_container, read_container
from relto.sealing.wrapping import unwrap_share
from tests.interop.conftest import HERE, run
from tests.unit.sealing.containers import ATTRIBUTES, SEGMENT, container, document, service_key

pytestmark = pytest.mark.stock_client

CLIENT = HERE / "otdf" / "client.py"
SERVICE = "https://usa.localhost/kas"


@pytest.fixture
def private_key(tmp_path: Path) -> Path:
    path = tmp_path / "service.pem"
    path.write_text(service_key("rsa:2048"), "ascii")
    return path


@pytest.fixture
def public_key(tmp_path: Path) -> Path:
    path = tmp_path / "service.pub.pem"
    path.write_text(public_key_of(service_key("rsa:2048")), "ascii")
    return path


@pytest.mark.parametrize("size", [1, SEGMENT, 3 * SEGMENT + 77])
@pytest.mark.parametrize("hash_algorithm", ["GMAC", "HS256"])
def test_otdf_python_opens_what_relto_sealed(
    otdf_python: Path, private_key: Path, tmp_path: Path, size: int, hash_algorithm: str
) -> None:
    sealed = container(size, algorithms=("rsa:2048",), hash_algorithm=hash_algorithm)
    (tmp_path / "sealed.tdf").write_bytes(sealed.data)
    done = run([otdf_python, CLIENT, "open", private_key, tmp_path / "sealed.tdf", tmp_path / "opened"])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "opened").read_bytes() == sealed.plain


def test_otdf_python_cannot_open_what_needs_two_services(otdf_python: Path, private_key: Path, tmp_path: Path) -> None:
    sealed = container(100, algorithms=("rsa:2048", "rsa:2048"))
    (tmp_path / "sealed.tdf").write_bytes(sealed.data)
    done = run([otdf_python, CLIENT, "open", private_key, tmp_path / "sealed.tdf", tmp_path / "opened"])
    assert done.returncode != 0
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("size", [0, 1, 100_000, 3 * 2**20 + 5])
def test_relto_opens_what_otdf_python_sealed(otdf_python: Path, public_key: Path, tmp_path: Path, size: int) -> None:
    plain = document(size)
    (tmp_path / "document").write_bytes(plain)
    sealed = tmp_path / "sealed.tdf"
    given: list[str | Path] = [public_key, "USA-1", SERVICE, ATTRIBUTES[0], tmp_path / "document", sealed]
    done = run([otdf_python, CLIENT, "seal", *given])
    assert done.returncode == 0, done.stderr
    source = io.BytesIO(sealed.read_bytes())
    archive = open_archive(source)
    manifest = read_container(archive)
    assert [(item.type, item.kid, item.url) for item in manifest.key_access] == [("wrapped", "USA-1", SERVICE)]
    share = unwrap_share(manifest.key_access[0], service_key("rsa:2048"), manifest.policy_text)
    opened = open_container(archive, source, {0: share})
    assert b"".join(opened.chunks()) == plain
    assert opened.policy.attributes == (ATTRIBUTES[0],)
    assert opened.label_xml is None


def test_relto_refuses_a_container_of_otdf_python_whose_payload_was_changed(
    otdf_python: Path, public_key: Path, tmp_path: Path
) -> None:
    (tmp_path / "document").write_bytes(document(5000))
    sealed = tmp_path / "sealed.tdf"
    given: list[str | Path] = [public_key, "USA-1", SERVICE, ATTRIBUTES[0], tmp_path / "document", sealed]
    assert run([otdf_python, CLIENT, "seal", *given]).returncode == 0
    data = bytearray(sealed.read_bytes())
    archive = open_archive(io.BytesIO(bytes(data)))
    manifest = read_container(archive)
    share = unwrap_share(manifest.key_access[0], service_key("rsa:2048"), manifest.policy_text)
    data[archive.payload_offset + 100] ^= 1
    opened = open_container(archive, io.BytesIO(bytes(data)), {0: share})
    with pytest.raises(NotVerified):
        b"".join(opened.chunks())
