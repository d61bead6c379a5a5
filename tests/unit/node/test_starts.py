"""A start is that of the whole node: whoever comes while another process lives joins it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relto.adapters.system import SystemEntropy
from relto.base.errors import Conflict
from relto.node import starts
from relto.node.starts import join_start, nobody_serves

_PROCESS = """
import sys, pathlib
from relto.adapters.system import SystemEntropy
from relto.node.starts import join_start
print(join_start(pathlib.Path(sys.argv[1]), SystemEntropy()), flush=True)
sys.stdin.read()
"""


def process(locks: Path) -> tuple[subprocess.Popen[str], str]:
    made = subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(locks)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert made.stdout is not None
    return made, made.stdout.readline().strip()


def test_a_killed_process_joins_again_and_a_whole_node_starts_anew(tmp_path: Path) -> None:
    first, begun = process(tmp_path)
    second, joined = process(tmp_path)
    assert begun == joined
    assert begun.startswith("sta_")
    first.kill()
    first.communicate()
    third, again = process(tmp_path)
    assert again == begun
    with pytest.raises(Conflict, match="node_running"), nobody_serves(tmp_path):
        pass
    # An older copy brings back an older id; while a process lives that changes nothing for the locks.
    for one in (second, third):
        one.kill()
        one.communicate()
    (tmp_path / "start").write_text(begun)
    with nobody_serves(tmp_path):
        pass
    fourth, anew = process(tmp_path)
    fourth.kill()
    fourth.communicate()
    assert anew != begun


def test_in_one_process_too(tmp_path: Path) -> None:
    assert join_start(tmp_path, SystemEntropy()) == join_start(tmp_path, SystemEntropy())
    while starts._held:
        starts._held.pop().close()
