"""The blocking and the awaiting client: the same verbs, the same answers, and nothing half done is left behind."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal, assert_type

import pytest

from relto.base.errors import Refused, ReltoError, Unreachable
from relto.client import AsyncNodeClient, NodeClient, Progress
from relto.client.answers import Me, ReleaseCase
from relto.client.opening import OpenedDocument
from relto.client.steps import Reply, Request, Steps, T, Tell, Upload, Watch, Work
from relto.client.surface import Verbs
from relto.client.verbs import Verb
from tests.unit.client.doors import PIECE, Door, opened_door

Kind = Literal["blocking", "awaiting"]
BOTH = pytest.mark.parametrize("kind", ["blocking", "awaiting"])


@pytest.fixture
def door() -> Iterator[Door]:
    with opened_door() as made:
        yield made


def performed(kind: Kind, door: Door, steps: Steps[T]) -> T:
    if kind == "blocking":
        with NodeClient(door.url, "cli_1", "secret") as node:
            return node.perform(steps)

    async def awaited() -> T:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            return await node.perform(steps)

    return asyncio.run(awaited())


def downloaded(kind: Kind, door: Door, target: Path, tell: Tell | None = None) -> Path:
    if kind == "blocking":
        with NodeClient(door.url, "cli_1", "secret") as node:
            return node.download_container("itm_1", target, tell)

    async def awaited() -> Path:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            return await node.download_container("itm_1", target, tell)

    return asyncio.run(awaited())


def verbs() -> dict[str, Verb[..., object]]:
    return {name: made for name, made in vars(Verbs).items() if isinstance(made, Verb)}


def test_both_clients_have_every_verb_with_the_same_name_signature_and_words(door: Door) -> None:
    async def compared() -> None:
        with NodeClient(door.url, "cli_1", "secret") as blocking:
            async with AsyncNodeClient(door.url, "cli_1", "secret") as awaiting:
                for name in verbs():
                    one, other = getattr(blocking, name), getattr(awaiting, name)
                    assert inspect.signature(one) == inspect.signature(other)
                    assert not {"session", "_session"} & set(inspect.signature(one).parameters)
                    assert one.__name__ == other.__name__ == name
                    assert one.__doc__
                    assert one.__doc__ == other.__doc__

    asyncio.run(compared())
    assert len(verbs()) > 60


def test_the_same_call_is_answered_with_the_same_value(door: Door) -> None:
    async def awaited() -> Me:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            return await node.me()

    with NodeClient(door.url, "cli_1", "secret") as node:
        here = node.me()
    assert here == asyncio.run(awaited())
    assert here.valid_until is not None
    assert here.valid_until.utcoffset() is not None


async def known_to_a_type_checker(blocking: NodeClient, awaiting: AsyncNodeClient) -> None:
    """Never run: mypy fails here when a verb of either client loses its type."""
    assert_type(blocking.me(), Me)
    assert_type(await awaiting.me(), Me)
    assert_type(blocking.cases(), list[ReleaseCase])
    assert_type(await awaiting.cases(), list[ReleaseCase])
    assert_type(blocking.open_item("itm_1", Path("document")), OpenedDocument)
    assert_type(await awaiting.open_item("itm_1", Path("document"), progress=None), OpenedDocument)
    blocking.decide_case("rel_1", "release", 7)  # type: ignore[arg-type]
    await awaiting.decide_case("rel_1", outcom="release")  # type: ignore[call-arg]


def test_many_tasks_share_one_token(door: Door) -> None:
    async def awaited() -> None:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            await asyncio.gather(*(node.me() for _ in range(12)))

    asyncio.run(awaited())
    assert door.asked.count("POST /token") == 1
    assert door.asked.count("GET /api/v1/me") == 12


def test_many_threads_share_one_token(door: Door) -> None:
    with NodeClient(door.url, "cli_1", "secret") as node:
        threads = [threading.Thread(target=node.me) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert door.asked.count("POST /token") == 1


@BOTH
def test_a_token_that_is_not_taken_any_more_is_asked_for_again(door: Door, kind: Kind) -> None:
    async def awaited() -> None:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            for _ in range(2):
                with pytest.raises(Refused):
                    await node.me()

    door.status = 401
    if kind == "awaiting":
        asyncio.run(awaited())
    else:
        with NodeClient(door.url, "cli_1", "secret") as node:
            for _ in range(2):
                with pytest.raises(Refused):
                    node.me()
    assert door.asked.count("POST /token") == 2


@BOTH
def test_progress_is_told_in_order_and_in_the_caller_s_own_thread(door: Door, tmp_path: Path, kind: Kind) -> None:
    told: list[Progress] = []
    threads: set[int] = set()

    def tell(progress: Progress) -> None:
        told.append(progress)
        threads.add(threading.get_ident())

    target = downloaded(kind, door, tmp_path / "container.tdf", tell)
    size = door.container * len(PIECE)
    assert target.stat().st_size == size
    assert [one.done for one in told] == sorted({one.done for one in told})
    assert told[-1] == Progress("download", size, size)
    assert threads == {threading.get_ident()}


@BOTH
def test_a_container_that_breaks_off_leaves_what_was_there_before(door: Door, tmp_path: Path, kind: Kind) -> None:
    door.given = 40
    target = tmp_path / "container.tdf"
    target.write_bytes(b"an earlier one")
    with pytest.raises(Unreachable):
        downloaded(kind, door, target)
    assert [path.name for path in tmp_path.iterdir()] == ["container.tdf"]
    assert target.read_bytes() == b"an earlier one"


@BOTH
def test_a_refusal_before_the_first_byte_makes_no_file(door: Door, tmp_path: Path, kind: Kind) -> None:
    door.status = 403
    with pytest.raises(Refused) as said:
        downloaded(kind, door, tmp_path / "container.tdf")
    assert said.value.field == "role"
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_verb_stops_at_once_and_leaves_nothing(door: Door, tmp_path: Path) -> None:
    door.go_on.clear()

    def files() -> list[Path]:
        return list(tmp_path.iterdir())

    async def cancelled() -> None:
        begun = asyncio.Event()
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            task = asyncio.create_task(
                node.download_container("itm_1", tmp_path / "container.tdf", lambda _progress: begun.set())
            )
            await asyncio.wait_for(begun.wait(), 10)
            assert len(files()) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, 5)
            assert files() == []
            assert (await node.me()).person == "prs_1"

    asyncio.run(cancelled())


def test_a_program_on_trio_is_served_as_well(door: Door, tmp_path: Path) -> None:
    trio = pytest.importorskip("trio", reason="install trio")
    made: list[Path] = []
    uploaded: list[int] = []

    def steps() -> Steps[Reply]:
        pieces = iter([PIECE] * 12)
        reply: Reply = yield Upload(Request("PUT", "/items/itm_1/container"), pieces, Watch(None, "upload"))
        return reply

    async def awaited() -> None:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            made.append(await node.download_container("itm_1", tmp_path / "container.tdf"))
            uploaded.append((await node.perform(steps())).status)
            door.go_on.clear()
            with trio.move_on_after(0.3):
                await node.download_container("itm_1", tmp_path / "never.tdf")

    trio.run(awaited)
    assert made[0].stat().st_size == door.container * len(PIECE)
    assert uploaded == [200]
    assert [path.name for path in tmp_path.iterdir()] == ["container.tdf"]


def test_the_event_loop_goes_on_while_a_thread_computes(door: Door) -> None:
    released = threading.Event()
    closed: list[str] = []

    def pieces() -> Generator[None, None, None]:
        try:
            while not released.wait(0.001):
                yield
        finally:
            closed.append("closed")

    def steps() -> Steps[None]:
        yield Work(pieces())

    async def awaited() -> None:
        async with AsyncNodeClient(door.url, "cli_1", "secret") as node:
            task = asyncio.create_task(node.perform(steps()))
            for _ in range(20):
                await asyncio.sleep(0)
            assert (await node.me()).person == "prs_1"
            released.set()
            await task

    asyncio.run(awaited())
    assert closed == ["closed"]


@BOTH
@pytest.mark.parametrize("broken", [True, False])
def test_a_body_that_cannot_be_made_to_its_end_is_never_ended_as_if_it_were_whole(
    door: Door, kind: Kind, *, broken: bool
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield PIECE
        if broken:
            raise Refused("source")

    def steps() -> Steps[Reply]:
        reply: Reply = yield Upload(Request("PUT", "/items/itm_1/container"), pieces(), Watch(None, "upload"))
        return reply

    if broken:
        with pytest.raises(ReltoError) as said:
            performed(kind, door, steps())
        assert said.value.full_code == "refused.source"
        assert door.whole_bodies == []
    else:
        assert performed(kind, door, steps()).status == 200
        assert door.whole_bodies == [PIECE * 20]
