"""What the long tests share: a signed release of the present commit, the wheels of its lock, and an installation."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.conftest import PROJECT
from tools.dependencies import MACHINES, fetch_wheels
from tools.release import NAMESPACE, Source, release

WHO = "releases@relto.example"


@dataclass(frozen=True)
class SignedRelease:
    """A release of HEAD, as it was when the tests began, under a key that signs nothing else."""

    source: Source
    folder: Path
    allowed: Path
    key: Path

    def file(self, ending: str) -> Path:
        """The one file of that ending."""
        (found,) = self.folder.glob(f"*{ending}")
        return found


@dataclass(frozen=True)
class Installation:
    """An environment that holds the locked dependencies and relto's wheel; it knows nothing of this checkout."""

    environment: Path

    def run(self, *words: str, cwd: Path, seconds: float = 240.0, expect: int = 0, **more: str) -> str:
        """A command of the environment, from a folder elsewhere; its output. Asserts the exit status."""
        done = subprocess.run(
            [str(self.environment / "bin" / words[0]), *words[1:]],
            cwd=cwd,
            env=clean_environment(self.environment) | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert done.returncode == expect, (
            f"{words[:4]}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
        return done.stdout


def clean_environment(environment: Path) -> dict[str, str]:
    """PATH, HOME and language alone: nothing of the project, nothing of this environment's Python."""
    return {
        "PATH": f"{environment / 'bin'}{os.pathsep}/usr/sbin{os.pathsep}/usr/bin{os.pathsep}/sbin{os.pathsep}/bin",
        "HOME": str(environment.parent),
        "LC_ALL": "C.UTF-8",
    }


def install(environment: Path, wheelhouse: Path, lock: Path, wheel: Path) -> Installation:
    """A new environment with exactly the lock and the wheel, without network."""
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    locked = ["--find-links", str(wheelhouse), "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
    for words in ([*pip, *locked], [*pip, "--no-deps", str(wheel)]):
        subprocess.run(words, check=True, env=clean_environment(environment), cwd=environment)
    return Installation(environment)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packaging")


@pytest.fixture(scope="session")
def released(place: Path) -> SignedRelease:
    """Built twice and compared, as `make release` does."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen (Debian: apt-get install openssh-client)")
    key = place / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    allowed = place / "allowed_signers"
    allowed.write_text(f'{WHO} namespaces="{NAMESPACE}" {(place / "key.pub").read_text("utf-8")}', "utf-8")
    source = Source.of("HEAD")
    return SignedRelease(source, release(source, place / "release", who=WHO, key=key), allowed, key)


@pytest.fixture(scope="session")
def wheelhouse(place: Path) -> Path:
    """Every wheel of the runtime lock for this machine."""
    if platform.machine() not in MACHINES:
        pytest.skip(f"no wheels are promised for {platform.machine()}")
    folder = place / "wheels"
    assert list(fetch_wheels(PROJECT / "requirements" / "runtime.lock", folder, platform.machine()))
    return folder


@pytest.fixture(scope="session")
def installed(place: Path, released: SignedRelease, wheelhouse: Path) -> Installation:
    return install(place / "installed" / "venv", wheelhouse, released.file(".requirements.lock"), released.file(".whl"))
