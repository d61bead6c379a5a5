"""A nation backs its running node up, loses it, and restores it: it is quarantined, says why, and is brought back."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Refused, Unreachable
from relto.base.nations import Nation
from relto.client import Label
from relto.client.answers import ArrivalDetail, ReleaseCase
from relto.client.verification import verified, verify_folder_on_disk
from relto.node.settings import read_settings
from relto.node.wiring import open_secrets, partner_links
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.passage import announcement
from relto.rehearsal.straight_path import StraightPath
from tests.story.conftest import SENTENCE, World, document

pytestmark = pytest.mark.story
QUARANTINED = "unreachable.quarantined"
SOON = datetime.now(UTC) + timedelta(days=30)
NODE = ("IND/key_service", "IND/link", "IND/portal", "IND/worker")


@dataclass
class Restored:
    """India's node after its folder was replaced by an older copy, and what its inspector had exported before."""

    world: World
    path: StraightPath
    first: DemoDocument
    held: ArrivalDetail
    undecided: ReleaseCase
    second: DemoDocument
    case: ReleaseCase
    export: Path
    folder: Path


def stop(world: World) -> None:
    for name in reversed(NODE):
        world.supervisor.children[name].stop()


def start(world: World) -> None:
    for name in NODE:
        world.supervisor.children[name].start()
    world.supervisor.wait_ready()


def command(*arguments: str, longest_file: int | None = None) -> tuple[int, dict[str, Any], str]:
    """`longest_file`: the kernel lets it write no longer files, as when a disk is full."""
    limit = ["prlimit", f"--fsize={longest_file}"] if longest_file is not None else []
    words = [*limit, sys.executable, "-m", "relto.cli", "--json", "node", *arguments]
    done = subprocess.run(words, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout or b"{}"), done.stderr.decode()


@pytest.fixture(scope="module")
def restored(world: World, tmp_path_factory: pytest.TempPathFactory) -> Restored:
    documents = tmp_path_factory.mktemp("documents")
    first = document(documents, "first.txt", SENTENCE.encode())
    second = document(documents, "second.txt", SENTENCE.encode() * 2)
    path = world.path(first, second)
    path.prepare()
    held = path.eastward.whole(first)
    undecided = path.eastward.release(path.eastward.ask(path.eastward.seal(first)))
    path.eastward.deliver(undecided)
    folder, copy, secret = world.ground.node("IND"), documents / "copy", documents / "master.secret"
    shutil.copyfile(folder / "secrets" / "master.secret", secret)
    code, made, said = command("backup", str(folder), "--to", str(copy))  # the node runs meanwhile
    assert (code, made["missing"]) == (0, []), said
    # The story goes on: what comes now is not in the copy.
    case = path.eastward.release(path.eastward.ask(path.eastward.seal(second)))
    path.eastward.open(second, path.eastward.receive(case))
    path.ind.registrar.node.register_company("IND-C099", "A company that came later", "private")
    inspector = path.ind["inspector"].node

    def all_agreed() -> bool:
        view = inspector.ledger()
        return view.waiting == 0 and view.agreed_size == view.sequenced

    path.wait(all_agreed)
    export = documents / "export"
    inspector.export_ledger(export)
    stop(world)
    shutil.rmtree(folder)
    code, _, said = command("restore", str(folder), "--from", str(copy), "--master-secret", str(secret))
    assert code == 0, said
    payloads = [place for place in (folder / "blobs" / "blobs").rglob("sha256-*") if place.is_file()]
    payloads[0].unlink()  # a disk that lost one of what the partner had sent
    start(world)
    return Restored(world, path, first, held, undecided, second, case, export, folder)


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(Unreachable) as caught:
        attempt()
    return caught.value.full_code


