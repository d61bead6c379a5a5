"""What every house test reads: the project's folder, its tracked files, and its Python files as trees."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "src" / "relto"
WRITTEN_BY_OTHERS = {"LICENSE"}


def tracked_files() -> list[Path]:
    """Files that git would hold: tracked, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout (or git is missing): install git and clone the project")
    return [PROJECT / name for name in listed.stdout.decode().split("\0") if name and (PROJECT / name).is_file()]


def source_files() -> list[Path]:
    """Python files of the package that people write (migrations are generated)."""
    return sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    return tracked_files()
