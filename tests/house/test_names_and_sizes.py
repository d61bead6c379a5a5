from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.conftest import PROJECT, SOURCE, source_files, tree_of

LONGEST_FILE = 400
BANNED = {"manager", "helper", "helpers", "utils", "util", "common", "misc", "data2", "nsa"}
BANNED_WHOLE = {"process_thing"}


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


def _names_in(path: Path) -> list[str]:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in ast.walk(tree_of(path)) if isinstance(node, defined)]


def test_no_file_of_the_package_passes_400_lines() -> None:
    texts = [
        path
        for suffix in ("py", "html", "js", "cedar")
        for path in SOURCE.rglob(f"*.{suffix}")
        if "static" not in path.parts
    ]
    long = {
        str(path.relative_to(PROJECT)): lines
        for path in texts
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}, "two rooms in one?"


def test_names_say_what_a_thing_is() -> None:
    bad = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in source_files()
        for name in [path.stem, path.parent.name, *_names_in(path)]
        if _words(name) & BANNED or name in BANNED_WHOLE
    ]
    assert bad == []


def test_every_module_says_what_it_promises() -> None:
    silent = [str(path.relative_to(PROJECT)) for path in source_files() if not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    left = [str(path.relative_to(PROJECT)) for path in source_files() if mark.search(path.read_text("utf-8"))]
    assert left == []
