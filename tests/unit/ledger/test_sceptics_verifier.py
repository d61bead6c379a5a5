"""The verifier that a sceptic reads in an hour says what relto's own says, over good and damaged exports alike."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from relto.base.canonical import canonical_bytes
from relto.ledger.checkpoint import Checkpoint, add_lines, signed_checkpoint
from relto.ledger.notes import Note, read_note
from relto.ledger.tiles import decode_entries, encode_entries, tile_path
from relto.ledger.verification import CHECKPOINT, witness_path
from tests.unit.ledger.sceptic import SCRIPT, load_script, relto_status, script_status, write_folder
from tests.unit.ledger.workshop import (
    IND,
    NODE_IND,
    NODE_USA,
    USA,
    WITNESS_IND,
    WITNESS_USA,
    Log,
    leaf,
    log_keys,
    policy_text,
)

Folder = dict[str, bytes]
SIZES = (2, 130, 259)
FLIPS_PER_FILE = 24
BUNDLE, LAST_BUNDLE = "tile/entries/000", "tile/entries/001.p/3"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script()


@pytest.fixture(scope="module")
def log() -> Log:
    made = Log(USA)
    for number, size in enumerate(SIZES):
        made.grow([leaf(index) for index in range(len(made.entries), size)])
        made.publish(1000 + number * 10)
    return made


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "trust.policy"
    path.write_bytes(policy_text())
    return path


class Both:
    """Asks both verifiers, and demands that they agree."""

    def __init__(self, script: ModuleType, trust: Path, place: Path) -> None:
        self.script, self.trust, self.place = script, trust, place

    def status(self, folder: Path, *, trusted: bool = True) -> int:
        trust = self.trust if trusted else None
        own, sceptic = relto_status(folder, trust), script_status(self.script, folder, trust)
        assert own == sceptic, f"relto says {own}, the script {sceptic}"
        return own

    def of(self, files: Folder, *, trusted: bool = True) -> int:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        return self.status(write_folder(self.place, files), trusted=trusted)


@pytest.fixture
def both(script: ModuleType, trust: Path, tmp_path: Path) -> Both:
    return Both(script, trust, tmp_path / "export")


def test_good_exports_get_the_same_answer(both: Both, log: Log) -> None:
    for files in (log.export(), dict(log.files)):  # as exported, and with the older partial tiles
        assert both.of(files) == 0
        assert both.of(files, trusted=False) == 3
    assert both.of(log.export() | {"notes.txt": b"by somebody"}) == 0
    empty = Log(USA)
    empty.publish(5)
    assert both.of(empty.export()) == 0


def test_a_large_tree_gets_the_same_answer(both: Both) -> None:
    """Two levels of tiles, and file numbers with more than three digits are built alike."""
    log = Log(USA)
    log.grow([leaf(index) for index in range(2100)])
    log.publish(5)
    assert both.of(log.export()) == 0
    for level, index, width in (("entries", 1_234_067, 256), ("0", 0, 7), ("2", 999, 256), ("1", 1000, 255)):
        expected = tile_path("entries" if level == "entries" else int(level), index, width)
        assert both.script.tile_name(level, index, width) == expected


@pytest.mark.parametrize("trusted", [True, False])
def test_any_single_flipped_bit_gets_the_same_answer(both: Both, log: Log, *, trusted: bool) -> None:
    chance = random.Random(11)  # noqa: S311  a seeded choice of bits to flip
    files = dict(log.files) if trusted else log.export()
    both.of(files, trusted=trusted)
    flipped = 0
    for name in sorted(files):
        whole = files[name]
        for _ in range(FLIPS_PER_FILE if trusted else FLIPS_PER_FILE // 4):
            damaged = bytearray(whole)
            damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            (both.place / name).write_bytes(damaged)
            status = both.status(both.place, trusted=trusted)
            # Without keys a changed signature line is just another stranger's.
            assert status == 10 or (not trusted and not name.startswith("tile/")), name
            flipped += 1
        (both.place / name).write_bytes(whole)
    assert flipped >= (300 if trusted else 50)


def _edit(files: Folder) -> Folder:
    return files | {BUNDLE: files[BUNDLE].replace(b"item:registered", b"item:deregister", 1)}


def _rewritten(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Folder], Folder]:
    """Somebody without keys changes the entries and makes all tiles anew."""

    def tamper(files: Folder) -> Folder:
        forged = Log(USA)
        forged.grow(change([*decode_entries(files[BUNDLE]), *decode_entries(files[LAST_BUNDLE])]))
        forged.publish(1)
        return forged.export() | {name: data for name, data in files.items() if not name.startswith("tile/")}

    return tamper


def _resigned(generation: str, cosigners: tuple[str, ...]) -> Callable[[Folder], Folder]:
    """Somebody with a set of log keys signs another history, with the cosigners that help."""

    def tamper(_: Folder) -> Folder:
        forged = Log(USA, generation=generation)
        forged.grow([leaf(index + 1) for index in range(259)])
        forged.publish(1000, cosigners)
        return forged.export()

    return tamper


def _truncated(files: Folder) -> Folder:
    return files | {CHECKPOINT: files[witness_path(130)]}


def _fork(files: Folder) -> Folder:
    fork = Log(USA)
    fork.grow([leaf(index if index < 100 else index + 1) for index in range(259)])
    fork.publish(2000, ())
    return fork.export() | {witness_path(130): files[witness_path(130)]}


def _without(name: str) -> Callable[[Folder], Folder]:
    return lambda files: {path: data for path, data in files.items() if path != name}


def _lines(keep: Callable[[int], bool]) -> Callable[[Folder], Folder]:
    """Some signature lines of the final checkpoint are taken away."""

    def tamper(files: Folder) -> Folder:
        note = read_note(files[CHECKPOINT])
        kept = Note(note.text, tuple(line for at, line in enumerate(note.signatures) if keep(at))).data
        return {name: kept if name in {CHECKPOINT, witness_path(259)} else data for name, data in files.items()}

    return tamper


def _forged_cosignature(files: Folder) -> Folder:
    """A cosigner's lines of another checkpoint are put under this one."""
    other = read_note(files[witness_path(130)]).signatures[-2:]
    forged = add_lines(files[CHECKPOINT], other)
    return files | {CHECKPOINT: forged, witness_path(259): forged}


