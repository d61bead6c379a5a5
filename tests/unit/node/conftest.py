"""One small real node for all tests of this folder that need one; each works on a copy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relto.witness.process import WitnessServer
from tests.unit.node.doctored import Seeded, make_node


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, WitnessServer]]:
    """A sound node, and its witness, which answers."""
    node, witness = make_node(tmp_path_factory.mktemp("doctored"))
    yield node, witness
    witness.stop()
