"""What an operator sees and does of a node's standing from the command: offline, with the node's own secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from relto.adapters.sealed_keys import SecretsFolder
from relto.node.checks import require_sound
from relto.node.hardening import harden_process
from relto.node.settings import NodeSettings, read_settings
from relto.node.wiring import build_house, open_secrets, start_django
from relto.services.house import House
from relto.services.standing import Unguarded
from relto.store.committer import DirectCommitter

if TYPE_CHECKING:
    from relto.services.quarantine import StandingView


@dataclass(frozen=True, slots=True)
class OpenedNode:
    """A node's folder, opened by a command."""

    settings: NodeSettings
    secrets: SecretsFolder
    house: House


def opened_node(root: Path) -> OpenedNode:
    """Open a node's records without serving it. Raises Misconfigured."""
    harden_process()
    settings = read_settings(root)
    require_sound(settings)
    secrets = open_secrets(settings)
    start_django(settings, secrets)
    return OpenedNode(settings, secrets, build_house(settings, secrets, DirectCommitter(), Unguarded()))


def recorded_standing(root: Path) -> StandingView:
    """How the node's newest start stands by its records, for whoever is not one of its processes."""
    node = opened_node(root)
    from relto.services.quarantine import standing_view  # noqa: PLC0415  tables need a started Django
    from relto.store.queries.standing import newest_start  # noqa: PLC0415  likewise

    view, start = standing_view(node.house), newest_start()
    if not view.quarantine and (start is None or start.compared_at is None):
        return replace(view, state="not_compared")
    return view