def test_it_is_quarantined_says_why_and_signs_and_releases_nothing(restored: Restored) -> None:
    world, path = restored.world, restored.path
    officer, engineer = path.ind["release_officer"].node, path.ind["engineer"].node
    code, told, _ = command("quarantine", str(restored.folder))
    assert code == 8
    assert told["standing"] == "quarantined"
    path.wait(lambda: len(command("quarantine", str(restored.folder))[1]["findings"]) > 1)
    told = command("quarantine", str(restored.folder))[1]
    found = {(finding["code"], finding["source"]): finding for finding in told["findings"]}
    assert found["restored_from_backup", "backup"]["held"] <= found["ledger_behind", "own_witness"]["held"]
    behind = found["ledger_behind", "own_witness"]
    assert behind["held"] < behind["seen"]
    assert str(behind["seen"]) in behind["what"]
    path.wait(lambda: len(command("quarantine", str(restored.folder))[1]["findings"]) > 3)
    listed = command("quarantine", str(restored.folder))[1]["findings"]
    found = {(finding["code"], finding["source"]): finding for finding in listed}
    assert [one["kind"] for one in found["received_messages_lost", "USA"]["messages"]] == ["release"]
    assert [one["kind"] for one in found["sent_messages_lost", "USA"]["messages"]] == ["acceptance"]

    before = path.ind["inspector"].node.ledger()
    # People read; nobody decides, opens or is answered across the border.
    assert path.ind["release_officer"].node.node().standing == "quarantined"
    assert officer.register()
    assert refused(lambda: path.ind.registrar.node.register_company("IND-C098", "Another", "private")) == QUARANTINED
    with pytest.raises((Refused, Unreachable)):  # neither the key service nor the relay gives a share
        engineer.open_item(restored.held.item.id, world.temporary / "opened")
    settings = read_settings(world.ground.node("USA"))
    link = partner_links(settings, open_secrets(settings))[Nation("IND")]
    assert refused(lambda: link.standing("0" * 32)) == "unreachable.partner_busy"
    link.close()
    assert refused(lambda: path.eastward.try_accept(restored.undecided)) == QUARANTINED
    assert refused(lambda: path.assure(path.ind, "facility", path.ind.company.facility, SOON)) == QUARANTINED
    assert path.ind["inspector"].node.ledger() == before
    assert before.sequenced == behind["held"]


def test_it_is_recovered_as_far_as_can_be_and_lists_what_cannot(restored: Restored, tmp_path: Path) -> None:
    world, path, folder = restored.world, restored.path, str(restored.folder)
    code, _, said = command("recover", folder, "--ledger", str(restored.export))
    assert code == 8
    assert "conflict.node_running" in said
    stop(world)
    code, told, _ = command("recover", folder)
    assert (code, told["lifted"]) == (8, False)
    assert told["not_done"][0]["code"] == "conflict.export_needed"
    code, told, _ = command("recover", folder, "--ledger", str(restored.export))
    assert told["not_done"] == []
    assert (code, told["lifted"], told["findings"]) == (0, True, [])
    assert "company:registered" in [entry["event"] for entry in told["entries"]]
    assert told["lost"]["entries_without_details"] == len(told["entries"])
    assert told["lost"]["messages_sent_without_state"] == 1
    assert "payloads_missing" not in told["lost"]  # the partner gave it again
    for nation in ("USA", "IND"):
        code, checked, _ = command("check-ledger", str(world.ground.node(nation)))
        assert (code, checked["counts"]) == (0, {}), checked["findings"]
    start(world)

    # What works again: the register, both key services, and the release that had come after the copy.
    officer = path.ind["release_officer"].node
    assert officer.node().standing == "ready"
    path.eastward.open(restored.first, restored.held)
    arrival = path.eastward.accept(restored.case)
    # A number is never given twice: the node counts in a range of its own since it was brought back.
    assert arrival.control_number.rpartition("-")[2] > "1000000"
    path.eastward.open(restored.second, arrival)
    assert path.story.as_expected
    path.ind.registrar.node.register_company("IND-C099", "A company that came later, once more", "private")
    path.wait(lambda: (seen := path.ind["inspector"].node.ledger()).agreed_size == seen.sequenced)
    again = tmp_path / "again"
    path.ind["inspector"].node.export_ledger(again)
    report = verify_folder_on_disk(again, world.ground.trust_file)
    assert verified(report)


def test_a_backup_that_is_killed_or_meets_a_full_disk_leaves_nothing_and_the_next_one_is_whole(
    restored: Restored, tmp_path: Path
) -> None:
    """The node is at work meanwhile: it takes companies into its register."""
    to, registrar = tmp_path / "backup", restored.path.ind.registrar.node
    for number, seconds in enumerate((0.0, 0.03, 0.08)):
        registrar.register_company(f"IND-B{number}", "Registered while a backup is made", "private")
        killed_while(("backup", str(restored.folder), "--to", str(to)), tmp_path / ".backup.backing-up", seconds, to)
    code, _, said = command("backup", str(restored.folder), "--to", str(to), longest_file=1024)
    assert (code, "unreachable.storage" in said, [*tmp_path.iterdir()]) == (6, True, [])
    code, made, said = command("backup", str(restored.folder), "--to", str(to))
    assert (code, made["missing"], [*tmp_path.iterdir()]) == (0, [], [to]), said
    assert not (to / "files" / "secrets" / "master.secret").exists()


