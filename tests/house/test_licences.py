from __future__ import annotations

import re
from importlib import metadata

import pytest

from tests.house.conftest import PROJECT

ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0",
    "CC0-1.0", "Unlicense", "Zlib",
    "3-Clause BSD License",
    "Apache Software License", "BSD License", "ISC License (ISCL)", "MIT License",
    "Mozilla Public License 2.0 (MPL 2.0)", "Python Software Foundation License",
}  # fmt: skip
BY_NAME = {
    "cvc5": (
        "unknown",
        "BSD-3-Clause; its wheel links GMP, MPFR and LibPoly (LGPL), as libraries beside it that anyone can replace",
    ),
    "psycopg": ("LGPL-3.0-only", "an optional extra, used unmodified as a separate library that anyone can replace"),
    "psycopg-binary": ("LGPL-3.0-only", "the same"),
    "pypdfium2": ("unknown", "itself BSD-3-Clause and Apache-2.0; its wheel lists PDFium's parts, all permissive"),
}
TITLES = {"Apache License": "Apache-2.0", "MIT License": "MIT"}


def _runtime_requirements() -> list[tuple[str, bool]]:
    """(name, whether an environment marker may leave it out here) of each locked requirement."""
    text = (PROJECT / "requirements" / "runtime.lock").read_text("utf-8").replace("\\\n", " ")
    return [(match[1], ";" in match[0]) for match in re.finditer(r"^([a-z0-9._-]+)==[^\n]*", text, re.MULTILINE)]


def _title_of_licence_file(distribution: metadata.Distribution) -> str:
    for file in distribution.files or []:
        if "dist-info" in str(file) and file.name.upper().startswith("LICEN"):
            lines = file.read_text("utf-8").strip().splitlines()
            return TITLES.get(lines[0].strip(), "unknown") if lines else "unknown"
    return "unknown"


def _licences(distribution: metadata.Distribution) -> list[list[str]]:
    """Every element must be satisfied, by one of its alternatives."""
    for declared in distribution.metadata.get_all("License-Expression", []):
        return [part.strip(" ()").split(" OR ") for part in declared.split(" AND ")]
    for short in distribution.metadata.get_all("License", []):
        if short.strip() in ALLOWED:
            return [[short.strip()]]
    classifiers = [
        text.split(" :: ")[-1]
        for text in distribution.metadata.get_all("Classifier", [])
        if text.startswith("License ::")
    ]
    return [[text] for text in classifiers] or [[_title_of_licence_file(distribution)]]


@pytest.mark.parametrize(("name", "is_conditional"), _runtime_requirements())
def test_each_runtime_dependency_has_a_licence_we_may_ship_with(name: str, is_conditional: bool) -> None:  # noqa: FBT001  a parameter of the test
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        assert is_conditional, f"{name} is locked but not installed: run make setup"
        return
    licences = _licences(distribution)
    if name in BY_NAME:
        assert licences == [[BY_NAME[name][0]]]
        return
    assert all(any(choice in ALLOWED for choice in choices) for choices in licences), licences


def test_the_project_carries_its_own_licence() -> None:
    assert "Apache License" in (PROJECT / "LICENSE").read_text("utf-8")
    assert (PROJECT / "NOTICE").exists()
