"""Every long test of the packaging, for `make accept`: prints what each took and came to, as JSON.

    python -m tests.support.packaging_tried

The release built twice, its wheel installed in an empty environment, the wheels of both machines, the page for Debian
by its own commands, systemd and Ansible and their linters, and the upgrade of two nodes with data.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from lxml import etree

PROJECT = Path(__file__).resolve().parents[2]


def tried() -> tuple[bool, dict[str, object]]:
    """Whether all held, and each test's outcome and seconds (the fixtures' own among those of the first that asks)."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        words = ["-q", "-p", "no:cacheprovider", "-m", "accept or not accept", f"--junit-xml={report}"]
        words += [f"--basetemp={place}/tests", "tests/packaging"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if not report.exists():
            return False, {"said": done.stdout[-600:] + done.stderr[-600:]}
        tests = etree.parse(str(report)).iter("testcase")
        facts: dict[str, object] = {}
        for one in tests:
            told = [etree.QName(child).localname for child in one]
            outcome = next((name for name in told if name in {"failure", "error", "skipped"}), "held")
            facts[str(one.get("name"))] = {"outcome": outcome, "seconds": round(float(one.get("time") or 0), 1)}
    return done.returncode == 0, {"tests": facts, "closing_line": done.stdout.strip().splitlines()[-1]}


if __name__ == "__main__":
    held, found = tried()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if held else 1)
