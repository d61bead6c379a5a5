from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.conftest import PROJECT, SOURCE, source_files, tree_of

PURE_ROOMS = ("base", "labels", "signing", "sealing", "ledger", "exchange", "rules", "procedures", "alignment", "ports")
READS_THE_CLOCK = {"now", "utcnow", "today", "fromtimestamp"}
TOUCHES_THE_WORLD = {"open", "input", "print", "exec", "eval", "breakpoint"}
MAKES_RANDOMNESS = {"urandom", "uuid1", "uuid4", "getrandbits", "token_bytes", "token_hex"}


def test_a_room_imports_only_from_the_floors_below_it() -> None:
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_pure_room_is_named_in_the_contract_of_purity() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(PROJECT / ".importlinter", encoding="utf-8")
    rooms = {f"relto.{room}" for room in PURE_ROOMS if (SOURCE / room / "__init__.py").exists()}
    named = set(contracts["importlinter:contract:pure"]["source_modules"].split())
    assert rooms <= named


def _impure_calls(path: Path) -> list[str]:
    found = []
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in TOUCHES_THE_WORLD | MAKES_RANDOMNESS:
                found.append(f"{path.relative_to(PROJECT)}:{node.lineno} {name}()")
            case ast.Attribute(attr=name, value=ast.Name(id=owner)) if name in MAKES_RANDOMNESS or (
                name in READS_THE_CLOCK
                and owner in {"datetime", "date", "Instant"}
                and not (node.args and name == "fromtimestamp")
            ):
                found.append(f"{path.relative_to(PROJECT)}:{node.lineno} {owner}.{name}()")
    return found


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_time_randomness_and_files_are_arguments_of_pure_code(room: str) -> None:
    calls = [call for path in source_files() if SOURCE / room in path.parents for call in _impure_calls(path)]
    assert calls == []


@pytest.mark.parametrize("module", ["relto.client.node", "relto.client.verification", "relto.cli.verify"])
def test_verifying_and_the_client_work_where_django_is_not_installed(module: str) -> None:
    hide = "import sys; sys.modules.update(dict.fromkeys(('django', 'ninja', 'allauth', 'granian', 'cheroot')))"
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    command = [sys.executable, "-c", f"{hide}; import {module}"]
    imported = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert imported.returncode == 0, imported.stderr


def test_each_room_has_its_sentence_in_the_architecture_page() -> None:
    page = (PROJECT / "docs" / "explanation" / "architecture.md").read_text("utf-8")
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    described = set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE))
    assert rooms <= described, f"no sentence for {sorted(rooms - described)}"
