"""The portal's WSGI application: pages and REST API of one node, made when its server loads this module."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application

from relto.adapters.log_files import FolderLogFiles
from relto.node.hardening import harden_process
from relto.node.serve import FOLDER_VARIABLE
from relto.node.settings import read_settings
from relto.node.wiring import build_house, open_secrets, start_django
from relto.store.committer import GroupCommitter
from relto.web.shell import portal_settings


def _build() -> object:
    harden_process()
    settings = read_settings(Path(os.environ[FOLDER_VARIABLE]))
    secrets = open_secrets(settings)
    house = build_house(settings, secrets, GroupCommitter())
    shell = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal)
    more = {
        "RELTO_HOUSE": house,
        "RELTO_LOG_FILES": FolderLogFiles(settings.folder.ledger),
        "ROOT_URLCONF": "relto.node.urls",
    }
    start_django(settings, secrets, {**shell, **more})
    return get_wsgi_application()


application = _build()
