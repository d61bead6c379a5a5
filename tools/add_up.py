"""One closing line of several runs of pytest: the counts together, the longest time.

    python tools/add_up.py OUTPUT...

Each file's last line is pytest's own, such as "3 failed, 120 passed, 2 skipped in 12.3s (0:00:12)". Exits with 1 when a
file has none: then that run did not come to its end.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_COUNT = re.compile(r"(\d+) ([a-z]+)")
_TIME = re.compile(r" in ([0-9.]+)s")
_ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "warning", "errors", "error")


def add_up(lines: list[str]) -> str:
    """The closing line of all. Raises ValueError for a line that is none."""
    counts: dict[str, int] = {}
    longest = 0.0
    for line in lines:
        time = _TIME.search(line)
        found = _COUNT.findall(line.partition(" in ")[0])
        if time is None or not found:
            raise ValueError(line)
        longest = max(longest, float(time.group(1)))
        for count, word in found:
            counts[word] = counts.get(word, 0) + int(count)
    said = ", ".join(f"{counts[word]} {word}" for word in _ORDER if word in counts)
    return f"{said} in {longest:.2f}s"


def main() -> int:
    """Print it."""
    lines = [(Path(name).read_text("utf-8").splitlines() or [""])[-1] for name in sys.argv[1:]]
    try:
        print(add_up(lines))
    except ValueError as error:
        print(f"test: FAILED: a run did not come to its end: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
