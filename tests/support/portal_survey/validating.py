"""HTML by the Nu Html Checker (npm package vnu-jar), where Java and npm are; nothing is said where they are not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.portal_survey.walking import Page
from tests.support.vectors import PROJECT

_FOLDER = PROJECT / "build" / "vnu"
_JAR = _FOLDER / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
_PATIENCE_SECONDS = 600


def checker() -> Path | None:
    """The checker's jar, fetched once with the ordinary client; None without Java or npm."""
    if not shutil.which("java") or not shutil.which("npm"):
        return None
    if not _JAR.exists():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(_FOLDER), "vnu-jar"]
        subprocess.run(command, check=False, timeout=_PATIENCE_SECONDS)
    return _JAR if _JAR.exists() else None


def faults_of(pages: list[Page], folder: Path) -> list[dict[str, Any]]:
    """What the checker calls an error, once for each route and message."""
    jar = checker()
    if jar is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    named = {}
    for number, page in enumerate({(page.route, page.language): page for page in pages}.values()):
        file = folder / f"{number}.html"
        file.write_text(page.text, "utf-8")
        named[file.name] = page
    run = subprocess.run(
        ["java", "-jar", str(jar), "--format", "json", "--errors-only", "--skip-non-html", str(folder)],
        capture_output=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
    found = {}
    for one in json.loads(run.stderr or b'{"messages": []}')["messages"]:
        page = named[one["url"].rsplit("/", 1)[-1]]
        found[page.route, one["message"]] = {
            "route": page.route,
            "path": page.path,
            "message": one["message"],
            "extract": one.get("extract", "")[:200],
        }
    return list(found.values())
