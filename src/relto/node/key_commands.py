"""The operator's commands over the wrapping keys: list, make, retire, destroy; offline, with the node's own secrets.

After each change `party.json` lists the active keys, newest first: from it the authorities draft the next agreement
bundle, which is how a partner learns of a new key. A running key service needs no restart.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from relto.adapters.durable_files import OWNER_ONLY, storage, sync_folder
from relto.adapters.tls_groups import LinkGroups, offer_groups
from relto.base.canonical import Json, read_object
from relto.base.errors import ReltoError, Unreachable
from relto.node.party import party_record, read_party
from relto.node.quarantined import OpenedNode, opened_node
from relto.node.settings import NodeSettings
from relto.node.wiring import open_key_store

if TYPE_CHECKING:
    from relto.services.key_rotation import KeyUse


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The wrapping keys of a node; `token_answers`: None when no token is set."""

    keys: tuple[KeyUse, ...]
    token_answers: bool | None


def listed(root: Path) -> NodeKeys:
    """The node's wrapping keys, where each lives and what needs it. Raises Misconfigured."""
    node = opened_node(root)
    from relto.services.key_rotation import keys_in_use  # noqa: PLC0415  tables need a started Django

    return NodeKeys(tuple(keys_in_use(node.house, node.secrets)), _token_answers(node.settings))


def made(root: Path, algorithm: str, *, in_file: bool = False) -> str:
    """Make a key; its kid. Where a token is set and can hold it, there, unless `in_file`.

    Raises UnknownValue for an algorithm that is not in the table, Unreachable when the token does not answer.
    """
    node = acting(root)
    from relto.services.service_keys import create_service_keys  # noqa: PLC0415  tables need a started Django

    key_store = None if in_file else open_key_store(node.settings)
    (view,) = create_service_keys(node.house, node.secrets, wanted=[("wrapping", algorithm)], key_store=key_store)
    _write_party(node)
    return view.kid


def retired(root: Path, kid: str, *, at_once: bool = False) -> None:
    """See `services.key_rotation.retire_key`."""
    node = acting(root)
    from relto.services.key_rotation import retire_key  # noqa: PLC0415  tables need a started Django

    retire_key(node.house, kid, at_once=at_once)
    _write_party(node)


def destroyed(root: Path, kid: str, *, lose: bool = False) -> None:
    """See `services.key_rotation.destroy_key`."""
    node = acting(root)
    from relto.services.key_rotation import destroy_key  # noqa: PLC0415  tables need a started Django

    destroy_key(node.house, node.secrets, kid, key_store=open_key_store(node.settings), lose=lose)
    _write_party(node)


def link_groups() -> LinkGroups:
    """What the link's TLS offers on this machine."""
    import ssl  # noqa: PLC0415  only this answer needs it

    return offer_groups(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _token_answers(settings: NodeSettings) -> bool | None:
    key_store = open_key_store(settings)
    if key_store is None:
        return None
    try:
        key_store.require_answer()
    except ReltoError:
        return False
    return True


def acting(root: Path) -> OpenedNode:
    """The node, unless it is in quarantine: then it changes nothing. Raises Unreachable("quarantined")."""
    node = opened_node(root)
    from relto.services.quarantine import standing_view  # noqa: PLC0415  tables need a started Django

    if standing_view(node.house).quarantine:
        raise Unreachable("quarantined", field="node", expected="a node whose records agree with its witness")
    return node


def _write_party(node: OpenedNode) -> None:
    """List the active wrapping keys in party.json, which appears whole or stays as it was."""
    from relto.services.service_keys import service_keys  # noqa: PLC0415  tables need a started Django

    place = node.settings.folder.party_file
    record = read_object(place.read_bytes(), field="party record")
    record["service_keys"] = [
        dict[str, Json]({"kid": key.kid, "algorithm": key.algorithm, "pem": key.public_pem})
        for key in service_keys(purpose="wrapping")
    ]
    written = party_record(record)
    read_party(written)
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    with storage():
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
        sync_folder(place.parent)
