from __future__ import annotations

import stat
from pathlib import Path

import pytest

from relto.adapters.sealed_keys import MASTER_FILE, SecretsFolder
from relto.adapters.system import SystemEntropy
from relto.base.errors import Conflict, MalformedInput, Misconfigured, NotAvailable, NotVerified

SECRET = b"-----BEGIN PRIVATE KEY----- made up"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def test_a_sealed_secret_comes_back_after_a_restart_and_is_nowhere_in_the_clear(folder: Path) -> None:
    SecretsFolder.create(folder, SystemEntropy()).seal("node-key", SECRET)
    assert SecretsFolder.open(folder).unseal("node-key") == SECRET
    assert SecretsFolder.open(folder).names() == ("node-key",)
    assert not [file for file in folder.iterdir() if SECRET in file.read_bytes()]


def test_only_the_owner_can_read_the_folder_and_its_files(folder: Path) -> None:
    SecretsFolder.create(folder, SystemEntropy()).seal("node-key", SECRET)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert {file.name for file in folder.iterdir()} == {MASTER_FILE, "node-key.sealed"}


def test_a_secret_put_under_another_name_does_not_open(folder: Path) -> None:
    secrets = SecretsFolder.create(folder, SystemEntropy())
    secrets.seal("node-key", SECRET)
    (folder / "node-key.sealed").rename(folder / "log-key.sealed")
    with pytest.raises(NotVerified):
        secrets.unseal("log-key")


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_an_altered_or_cut_secret_does_not_open(folder: Path, position: int) -> None:
    secrets = SecretsFolder.create(folder, SystemEntropy())
    secrets.seal("node-key", SECRET)
    place = folder / "node-key.sealed"
    stored = bytearray(place.read_bytes())
    stored[position] ^= 1
    place.write_bytes(bytes(stored))
    with pytest.raises(NotVerified):
        secrets.unseal("node-key")
    place.write_bytes(bytes(stored[:5]))
    with pytest.raises(NotVerified):
        secrets.unseal("node-key")


def test_a_secret_is_never_overwritten_and_nothing_is_left_beside_it(folder: Path) -> None:
    secrets = SecretsFolder.create(folder, SystemEntropy())
    secrets.seal("node-key", SECRET)
    with pytest.raises(Conflict):
        secrets.seal("node-key", b"another")
    assert secrets.unseal("node-key") == SECRET
    assert {file.name for file in folder.iterdir()} == {MASTER_FILE, "node-key.sealed"}
    with pytest.raises(Conflict):
        SecretsFolder.create(folder, SystemEntropy())


def test_a_master_secret_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "credential"
    SecretsFolder.create(folder, SystemEntropy(), master_file=elsewhere).seal("node-key", SECRET)
    assert not (folder / MASTER_FILE).exists()
    assert SecretsFolder.open(folder, master_file=elsewhere).unseal("node-key") == SECRET
    with pytest.raises(Misconfigured):
        SecretsFolder.open(folder)


def test_a_systemd_credential_may_show_group_bits(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    place = credentials / "relto-master"
    SecretsFolder.create(folder, SystemEntropy(), master_file=place)
    place.chmod(0o440)
    with pytest.raises(Misconfigured) as refused:
        SecretsFolder.open(folder, master_file=place)
    assert refused.value.full_code == "misconfigured.master_secret.mode"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    SecretsFolder.open(folder, master_file=place)


def test_a_folder_or_master_secret_that_others_can_read_is_refused_by_name(folder: Path) -> None:
    SecretsFolder.create(folder, SystemEntropy())
    (folder / MASTER_FILE).chmod(0o644)
    with pytest.raises(Misconfigured) as refused:
        SecretsFolder.open(folder)
    assert refused.value.field == "master_secret"
    (folder / MASTER_FILE).chmod(0o600)
    folder.chmod(0o750)
    with pytest.raises(Misconfigured) as refused:
        SecretsFolder.open(folder)
    assert refused.value.field == "secrets"


def test_a_master_secret_of_another_length_is_refused(folder: Path) -> None:
    SecretsFolder.create(folder, SystemEntropy())
    (folder / MASTER_FILE).write_bytes(b"short")
    with pytest.raises(Misconfigured):
        SecretsFolder.open(folder)


@pytest.mark.parametrize("name", ["", "../node-key", "Node", "a/b", ".hidden", "x" * 97])
def test_a_name_that_could_leave_the_folder_is_refused(folder: Path, name: str) -> None:
    secrets = SecretsFolder.create(folder, SystemEntropy())
    with pytest.raises(MalformedInput):
        secrets.seal(name, SECRET)
    with pytest.raises(MalformedInput):
        secrets.unseal(name)


def test_an_unknown_secret_is_not_available(folder: Path) -> None:
    with pytest.raises(NotAvailable):
        SecretsFolder.create(folder, SystemEntropy()).unseal("node-key")
