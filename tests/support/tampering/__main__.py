"""Tamper with everything, and write the table."""

from __future__ import annotations

import os
import sys

import django


def main() -> int:
    """Write docs/reference/tampering.md."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    django.setup()
    from tests.support.tampering.table import PAGE, page, run_all  # noqa: PLC0415  its models need Django set up

    PAGE.write_text(page(run_all()), "utf-8")
    sys.stdout.write(f"{PAGE.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
