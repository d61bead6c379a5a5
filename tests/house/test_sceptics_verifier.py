from __future__ import annotations

import ast
import re
import sys

from tests.house.conftest import PROJECT, tree_of

SCRIPT = PROJECT / "verify" / "relto_verify.py"


def test_a_sceptic_reads_it_in_an_hour() -> None:
    lines = SCRIPT.read_text("utf-8").splitlines()
    assert len(lines) < 300
    assert max(map(len, lines)) <= 120
    functions = [node for node in ast.walk(tree_of(SCRIPT)) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if not ast.get_docstring(node)] == []


def test_it_stands_on_the_standard_library_and_cryptography() -> None:
    roots = set()
    for node in ast.walk(tree_of(SCRIPT)):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            roots.add((node.module or "").partition(".")[0])
    assert roots - set(sys.stdlib_module_names) == {"cryptography"}
    text = SCRIPT.read_text("utf-8")
    assert not re.search(r"__import__|importlib|\bexec\(|\beval\(|subprocess|socket|urllib", text)
