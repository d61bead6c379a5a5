"""The operator's commands about the ledger of a node's folder: check it whole, make its files anew. Offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from relto.adapters.log_files import FolderLogFiles
from relto.ledger.notes import read_vkey
from relto.node.keys import log_keys
from relto.node.party import read_cosigners
from relto.node.quarantined import OpenedNode, opened_node
from relto.node.starts import nobody_serves

if TYPE_CHECKING:
    from relto.services.ledger_check import LedgerCheck
    from relto.services.rebuilt_log import Rebuilt


def check_ledger(root: Path, tell: Callable[[int, int], None]) -> LedgerCheck:
    """Check the ledger of the node in `root`, which may run meanwhile; what was found is kept for its portal.

    `tell` is given (entries looked at, entries in all). The running node itself enters the finding in its ledger: this
    command signs and enters nothing. Raises Misconfigured, Unreachable.
    """
    node = opened_node(root)
    from relto.services.ledger_alarm import note_check  # noqa: PLC0415  tables need a started Django

    check = ledger_check(node)
    for looked_at in check.run():
        tell(looked_at, check.size)
    note_check(node.house, check, enters=False)
    return check


def ledger_check(node: OpenedNode) -> LedgerCheck:
    """A re-check of this node's ledger, not yet begun."""
    from relto.services.ledger_check import LedgerCheck as Check  # noqa: PLC0415  likewise

    keys = tuple(key.verifier for key in log_keys(node.secrets, node.settings).both())
    files = FolderLogFiles(node.settings.folder.ledger)
    return Check(node.settings.ledger_origin, files, keys, node.house.node_key.public)


def rebuild_log_files(root: Path) -> Rebuilt:
    """Make the log's files of the stopped node anew from its database.

    Raises Conflict("node_running" or "not_cosigned"), NotVerified("log.root").
    """
    node = opened_node(root)
    from relto.services.rebuilt_log import rebuild_log  # noqa: PLC0415  likewise

    with nobody_serves(node.settings.folder.locks):
        keys = tuple(key.verifier for key in log_keys(node.secrets, node.settings).both())
        own = read_cosigners(node.settings.folder.party_file.read_bytes())
        witness = tuple(read_vkey(vkey) for vkey in own.witness_vkeys)
        return rebuild_log(node.house, FolderLogFiles(node.settings.folder.ledger), keys, witness)
