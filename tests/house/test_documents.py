from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

import relto
from relto.base import errors
from relto.exchange.messages import KINDS
from relto.ledger.leaves import LeafEvent
from relto.node.blob_settings import KNOWN as BLOBS
from relto.node.process_settings import SETTINGS as PROCESSES
from relto.node.reading_settings import SETTINGS as READING
from relto.node.settings import Dpop, Mail, NodeSettings, Ports, Urls
from relto.node.sign_in_settings import CERTIFICATES, OPENID
from relto.node.sign_in_settings import KNOWN as SIGN_IN
from relto.node.telemetry_settings import SETTINGS as TELEMETRY
from tests.house.conftest import PROJECT
from tools.write_reference import page as command_page

DOCS = PROJECT / "docs"


def _error_classes(parent: type[errors.ReltoError] = errors.ReltoError) -> list[type[errors.ReltoError]]:
    return [parent, *(found for child in parent.__subclasses__() for found in _error_classes(child))]


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(tmp_path / "html")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.mark.parametrize("error", _error_classes(), ids=lambda error: error.__name__)
def test_each_error_is_documented_with_its_code_and_statuses(error: type[errors.ReltoError]) -> None:
    row = f"| `{error.code}` | `{error.__name__}` | {error.http_status} | {error.exit_status} |"
    assert row in (DOCS / "reference" / "errors.md").read_text("utf-8")


def test_the_page_of_commands_says_what_the_commands_say() -> None:
    assert (DOCS / "reference" / "cli.md").read_text("utf-8") == command_page(), "run make reference"


@pytest.mark.parametrize("group", [NodeSettings, Ports, Urls, Dpop, Mail], ids=lambda group: group.__name__)
def test_each_setting_is_documented(group: type) -> None:
    prefix = "" if group is NodeSettings else f"{group.__name__.lower()}."
    names = {f"{prefix}{member.name}" for member in dataclasses.fields(group)} - {
        "folder",
        "ports",
        "urls",
        "dpop",
        "mail",
        "sign_in",
        "reading_room",
        "telemetry",
        "processes",
        "blobs",
    }
    page = (DOCS / "reference" / "settings.md").read_text("utf-8")
    assert names <= set(re.findall(r"^\| `([\w.]+)`", page, re.MULTILINE))


def test_each_setting_of_a_table_is_documented() -> None:
    page = (DOCS / "reference" / "settings.md").read_text("utf-8")
    known = {f"sign_in.{one}" for one in SIGN_IN if one not in {"openid", "certificates"}}
    known |= {f"sign_in.openid.{one}" for one in OPENID} | {f"sign_in.certificates.{one}" for one in CERTIFICATES}
    known |= {f"reading_room.{one}" for one in READING}
    known |= {f"telemetry.{one}" for one in TELEMETRY}
    known |= {f"processes.{one}" for one in PROCESSES}
    known |= {f"blobs.{one}" for one in BLOBS}
    assert known <= set(re.findall(r"^\| `([\w.]+)`", page, re.MULTILINE))


def test_the_changelog_speaks_of_this_version() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[Unreleased\]", text, re.MULTILINE)
    assert re.search(rf"^## \[{re.escape(relto.__version__)}\]", text, re.MULTILINE)


def test_every_decision_record_names_what_it_costs() -> None:
    records = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert records
    assert [path.name for path in records if "## What it costs" not in path.read_text("utf-8")] == []


def test_each_promise_and_adversary_has_its_section() -> None:
    promises = (DOCS / "explanation" / "promises.md").read_text("utf-8")
    assert re.findall(r"^## (\d+)\.", promises, re.MULTILINE) == [str(number) for number in range(1, 12)]
    threats = (DOCS / "explanation" / "threats.md").read_text("utf-8")
    for section in re.split(r"^## ", threats, flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        missing = [part for part in ("Can do", "Stopped by", "Shown by", "Remains") if f"**{part}**" not in section]
        assert missing == [], title


def test_what_promises_and_threats_point_to_exists() -> None:
    pages = [DOCS / "explanation" / name for name in ("promises.md", "threats.md")]
    named = {match for page in pages for match in re.findall(r"`(tests/[\w/.]+)`", page.read_text("utf-8"))}
    assert [name for name in sorted(named) if not (PROJECT / name).exists()] == []


def test_the_readme_and_the_makefile_tell_the_same_commands() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):.*##", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", " ".join(re.findall(r"`[^`]*`|^    .*$", readme, re.MULTILINE))))
    assert {"demo", "test"} <= named
    assert named <= targets


def test_continuous_integration_runs_what_a_developer_runs() -> None:
    script = PROJECT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    commands = [line for line in script.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]


def test_each_ledger_event_and_kind_of_message_is_documented() -> None:
    events = (DOCS / "reference" / "events.md").read_text("utf-8")
    assert {event.value for event in LeafEvent} == set(re.findall(r"^\| `(\w+:\w+)` \|", events, re.MULTILINE))
    messages = (DOCS / "reference" / "messages.md").read_text("utf-8")
    assert set(KINDS) == set(re.findall(r"^\| `([\w-]+)` \|", messages, re.MULTILINE))
