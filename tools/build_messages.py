"""Rebuild the message catalogues of the pages: extract from code and templates, merge, compile.

Extraction needs GNU gettext (Django's makemessages calls it); compiling does not. The compiled .mo files are committed,
and a test compares each with its .po file, so that a translated word without a rebuild is noticed. With --compile only
the second half runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PROJECT = Path(__file__).resolve().parents[1]
ROOM = PROJECT / "src" / "relto" / "web"
LANGUAGES = ("en", "hi")


def extract() -> None:
    """Merge what code and templates say now into each language's .po file."""
    if shutil.which("xgettext") is None:
        sys.exit(
            "make messages needs GNU gettext to extract (Debian: apt-get install gettext); --compile works without."
        )
    environment = os.environ | {"PYTHONPATH": f"{PROJECT / 'src'}{os.pathsep}{PROJECT}"}
    languages = [f"--locale={language}" for language in LANGUAGES]
    command = [sys.executable, "-m", "django", "makemessages", *languages, "--no-obsolete", "--add-location=file"]
    (ROOM / "locale").mkdir(exist_ok=True)
    subprocess.run(command, cwd=ROOM, env=environment, check=True)


def compile_catalogues() -> int:
    """Write each .mo beside its .po; returns how many."""
    sources = sorted((ROOM / "locale").glob("*/LC_MESSAGES/*.po"))
    for source in sources:
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(text, locale=source.parent.parent.name))
    return len(sources)


def main() -> None:
    """Extract unless told not to, then compile."""
    parser = argparse.ArgumentParser(description="Rebuild the message catalogues of the pages.")
    parser.add_argument("--compile", action="store_true", help="compile only")
    if not parser.parse_args().compile:
        extract()
    print(f"{compile_catalogues()} catalogues compiled under {ROOM / 'locale'}")


if __name__ == "__main__":
    main()
