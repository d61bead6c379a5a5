from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.houses import IND, USA, Node, staffed_house, vouch
from tests.support.peer_simulator import Peer


@pytest.fixture
def usa(db: None, tmp_path: Path) -> Node:
    """The originator's node, at work."""
    return staffed_house(tmp_path, USA)


@pytest.fixture
def india() -> Peer:
    """India's node, in memory, talking to the USA's."""
    return Peer(IND, USA)


@pytest.fixture
def america() -> Peer:
    """The USA's node, in memory, talking to India's."""
    return Peer(USA, IND)


@pytest.fixture
def ind(db: None, tmp_path: Path, america: Peer) -> Node:
    """The recipient's node, at work; facility, engineer and colleague are vouched for to the USA."""
    node = staffed_house(tmp_path, IND, {USA: america})  # type: ignore[dict-item]
    vouch(node, USA, "engineer", "colleague")
    return node
