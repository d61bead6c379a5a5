from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.release import NAMESPACE, SUMS, Source, pack_again, provenance, sha256, sign, write_sums

WHO = "releases@relto.example"
pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="no ssh-keygen (Debian: apt-get install openssh-client)"
)


def _key(place: Path) -> Path:
    """A key that signs nothing but this test."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(place)], check=True)
    return place


def _verify(folder: Path, allowed: Path, *, who: str = WHO, namespace: str = NAMESPACE) -> bool:
    words = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", who, "-n", namespace]
    with (folder / SUMS).open("rb") as sums:
        done = subprocess.run([*words, "-s", str(folder / f"{SUMS}.sig")], stdin=sums, capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with a signed file, and the list of who may sign."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "relto.whl").write_bytes(b"what is installed")
    key = _key(tmp_path / "key")
    sign(write_sums(folder), key)
    allowed = tmp_path / "allowed_signers"
    allowed.write_text(f'{WHO} namespaces="{NAMESPACE}" {key.with_name("key.pub").read_text("utf-8")}', "utf-8")
    return folder, allowed


def test_a_release_is_verified_with_openssh_and_coreutils_alone(signed: tuple[Path, Path]) -> None:
    folder, allowed = signed
    assert _verify(folder, allowed)
    checked = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, capture_output=True, check=False)
    assert checked.returncode == 0


def test_another_signer_another_purpose_and_a_changed_list_are_refused(
    signed: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, allowed = signed
    assert not _verify(folder, allowed, who="somebody@relto.example")
    assert not _verify(folder, allowed, namespace="git")
    stranger = _key(tmp_path / "stranger")
    other = tmp_path / "others"
    other.write_text(f"{WHO} {stranger.with_name('stranger.pub').read_text('utf-8')}", "utf-8")
    assert not _verify(folder, other)
    (folder / SUMS).write_text((folder / SUMS).read_text("utf-8").replace("relto.whl", "relto2.whl"), "utf-8")
    assert not _verify(folder, allowed)


def test_a_changed_file_is_found_by_its_sum(signed: tuple[Path, Path]) -> None:
    folder, _ = signed
    (folder / "relto.whl").write_bytes(b"something else")
    checked = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, capture_output=True, check=False)
    assert checked.returncode != 0


def test_the_provenance_names_files_commit_and_person_and_claims_no_level(tmp_path: Path) -> None:
    file = tmp_path / "relto.whl"
    file.write_bytes(b"x")
    source = Source("c" * 40, 1_800_000_000)
    text = provenance(source, {file.name: sha256(file)}, who=WHO, lock_sha256="0" * 64)
    statement = json.loads(text)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "relto.whl", "digest": {"sha256": sha256(file)}}]
    predicate = statement["predicate"]
    assert {"buildType", "externalParameters"} <= predicate["buildDefinition"].keys()
    assert predicate["buildDefinition"]["externalParameters"] == {"commit": "c" * 40}
    assert WHO in predicate["runDetails"]["builder"]["id"]
    assert predicate["relto_level"].startswith("none claimed")
    assert text == provenance(source, {file.name: sha256(file)}, who=WHO, lock_sha256="0" * 64)


def test_an_sdist_packed_again_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    made = []
    for number, names in enumerate((("a", "b/c"), ("b/c", "a"))):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.uid, member.mode = 1, 1000 + number, number, 0o600 + number
                archive.addfile(member, io.BytesIO(name[-1].encode()))
        sdist = tmp_path / f"{number}.tar.gz"
        sdist.write_bytes(gzip.compress(packed.getvalue(), mtime=number))
        pack_again(sdist, 5)
        made.append(sdist.read_bytes())
    assert made[0] == made[1]
    with tarfile.open(fileobj=io.BytesIO(made[0])) as archive:
        assert [(one.name, one.mtime, one.uid, one.mode) for one in archive] == [
            ("a", 5, 0, 0o644),
            ("b/c", 5, 0, 0o644),
        ]
