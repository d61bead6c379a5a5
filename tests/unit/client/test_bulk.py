"""An archive sealed in bulk: killed at the worst moment, it goes on, and no document is sealed twice or left out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.cli.main import relto
from relto.client.bulk.journal import open_journal, read_journal
from relto.client.bulk.label_rules import read_rule_file
from relto.sealing.archive import open_archive
from relto.sealing.opening import open_container, read_container
from relto.sealing.policy import read_policy
from relto.sealing.wrapping import generate_service_key, public_key_of, unwrap_share
from tests.support.marked_documents import check_file, make_documents

RULE = {
    "pattern": "**/*.txt",
    "programme": "MONSOON-LARK",
    "export_controlled": True,
    "label": {"level": "SECRET", "audience": ["USA", "IND"], "caveats": []},
}
RULES = {
    "type": "relto-bulk-labels",
    "version": 1,
    "originator": "urn:example:desk",
    "review_by": "2036-01-01T00:00:00Z",
    "rules": [RULE],
}
# The command, but its worker ends the whole process after the third partition was sealed and before that is recorded.
KILLED = """
import os, signal, sys
from relto.cli import main
from relto.client.bulk import sealing_files
seal, calls = sealing_files.seal_files, []
def until_killed(order, rows):
    made = seal(order, rows)
    calls.append(made)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return made
