"""Each capability of the domain catalogue as one story by name, through the services on two nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.two_houses import TwoHouses


@pytest.fixture
def two(db: None, tmp_path: Path) -> Iterator[TwoHouses]:
    """Both nodes, at work, vouched to each other."""
    with TwoHouses(tmp_path) as made:
        yield made
