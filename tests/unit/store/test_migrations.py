"""The migrations make exactly the tables of the models, from nothing, with data that stays readable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
