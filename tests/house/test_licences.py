from __future__ import annotations

from importlib import metadata

import pytest

from tests.house.conftest import PROJECT
from tools.dependencies import ALLOWED, BY_NAME, PAGE, licences, page, read_lock


def _runtime_requirements() -> list[tuple[str, bool]]:
    """(name, whether an environment marker may leave it out here) of each locked requirement."""
    return [(one.name, bool(one.marker)) for one in read_lock()]


@pytest.mark.parametrize(("name", "is_conditional"), _runtime_requirements())
def test_each_runtime_dependency_has_a_licence_we_may_ship_with(name: str, is_conditional: bool) -> None:  # noqa: FBT001  a parameter of the test
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        assert is_conditional, f"{name} is locked but not installed: run make setup"
        return
    declared = licences(distribution)
    if name in BY_NAME:
        assert declared == [[BY_NAME[name][0]]]
        return
    assert all(any(choice in ALLOWED for choice in choices) for choices in declared), declared


def test_the_page_of_dependencies_says_what_the_lock_and_the_packages_say() -> None:
    written = PAGE.read_text("utf-8")
    assert written == page(written), "run python -m tools.dependencies --page"
    assert "| unknown |" not in written


def test_the_project_carries_its_own_licence() -> None:
    assert "Apache License" in (PROJECT / "LICENSE").read_text("utf-8")
    assert (PROJECT / "NOTICE").exists()