sealing_files.seal_files = until_killed
main.run()
"""


@dataclass
class Archive:
    """A folder of documents, the rule file and the key; where the containers go."""

    folder: Path
    private: str

    def words(self, *more: str) -> list[str]:
        at = self.folder
        fixed = ["--rules", str(at / "rules.json"), "--key", str(at / "key.json"), "--output", str(at / "sealed")]
        return ["bulk", "seal", str(at / "archive"), *fixed, *more]

    def seals(self, *more: str) -> Result:
        return CliRunner().invoke(relto, ["--json", *self.words(*more)])

    def document(self, name: str, content: bytes) -> Path:
        place = self.folder / "archive" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def failures(self, verb: str = "seal") -> list[dict[str, Any]]:
        journal = str(self.folder / f"archive.{verb}.journal")
        said = CliRunner().invoke(relto, ["bulk", "status", journal, "--failures"])
        return [json.loads(line) for line in said.stdout.splitlines()]

    def containers(self) -> list[Path]:
        return sorted(path for path in (self.folder / "sealed").rglob("*") if path.is_file())

    def opened(self, container: Path) -> tuple[str, bytes, str]:
        """The identifier, the document and the label of a container."""
        with container.open("rb") as source:
            archive = open_archive(source)
            manifest = read_container(archive)
            share = unwrap_share(manifest.key_access[0], self.private, policy_text=manifest.policy_text)
            held = open_container(archive, source, {0: share}, require_label=True)
            document = b"".join(held.payload.chunks())
        return read_policy(manifest.policy_text).uuid, document, held.label_xml or ""


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    memory = Path("/dev/shm")  # noqa: S108  a fresh folder is made in it, where a sync waits for nobody else's files
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as made:
        folder, private = Path(made), generate_service_key("ec:secp256r1")
        key = {"nation": "USA", "url": "https://usa.localhost/kas", "kid": "k1", "pem": public_key_of(private)}
        (folder / "key.json").write_text(json.dumps(key))
        (folder / "rules.json").write_text(json.dumps(RULES))
        yield Archive(folder, private)


def test_after_kill_9_the_same_command_finishes_and_nothing_is_doubled(archive: Archive) -> None:
    documents = {f"{n % 7}/hull-{n}.txt": b"hull %d" % n for n in range(120)}
    for name, content in documents.items():
        archive.document(name, content)
    killed = subprocess.run([sys.executable, "-c", KILLED, *archive.words("--partition", "16")], check=False)
    assert killed.returncode == -signal.SIGKILL
    with read_journal(archive.folder / "archive.seal.journal") as journal:
        counts = journal.counts()
    assert (counts.done, counts.started, counts.planned) == (32, 16, 72)
    before = {path: (path.stat().st_ino, path.read_bytes()) for path in archive.containers()}
    assert len(before) == 48

    said = archive.seals("--partition", "16")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert (told["done"], told["failed"], told["left"], told["in_this_run"]) == (120, 0, 0, 88)
    found = {
        path.relative_to(archive.folder / "sealed").as_posix(): archive.opened(path) for path in archive.containers()
    }
    assert {name: content for name, (_, content, _) in found.items()} == {f"{n}.tdf": c for n, c in documents.items()}
    assert len({uuid for uuid, _, _ in found.values()}) == 120
    assert all("SECRET" in label for _, _, label in found.values())
    assert {path: (path.stat().st_ino, path.read_bytes()) for path in before} == before

    assert json.loads(archive.seals().stdout)["in_this_run"] == 0


def test_what_cannot_be_sealed_is_listed_with_its_code_and_done_after_it_was_mended(archive: Archive) -> None:
    archive.document("a.txt", b"a")
    archive.document("b.pdf", b"b")
    (archive.folder / "archive" / "c.txt").symlink_to("a.txt")
    theirs = archive.folder / "sealed" / "d.txt.tdf"
    archive.document("d.txt", b"d")
    theirs.parent.mkdir()
    theirs.write_bytes(b"somebody's")
    said = archive.seals()
    assert said.exit_code == 1
    assert {row["path"]: row["code"] for row in archive.failures()} == {
        "b.pdf": "unknown.bulk_label",
        "c.txt": "malformed.bulk_not_a_file",
        "d.txt": "conflict.file_exists",
    }
    assert theirs.read_bytes() == b"somebody's"

    more = [RULE, {**RULE, "pattern": "*.pdf"}]
    (archive.folder / "rules.json").write_text(json.dumps({**RULES, "rules": more}))
    (archive.folder / "archive" / "c.txt").unlink()
    archive.document("c.txt", b"c")
    theirs.unlink()
    assert archive.seals().exit_code == 0
    assert [archive.opened(path)[1] for path in archive.containers()] == [b"a", b"b", b"c", b"d"]


def test_a_document_that_changed_after_it_was_sealed_is_said(archive: Archive) -> None:
    archive.document("a.txt", b"as it was")
    assert archive.seals().exit_code == 0
    archive.document("a.txt", b"as it is now")
    said = archive.seals()
    assert (said.exit_code, json.loads(said.stdout)["changed"]) == (1, 1)
    assert [row["code"] for row in archive.failures()] == ["conflict.bulk_changed"]
    assert archive.opened(archive.containers()[0])[1] == b"as it was"


def test_a_journal_belongs_to_one_run_and_one_work(archive: Archive) -> None:
    archive.document("a.txt", b"a")
    place, work = archive.folder / "journal", {"verb": "seal"}
    with open_journal(place, work, now="2026-11-22T14:00:00Z"):
        assert place.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Conflict, match="bulk_running"), open_journal(place, work, now="2026-11-22T14:00:00Z"):
            pass
    with pytest.raises(Conflict, match="bulk_journal"), open_journal(place, {"verb": "move"}, now=""):
        pass
    place.write_bytes(b"not a journal at all" * 500)
    with pytest.raises(MalformedInput, match="bulk_journal"), open_journal(place, work, now=""):
        pass


def test_a_list_leads_nowhere_else(archive: Archive) -> None:
    archive.document("in/a.txt", b"a")
    (archive.folder / "outside.txt").write_bytes(b"outside")
    (archive.folder / "archive" / "out").symlink_to(archive.folder)
    listed = archive.folder / "list"
    listed.write_bytes(b"in/a.txt\n../outside.txt\nout/outside.txt\n" + os.fsencode(archive.folder) + b"/outside.txt\n")
    assert archive.seals("--list", str(listed)).exit_code == 1
    assert {row["code"] for row in archive.failures()} == {"malformed.bulk_not_a_file"}
    assert [path.name for path in archive.containers()] == ["a.txt.tdf"]


def test_workers_of_dask_make_the_same(archive: Archive) -> None:
    documents = {f"hull-{n}.txt": b"hull %d" % n for n in range(60)}
    for name, content in documents.items():
        archive.document(name, content)
    said = archive.seals("--workers", "2", "--threads", "--partition", "8")
    assert said.exit_code == 0, said.output
    assert {p.name: archive.opened(p)[1] for p in archive.containers()} == {f"{n}.tdf": c for n, c in documents.items()}


def test_an_archive_is_checked_and_what_has_faults_is_listed_without_a_word_of_it(archive: Archive) -> None:
    folder = archive.folder / "archive"
    folder.mkdir()
    made = list(make_documents(folder, 4, 1, seed=20261122))
    faulty = {path.name for path, _ in made if check_file(path).outcome != "clean"}
    assert 0 < len(faulty) < len(made)
    archive.document("empty.pdf", b"no document")
    words = ["--json", "bulk", "check", str(folder), "--nation", "USA", "--partition", "3"]
    said = CliRunner().invoke(relto, words)
    assert (said.exit_code, json.loads(said.stdout)["done"]) == (1, len(made) - len(faulty)), said.output
    failures = archive.failures("check")
    assert {row["path"] for row in failures} == faulty | {"empty.pdf"}
    shown = [fault for row in failures for fault in row.get("faults", ())]
    assert shown
    assert all(fault.keys() == {"rule", "paragraph", "page", "fix"} for fault in shown)


def test_a_cluster_without_encryption_is_refused(archive: Archive) -> None:
    archive.document("a.txt", b"a")
    files = [f"--scheduler-{name}={archive.folder / 'key.json'}" for name in ("authority", "certificate", "key")]
    said = archive.seals("--scheduler", "tcp://127.0.0.1:8786", *files)
    assert isinstance(said.exception, MalformedInput)
    assert said.exception.reason == "bulk_scheduler"


names = st.text(st.sampled_from("ab.-"), min_size=1, max_size=4).filter(lambda name: name not in {".", ".."})


@settings(max_examples=30)
@given(st.lists(names, min_size=1, max_size=4))
def test_a_pattern_fits_names_and_folders_as_it_says(parts: list[str]) -> None:
    def fits(pattern: str, path: str) -> bool:
        rules = read_rule_file(json.dumps({**RULES, "rules": [{**RULE, "pattern": pattern}]}).encode())
        try:
            return rules.rule_for(path.encode()) is not None
        except UnknownValue:
            return False

    path = "/".join(parts)
    assert fits(path, path)
    assert fits("**/" + parts[-1], path)
    assert fits("**", path)
    assert fits("*", path) == (len(parts) == 1)
    assert fits("/".join("*" for _ in parts), path)
    assert not fits(path, path + "x")


@pytest.mark.parametrize(
    ("member", "value"),
    [("version", 2), ("rules", []), ("review_by", "soon"), ("originator", "me"), ("rules", [{"pattern": "*"}])],
)
def test_a_rule_file_that_is_not_as_it_should_be_is_refused_whole(member: str, value: object) -> None:
    with pytest.raises(MalformedInput):
        read_rule_file(json.dumps({**RULES, member: value}).encode())