def test_a_damaged_foreign_or_mixed_backup_is_refused_by_name_and_nothing_is_made(
    restored: Restored, tmp_path: Path
) -> None:
    world, backup, other = restored.world, tmp_path / "backup", tmp_path / "other"
    secret = restored.folder / "secrets" / "master.secret"
    for to in (backup, other):
        assert command("backup", str(restored.folder), "--to", str(to))[0] == 0
    into = tmp_path / "restored"

    def refused_by(code: str, given: Path = secret) -> None:
        status, _, said = command("restore", str(into), "--from", str(backup), "--master-secret", str(given))
        assert (status, code in said) == (10, True), said
        assert sorted(tmp_path.iterdir()) == [backup, other]

    refused_by("backup_foreign", world.ground.node("USA") / "secrets" / "master.secret")
    for path in ("data/relto.sqlite3", "party.json", "ledger/checkpoint"):
        place = backup / "files" / path
        kept = place.read_bytes()
        place.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        refused_by("backup_damaged")
        place.write_bytes(kept)
    (backup / "files" / "ledger" / "checkpoint.more").write_bytes(b"")
    refused_by("backup_mixed")
    (backup / "files" / "ledger" / "checkpoint.more").unlink()
    listed = (backup / "files.txt").read_bytes()
    (backup / "files.txt").write_bytes((other / "files.txt").read_bytes())
    refused_by("backup_mixed")
    (backup / "files.txt").write_bytes(listed.replace(b" party.json", b" party.jsom"))
    refused_by("backup_damaged")
    (backup / "files.txt").write_bytes(listed)
    arguments = ("restore", str(into), "--from", str(backup), "--master-secret", str(secret))
    for seconds in (0.0, 0.1):
        killed_while(arguments, tmp_path / ".restored.restoring", seconds, into)
    code, _, said = command(*arguments, longest_file=1024)
    assert (code, into.exists()) == (6, False), said
    code, _, said = command(*arguments)
    assert code == 0, said
    assert command("quarantine", str(into))[1]["findings"][0]["code"] == "restored_from_backup"
    assert command(*arguments)[0] == 8  # never over another node


def killed_while(arguments: tuple[str, ...], aside: Path, seconds: float, made: Path) -> None:
    """Kill the command so long after it began to write; what it was to make is not there, or whole."""
    words = [sys.executable, "-m", "relto.cli", "node", *arguments]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not aside.exists():
        time.sleep(0.002)
    time.sleep(seconds)
    process.kill()
    process.wait()
    if made.exists():
        assert process.returncode == 0 or not aside.exists()
        shutil.rmtree(made)


def test_a_full_disk_acknowledges_nothing_and_harms_nothing(restored: Restored, tmp_path: Path) -> None:
    """Every process of the node is kept from making any file longer, as a full disk does, and then let go."""
    world, path = restored.world, restored.path
    registrar, engineer = path.ind.registrar.node, path.ind["engineer"].node
    label = Label(nation="IND", level="SECRET", audience=("IND", "USA"))
    before = {company.code for company in registrar.companies()}
    with no_room(world):
        for number in range(3):
            assert refused(lambda number=number: registrar.register_company(f"IND-F{number}", "A", "private"))  # type: ignore[misc]
        stated = announcement(restored.second, label)
        assert refused(lambda: engineer.seal(restored.second.path, stated, despite_faults="a test"))
        assert {company.code for company in registrar.companies()} == before
    path.wait(lambda: bool(registrar.register_company("IND-ROOM", "There is room again", "private").code))
    assert {company.code for company in registrar.companies()} == before | {"IND-ROOM"}
    sealed = engineer.seal(restored.second.path, announcement(restored.second, label), despite_faults="a test")
    assert sealed.state == "registered"
    path.wait(lambda: (seen := path.ind["inspector"].node.ledger()).agreed_size == seen.sequenced)
    path.close()


@contextmanager
def no_room(world: World) -> Iterator[None]:
    """The kernel refuses to let these processes write beyond the first kilobyte of a file (RLIMIT_FSIZE)."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids(world)}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def pids(world: World) -> list[int]:
    found = [child.process.pid for name in NODE if (child := world.supervisor.children[name]).process]
    for pid in found:
        found += [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found
