"""Other people's test data beside the project: never copied into it, found here, skipped by name where absent."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
VECTORS = PROJECT.parent / "shared" / "vectors"


def vectors(name: str) -> Path:
    """The folder or file `name` (such as "ledger" or "labels/spiffing"); the asking test is skipped if it is absent."""
    found = VECTORS / name
    if not found.exists():
        pytest.skip(f"test vectors {name!r} are absent: put them at ../shared/vectors/{name} beside the project")
    return found


def vector_files(name: str, pattern: str) -> list[Path]:
    """Files under `name` that match `pattern`, sorted; an empty list when absent, for use in parametrize."""
    return sorted((VECTORS / name).glob(pattern))
