"""What an operator sees and does of a node's standing from the command: offline, with the node's own secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from relto.adapters.log_files import FolderLogFiles
from relto.adapters.sealed_keys import SecretsFolder
from relto.base.errors import MalformedInput
from relto.ledger.tiles import FileReader
from relto.ledger.verification import CHECKPOINT, LARGEST_FILE_BYTES
from relto.node.checks import require_sound
from relto.node.hardening import harden_process
from relto.node.keys import log_keys
from relto.node.settings import NodeSettings, read_settings
from relto.node.starts import nobody_serves
from relto.node.wiring import build_house, open_secrets, partner_links, start_django
from relto.services.house import House
from relto.services.standing import Unguarded
from relto.store.committer import DirectCommitter

if TYPE_CHECKING:
    from relto.services.quarantine import StandingView
    from relto.services.recovery import Recovery


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


def recover_node(root: Path, export: Path | None) -> Recovery:
    """Recover the stopped node in `root` from a newer export of its ledger and from its partners.

    Raises Conflict("node_running" or "no_quarantine"), MalformedInput for a folder that is no export.
    """
    if export is not None and not (export / CHECKPOINT).is_file():
        raise MalformedInput("no_folder", field="ledger", found=export.name, expected="a folder with a ledger export")
    node = opened_node(root)
    from relto.node.work import others_view  # noqa: PLC0415  tables need a started Django
    from relto.services.message_kinds import HANDLERS  # noqa: PLC0415  likewise
    from relto.services.recovery import recover  # noqa: PLC0415  likewise

    with nobody_serves(node.settings.folder.locks):
        links = partner_links(node.settings, node.secrets)
        others = others_view(node.settings, log_keys(node.secrets, node.settings), links)
        files = FolderLogFiles(node.settings.folder.ledger)
        reader = _reader(export) if export is not None else None
        return recover(node.house, others, files, reader, HANDLERS, by=node.settings.nation)


def _reader(export: Path) -> FileReader:
    """The files of an export, bounded; links out of the folder are not followed."""

    def read(name: str) -> bytes | None:
        place = export / name
        if not place.is_file() or place.is_symlink() or place.stat().st_size > LARGEST_FILE_BYTES:
            return None
        return place.read_bytes()

    return read
