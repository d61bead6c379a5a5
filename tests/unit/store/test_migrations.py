"""The migrations make exactly the tables of the models, from nothing, and lose no row of a filled older release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from relto.store.row_security import WALLS

PROJECT = Path(__file__).resolve().parents[3]
SCRIPT = """
import django
django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from relto.store.fields import use_field_key
from relto.store.models import Account, Programme
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
use_field_key(b"k" * 32)
call_command("migrate", "store", "0001", verbosity=0)
Programme.objects.create(code="KEPT", title="a title", started_at=datetime(2026, 11, 22, tzinfo=UTC))
call_command("migrate", "store", "0018", verbosity=0)
executor = MigrationExecutor(connection)
old = executor.loader.project_state([("store", "0018_portal_looks")]).apps
day = datetime(2026, 11, 22, tzinfo=UTC)
for name, seen in (("new", None), ("used", day)):
    person = old.get_model("store", "Person").objects.create(id=f"prs_{name}", name=name)
    old.get_model("store", "Account").objects.create(username=name, person=person, password="a hash", last_login=seen)
call_command("migrate", verbosity=0)
assert Account.objects.get(username="new").first_password_until is not None
assert Account.objects.get(username="used").first_password_until is None
print(Programme.objects.get(code="KEPT").title)
"""


def test_no_migration_is_missing_and_data_goes_through_all_of_them() -> None:
    inherited = {name: value for name, value in os.environ.items() if name != "RELTO_TEST_POSTGRESQL"}
    environment = {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "tests.support.django_settings",
        "RELTO_TEST_WITHOUT_MIGRATIONS": "0",
        "PYTHONPATH": f"{PROJECT / 'src'}{os.pathsep}{PROJECT}",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "a title"


def test_a_database_filled_at_an_older_release_keeps_every_row_on_the_engine_of_this_run() -> None:
    """On SQLite in a database of its own in memory; on PostgreSQL in one beside the tests' own."""
    socket = os.environ.get("RELTO_TEST_POSTGRESQL", "")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.support.django_settings",
        "RELTO_TEST_WITHOUT_MIGRATIONS": "0",
        "PYTHONPATH": f"{PROJECT / 'src'}{os.pathsep}{PROJECT}",
    }
    command = [sys.executable, "-m", "tests.unit.store.filled_migrations"]
    with beside_the_tests_own(socket):
        done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["kept"], said["lost"]) == (said["tables"], [])
    assert said["walls"] == (sorted(f"store_{model}" for model in WALLS) if socket else [])


@contextmanager
def beside_the_tests_own(socket: str) -> Iterator[None]:
    """The database `relto` of the cluster, which the settings name and no other test uses."""
    if not socket:
        yield
        return
    with psycopg.connect(f"postgresql://relto@/postgres?host={socket}", autocommit=True) as server:
        server.execute("CREATE DATABASE relto")
        try:
            yield
        finally:
            server.execute("DROP DATABASE relto WITH (FORCE)")
