"""The portal's WSGI application: pages and REST API of one node, made when its server loads this module.

The server loads it in a process of its own, which ends with the server's main process, even when that one is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.conf import settings as running
from django.core.wsgi import get_wsgi_application

from relto.adapters.log_files import FolderLogFiles
from relto.node.hardening import end_with_parent, harden_process
from relto.node.measures import measured_files
from relto.node.portal_server import shared_proofs
from relto.node.reading_settings import readings_of
from relto.node.serve import FOLDER_VARIABLE
from relto.node.settings import read_settings
from relto.node.sign_in_settings import client_certificates, identity_provider
from relto.node.starts import SETTLING_SECONDS
from relto.node.telemetry import begin_watching
from relto.node.wiring import build_house, open_secrets, served_standing, start_django
from relto.web.logs import logging_settings
from relto.web.shell import SignInLimits, portal_settings
from relto.web.watched import RouteForWatchers, routes


def _build() -> object:
    server = multiprocessing.parent_process()
    if server is not None and server.pid is not None:
        end_with_parent(server.pid, signal.SIGKILL)
    harden_process()
    settings = read_settings(Path(os.environ[FOLDER_VARIABLE]))
    secrets = open_secrets(settings)
    standing = served_standing(settings)
    watching = begin_watching(settings, "portal")
    house = watching.house(build_house(settings, secrets, watching.committer(), standing))
    shared = shared_proofs()
    if shared is not None:
        house = replace(house, proofs=house.proofs.together(shared))
    limits = SignInLimits(settings.sign_in.idle, settings.sign_in.longest, settings.sign_in.step_up)
    shell = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal, limits=limits)
    more = {
        "RELTO_HOUSE": house,
        "RELTO_TOKEN_DAYS": settings.sign_in.token_days,
        "RELTO_EMERGENCY_HOURS": settings.sign_in.emergency_hours,
        "RELTO_FORWARDED_BY": settings.sign_in.forwarded_by,
        "RELTO_CLIENT_CERTIFICATES": client_certificates(settings.sign_in.certificates),
        "RELTO_IDENTITY_PROVIDER": identity_provider(settings.sign_in.openid, training=settings.kind == "training"),
        "RELTO_LOG_FILES": FolderLogFiles(settings.folder.ledger),
        "RELTO_NODE_FILES": partial(measured_files, settings),
        "ROOT_URLCONF": "relto.node.urls",
    }
    if watching.telemetry is not None:
        more["MIDDLEWARE"] = [f"{RouteForWatchers.__module__}.{RouteForWatchers.__qualname__}", *shell["MIDDLEWARE"]]
    start_django(settings, secrets, {**shell, **more, "LOGGING": logging_settings(settings.telemetry.log_form)})
    watching.count_lines()
    # The reading room reads the register, so it is made when the store is there.
    running.RELTO_READINGS = readings_of(settings.reading_room)
    application = get_wsgi_application()
    standing.wait_until_settled(SETTLING_SECONDS)
    return watching.door("portal", application, routes() if watching.telemetry is not None else ())


application = _build()
