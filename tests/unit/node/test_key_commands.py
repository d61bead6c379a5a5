"""The operator rotates the keys of a real node by command: files, token, party record, and what the check tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.ledger.notes import KeyType, NoteKey
from relto.node.authority_key import make_authority_key, public_file
from tests.support.soft_token import soft_token

STRONGEST = "hpqt:secp384r1-mlkem1024"


def relto(*arguments: str, status: int = 0) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "relto.cli", "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout if status == 0 else done.stderr)


@pytest.fixture
def node(tmp_path: Path) -> Path:
    authority = tmp_path / "authority.key"
    make_authority_key(authority, Nation("USA"))
    vkeys = [
        NoteKey.from_seed("witness.example", kind, bytes([number]) * 32).vkey
        for number, kind in enumerate((KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE))
    ]
    folder = tmp_path / "node"
    relto(
        "node",
        "init",
        str(folder),
        "--nation=USA",
        "--host=usa.localhost",
        "--kind=training",
        "--base-port=27700",
        f"--authority={public_file(authority)}",
        "--witness-name=witness.example",
        "--witness-url=http://127.0.0.1:27790",
        *(f"--witness-vkey={vkey}" for vkey in vkeys),
    )
    return folder


def test_a_node_s_keys_are_made_and_retired_by_command_and_the_check_tells_where_they_live(
    node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_party() -> dict[str, str]:
        listed = json.loads((node / "party.json").read_text())["service_keys"]
        return {key["kid"]: key["algorithm"] for key in listed}

    assert set(in_party().values()) == {"rsa:2048", "ec:secp256r1", STRONGEST}
    (old,) = (kid for kid, algorithm in in_party().items() if algorithm == STRONGEST)
    soft = soft_token(tmp_path / "hsm", monkeypatch)
    settings = node / "node.toml"
    settings.write_text(f'key_store = "{soft.setting}"\n' + settings.read_text())
    new = relto("node", "keys", "make", str(node), STRONGEST)["kid"]
    curve = relto("node", "keys", "make", str(node), "ec:secp384r1")["kid"]
    relto("node", "keys", "retire", str(node), old)
    assert {new, curve} <= set(in_party())
    assert old not in in_party()
    assert (node / "party.json").stat().st_mode & 0o077 == 0
    assert relto("node", "keys", "retire", str(node), new, status=8)["code"] == "conflict.key_needed"
    told = subprocess.run(
        [sys.executable, "-m", "relto.cli", "node", "check", str(node)], capture_output=True, text=True, check=True
    ).stdout
    assert "key exchange" in told
    lines = {line.split()[0]: line for line in told.splitlines() if line.startswith("usa-")}
    assert "token" in lines[curve]
    assert "sealed file" in lines[new]
    assert "retired" in lines[old]
    soft.vanish()
    assert relto("node", "keys", "make", str(node), "rsa:2048", status=6)["code"] == "unreachable.key_store"
