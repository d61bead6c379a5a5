from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.houses import USA, Node, staffed_house
from tests.support.two_houses import TwoHouses
from tests.unit.services.dossiers.request import registered


@pytest.fixture(autouse=True)
def _procedure() -> Iterator[None]:
    """The invented procedure stands among the shipped ones."""
    with registered():
        yield


@pytest.fixture
def usa(db: None, tmp_path: Path) -> Node:
    """One node, at work."""
    return staffed_house(tmp_path, USA)


@pytest.fixture
def two(db: None, tmp_path: Path) -> Iterator[TwoHouses]:
    """Both nodes, at work."""
    with TwoHouses(tmp_path) as made:
        yield made