def _own_cosigner_alone(files: Folder) -> Folder:
    forged = Log(USA)
    forged.grow([*decode_entries(files[BUNDLE]), *decode_entries(files[LAST_BUNDLE])])
    forged.publish(1000, (NODE_USA, WITNESS_USA, WITNESS_IND))
    return forged.export()


def _tail(files: Folder) -> Folder:
    longer = Log(USA)
    longer.grow([*decode_entries(files[BUNDLE]), *decode_entries(files[LAST_BUNDLE]), leaf(259)])
    longer.publish(1000, ())
    return longer.export() | {witness_path(259): files[witness_path(259)]}


def _stated(size: int) -> Callable[[Folder], Folder]:
    """The log itself signs a size for which it has no entries."""

    def tamper(files: Folder) -> Folder:
        keys = log_keys(USA)
        return files | {CHECKPOINT: signed_checkpoint(Checkpoint(USA, size, bytes(32)), keys, 5)}

    return tamper


TAMPERING: dict[str, tuple[Callable[[Folder], Folder], int]] = {
    "an entry edited": (_edit, 10),
    "an entry edited and all tiles made anew": (_rewritten(lambda all_: [leaf(9999), *all_[1:]]), 10),
    "an entry deleted": (_rewritten(lambda all_: all_[:100] + all_[101:]), 10),
    "an entry inserted": (_rewritten(lambda all_: [*all_[:100], leaf(9999), *all_[100:]]), 10),
    "two entries swapped": (_rewritten(lambda all_: [all_[1], all_[0], *all_[2:]]), 10),
    "the last entries cut off": (_rewritten(lambda all_: all_[:-3]), 10),
    "a bundle cut short": (lambda files: files | {BUNDLE: files[BUNDLE][:-1]}, 10),
    "a bundle with a byte behind it": (lambda files: files | {BUNDLE: files[BUNDLE] + b"x"}, 10),
    "a bundle of 257 entries": (lambda files: files | {BUNDLE: files[BUNDLE] + encode_entries([leaf(7)])}, 10),
    "two bundles swapped": (lambda files: files | {BUNDLE: files[LAST_BUNDLE]}, 10),
    "an older checkpoint over newer tiles": (_truncated, 10),
    "a fork beside a kept checkpoint": (_fork, 10),
    "signed again with other keys": (_resigned("forger", (NODE_IND, WITNESS_USA, WITNESS_IND)), 10),
    "signed again with the log's keys, cosigned by nobody": (_resigned("", ()), 10),
    "signed again, cosigned by the own authority": (_resigned("", (WITNESS_USA,)), 10),
    "a whole other history that everybody cosigned": (_resigned("", (NODE_IND, WITNESS_USA, WITNESS_IND)), 0),
    "a cosignature from another checkpoint": (_forged_cosignature, 10),
    "the own cosigner in the partner's place": (_own_cosigner_alone, 10),
    "a tail that nobody cosigned": (_tail, 10),
    "the log's post-quantum line taken away": (_lines(lambda at: at != 1), 10),
    "one of a cosigner's two lines taken away": (_lines(lambda at: at != 3), 10),
    "no cosignature left": (_lines(lambda at: at < 2), 10),
    "a stated size of the largest number": (_stated(2**63 - 1), 10),
    "a stated size of nothing": (_stated(0), 10),
    "the checkpoint deleted": (_without(CHECKPOINT), 10),
    "a bundle deleted": (_without(BUNDLE), 10),
    "a hash tile deleted": (_without("tile/1/000.p/1"), 10),
    "a kept checkpoint deleted": (_without(witness_path(130)), 0),
    "a kept checkpoint under another size": (
        lambda files: files | {witness_path(131): files[witness_path(130)]},
        10,
    ),
    "a tile beyond the tree": (lambda files: files | {"tile/0/002.p/1": bytes(32)}, 10),
    "a tile of a level that cannot be": (lambda files: files | {"tile/00/000": files["tile/0/000"]}, 10),
    "a tile's name of another spelling": (lambda files: files | {"tile/0/x000/000": files["tile/0/000"]}, 10),
    "an empty tile": (lambda files: files | {"tile/2/000.p/1": b""}, 10),
    "a witness file of another name": (lambda files: files | {"witness/130": files[witness_path(130)]}, 10),
    "a checkpoint that is no text": (lambda files: files | {CHECKPOINT: bytes(range(256))}, 10),
    "an empty checkpoint": (lambda files: files | {CHECKPOINT: b""}, 10),
    "a checkpoint of half a megabyte": (lambda files: files | {CHECKPOINT: files[CHECKPOINT] + b"x" * 2**19}, 10),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_each_kind_of_tampering_gets_the_same_answer(both: Both, log: Log, name: str) -> None:
    tamper, expected = TAMPERING[name]
    files = tamper(dict(log.export()))
    assert both.of(files) == expected
    both.of(files, trusted=False)


def _document(**members: object) -> bytes:
    return canonical_bytes(members)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (_document(type="relto/leaf", version=2, note="of a later relto"), 0),
        (_document(type="other/thing", version=1, names={"\u00e9": ["\u20ac", True, None, -5]}), 0),
        (_document(type="relto/leaf", version=1), 10),
        (_document(type="other/thing", version=0), 10),
        (_document(type="other/thing", version=True), 10),
        (_document(type="", version=1), 10),
        (_document(type=["relto"], version=1), 10),
        (_document(version=1), 10),
        (b'{"type":"other","version":1.0}', 10),
        (b'{"a":NaN,"type":"other","version":1}', 10),
        (b'{"a":9007199254740992,"type":"other","version":1}', 10),
        (b'{"a":-0,"type":"other","version":1}', 10),
        (b'{"version":1,"type":"other"}', 10),
        (b'{"type":"other","type":"other","version":1}', 10),
        (b'{"type":"other", "version":1}', 10),
        (b'["type","version"]', 10),
        (b"1", 10),
        (b"", 10),
        (b"free text about a person", 10),
        (b"\xff\xfe", 10),
        (b'"' + b"[" * 60_000, 10),
        (b"[" * 60_000, 10),
        (leaf(0, IND), 10),
        (leaf(0).replace(b"2026-11-22", b"2026-02-30"), 10),
        (leaf(0).replace(b"2026-11-22", b"1026-11-22"), 10),
        (leaf(0).replace(b"T14:", b"T24:"), 10),
        (leaf(0).replace(b'"links":{', b'"links":{"zz":"1",'), 10),
        (leaf(0).replace(b"usr_0", b"usr 0"), 10),
    ],
)
def test_what_a_log_may_hold_is_judged_alike(both: Both, entry: bytes, expected: int) -> None:
    log = Log(USA)
    log.grow([leaf(1), entry])
    log.publish(10)
    assert both.of(log.export()) == expected


