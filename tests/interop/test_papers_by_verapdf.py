"""veraPDF finds every paper to be PDF/UA-1 and PDF/A-3a, in English, in Hindi and in both, signed or not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.paper_words import LANGUAGES
from relto.adapters.papers_pdf import paper_pdf
from tests.interop.conftest import HERE, SCRATCH, _demand_tool, _fetch, run
from tests.support.every_paper import papers
from tests.support.meeting_stories import every_meeting_paper
from tests.support.two_houses import TwoHouses
from tests.unit.adapters.test_papers_pdf import RECEIPT, VALUE

pytestmark = pytest.mark.interop


@pytest.fixture(scope="session")
def verapdf() -> list[str | Path]:
    """How the checker is called, before the files."""
    maven, compiler = _demand_tool("mvn", "maven"), _demand_tool("javac", "openjdk-17-jdk-headless")
    folder = SCRATCH / "verapdf"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pom.xml", "Check.java"):
        shutil.copy(HERE / "verapdf" / name, folder)
    copied = [maven, "-B", "-q", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
    _fetch(copied, "veraPDF (Maven)", folder)
    built = run([compiler, "-cp", "lib/*", "Check.java"], folder=folder)
    assert built.returncode == 0, built.stderr
    return [_demand_tool("java", "openjdk-17-jre-headless"), "-cp", f"{folder}/lib/*:{folder}", "Check"]


def test_each_paper_is_accessible_and_fit_for_archives(verapdf: list[str | Path], tmp_path: Path) -> None:
    values = {"request": VALUE, "receipt": replace(VALUE, paper=RECEIPT, state="answered"), **dict(papers())}
    files = []
    for name, value in values.items():
        for language in LANGUAGES:
            file = tmp_path / f"{name}-{language}.pdf"
            file.write_bytes(paper_pdf(value, language))
            files.append(file)
    checked(verapdf, files, tmp_path)


@pytest.mark.django_db
def test_each_paper_of_a_meeting_too(verapdf: list[str | Path], tmp_path: Path) -> None:
    files = []
    with TwoHouses(tmp_path / "houses") as two:
        for name, content in every_meeting_paper(two):
            file = tmp_path / f"{name}.pdf"
            file.write_bytes(content)
            files.append(file)
    checked(verapdf, files, tmp_path)


def checked(verapdf: list[str | Path], files: list[Path], folder: Path) -> None:
    """Each file passes both profiles."""
    done = run([*verapdf, *files])
    found = [line for line in done.stdout.splitlines() if line.startswith(str(folder))]
    assert len(found) == 2 * len(files), done.stderr
    assert all(line.endswith(" true") for line in found), done.stdout
