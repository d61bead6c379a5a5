"""What holds on SQLite holds on PostgreSQL: the same tests of store, ledger and verbs, on a cluster of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.postgresql import MISSING, server_binaries, throw_away_cluster
from tests.support.vectors import PROJECT

SAME_TESTS = ("tests/unit/services_exchange", "tests/unit/services", "tests/unit/store")
ONLY_HERE = (
    "tests/unit/services_exchange/concurrent_writers.py",
    "tests/unit/services/concurrent_narrowing.py",
    "tests/unit/store/lost_connections.py",
    "tests/unit/store/second_wall.py",
    "tests/unit/store/shared_work.py",
)
# A file inside a folder that is named too would be dropped as a double, although its name keeps it out of the folder.
NOT_AGAIN = "not accept and not interop and not proves"
PLANS = "tests/unit/store/query_plans.py"  # a minute of loading
SERVICES = "tests/unit/services"
# Of the verbs those whose steps meet others'; the rest with RELTO_WHOLE_ON_POSTGRESQL=1 alone, as in `make accept`.
OFTEN = (
    "narrowing",
    "suspensions",
    "withdrawals",
    "registers",
    "alignment",
    "role_changes",
)
PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--keep-duplicates", "-m", NOT_AGAIN)
LONGEST_SECONDS = 900  # some 200 beside other tests


@pytest.mark.postgresql
@pytest.mark.skipif(server_binaries() is None, reason=MISSING)
def test_store_ledger_and_service_tests_pass_on_postgresql_too() -> None:
    folders = [folder for folder in SAME_TESTS if (PROJECT / folder).is_dir()]
    if os.environ.get("RELTO_WHOLE_ON_POSTGRESQL") == "1":
        folders.append(PLANS)
    else:
        folders.remove(SERVICES)
        folders += [f"{SERVICES}/test_{name}.py" for name in OFTEN]
    with throw_away_cluster(settings=("autovacuum=off",)) as socket:
        environment = {**os.environ, "RELTO_TEST_POSTGRESQL": str(socket), "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            [*PYTEST, *folders, *ONLY_HERE],
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
            env=environment,
            timeout=LONGEST_SECONDS,
        )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert "passed" in run.stdout
