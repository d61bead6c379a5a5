"""For `make accept`: all tests of store, ledger and verbs on PostgreSQL, those that `make test` leaves out too."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.vectors import PROJECT

TESTS = "tests/unit/store_on_postgresql"


def main() -> int:
    """Run them; one JSON object with the closing line."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", "postgresql", TESTS],
        cwd=PROJECT,
        env={**os.environ, "RELTO_WHOLE_ON_POSTGRESQL": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stdout.strip().splitlines()
    told = run.stdout[-2000:] if run.returncode else ""
    sys.stdout.write(json.dumps({"closing_line": lines[-1] if lines else "", "failed": told}))
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
