from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Conflict, Misconfigured, Unreachable
from relto.base.nations import Nation
from relto.node import spreading
from relto.node.checks import findings
from relto.node.folder import NodeFolder
from relto.node.groups import replace_processes
from relto.node.process_settings import ProcessSettings, read_processes
from relto.node.reading_settings import ReadingSettings
from relto.node.settings import NodeSettings, Ports, Urls
from relto.ports.reading_room import ReadingRules
from relto.services.seen_proofs import OwnSeen, SharedSeen
from tests.unit.node.test_processes import until

OPEN = Path("/proc/self/fd")
ON_POSTGRESQL = "postgresql://relto@localhost/relto"
IN_THE_ROOM = ReadingSettings(ReadingRules(frozenset({"USA SECRET"})))

SPREAD = """
import os, sys, time
from pathlib import Path
from relto.node.spreading import spread
place = Path(sys.argv[1])
seat = spread(2, place, "door")
if (place / "broken").exists():
    sys.exit(1)
(place / f"{seat.number}.new").write_text(str(os.getpid()))
(place / f"{seat.number}.new").replace(place / f"{seat.number}.pid")
seat.ready()
time.sleep(60)
"""


def test_what_is_not_said_is_one_process_of_each_kind() -> None:
    assert read_processes({}) == ProcessSettings(1, 1, 1, 1)
    assert read_processes({"key_service": 3}).key_service == 3


@pytest.mark.parametrize("wrong", [0, -1, 65, True, "2", 1.5, None])
def test_a_wrong_number_of_processes_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_processes({"worker": wrong})
    assert refused.value.field == "processes.worker"


def test_an_unknown_kind_of_process_is_refused_by_name() -> None:
    with pytest.raises(Misconfigured) as refused:
        read_processes({"witness": 2})
    assert refused.value.field == "processes.witness"
    with pytest.raises(Misconfigured):
        read_processes([2])


@pytest.fixture
def a_node(tmp_path: Path) -> NodeSettings:
    """What an operator decided, on the embedded database and without a reading room."""
    (tmp_path / "master").write_bytes(bytes(32))
    ports, urls = Ports(8400, 8401, 8402, 8403, 8404), Urls(*[f"http://usa.localhost:{8400 + n}" for n in range(4)])
    return NodeSettings(
        NodeFolder(tmp_path), Nation("USA"), "usa.localhost", "training", "127.0.0.1", ports, urls, "master"
    )


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def spread_out(tmp_path: Path) -> Iterator[tuple[Callable[[], list[int]], subprocess.Popen[bytes], Path]]:
    """Two processes of a kind: which they are now, who watches them, and where."""
    watching = subprocess.Popen([sys.executable, "-c", SPREAD, str(tmp_path)])
    places = [tmp_path / f"{number}.pid" for number in range(2)]
    try:
        until(lambda: all(place.exists() for place in places), 30)
        yield lambda: [int(place.read_text()) for place in places], watching, tmp_path
    finally:
        watching.kill()
        watching.wait()


def test_one_that_is_killed_is_made_again_and_the_other_goes_on(
    spread_out: tuple[Callable[[], list[int]], subprocess.Popen[bytes], Path],
) -> None:
    present, watching, _ = spread_out
    first, second = present()
    os.kill(first, signal.SIGKILL)
    until(lambda: present()[0] != first, 30)
    assert present()[1] == second
    assert not is_gone(second)
    watching.terminate()
    assert watching.wait(20) == 0
    assert all(is_gone(one) for one in present())


def test_each_is_replaced_by_one_that_answers_before_it_goes(
    spread_out: tuple[Callable[[], list[int]], subprocess.Popen[bytes], Path],
) -> None:
    present, _, place = spread_out
    before = present()
    assert replace_processes(place, "door", seconds=60) == 1
    after = present()
    assert not set(before) & set(after)
    assert all(is_gone(one) for one in before)
    assert not any(is_gone(one) for one in after)
    (place / "broken").touch()
    with pytest.raises(Unreachable):
        replace_processes(place, "door", seconds=60)
    assert present() == after
    assert not any(is_gone(one) for one in after), "what cannot start replaces nothing"