VKEYS = [line.split()[-1].decode() for line in policy_text().splitlines() if line.startswith((b"log", b"witness"))]
LOG_KEY, COSIGNER_KEY = VKEYS[0], VKEYS[4]


@pytest.mark.parametrize(
    "text",
    [
        policy_text() + b"quorum agreed\n",
        policy_text().replace(b"quorum agreed", b"quorum none"),
        policy_text().replace(b"quorum agreed", b"quorum nobody"),
        policy_text().replace(b"quorum agreed", b"# quorum agreed"),
        policy_text().replace(b"group agreed all", b"group agreed any"),
        policy_text().replace(b"group agreed all", b"group agreed 2"),
        policy_text().replace(b"group agreed all", b"group agreed 4"),
        policy_text().replace(b"group agreed all", b"group agreed 03"),
        policy_text().replace(b" partner any", b"\tpartner\t any  "),
        policy_text().replace(b"group agreed", b"group partner"),
        policy_text().replace(b"group agreed", b"group none"),
        policy_text().replace(b"agreed all partner", b"agreed all node-usa"),
        policy_text().replace(b"partner any node-usa node-ind", b"partner any node-usa node-usa"),
        policy_text() + b"group empty all\n",
        policy_text() + f"log {LOG_KEY}\n".encode(),
        policy_text() + f"witness again {COSIGNER_KEY}\n".encode(),
        policy_text() + f"log {COSIGNER_KEY}\n".encode(),
        policy_text() + f"witness logs {LOG_KEY}\n".encode(),
        policy_text() + f"# a comment {LOG_KEY}\n\n".encode(),
        policy_text() + b"\r\n",
        policy_text() + b"something else\n",
        policy_text() + b"log\nwitness\nquorum\n",
        policy_text().replace(USA.encode(), IND.encode()),
        policy_text().replace(b"+", b"-"),
        policy_text("another generation"),
        b"".join(line for line in policy_text().splitlines(keepends=True) if not line.startswith(b"log")),
        b"quorum none\n",
        b"",
        b"#" * 2**20 + b"\nquorum none\n",
    ],
)
def test_trust_files_are_judged_alike(script: ModuleType, log: Log, tmp_path: Path, text: bytes) -> None:
    changed = tmp_path / "trust"
    changed.write_bytes(text)
    both = Both(script, changed, tmp_path / "export")
    assert both.of(log.export()) in {0, 2, 10}


def test_what_is_no_export_or_no_trust_file_is_malformed(both: Both, script: ModuleType, tmp_path: Path) -> None:
    assert both.status(tmp_path / "missing") == 2
    assert Both(script, tmp_path / "none", tmp_path / "export").of({}) == 2
    assert both.of({}) == 10


def test_a_link_in_the_folder_is_no_file(both: Both, log: Log, tmp_path: Path) -> None:
    both.of(log.export())
    outside = tmp_path / "outside"
    (both.place / CHECKPOINT).rename(outside)
    (both.place / CHECKPOINT).symlink_to(outside)
    assert both.status(both.place) == 10


def test_it_runs_alone_as_a_command(both: Both, log: Log) -> None:
    """With the standard library and `cryptography`: relto cannot be imported in that process."""
    both.of(_edit(log.export()))
    alone = (
        "import runpy, sys; sys.modules['relto'] = None; sys.argv = sys.argv[1:];"
        " runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-I", "-c", alone, str(SCRIPT), str(both.place), "--trust", str(both.trust)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (10, "")
    assert "checkpoint: the root of the entries is not that of the checkpoint" in ended.stdout
