"""The SDK against real nodes: its page's own examples, and the awaiting client under load, cancellation and refusal."""

from __future__ import annotations

import asyncio
import filecmp
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.base.errors import Refused
from relto.client import AsyncNodeClient, Label, Progress
from relto.client.answers import Item
from relto.client.verification import verified, verify_folder_on_disk
from relto.rehearsal.cast import Member, Nation
from relto.rehearsal.passage import announcement
from relto.rehearsal.straight_path import StraightPath
from tests.story.conftest import World, document

pytestmark = pytest.mark.story

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "use-the-client.md"
LABEL = Label(level="SECRET", audience=["USA", "IND"])
SIZE = 24 * 1024 * 1024
MARKED = """SECRET//REL TO USA, IND

(S//REL TO USA, IND) MARKINGS ARE FOR TRAINING PURPOSES ONLY, OTHERWISE UNCLASSIFIED

Classified By: training engineer, training company
Derived From: training guide
Declassify On: 20480101

SECRET//REL TO USA, IND
"""


@pytest.fixture(scope="module")
def path(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StraightPath]:
    """Both nations with their people, agreement, assurances and authorisations."""
    made = world.path(document(tmp_path_factory.mktemp("documents"), "large.bin", bytes(range(256)) * (SIZE // 256)))
    made.prepare()
    yield made
    made.close()


def awaiting(nation: Nation, member: Member) -> AsyncNodeClient:
    return AsyncNodeClient(nation.place.portal_url, member.credential.client_id, member.credential.client_secret)


def test_the_examples_of_the_page_run_as_they_stand(
    path: StraightPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    credential = path.usa["engineer"].credential
    profile = {
        "node": path.usa.place.portal_url,
        "client_id": credential.client_id,
        "client_secret": credential.client_secret,
    }
    (tmp_path / "profile.json").write_text(json.dumps(profile))
    (tmp_path / "report.txt").write_text(MARKED)
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) == 4
    names: dict[str, object] = {"__name__": "example"}
    for example in examples:
        exec(compile(example, PAGE.name, "exec"), names)  # noqa: S102  the page's own code
    said = capsys.readouterr().out
    assert "SECRET//REL TO USA, IND" in said
    assert f"seal: {len(MARKED)} of {len(MARKED)} bytes" in said
    assert f"{len(MARKED)} bytes; 1 key service said yes" in said
    assert "clean" in said
    assert "refused.role" in said
    for name in ("opened.txt", "first.txt", "second.txt"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "report.txt").read_bytes()


def test_an_awaiting_client_seals_and_opens_while_its_program_goes_on(path: StraightPath, tmp_path: Path) -> None:
    source = path.documents[0]
    told: list[Progress] = []

    async def played() -> Item:
        beats = 0

        async def program() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.002)
                beats += 1

        async with awaiting(path.usa, path.usa["engineer"]) as node:
            beating = asyncio.create_task(program())
            item = await node.seal(source.path, announcement(source, LABEL), told.append)
            sealed_beats = beats
            places = [tmp_path / f"{number}.bin" for number in range(3)]
            opened = await asyncio.gather(*(node.open_item(item.id, place, told.append) for place in places))
            beating.cancel()
        assert sealed_beats > 5
        assert beats > sealed_beats + 5
        assert [one.size for one in opened] == [SIZE] * 3
        assert all(filecmp.cmp(source.path, place, shallow=False) for place in places)
        return item

    item = asyncio.run(played())
    assert (item.state, item.plaintext_size) == ("registered", SIZE)
    for phase in ("seal", "download", "open"):
        done = [one for one in told if one.phase == phase]
        assert done[-1].done == done[-1].total
        assert len(done) > 5


def test_what_is_cancelled_leaves_no_file_and_registers_nothing(path: StraightPath, tmp_path: Path) -> None:
    source = path.documents[0]

    def files() -> list[Path]:
        return list(tmp_path.iterdir())

    async def played() -> None:
        async with awaiting(path.usa, path.usa["engineer"]) as node:
            item = await node.seal(source.path, announcement(source, LABEL))
            registered = [one.id for one in await node.items() if one.state == "registered"]
            for phase in ("download", "open"):
                begun = asyncio.Event()

                def tell(progress: Progress, phase: str = phase, begun: asyncio.Event = begun) -> None:
                    if progress.phase == phase:
                        begun.set()

                opening = asyncio.create_task(node.open_item(item.id, tmp_path / "opened.bin", tell))
                await begun.wait()
                assert files()
                opening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await opening
                assert files() == []
            begun = asyncio.Event()
            sealing = asyncio.create_task(
                node.seal(source.path, announcement(source, LABEL), lambda _progress: begun.set())
            )
            await begun.wait()
            sealing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sealing
            assert [one.id for one in await node.items() if one.state == "registered"] == registered

    asyncio.run(played())


def test_an_awaiting_inspector_exports_a_ledger_that_verifies_and_nobody_else_does(
    world: World, path: StraightPath, tmp_path: Path
) -> None:
    async def played() -> None:
        async with awaiting(path.ind, path.ind["inspector"]) as node:
            await node.export_ledger(tmp_path / "ledger")
        async with awaiting(path.ind, path.ind["engineer"]) as node:
            with pytest.raises(Refused):
                await node.export_ledger(tmp_path / "not-for-her")

    asyncio.run(played())
    assert verified(verify_folder_on_disk(tmp_path / "ledger", world.ground.trust_file))
    assert [one.name for one in tmp_path.iterdir()] == ["ledger"]
