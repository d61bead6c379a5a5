"""A node on PostgreSQL is backed up from one snapshot, verified without a server, restored into an empty database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgresql import MISSING, USER, server_binaries, throw_away_cluster
from tests.unit.node import tables_story

pytestmark = [pytest.mark.accept, pytest.mark.skipif(server_binaries() is None, reason=MISSING)]
WORKING = "relto_app"


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    import psycopg  # noqa: PLC0415  only where PostgreSQL is

    with throw_away_cluster() as socket:
        with psycopg.connect(host=str(socket), user=USER, dbname="postgres", autocommit=True) as maker:
            maker.execute(f"CREATE ROLE {WORKING} LOGIN")
            for name in ("first", "second", "third", "fourth"):
                maker.execute(f"CREATE DATABASE {name}")
        yield socket


def relto(*words: str) -> tuple[int, dict[str, Any], str]:
    run = subprocess.run(
        [sys.executable, "-m", "relto.cli", "--json", "node", *words], capture_output=True, check=False
    )
    return run.returncode, json.loads(run.stdout or b"{}"), run.stderr.decode()


def address(server: Path, name: str) -> list[str]:
    return [f"--database=postgresql://{WORKING}@/{name}?host={server}", f"--database-owner={USER}"]


def told(step: str, root: Path) -> dict[str, Any]:
    words = [sys.executable, "-m", tables_story.__name__, step, str(root)]
    here = Path(__file__).resolve().parents[3]
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=here)
    assert run.returncode == 0, run.stderr[-3000:]
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_a_database_is_copied_and_filled_whole_or_not_at_all(server: Path, tmp_path: Path) -> None:
    os.environ.pop("PGPASSFILE", None)
    root = tables_story.make_node(tmp_path, address(server, "first"))
    before = told("use", root)
    backup, secret = tmp_path / "backup", root / "secrets" / "master.secret"
    made = relto("backup", str(root), "--to", str(backup))
    assert (made[0], made[1]["missing"], made[1]["size"]) == (0, [], before["size"]), made[2]
    names = {place.name for place in (backup / "files" / "data" / "postgresql").iterdir()}
    assert {"tables.json", "store_item.copy", "django_migrations.copy", "mfa_authenticator.copy"} <= names
    code, verified, said = relto("verify", str(backup), "--master-secret", str(secret))
    assert (code, verified["counts"], verified["release"], verified["payloads"]) == (0, {}, "tables", 1), said
    assert (verified["entries"], verified["root"]) == (before["size"], before["root"])

    told("go on", root)  # it lives, and does what is in no backup
    given = ["--from", str(backup), "--master-secret", str(secret)]
    restored = tmp_path / "restored"
    for more, refusal in (
        ([], "misconfigured.restore_database"),
        (address(server, "first"), "conflict.database_in_use"),
        (address(server, "no_such"), "unreachable.database"),
        (["--database=mysql://x@y/z"], "misconfigured.database"),
        (["--database-owner=relto"], "misconfigured.database_owner"),
    ):
        code, _, said = relto("restore", str(restored), *given, *more)
        assert (code != 0, refusal in said, restored.exists()) == (True, True, False), said
    code, _, said = relto("restore", str(restored), *given, *address(server, "second"))
    assert code == 0, said
    assert not (restored / "data" / "postgresql").exists()
    after = told("look", restored)
    assert after["quarantine"] == ["restored_from_backup"]
    assert {name: after[name] for name in before} == before  # every row of every table
    assert after["wall"]  # the role of the processes owns nothing, and row-level security stands before it
    code, verified, said = relto("verify", str(restored))
    assert (code, verified["root"], verified["release"]) == (0, before["root"], "this"), (verified, said)
    code, _, said = relto("restore", str(tmp_path / "again"), *given, *address(server, "second"))
    assert "conflict.database_in_use" in said


def test_tables_that_are_not_as_listed_or_of_a_newer_release_leave_the_database_empty(
    server: Path, tmp_path: Path
) -> None:
    root = tables_story.make_node(tmp_path, address(server, "third"))
    told("use", root)
    said = told("wrong copies", root)
    assert said == {
        "a row less": "not_verified.backup_damaged",
        "a row that leads nowhere": "not_verified.backup_damaged",
        "a table of nobody": "not_verified.backup_damaged",
        "a newer release": "conflict.database_newer",
        "empty again": True,
        "an older release": "brought forward, the same root",
    }
