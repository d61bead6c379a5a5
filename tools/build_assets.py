"""Rebuild the committed style sheet and fonts of the pages, so that a bare machine needs no Node.

Reads tools/assets/ (Sass source, exact package versions with hashes); writes govuk.css, fonts.css, fonts/, the licences
of both, and built.json: the digest of every source and of every file written. A test compares both with what is
committed. Works in build/assets/ inside the project.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = PROJECT / "tools" / "assets"
WORKSHOP = PROJECT / "build" / "assets"
DESTINATION = PROJECT / "src" / "relto" / "web" / "static" / "relto"
FONTS = {"noto-sans": ("latin", "latin-ext"), "noto-sans-devanagari": ("devanagari",)}
WEIGHTS = (400, 700)
OLD_FORMATS = re.compile(r",\s*url\([^)]*\.woff\)\s*format\('woff'\)")


def digests(folder: Path, *, leave_out: str = "") -> dict[str, str]:
    """Hex SHA-256 of each file under `folder`, by its path there."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != leave_out
    }


def fetch_packages() -> Path:
    """Install the locked packages without running anything of theirs; returns their folder."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(
            "make assets needs Node with npm (Debian: apt-get install npm); demo and test use the committed files."
        )
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, WORKSHOP / name)
    environment = os.environ | {"npm_config_cache": str(WORKSHOP / "cache")}
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=WORKSHOP, env=environment, check=True)
    return WORKSHOP / "node_modules"


def build_style_sheet(packages: Path, destination: Path) -> None:
    """govuk.css: one compressed file that refers to no other."""
    sass = ["node", str(packages / "sass" / "sass.js"), "--no-source-map", "--style=compressed", "--quiet-deps"]
    target = destination / "govuk.css"
    subprocess.run([*sass, f"--load-path={packages}", f"{SOURCES / 'govuk.scss'}:{target}"], check=True)
    outside = re.findall(r"url\((?!['\"]?data:)[^)]*\)", target.read_text("utf-8"))
    if outside:
        sys.exit(f"govuk.css refers to files that are not shipped: {outside}")


def font_face(style_sheet: Path, name: str) -> str:
    """The rule of one script, with its range of characters, that names the WOFF2 file only."""
    found = re.search(rf"/\* {re.escape(name)} \*/\s*(@font-face \{{.*?\}})", style_sheet.read_text("utf-8"), re.DOTALL)
    if found is None:
        sys.exit(f"{style_sheet.name} names no {name}")
    return OLD_FORMATS.sub("", found[1]).replace("./files/", "fonts/")


def build_fonts(packages: Path, destination: Path) -> None:
    """fonts.css and the WOFF2 files that it names, by script and weight."""
    (destination / "fonts").mkdir(exist_ok=True)
    faces = []
    for family, scripts in FONTS.items():
        package = packages / "@fontsource" / family
        shutil.copy(package / "LICENSE", destination / "fonts" / f"LICENSE-{family}.txt")
        for script in scripts:
            for weight in WEIGHTS:
                name = f"{family}-{script}-{weight}-normal.woff2"
                shutil.copy(package / "files" / name, destination / "fonts" / name)
                faces.append(font_face(package / f"{weight}.css", f"{family}-{script}-{weight}-normal"))
    (destination / "fonts.css").write_text("\n".join(faces) + "\n", "utf-8")


def main() -> None:
    """Build everything and write down what it was built from."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--output", type=Path, default=DESTINATION, help="folder to write (default: the pages' static files)"
    )
    destination: Path = parser.parse_args().output
    packages = fetch_packages()
    destination.mkdir(parents=True, exist_ok=True)
    build_style_sheet(packages, destination)
    build_fonts(packages, destination)
    shutil.copy(SOURCES / "LICENSE-govuk-frontend.txt", destination / "LICENSE-govuk-frontend.txt")
    written = ["govuk.css", "fonts.css", "LICENSE-govuk-frontend.txt"]
    outputs = {
        name: digest for name, digest in digests(destination).items() if name in written or name.startswith("fonts/")
    }
    record = {"sources": digests(SOURCES), "outputs": outputs}
    (destination / "built.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{len(outputs)} files in {destination}")


if __name__ == "__main__":
    main()
