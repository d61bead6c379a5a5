"""Every shipped scenario rehearsed by the command, scripted, with its report and paper; one of them under a draft too.

    python -m tests.support.rehearsals_at_size

Prints one line of JSON: of each scenario its steps, refusals, injects and times, and whether everything held: every
step as its scenario says, every inject mended, every report as its schema demands, every paper marked on each page,
the draft's differences found, no process and no folder left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import pypdf

from relto.alignment.rehearsals import rehearsed_from
from relto.base.json_schemas import JsonSchema
from relto.node.rehearsed_rules import with_limits
from relto.rehearsal.scenario_reading import shipped

MARKING: Final = "MARKINGS ARE FOR TRAINING PURPOSES ONLY"
DRAFTED: Final = "change_of_law"
_ABOUT: Final = "ale_" + "a" * 24
_STRICTER: Final = "assurance_status_max_age=5 hour"
_ENVIRONMENT: Final = dict(os.environ)
"""Of the command: what a draft is made with here is not its."""
_SCHEMA: Final = Path(__file__).parents[2] / "src" / "relto" / "rehearsal" / "report.schema.json"


def rehearse(folder: Path, *words: str) -> tuple[int, float]:
    """The command as an operator gives it; its exit status and how long it took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "relto.cli", "rehearse", *words, "--headless", "--folder", str(folder / "nodes")]
    with (folder / "said.log").open("ab") as said:
        code = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, env=_ENVIRONMENT, check=False).returncode
    return code, round(time.monotonic() - began, 1)


def told(folder: Path, code: str) -> dict[str, Any]:
    """What the report of a scenario says, counted; whether it and its paper are as they should be."""
    file = (folder / f"{code}.json").read_bytes()
    report = json.loads(file)
    schema = JsonSchema(json.loads(_SCHEMA.read_bytes()))
    run = report["runs"]["in_force"]
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(folder / f"{code}.pdf").pages]
    return {
        **report["counts"]["in_force"],
        "days": max(step["hour"] for step in run["steps"]) // 24,
        "refusing_rules": sorted({rule for step in run["steps"] for rule in step["rules"]}),
        "hours_until_mended": {one["code"]: one["hours"] for one in run["injects"]},
        "seconds": round((run["preparation_ms"] + sum(step["ms"] for step in run["steps"])) / 1000, 1),
        "holds": bool(
            schema.fits(report)
            and not report["counts"]["in_force"]["errors"]
            and not report["counts"]["in_force"]["undone"]
            and all(one["mended"] for one in run["injects"])
            and all(MARKING in page for page in pages)
        ),
    }


def bundles() -> tuple[bytes, bytes]:
    """An agreement of the two nations, and a draft that asks for a word of the last five hours instead of a day's."""
    import django  # noqa: PLC0415  whoever imports this module needs none of it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    django.setup()
    from tests.support.houses import START, drafted  # noqa: PLC0415  tables need a started Django

    return drafted(1, START), with_limits(drafted(2, START), [_STRICTER])


def under_a_draft(folder: Path) -> dict[str, Any]:
    """One scenario under a draft that asks for a fresher word: what is delayed, and that it can be attached."""
    before, draft, report = (folder / name for name in ("current.bundle", "draft.bundle", "draft.json"))
    for place, file in zip((before, draft), bundles(), strict=True):
        place.write_bytes(file)
    rules = ("--in-force", str(before), "--proposed", str(draft))
    code, seconds = rehearse(folder, DRAFTED, *rules, "--report", str(report))
    found = json.loads(report.read_bytes())
    said = rehearsed_from(_ABOUT, report.read_bytes())
    delayed = [one["step"] for one in found["differences"] if one["kind"] == "delayed"]
    return {
        "exit": code,
        "seconds": seconds,
        "differences": found["counts"]["differences"],
        "holds": code == 0
        and delayed == ["open_midday"]
        and said.differences.delayed == len(found["differences"]) == 1,
    }


def main() -> int:
    """Rehearse everything; 1 when something did not hold."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        code, seconds = rehearse(folder, "--all", "--report", place, "--paper", place)
        scenarios = {one: told(folder, one) for one in shipped() if (folder / f"{one}.json").exists()}
        drafted_one = under_a_draft(folder)
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        left = str(folder / "nodes") in listed or (folder / "nodes").exists()
        said = (folder / "said.log").read_text("utf-8").splitlines()[-40:]
    holds = (
        code == 0
        and len(scenarios) == len(shipped()) >= 8
        and all(one["holds"] for one in scenarios.values())
        and drafted_one["holds"]
        and not left
    )
    written = {
        "scenarios": scenarios,
        "under_a_draft": drafted_one,
        "exit": code,
        "seconds": seconds,
        "left_behind": left,
        "holds": holds,
        **({} if holds else {"said": said}),
    }
    sys.stdout.write(json.dumps(written) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
