from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from relto.ledger.tiles import decode_entries, encode_entries, tile_path
from relto.ledger.verification import CHECKPOINT, Outcome, Report, verify_folder, witness_path
from tests.unit.ledger.workshop import IND, NODE_IND, USA, WITNESS_IND, WITNESS_USA, Log, leaf, policy

SIZES = (3, 200, 256, 700)


@pytest.fixture(scope="module")
def log() -> Log:
    made = Log(USA)
    for time, size in enumerate(SIZES):
        made.grow([leaf(index) for index in range(len(made.entries), size)])
        made.publish(1000 + time * 10)
    return made


@pytest.fixture
def folder(log: Log) -> dict[str, bytes]:
    return dict(log.export())


def verify(folder: dict[str, bytes], *, trusted: bool = True) -> Report:
    return verify_folder(folder.get, folder, policy() if trusted else None)


def flip(folder: dict[str, bytes], path: str, at: int, bit: int = 1) -> None:
    data = bytearray(folder[path])
    data[at] ^= bit
    folder[path] = bytes(data)


def named(report: Report) -> set[tuple[str, int | None]]:
    return {(item.file, item.entry) for item in report.findings}


def test_an_untouched_folder_is_verified_and_agreed(folder: dict[str, bytes]) -> None:
    report = verify(folder)
    assert (report.outcome, report.findings, report.notices) == (Outcome.VERIFIED, [], [])
    assert (report.origin, report.size, report.agreed_size, report.checkpoints) == (USA, 700, 700, 5)
    assert all(key.fingerprint for key in report.keys)
    assert report.as_dict()["outcome"] == "verified"


def test_without_trust_it_is_only_consistent_with_itself(folder: dict[str, bytes]) -> None:
    report = verify(folder, trusted=False)
    assert report.outcome is Outcome.NOT_AUTHENTICATED
    assert len(report.keys) == 8
    assert report.agreed_size is None


def test_the_empty_log_can_be_verified() -> None:
    log = Log(USA)
    log.publish(5)
    assert verify(log.export()).outcome is Outcome.VERIFIED


