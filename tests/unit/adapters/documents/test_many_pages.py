"""A PDF of five hundred pages is checked within 20 seconds and 500 MB, child process and report together.

The seconds are those of the processor, so that what else the machine does decides nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.many_pages import write_many_pages
from tests.support.vectors import PROJECT

PAGES = 500
MAX_SECONDS = 20
MAX_MEGABYTES = 500
CHECKED = """
import json, resource, sys
from pathlib import Path
from tests.support.marked_documents import check_file
report = check_file(Path(sys.argv[1]))
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
seconds = sum(one.ru_utime + one.ru_stime for one in used)
# What getrusage says of this process begins with the peak of the one that started it.
own = next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
print(json.dumps({"seconds": seconds, "megabytes": (own + used[1].ru_maxrss) / 1024, **report.as_dict()}))
"""


def test_five_hundred_pages_are_checked_in_time_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    write_many_pages(path, PAGES)
    run = subprocess.run(
        [sys.executable, "-c", CHECKED, str(path)],
        cwd=PROJECT,
        env={"PYTHONPATH": f"{PROJECT / 'src'}:{PROJECT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    assert found["outcome"] == "clean"
    assert len(found["pages"]) == PAGES
    assert found["seconds"] < MAX_SECONDS
    assert found["megabytes"] < MAX_MEGABYTES