def test_one_process_cannot_be_replaced_while_others_answer(tmp_path: Path) -> None:
    with pytest.raises(Conflict) as refused:
        replace_processes(tmp_path, "worker", seconds=1)
    assert refused.value.full_code == "conflict.one_process"


def test_what_is_shared_outlives_one_that_is_killed_while_it_writes() -> None:
    seen = SharedSeen(8)
    child = os.fork()
    if child == 0:
        with seen._lock:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert seen.add(bytes([1]) * 16, 1.0, 10.0) == "new"


@pytest.mark.parametrize("memory", [OwnSeen, SharedSeen])
def test_a_memory_of_proofs_knows_what_it_saw_for_as_long_as_a_proof_holds(memory: type[OwnSeen | SharedSeen]) -> None:
    seen = memory(3)
    digests = [bytes([number]) * 16 for number in range(1, 6)]
    assert [seen.add(one, 1000.0, 10.0) for one in digests[:3]] == ["new"] * 3
    assert seen.add(digests[0], 1009.0, 10.0) == "seen"
    assert seen.add(digests[3], 1009.0, 10.0) == "full"
    assert seen.add(digests[3], 1011.0, 10.0) == "new", "a generation later there is room again"
    assert seen.add(digests[0], 1011.0, 10.0) == "seen", "and what was seen is still known"
    assert seen.add(digests[0], 1033.0, 10.0) == "new", "two generations later it is not"


def test_digests_that_want_the_same_place_are_all_remembered() -> None:
    seen = SharedSeen(8)
    digests = [bytes(8) + bytes([number]) * 8 for number in range(1, 9)]
    assert [seen.add(one, 1.0, 10.0) for one in digests] == ["new"] * 8
    assert [seen.add(one, 2.0, 10.0) for one in digests] == ["seen"] * 8


def test_of_two_processes_that_get_one_proof_at_once_one_alone_takes_it(tmp_path: Path) -> None:
    seen, wanted = SharedSeen(10_000), 500
    children = []
    for number in range(2):
        child = os.fork()
        if child == 0:
            taken = [place for place in range(1, wanted) if seen.add(place.to_bytes(16, "big"), 1e9, 121.0) == "new"]
            seen.count_refused(len(taken))
            (tmp_path / str(number)).write_text(" ".join(map(str, taken)))
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    first, second = ({*map(int, (tmp_path / str(number)).read_text().split())} for number in range(2))
    assert not first & second
    assert first | second == set(range(1, wanted))
    assert seen.count_refused(0) == len(first) + len(second)


@pytest.mark.parametrize(
    ("kind", "other"),
    [("worker", {}), ("link", {}), ("link", {"database": ON_POSTGRESQL}), ("portal", {"reading_room": IN_THE_ROOM})],
)
def test_several_are_refused_where_one_would_know_what_another_must(
    a_node: NodeSettings, kind: str, other: dict[str, Any]
) -> None:
    several = replace(a_node, processes=ProcessSettings(**{kind: 2}), **other)
    assert f"processes.{kind}" in [one.field for one in findings(several)]


def test_several_of_the_others_are_well(a_node: NodeSettings) -> None:
    several = replace(a_node, database=ON_POSTGRESQL, processes=ProcessSettings(key_service=2, portal=2, worker=2))
    assert not [one.field for one in findings(several) if str(one.field).startswith("processes")]


def test_looking_for_what_listens_leaves_no_descriptor_behind() -> None:
    with Path(__file__).open("rb"), socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        before = len(list(OPEN.iterdir()))
        assert len({spreading._listening() for _ in range(4)}) == 1
        assert len(list(OPEN.iterdir())) == before
