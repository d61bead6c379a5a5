"""The release of this very commit: same bytes, sound metadata, wheels for both machines, works where installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import time
import venv
from pathlib import Path

import pytest

from relto import __version__
from tests.house.conftest import PROJECT
from tests.packaging.conftest import Installation, SignedRelease
from tools.dependencies import MACHINES, fetch_wheels, parts, read_lock
from tools.release import build, missing_assets, sha256

pytestmark = pytest.mark.accept
_WITHOUT_DJANGO = "import sys; sys.modules['django'] = None; "


def test_the_sdist_builds_the_very_wheel_again(released: SignedRelease, tmp_path: Path) -> None:
    source = released.source
    with tarfile.open(released.file(".tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    made = build(tmp_path / f"relto-{__version__}", tmp_path / "out", source, {"LC_ALL": "C"})
    assert sha256(made[released.file(".whl").name]) == sha256(released.file(".whl"))
    assert missing_assets(released.file(".whl"), source) == []
    for wanted in ("deploy/systemd/relto.target", "tests/unit", "docs/index.md", "requirements/runtime.lock"):
        assert (tmp_path / f"relto-{__version__}" / wanted).exists()


def test_an_index_would_take_wheel_and_sdist(released: SignedRelease, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "twine", "check-wheel-contents"], check=True)
    files = [str(released.file(".whl")), str(released.file(".tar.gz"))]
    checked = subprocess.run([python, "-m", "twine", "check", "--strict", *files], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout.decode()
    # W002: some modules are empty, so the same. W004: Django's migrations begin with a number.
    words = [str(tmp_path / "venv" / "bin" / "check-wheel-contents"), "--ignore", "W002,W004", files[0]]
    contents = subprocess.run(words, capture_output=True, check=False)
    assert contents.returncode == 0, contents.stdout.decode()


def test_the_list_of_parts_has_each_locked_line_with_licence_and_hashes(released: SignedRelease) -> None:
    text = released.file(".cdx.json").read_text("utf-8")
    made = json.loads(text)
    found = {(one["name"], one["version"]): one for one in made["components"]}
    assert sorted(found) == sorted((one.name, one.version) for one in read_lock())
    for one in read_lock():
        part = found[one.name, one.version]
        assert part["licenses"]
        assert {entry["content"] for entry in part["externalReferences"][0]["hashes"]} == set(one.sha256)
    assert parts(__version__, made["metadata"]["component"]["description"]) == text
    assert "://" not in json.dumps(made["components"])


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("lock", ["runtime.lock", "dev.lock"])
def test_each_locked_dependency_is_to_be_had_as_a_wheel(machine: str, lock: str, tmp_path: Path) -> None:
    assert sys.version_info[:2] == (3, 11), "the wheels asked for are those of CPython 3.11"
    path = PROJECT / "requirements" / lock
    found = {file.name.split("-")[0].lower().replace("_", "-") for file in fetch_wheels(path, tmp_path, machine)}
    assert {one.name for one in read_lock(path) if not one.marker} <= {name.replace(".", "-") for name in found}


def test_what_is_installed_speaks_verifies_and_carries_the_client_where_django_is_not(
    installed: Installation, tmp_path: Path
) -> None:
    assert installed.run("relto", "--version", cwd=tmp_path).strip().endswith(__version__)
    where = installed.run("python", "-c", "import relto; print(relto.__file__)", cwd=tmp_path)
    assert str(installed.environment) in where
    words = f"{_WITHOUT_DJANGO}import relto.client; print(relto.client.__name__)"
    assert installed.run("python", "-c", words, cwd=tmp_path).strip() == "relto.client"


def test_the_demo_plays_to_its_end_from_the_wheel_and_its_ledger_verifies(
    installed: Installation, tmp_path: Path
) -> None:
    begun = time.monotonic()
    installed.run("relto", "demo", "--headless", "--report", "demo.json", cwd=tmp_path, seconds=400)
    steps = json.loads((tmp_path / "demo.json").read_text("utf-8"))["steps"]
    assert steps
    verify = f"{_WITHOUT_DJANGO}sys.argv[0] = 'relto'; from relto.cli.main import run; run()"
    words = ["verify", "demo/ledger-ind", "--trust", "demo/trust.policy"]
    installed.run("python", "-c", verify, *words, cwd=tmp_path)
    sys.stderr.write(f"the demo from the wheel: {time.monotonic() - begun:.0f} s, {len(steps)} steps\n")
    shutil.rmtree(tmp_path / "demo")


def test_the_demo_plays_where_no_memory_may_be_writable_and_executable(installed: Installation, tmp_path: Path) -> None:
    """What MemoryDenyWriteExecute= asks of the kernel (prctl(2), PR_SET_MDWE), for all processes of both nodes."""
    words = "import ctypes, os, sys; done = ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)\n"
    words += "done and sys.exit(77)\nos.execv(sys.argv[1], sys.argv[1:])"
    relto = str(installed.environment / "bin" / "relto")
    done = subprocess.run(
        [sys.executable, "-c", words, relto, "demo", "--headless", "--report", "demo.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    if done.returncode == 77:
        pytest.skip("this kernel has no PR_SET_MDWE (Linux 6.3)")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