def test_older_partial_tiles_are_checked_too(log: Log) -> None:
    folder = dict(log.files)
    assert "tile/0/000.p/200" in folder
    assert verify(folder).outcome is Outcome.VERIFIED
    flip(folder, "tile/0/000.p/200", 32 * 7)
    flip(folder, "tile/entries/000.p/3", 40)
    assert named(verify(folder)) == {("tile/0/000.p/200", 7), ("tile/entries/000.p/3", 0)}


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("index", [0, 255, 256, 699])
def test_an_altered_entry_is_named(folder: dict[str, bytes], index: int, *, trusted: bool) -> None:
    path = tile_path("entries", index // 256, 188 if index >= 512 else None)
    entries = decode_entries(folder[path])
    entries[index % 256] = entries[index % 256].replace(b"item:registered", b"item:deregister")
    folder[path] = encode_entries(entries)
    report = verify(folder, trusted=trusted)
    assert report.outcome is Outcome.ALTERED
    assert named(report) == {(path, index)}


@pytest.mark.parametrize("trusted", [True, False])
def test_any_altered_byte_of_any_file_is_named(folder: dict[str, bytes], *, trusted: bool) -> None:
    chance = random.Random(7)  # noqa: S311  a seeded choice of bytes to damage
    for path in sorted(folder):
        if not trusted and not path.startswith("tile/"):
            continue
        for _ in range(6 if path.startswith("tile/") else 12):
            damaged = dict(folder)
            flip(damaged, path, chance.randrange(len(folder[path])), 1 << chance.randrange(8))
            report = verify(damaged, trusted=trusted)
            assert report.outcome is Outcome.ALTERED, path
            assert path in {item.file for item in report.findings}, (path, report.findings)
            if path.startswith("tile/entries"):
                assert len(report.findings) == 1


@pytest.mark.parametrize("path", ["tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"])
def test_an_altered_hash_is_told_from_an_altered_entry(folder: dict[str, bytes], path: str) -> None:
    flip(folder, path, 32)
    first = {"tile/0/001": 257, "tile/0/002.p/188": 513, "tile/1/000.p/2": 256}[path]
    assert named(verify(folder)) == {(path, first)}


def test_several_alterations_are_all_named(folder: dict[str, bytes]) -> None:
    flip(folder, "tile/0/001", 0)
    flip(folder, "tile/1/000.p/2", 0)
    flip(folder, "tile/entries/002.p/188", 20)
    flip(folder, witness_path(200), 0)
    files = {item.file for item in verify(folder).findings}
    assert files == {"tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/188", witness_path(200)}


def test_an_altered_checkpoint_is_named_with_and_without_trust(folder: dict[str, bytes]) -> None:
    head, _, lines = folder[CHECKPOINT].partition(b"\n\n")
    origin, _size, root = head.split(b"\n")
    other_root = bytes(root[:5]) + (b"A" if root[5:6] != b"A" else b"B") + root[6:]
    for text in (
        [origin, b"700", other_root],
        [origin, b"699", root],
        [origin, b"701", root],
        [origin, b"9223372036854775807", root],
        [IND.encode(), b"700", root],
    ):
        altered = folder | {CHECKPOINT: b"\n".join(text) + b"\n\n" + lines}
        assert CHECKPOINT in {item.file for item in verify(altered).findings}
        assert verify(altered, trusted=False).outcome is Outcome.ALTERED


def test_deleted_and_inserted_files_are_named(folder: dict[str, bytes]) -> None:
    for path in ("tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/0/002.p/188", CHECKPOINT):
        less = {name: data for name, data in folder.items() if name != path}
        assert path in {item.file for item in verify(less).findings}, path
    for path in (
        "tile/0/003",
        "tile/entries/002.p/189",
        "tile/2/000.p/1",
        "tile/other",
        "witness/700",
        "witness/x.checkpoint",
    ):
        more = folder | {path: b"x" * 32}
        assert named(verify(more)) == {(path, None)}
    assert verify(folder | {"notes.txt": b""}).notices[0].file == "notes.txt"


def test_removed_and_added_entries_are_detected(folder: dict[str, bytes]) -> None:
    path = "tile/entries/002.p/188"
    entries = decode_entries(folder[path])
    for changed in (entries[:-1], [*entries, leaf(700)], entries[1:], [entries[1], entries[0], *entries[2:]]):
        report = verify(folder | {path: encode_entries(changed)})
        assert {item.file for item in report.findings} == {path}
    assert verify(folder | {path: encode_entries(entries[:-1])}).findings[0].entry == 699


def test_a_whole_folder_signed_again_with_other_keys_fails_under_trust(log: Log) -> None:
    forged = Log(USA, generation="forger")
    forged.grow([leaf(index + 1) for index in range(700)])
    forged.publish(1000)
    folder = forged.export()
    assert verify(folder, trusted=False).outcome is Outcome.NOT_AUTHENTICATED
    report = verify(folder)
    assert report.outcome is Outcome.ALTERED
    assert CHECKPOINT in {item.file for item in report.findings}


def test_a_forked_history_contradicts_the_kept_checkpoints(folder: dict[str, bytes]) -> None:
    fork = Log(USA)
    fork.grow([leaf(index if index < 100 else index + 1) for index in range(700)])
    fork.publish(2000, [])
    forged = fork.export() | {
        path: data for path, data in folder.items() if path.startswith("witness/") and "700" not in path
    }
    report = verify(forged)
    contradicted = {item.file for item in report.findings if item.code == "witness.not_consistent"}
    assert contradicted == {witness_path(200), witness_path(256)}


def test_a_kept_checkpoint_under_another_size_is_named(folder: dict[str, bytes]) -> None:
    folder[witness_path(4)] = folder[witness_path(3)]
    assert named(verify(folder)) == {(witness_path(4), None)}


def test_without_any_agreed_checkpoint_the_quorum_is_a_finding(log: Log) -> None:
    folder = {path: data for path, data in log.export().items() if not path.startswith("witness/")}
    folder[CHECKPOINT] = log.checkpoint(3000, [WITNESS_USA, NODE_IND])
    assert [item.code for item in verify(folder).findings] == ["quorum.not_reached"]
    folder[witness_path(256)] = log.files[witness_path(256)]
    report = verify(folder)
    assert (report.outcome, report.agreed_size) == (Outcome.ALTERED, 256)
    assert [item.code for item in report.findings] == ["quorum.tail_not_agreed"]
    assert report.cosigned_by.keys() >= {"authority-ind-ed", "authority-ind-pq"}
    assert WITNESS_IND not in report.cosigned_by


def test_a_tail_that_nobody_cosigned_is_not_called_verified() -> None:
    """Root on a node has the log's keys: a rewritten tail behind an old agreed checkpoint must not pass."""
    agreed = Log(USA)
    agreed.publish(5)  # the empty log, cosigned by everybody
    forged = Log(USA)
    forged.grow([leaf(index) for index in range(700)])
    forged.publish(1000)
    folder = {path: data for path, data in forged.export().items() if not path.startswith("witness/")}
    folder[CHECKPOINT] = forged.checkpoint(1000, [])
    folder[witness_path(0)] = agreed.export()[CHECKPOINT]
    assert verify(folder).outcome is Outcome.ALTERED


def test_an_entry_that_is_no_leaf_of_this_log_is_named() -> None:
    log = Log(USA)
    log.grow([leaf(0), b"free text about a person", leaf(2, IND)])
    log.publish(10)
    report = verify(log.export())
    assert {(item.code, item.entry) for item in report.findings} == {("leaf.form", 1), ("leaf.form", 2)}


def test_an_entry_dated_before_a_checkpoint_without_it_is_named_as_a_notice() -> None:
    """Said, and not called altered: a clock that was set back looks the same."""
    log = Log(USA)
    cosigned = int(datetime(2026, 11, 22, 15, 30, tzinfo=UTC).timestamp())
    log.grow([leaf(0)])
    log.publish(cosigned)
    later = leaf(1).replace(b"T14:01", b"T14:31")
    log.grow([later, leaf(2), b'{"type":"other","version":1}', leaf(29)])
    log.publish(cosigned + 60)
    report = verify(log.export())
    assert report.outcome is Outcome.VERIFIED
    found = [(item.code, item.file, item.entry) for item in report.notices]
    path = "tile/entries/000.p/5"
    assert found == [("entry.back_dated", path, 2), ("entry.back_dated", path, 4)]
    assert verify(log.export(), trusted=False).notices == []
