"""What relto's ledger claims is checked by software of people who never heard of relto (promise 7)."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from relto.ledger.notes import KeyType
from relto.ledger.tiles import TileReader
from relto.ledger.verification import CHECKPOINT, witness_path
from tests.interop.conftest import run
from tests.interop.proof_cases import Case, as_lines, consistency_cases, damaged, inclusion_cases
from tests.unit.ledger.workshop import (
    NODE_IND,
    USA,
    WITNESS_IND,
    WITNESS_USA,
    Log,
    cosigner_keys,
    leaf,
    log_keys,
)

pytestmark = pytest.mark.interop

SIZES = (3, 200, 256, 300)
"""Sizes at which the log of these tests was cosigned; the last is what is exported."""


@pytest.fixture(scope="module")
def log() -> Log:
    made = Log(USA)
    for time, size in enumerate(SIZES):
        made.grow([leaf(index) for index in range(len(made.entries), size)])
        made.publish(1_800_000_000 + time * 10)
    return made


@pytest.fixture
def folder(log: Log, tmp_path: Path) -> Path:
    root = tmp_path / "export"
    for name, data in log.export().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture(scope="module")
def proofs(log: Log) -> TileReader:
    return log.reader


def verify_command(program: Path, folder: Path) -> list[str | Path]:
    plain, post_quantum = log_keys(USA)
    assert plain.verifier.key_type is KeyType.ED25519
    pinned = [post_quantum, *(key for name in (NODE_IND, WITNESS_USA, WITNESS_IND) for key in cosigner_keys(name))]
    lines = [part for key in pinned for part in ("-line", key.vkey)]
    return [program, "folder", "-log", plain.vkey, *lines, folder]


def answers(command: Sequence[str | Path], cases: Sequence[Case]) -> Counter[str]:
    done = run(command, given=as_lines(cases))
    assert done.returncode == 0, done.stderr
    said = done.stdout.split()
    assert len(said) == len(cases)
    return Counter(said)


def test_go_verifies_an_exported_ledger_whole(go_verifier: Path, folder: Path) -> None:
    done = run(verify_command(go_verifier, folder))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["Origin"], report["Size"], report["Agreed"]) == (USA, 300, 300)
    assert (report["Entries"], report["Inclusion"], report["Consistency"]) == (300, 300, len(SIZES))
    assert report["Tiles"] == 3, "two of level 0, one of level 1"
    kinds = (f"+{int(KeyType.ED25519_COSIGNATURE)}", f"+{int(KeyType.MLDSA44_COSIGNATURE)}")
    every = {f"{name}{kind}" for name in (NODE_IND, WITNESS_USA, WITNESS_IND) for kind in kinds} | {USA + kinds[1]}
    assert report["Cosigned"] == dict.fromkeys(every, len(SIZES) + 1)


def _damages(folder: Path) -> list[tuple[Path, int]]:
    """A place in the middle of each file, and of each line of each checkpoint."""
    places = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        data = path.read_bytes()
        if path.name != CHECKPOINT and path.suffix != ".checkpoint":
            places.append((path, len(data) // 2))
            continue
        start = 0
        for line in data.split(b"\n"):
            if line:
                places.append((path, start + len(line) // 2))
            start += len(line) + 1
    return places


def test_go_refuses_each_damaged_copy(go_verifier: Path, folder: Path, tmp_path: Path) -> None:
    places = _damages(folder)
    assert len(places) > 50
    for number, (path, at) in enumerate(places):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(folder, copy)
        target = copy / path.relative_to(folder)
        data = bytearray(target.read_bytes())
        data[at] ^= 1
        target.write_bytes(data)
        done = run(verify_command(go_verifier, copy))
        assert done.returncode == 1, f"{path.relative_to(folder)} byte {at} was changed and Go accepted it"
        assert done.stderr.startswith("refused:")
        shutil.rmtree(copy)


def test_go_refuses_what_was_taken_away_or_signed_by_others(go_verifier: Path, folder: Path, log: Log) -> None:
    for name in ("tile/entries/001.p/44", "tile/0/000", CHECKPOINT):
        aside = folder / "aside"
        (folder / name).rename(aside)
        assert run(verify_command(go_verifier, folder)).returncode == 1, name
        aside.rename(folder / name)
    forged = Log(USA, generation="forger")
    forged.grow([leaf(index) for index in range(300)])
    forged.publish(1_800_000_000)
    whole = (folder / CHECKPOINT).read_bytes()
    (folder / CHECKPOINT).write_bytes(forged.files[CHECKPOINT])
    assert run(verify_command(go_verifier, folder)).returncode == 1
    (folder / CHECKPOINT).write_bytes(whole)
    (folder / witness_path(200)).write_bytes(forged.checkpoint(1_800_000_000))
    assert run(verify_command(go_verifier, folder)).returncode == 1


def test_go_accepts_our_proofs_and_refuses_damaged_ones(go_verifier: Path, proofs: TileReader) -> None:
    cases = inclusion_cases(proofs) + consistency_cases(proofs)
    assert answers([go_verifier, "proofs"], cases) == {"accepted": len(cases)}
    wrong = damaged(cases)
    assert answers([go_verifier, "proofs"], wrong) == {"refused": len(wrong)}


def test_npm_sigstore_accepts_our_inclusion_proofs_and_refuses_damaged_ones(
    sigstore_node: list[str | Path], proofs: TileReader
) -> None:
    cases = inclusion_cases(proofs)
    assert answers(sigstore_node, cases) == {"accepted": len(cases)}
    wrong = damaged(cases)
    assert answers(sigstore_node, wrong) == {"refused": len(wrong)}


def test_sigstore_python_accepts_our_inclusion_proofs_and_refuses_damaged_ones(
    sigstore_python: Path, proofs: TileReader
) -> None:
    command: list[str | Path] = [sigstore_python, Path(__file__).parent / "sigstore" / "proofs.py"]
    cases = inclusion_cases(proofs)
    assert answers(command, cases) == {"accepted": len(cases)}
    wrong = damaged(cases)
    assert answers(command, wrong) == {"refused": len(wrong)}
