"""For `make accept`: builds the S3 server, then runs over it the laws of blobs, the full-size runs, and the verbs.

The verbs are the tests of what seals, sends, receives, opens, carries and recovers: in them every house keeps its
ciphertext in the server instead of in files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from tests.support.blobs_of_tests import VARIABLE
from tests.support.s3_server import VERSION, built_server, running_server
from tests.support.vectors import PROJECT

LAWS = (
    "tests/unit/adapters/test_blob_laws.py",
    "tests/unit/adapters/test_s3_blobs.py",
    "tests/unit/adapters/test_s3_at_size.py",
    "tests/unit/node/test_blob_settings.py",
    "tests/unit/node/test_backup_over_s3.py",
)
VERBS = ("tests/unit/services_exchange", "tests/unit/services_kas", "tests/unit/link")


def main() -> int:
    """Run them; one JSON object with the closing lines."""
    binary = built_server()
    begun = time.monotonic()
    laws, failed_laws = _run([*LAWS, "-m", "accept or not accept"], {})
    with running_server(binary) as server:
        place = server.place("")
        said = f"{place.endpoint} {place.bucket} {place.credentials_file}"
        verbs, failed_verbs = _run([*VERBS, "-m", "not accept and not interop"], {VARIABLE: said})
        objects = len(server.store(place).listed("").objects)
    told = {
        "server": f"versitygw {VERSION}",
        "laws": laws,
        "verbs": verbs,
        "objects_left_by_the_verbs": objects,
        "seconds": round(time.monotonic() - begun),
        "failed": failed_laws + failed_verbs,
    }
    sys.stdout.write(json.dumps(told))
    return 1 if told["failed"] else 0


def _run(arguments: list[str], more: dict[str, str]) -> tuple[str, str]:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *arguments],
        cwd=PROJECT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stdout.strip().splitlines()
    return lines[-1] if lines else "", (run.stdout + run.stderr)[-3000:] if run.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
