"""`python -m tests.support.whole_year FOLDER`: every page of both nodes' portals beside a year of data of every kind.

The demo is played in the folder and its nodes end; one of each kind is left in their tables. Each nation's portal is
asked in a process of its own, as each of its people, first as the demo left it, then with the rows of a year. Printed
as JSON: the slowest and heaviest pages, and those that ask the tables more often the more there is. Exit status 1 for
a page of more than 200 ms or 300 KB, or one that asks more than 20 times oftener beside a year than before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.support.vectors import PROJECT

PAGE_MILLISECONDS: Final = 200.0
LARGEST_PAGE: Final = 300 * 1024
MOST_GROWTH: Final = 20
_NATIONS: Final = ("usa", "ind")
_TOLD: Final = 15


def main() -> int:
    """Play, fill, measure, judge; or measure one node, as the process that does so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=PROJECT / "build" / "whole-year")
    parser.add_argument("--node", choices=_NATIONS, help="measure this node alone, of a demo that was played already")
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall", help="what a page's time is")
    parser.add_argument("--tries", type=int, default=3)
    asked = parser.parse_args()
    if asked.node:
        sys.stdout.write(json.dumps(_measured(asked.folder, asked.node, asked.tries)) + "\n")
        return 0
    _play(asked.folder)
    found = {nation: _of(asked.folder, nation, asked.tries) for nation in _NATIONS}
    told = _judged(found, f"{asked.clock}_ms")
    sys.stdout.write(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return 0 if told["holds"] else 1


def _play(folder: Path) -> None:
    code = (
        "import os, sys, django; from pathlib import Path\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.support.django_settings'); django.setup()\n"
        "from tests.support.portal_survey.filling import fill; from tests.support.portal_survey.stage import played\n"
        "with played(Path(sys.argv[1])) as stage: fill(stage.profiles)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, cwd=PROJECT, stdout=sys.stderr)


def _of(folder: Path, nation: str, tries: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.support.whole_year", str(folder), "--node", nation, "--tries", str(tries)]
    run = subprocess.run(words, check=True, cwd=PROJECT, capture_output=True, text=True)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def _measured(folder: Path, nation: str, tries: int) -> dict[str, Any]:
    from tests.support.whole_year.portal_of_a_node import open_portal_of  # noqa: PLC0415  after the demo has ended

    house, transport = open_portal_of(folder / "demo" / nation / "node")
    from tests.support.whole_year import measuring  # noqa: PLC0415  Django is set up by then
    from tests.support.whole_year.multiplying import multiply  # noqa: PLC0415  the same

    everybody = list(measuring.people(transport, nation.upper()))
    before = [asdict(one) for person in everybody for one in measuring.measure(person, "en", 1)]
    rows = multiply(house.now())
    year = [asdict(one) for person in everybody for one in measuring.measure(person, "en", tries)]
    return {"rows": rows, "before": before, "year": year}


def _judged(found: dict[str, dict[str, Any]], clock: str) -> dict[str, Any]:
    pages = [one for nation in found.values() for one in nation["year"]]
    small: dict[tuple[str, str], int] = {}
    for nation in found.values():
        for one in nation["before"]:
            place = one["who"], one["route"]
            small[place] = max(small.get(place, 0), one["queries"])
    growth = [
        {**one, "before": small[one["who"], one["route"]]} for one in pages if (one["who"], one["route"]) in small
    ]
    growing = [one for one in growth if one["queries"] - one["before"] > MOST_GROWTH]
    slow = [one for one in pages if one[clock] > PAGE_MILLISECONDS]
    heavy = [one for one in pages if one["bytes"] > LARGEST_PAGE]
    return {
        "holds": bool(pages) and not (slow or heavy or growing),
        "pages": len(pages),
        "routes": len({one["route"] for one in pages}),
        "rows": {nation: one["rows"] for nation, one in found.items()},
        "slow": len(slow),
        "heavy": len(heavy),
        "growing": len(growing),
        "slowest": sorted(pages, key=lambda one: -one[clock])[:_TOLD],
        "heaviest": sorted(pages, key=lambda one: -one["bytes"])[:_TOLD],
        "most_growth": sorted(growth, key=lambda one: one["before"] - one["queries"])[:_TOLD],
    }


if __name__ == "__main__":
    sys.exit(main())
