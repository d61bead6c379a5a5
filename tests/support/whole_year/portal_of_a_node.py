"""The portal of a node's folder in this process: its own settings, secrets, keys and tables, and nobody listening."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from relto.services.house import House


def open_portal_of(folder: Path) -> tuple[House, httpx.WSGITransport]:
    """Wire the portal as its process does, once in this process; the way to ask it."""
    from relto.adapters.log_files import FolderLogFiles  # noqa: PLC0415  one node in a process, chosen late
    from relto.node.settings import read_settings  # noqa: PLC0415  the same
    from relto.node.wiring import build_house, open_secrets, start_django  # noqa: PLC0415  the same
    from relto.services.standing import Unguarded  # noqa: PLC0415  the same
    from relto.store.committer import DirectCommitter  # noqa: PLC0415  the same
    from relto.web.shell import portal_settings  # noqa: PLC0415  the same

    settings = read_settings(folder)
    secrets = open_secrets(settings)
    house = build_house(settings, secrets, DirectCommitter(), Unguarded())
    more = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal)
    more |= {
        "RELTO_HOUSE": house,
        "RELTO_LOG_FILES": FolderLogFiles(settings.folder.ledger),
        "ROOT_URLCONF": "tests.support.portal_urls",
    }
    start_django(settings, secrets, more)
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415  Django is set up by then

    return house, httpx.WSGITransport(app=get_wsgi_application(), raise_app_exceptions=False)
