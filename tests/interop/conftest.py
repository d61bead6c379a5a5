"""Other people's software, by package name with ordinary clients, each in its own scratch folder under build/interop.

What cannot be had is skipped, and the skip says what to install. What can be had must pass.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop.matrix import PAGE, Cell, Matrix, Result

HERE = Path(__file__).resolve().parent
SCRATCH = HERE.parents[1] / "build" / "interop"
_PIP = ["--disable-pip-version-check", "--no-cache-dir", "--no-input", "--only-binary", ":all:"]
_BRIEFLY = ["--retries", "1", "--timeout", "15"]
_MATRIX: pytest.StashKey[Matrix] = pytest.StashKey()
_CELL: pytest.StashKey[tuple[Cell, Result]] = pytest.StashKey()


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


def run_program(*arguments: str | Path) -> None:
    """Call this project's own command, which must succeed."""
    done = run([sys.executable, "-m", "relto.cli", *arguments])
    assert done.returncode == 0, done.stderr


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


def _built_with_go(package: str) -> Path:
    go = _demand_tool("go", "golang-go")
    folder = HERE / "otdf_go"
    _fetch([go, "mod", "download"], "the OpenTDF platform's SDK (Go modules; Go 1.25 or later)", folder)
    program = SCRATCH / f"otdf-{package}"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    built = run(
        [go, "build", "-mod=readonly", "-o", program, f"./{package}"],
        folder=folder,
        environment={"GOTOOLCHAIN": "local"},
    )
    assert built.returncode == 0, built.stderr
    return program


@pytest.fixture(scope="session")
def otdf_go() -> Path:
    """The command over the platform's Go SDK, built here."""
    return _built_with_go("client")


@pytest.fixture(scope="session")
def otdf_java() -> Path:
    """A folder with the compiled Java driver and what it needs, below target/."""
    maven = _demand_tool("mvn", "maven")
    _demand_tool("javac", "openjdk-17-jdk-headless")
    source = HERE / "otdf_java"
    files = [source / "pom.xml", *sorted(source.glob("src/**/*.java"))]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = SCRATCH / f"otdf-java-{digest[:12]}"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        libraries = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=target/lib"]
        _fetch([maven, "-B", "-q", "compile", *libraries], "the OpenTDF platform's Java SDK (Maven)", folder)
        (folder / "whole").touch()
    return folder


@contextmanager
def _front(*options: str) -> Iterator[str]:
    program = _built_with_go("grpc_front")
    with subprocess.Popen([program, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.stdin.close()
        running.wait(timeout=10)


@pytest.fixture(scope="session")
def grpc_front() -> Iterator[str]:
    """Where clients who know only gRPC reach the nodes: host:port."""
    with _front() as address:
        yield address


@pytest.fixture(scope="session")
def grpc_front_without_proofs() -> Iterator[str]:
    """The same, taking the client's proof of possession from each call."""
    with _front("-drop-proofs") as address:
        yield address


@pytest.fixture
def result(request: pytest.FixtureRequest) -> Result:
    """The cell of the matrix that this test is: it is parametrised with `cell`, and may say what it saw."""
    made = Result("failed")
    request.node.stash[_CELL] = (request.node.callspec.params["cell"], made)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Enter the outcome of a cell in the matrix of this run."""
    report = yield
    found = item.stash.get(_CELL, None)
    if found is not None and call.when == "call":
        cell, made = found
        if not report.skipped:
            if made.outcome != "not applicable" or report.failed:
                made.outcome = report.outcome
            item.config.stash.setdefault(_MATRIX, Matrix()).results[cell] = made
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the page when every cell ran; say which did not."""
    matrix = config.stash.get(_MATRIX, None)
    if matrix is None:
        return
    from tests.interop.stock_clients import versions  # noqa: PLC0415  it imports from here

    if matrix.missing:
        terminalreporter.write_line(f"{PAGE.name} is left as it is: {len(matrix.missing)} cells did not run")
        return
    PAGE.write_text(matrix.page(versions()), "utf-8")
    terminalreporter.write_line(f"{PAGE.name} is written: {len(matrix.results)} cells")


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
