"""A portal in one process, on a database file of its own, and how long its pages take: for what is measured at size."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from tests.unit.web.portal import Portal

_OK = 200


def portal_at_size(folder: Path) -> Portal:
    """A staffed node in `folder` with its portal; Django is set up here and not before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    import django  # noqa: PLC0415  set up here and not before

    django.setup()
    from django.conf import settings  # noqa: PLC0415  the same
    from django.core.management import call_command  # noqa: PLC0415  the same
    from django.db import connection  # noqa: PLC0415  the same

    connection.settings_dict["NAME"] = str(folder / "node.sqlite3")
    call_command("migrate", run_syncdb=True, verbosity=0)
    from relto.adapters.log_files import FolderLogFiles  # noqa: PLC0415  the same
    from tests.support.houses import USA  # noqa: PLC0415  the same
    from tests.unit.web.portal import open_portal  # noqa: PLC0415  the same

    portal = open_portal(folder, USA)
    settings.RELTO_HOUSE = portal.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(folder / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    return portal


def page_milliseconds(browser: Client, paths: Sequence[str], tries: int) -> dict[str, float]:
    """Path -> milliseconds, the median of so many. Raises AssertionError for a page that is not there."""
    found = {}
    for path in paths:
        times = []
        for _ in range(tries):
            started = time.perf_counter()
            answer = browser.get(path)
            times.append((time.perf_counter() - started) * 1000)
            if answer.status_code != _OK:
                raise AssertionError(path, answer.status_code)
        found[path] = round(sorted(times)[tries // 2], 1)
    return found
