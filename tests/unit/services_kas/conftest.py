from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.services_kas.node import Node, make_node


@pytest.fixture
def node(db: None, tmp_path: Path) -> Node:
    """With curve keys only: an RSA key takes its time to make."""
    return make_node(tmp_path, [("wrapping", "ec:secp256r1"), ("token", "ES256")])


@pytest.fixture
def node_with_rsa(db: None, tmp_path: Path) -> Node:
    """With the keys that set-up makes."""
    return make_node(tmp_path)
