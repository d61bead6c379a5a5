"""Other people's test data beside the project: never copied into it, found here, skipped by name where absent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
VECTORS = PROJECT.parent / "shared" / "vectors"


def _absent(name: str) -> str:
    return f"test vectors {name!r} are absent: put them at ../shared/vectors/{name} beside the project"


def vectors(name: str) -> Path:
    """The folder or file `name` (such as "ledger" or "labels/spiffing"); the asking test is skipped if it is absent."""
    found = VECTORS / name
    if not found.exists():
        pytest.skip(_absent(name))
    return found


def vector_files(name: str, pattern: str) -> Sequence[object]:
    """Files under `name` that match `pattern`, sorted, for parametrize; if absent, one case skipped by name."""
    if not (VECTORS / name).exists():
        return [pytest.param(VECTORS / name, id="absent", marks=pytest.mark.skip(reason=_absent(name)))]
    return sorted((VECTORS / name).glob(pattern))
