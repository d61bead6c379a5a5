from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.services_exchange.world import World, activate_agreement, make_world


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    """Two nodes under an agreement in force."""
    made = make_world(tmp_path)
    activate_agreement()
    return made
