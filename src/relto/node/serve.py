"""The main function of each of a node's processes: check the settings, harden, serve.

The portal's process only supervises the one that answers, so what the others are made of is loaded by them alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from relto.base.errors import MalformedInput
from relto.node.checks import require_sound
from relto.node.hardening import harden_process
from relto.node.processes import NODE_PROCESSES
from relto.node.settings import NodeSettings, read_settings

FOLDER_VARIABLE = "RELTO_NODE_FOLDER"


def serve(root: Path, name: str) -> None:
    """Run one process of the node in `root` until it is told to stop. Raises Misconfigured, MalformedInput."""
    if name not in NODE_PROCESSES:
        raise MalformedInput("process", field="process", found=name, expected=" or ".join(NODE_PROCESSES))
    harden_process()
    settings = read_settings(root)
    require_sound(settings)
    if name == "portal":
        _serve_portal(settings)
        return
    from relto.node.behind_the_portal import serve_behind  # noqa: PLC0415  see the module's promise

    serve_behind(settings, name)


def _serve_portal(settings: NodeSettings) -> None:
    from relto.node.portal_server import serve_portal  # noqa: PLC0415  only the portal's process needs the server

    os.environ[FOLDER_VARIABLE] = str(settings.folder.root)
    serve_portal(settings)
