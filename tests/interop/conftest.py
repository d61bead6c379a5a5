"""Other people's software, by package name with ordinary clients, each in its own scratch folder under build/interop.

What cannot be had is skipped, and the skip says what to install. What can be had must pass.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SCRATCH = HERE.parents[1] / "build" / "interop"
_PIP = ["--disable-pip-version-check", "--no-cache-dir", "--no-input", "--only-binary", ":all:"]
_BRIEFLY = ["--retries", "1", "--timeout", "15"]


def run(
    command: Sequence[str | Path],
    *,
    given: str | None = None,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        input=given,
        cwd=folder,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _fetch(command: Sequence[str | Path], what: str, folder: Path | None = None, **environment: str) -> None:
    """Ask a package client; when it cannot fetch, the asking tests are skipped by name."""
    done = run(command, folder=folder, environment={"GOTOOLCHAIN": "local", **environment})
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        pytest.skip(f"{what} could not be fetched: {said[-1] if said else 'no reason given'}")


def _demand_tool(name: str, package: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed (Debian: apt-get install {package})")
    return found


def _python_with(name: str, what: str) -> Path:
    """The interpreter of a scratch environment with exactly what `name`/requirements.lock pins.

    Nothing is compiled from source, nothing written outside the project, and no time lost where there is no network.
    """
    lock = HERE / name / "requirements.lock"
    folder = SCRATCH / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    whole = folder / "whole"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _fetch([sys.executable, "-m", "venv", folder], f"a scratch environment for {what}")
        (folder / "tmp").mkdir()
        _fetch(
            [python, "-m", "pip", "install", "--quiet", *_PIP, *_BRIEFLY, "--require-hashes", "-r", lock],
            f"{what} from PyPI",
            TMPDIR=str(folder / "tmp"),
        )
        shutil.rmtree(folder / "tmp")
        whole.touch()
    return python


@pytest.fixture(scope="session")
def otdf_python() -> Path:
    """An interpreter with otdf-python."""
    return _python_with("otdf", "otdf-python")


@pytest.fixture(scope="session")
def sigstore_python() -> Path:
    """An interpreter with sigstore-python."""
    return _python_with("sigstore", "sigstore-python")


@pytest.fixture(scope="session")
def go_verifier() -> Path:
    """The Go program of tests/interop/go, built here."""
    go = _demand_tool("go", "golang-go")
    _fetch([go, "mod", "download"], "golang.org/x/mod and circl (Go modules; Go 1.25 or later)", HERE / "go")
    program = SCRATCH / "go-verifier"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    built = run(
        [go, "build", "-mod=readonly", "-o", program, "."], folder=HERE / "go", environment={"GOTOOLCHAIN": "local"}
    )
    assert built.returncode == 0, built.stderr
    return program


@pytest.fixture(scope="session")
def sigstore_node() -> list[str | Path]:
    """The command that checks proofs with npm's @sigstore/verify."""
    node, npm = _demand_tool("node", "nodejs"), _demand_tool("npm", "npm")
    folder = SCRATCH / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / "npm" / name, folder / name)
    if not (folder / "node_modules" / "@sigstore" / "verify").is_dir():
        _fetch([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], "npm @sigstore/verify", folder)
    return [node, HERE / "npm" / "proofs.cjs", folder]
