"""The page that names other people's software names the versions that are fetched. Runs with the ordinary tests."""

from __future__ import annotations

import json
import re

import pytest

from tests.interop.conftest import HERE
from tests.interop.matrix import ALL_CELLS, CASES, CLIENTS, REQUIRED
from tests.interop.matrix import PAGE as PAGE_OF_CELLS
from tests.interop.stock_clients import versions

MATRIX = PAGE_OF_CELLS.read_text("utf-8")
PAGE = (HERE.parents[1] / "docs" / "reference" / "interop.md").read_text("utf-8")


def pinned() -> dict[str, str]:
    """Package -> version, from the lock files."""
    needed = (HERE / "go" / "go.mod").read_text("utf-8")
    modules = dict(re.findall(r"^(?:require )?\s*(\S+/\S+) v(\S+)$", needed, re.MULTILINE))
    npm = json.loads((HERE / "npm" / "package-lock.json").read_text("utf-8"))["packages"]
    python: dict[str, str] = {}
    for name in ("otdf", "sigstore"):
        lock = (HERE / name / "requirements.lock").read_text("utf-8")
        python |= dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    return {
        "golang.org/x/mod/sumdb/note": modules["golang.org/x/mod"],
        "github.com/cloudflare/circl": modules["github.com/cloudflare/circl"],
        "@sigstore/verify": npm["node_modules/@sigstore/verify"]["version"],
        "sigstore-python": python["sigstore"],
        "otdf-python": python["otdf-python"],
        "github.com/opentdf/platform/sdk": versions()["go"],
        "io.opentdf.platform:sdk": versions()["java"],
    }


@pytest.mark.parametrize(("name", "version"), sorted(pinned().items()))
def test_the_page_names_the_version_that_is_fetched(name: str, version: str) -> None:
    assert [line for line in PAGE.splitlines() if name in line and version in line], f"{name} {version}"


@pytest.mark.parametrize("name", ["otdf", "sigstore"])
def test_what_is_fetched_from_python_is_pinned_by_hash(name: str) -> None:
    lock = (HERE / name / "requirements.lock").read_text("utf-8").replace("\\\n", " ").strip().splitlines()
    assert [line for line in lock if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert not any("://" in line for line in lock)


def test_the_matrix_was_written_by_a_run_with_these_versions_in_which_nothing_failed() -> None:
    for client, version in versions().items():
        assert f"| {CLIENTS[client]} | {version} |" in MATRIX, "run make interop again"
    assert all(f"| {title} | " in MATRIX for title in CASES.values())
    assert "FAILED**" not in MATRIX
    assert MATRIX.count("yes\\*") == len(REQUIRED)
    assert MATRIX.count("| yes") + MATRIX.count("| n/a") == len(ALL_CELLS)
