"""`python -m tests.support.portal_survey FOLDER`: survey two running nodes, print what was found as JSON.

Exit status 1 when a link or a form ends in a fault, a link of a page leads nowhere, axe finds anything, a page weighs
more than 300 KB with its parts, HTML does not validate (where Java and npm are), or the API answers with a fault.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from pathlib import Path

import django

from tests.support.vectors import PROJECT


def main() -> int:
    """Survey, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=PROJECT / "build" / "portal-survey")
    parser.add_argument("--pictures", default="", help="a folder for a picture of each page in each language")
    parser.add_argument("--examples", type=int, default=10, help="API requests of each operation, mode and person")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--without", nargs="*", default=[], choices=["browser", "api", "forms", "html"])
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    django.setup()
    from tests.support.portal_survey import survey  # noqa: PLC0415  Django is set up first

    found = survey.survey(
        chosen.folder,
        pictures=chosen.pictures,
        examples=chosen.examples,
        number=chosen.seed,
        without=frozenset(chosen.without),
    )
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return 0 if found["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
