"""The offline verifier behind `relto verify FOLDER --trust FILE`: pure, without Django, network or clock.

A folder holds `checkpoint`, `tile/<L>/<N>[.p/W]`, `tile/entries/<N>[.p/W]` and `witness/<size, 20 digits>.checkpoint`
(cosigned checkpoints). Promises, with trust (a tlog-policy that came from elsewhere):

* every checkpoint is signed by the log's keys of each listed type; every line of a listed key is right;
* each kept checkpoint is a prefix of the final tree; the root is that of all entries, through all tiles;
* at least one checkpoint reached the quorum, in which the log's own cosigners do not count;
* every entry is a leaf of its documented form and of this log;
* what was altered is named by file and entry;
* an entry that says it was made more than an hour before cosigners signed a tree without it is named, as a notice: a
  clock that was set back looks the same as a lie.

Without trust the same is checked except signatures and quorum: the folder can then only be consistent with itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from relto.base.errors import MalformedInput, ReltoError
from relto.ledger.back_dating import back_dated
from relto.ledger.findings import Finding, KeyUse, Outcome, Report
from relto.ledger.folder_tree import FolderTree, examine_tree, held_size
from relto.ledger.notes import LARGEST_NOTE_BYTES, Note, SignatureLine, VerifierKey, read_note
from relto.ledger.quorum import RELTO_RULES, Policy, QuorumRules, Standing, evaluate
from relto.ledger.tiles import LARGEST_BUNDLE_BYTES, FileReader, tile_path, tile_width
from relto.ledger.tree_head import Checkpoint, read_checkpoint_text

__all__ = ["CHECKPOINT", "LARGEST_FILE_BYTES", "Finding", "Outcome", "Report", "verify_folder", "witness_path"]

CHECKPOINT = "checkpoint"
LARGEST_FILE_BYTES = max(LARGEST_BUNDLE_BYTES, LARGEST_NOTE_BYTES)
"""No file of a folder is larger; a reader may refuse (answer None) beyond."""
_WITNESS_DIGITS = 20
_WITNESS = re.compile(r"\Awitness/([0-9]{20})\.checkpoint\Z")
_SAME_ID_BYTES = 3


def witness_path(size: int) -> str:
    """Where the folder keeps the cosigned checkpoint of this size."""
    return f"witness/{size:0{_WITNESS_DIGITS}d}.checkpoint"


def verify_folder(
    read: FileReader, names: Iterable[str], trust: Policy | None, *, rules: QuorumRules = RELTO_RULES
) -> Report:
    """Verify a folder. `read` gives a file by its path, `names` are all paths in it (with `/`), `trust` pins the keys.

    Never raises for what the folder holds: everything wrong becomes a finding.
    """
    return _Verification(read, sorted(set(names)), trust, rules).run()


class _Verification:
    """One run over one folder."""

    def __init__(self, read: FileReader, names: list[str], trust: Policy | None, rules: QuorumRules) -> None:
        self._read = read
        self._names = names
        self._trust = trust
        self._rules = rules
        self._report = Report(authenticated=trust is not None)
        self._keys: dict[tuple[str, bytes], KeyUse] = {}
        self._agreed: list[Standing] = []
        self._cosigned_at: dict[int, int] = {}

    def run(self) -> Report:
        report = self._report
        final = self._checkpoint(CHECKPOINT)
        if final is not None:
            report.origin, report.size, report.root = final.origin, final.size, final.root
            self._examine(final, self._tree(final))
            if not report.findings:
                report.notices += back_dated(self._read, final.size, self._cosigned_at)
        self._quorum()
        report.keys = [self._keys[key] for key in sorted(self._keys)]
        for name in self._names:
            if name != CHECKPOINT and not name.startswith(("tile/", "witness/")):
                report.notices.append(Finding("file.not_checked", name))
        return report

    def _checkpoint(self, path: str) -> Checkpoint | None:
        """Read one checkpoint file and check its signatures; None when it cannot be read at all."""
        report = self._report
        data = self._read(path)
        if data is None:
            report.findings.append(Finding("checkpoint.missing", path))
            return None
        try:
            note = read_note(data)
            if note.data != data:
                raise MalformedInput("note.form", field="note")
            checkpoint = read_checkpoint_text(note.text)
        except ReltoError as error:
            report.findings.append(Finding("checkpoint.malformed", path, reason=error.full_code))
            return None
        report.checkpoints += 1
        self._signatures(path, note)
        return checkpoint

    def _signatures(self, path: str, note: Note) -> None:
        known: dict[tuple[str, bytes], VerifierKey] = {}
        if self._trust is not None:
            keys = (*(log.key for log in self._trust.logs), *self._trust.witness_keys)
            known = {(key.name, key.key_id): key for key in keys}
            try:
                standing = evaluate(self._trust, note, rules=self._rules)
            except ReltoError as error:
                self._report.findings.append(Finding("checkpoint.signature", path, reason=error.full_code))
            else:
                if standing.cosigned_by:
                    first = min(standing.cosigned_by.values())
                    size = standing.checkpoint.size
                    self._cosigned_at[size] = min(first, self._cosigned_at.get(size, first))
                if standing.reached:
                    self._agreed.append(standing)
        for line in note.signatures:
            key = known.get((line.name, line.key_id))
            fingerprint = key.fingerprint if key else None
            self._keys[line.name, line.key_id] = KeyUse(line.name, line.key_id.hex(), fingerprint)
            if key is None and known:
                if any(_almost(line, other) for other in known.values()):
                    self._report.findings.append(Finding("checkpoint.line_altered", path))
                else:
                    self._report.notices.append(Finding("checkpoint.unknown_key", path))

    def _tree(self, final: Checkpoint) -> FolderTree | None:
        tiles = [name for name in self._names if name.startswith("tile/")]
        held = held_size(tiles)
        if final.size > held:
            index = held // 256
            missing = tile_path("entries", index, tile_width(final.size, "entries", index))
            self._report.findings.append(Finding("tree.incomplete", missing, entry=held))
            return None
        return examine_tree(self._read, tiles, final.size, final.root, final.origin)

    def _examine(self, final: Checkpoint, tree: FolderTree | None) -> None:
        report = self._report
        if tree is not None:
            report.findings += tree.findings
            if not tree.root_holds and not any(item.file == CHECKPOINT for item in report.findings):
                report.findings.append(Finding("checkpoint.root", CHECKPOINT))
        for path in self._names:
            if not path.startswith("witness/"):
                continue
            named = _WITNESS.match(path)
            if not named:
                report.findings.append(Finding("witness.name", path))
                continue
            kept = self._checkpoint(path)
            if kept is None:
                continue
            if kept.origin != final.origin or kept.size != int(named[1]) or kept.size > final.size:
                report.findings.append(Finding("witness.other_checkpoint", path))
            elif tree is not None and tree.root_holds and kept.root != tree.root(kept.size):
                report.findings.append(Finding("witness.not_consistent", path))

    def _quorum(self) -> None:
        report = self._report
        if self._trust is None:
            return
        if not self._agreed:
            report.findings.append(Finding("quorum.not_reached", CHECKPOINT))
            return
        best = max(self._agreed, key=lambda standing: standing.checkpoint.size)
        report.agreed_size, report.cosigned_by = best.checkpoint.size, best.cosigned_by
        if report.size is not None and best.checkpoint.size < report.size:
            # Entries behind the agreed ones rest on the log's own word alone, which is what an inspector came to check.
            report.findings.append(Finding("quorum.tail_not_agreed", CHECKPOINT, entry=best.checkpoint.size))


def _almost(line: SignatureLine, key: VerifierKey) -> bool:
    """True when a line of no known key differs from one by a single damaged part.

    Its name, or one byte of its key id.
    """
    if line.key_id == key.key_id:
        return True
    same = sum(mine == theirs for mine, theirs in zip(line.key_id, key.key_id, strict=True))
    return line.name == key.name and same == _SAME_ID_BYTES
