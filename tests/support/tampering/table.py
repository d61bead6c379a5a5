"""The table that the runs give: docs/reference/tampering.md."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.support.tampering.classes import CLASSES, Row, run_class

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "tampering.md"
_HEAD = """# Tampering, and who notices it

Written by `python -m tests.support.tampering`, and compared with a new run by the tests. Each row was really done to
the recorded story of two nodes: three checkpoints that everybody cosigned, with entries and receipted messages. The one
who tampers has the disk, the database and the log keys of one node, and nothing of the other side unless the row says
so.

"After" counts the checkpoints that the tampered node signs until somebody notices; 0 is at once. The offline verifiers
are `relto verify` and `verify/relto_verify.py`; both gave the same answer each time. Codes are findings, alarms in the
ledger, or errors. What nobody notices stands here too. The node's re-check is `relto node check-ledger`, which a
running node does by itself at its start and once a day; it needs no checkpoint to notice.
"""


_FOOT = """
## Why what is left goes unnoticed

* **An older export shown as the newest.** A verifier without a network knows what it is given. Whoever must know
  if there is more asks a witness, which tells its newest checkpoint of a log to anybody.
* **All that verifies is signed anew by the whole quorum.** When both nations' nodes and both witnesses sign another
  history, nobody is left who would contradict it, but for whoever kept an older checkpoint: keep exports elsewhere.
* **An entry that nobody has seen yet.** Before its first checkpoint, a second at most, an entry is what the node says
  it is. What was answered to the partner, decided or entered in the register names its entry, and is missed with it;
  an entry that nothing names is not.
* **What is in no leaf.** The company of an entry, and the number of a register line, are not part of what was signed:
  the re-check compares a line's direction and instant with its entry, and the numbers of a year with one another.
"""


def run_all() -> dict[str, list[Row]]:
    """Every class, on a story of its own."""
    found = {}
    for name in CLASSES:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = run_class(name, Path(folder))
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return re.sub(r"\b([a-z_]+(?:[.:][a-z_]+)+|[a-z]+(?:_[a-z]+)+)\b", r"`\1`", _cell(text))


def page(found: dict[str, list[Row]]) -> str:
    """The whole page."""
    lines = [_HEAD, "| class | what was done | noticed by | after | says |", "|---|---|---|---|---|"]
    for name, rows in found.items():
        for number, row in enumerate(rows):
            after = "" if row.after is None else str(row.after)
            cells = (name if number == 0 else "", _cell(row.done), _cell(row.by), after, _code(row.code))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n" + _FOOT
