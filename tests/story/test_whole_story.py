"""The whole story as its users play it, in both directions, and what it must not leave behind."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.client.opening import fetch_shares
from relto.rehearsal.straight_path import StraightPath
from relto.sealing.archive import open_archive
from relto.sealing.opening import read_container
from tests.story.conftest import SENTENCE, TITLE, World, document

pytestmark = pytest.mark.story
ASKED = ("permitted", "refused")
LAST_WORDS = ("closed it", "after the notice", "item Y")
# She asks for each own document before anybody assigns her; the second of two missing authorisations has expired.
MENDED_IN_PART = (
    "asks to open it without being in the programme",
    "releases under an export authorisation that has expired",
)


@pytest.fixture(scope="module")
def played(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StraightPath]:
    folder = tmp_path_factory.mktemp("documents")
    path = world.whole_story(
        document(folder, "known.txt", SENTENCE.encode() * 50),
        document(folder, "leer मानसून file.bin", b""),
    )
    path.play()
    yield path
    path.close()


def test_every_outcome_is_the_expected_one_and_has_its_place_in_a_ledger(played: StraightPath) -> None:
    assert played.story.as_expected
    for step in played.story.steps:
        origin, _, index = step.entry.partition("#")
        assert origin in ("usa.localhost/ledger", "ind.localhost/ledger")
        assert index.isdigit()


def test_the_refused_colleague_reads_one_sentence_and_her_officer_the_facts(played: StraightPath) -> None:
    colleague = next(step for step in played.story.steps if step.expected == "refused")
    assert colleague.outcome == "refused"
    assert "MONSOON-LARK" in colleague.found or "programme" in colleague.found


def test_every_refusal_tells_one_sentence_and_what_it_asks_for_opens(played: StraightPath) -> None:
    """What a person is refused is permitted the next time she asks, once it was mended; an owner's last word stands."""
    steps = played.story.steps
    refused = [step for step in steps if step.expected == "refused"]
    assert len(refused) >= 16
    for step in refused:
        assert step.found
        if any(words in step.what for words in LAST_WORDS):
            continue
        later = [one for one in steps[steps.index(step) + 1 :] if one.who == step.who and one.expected in ASKED]
        answer = next(one for one in later if one.what not in MENDED_IN_PART)
        assert answer.outcome == "permitted", (step.what, answer.what)


def test_nothing_of_a_document_a_share_a_title_or_a_name_is_left_on_either_node(
    world: World, played: StraightPath, tmp_path: Path
) -> None:
    secrets = {
        "sentence": SENTENCE.encode(),
        "title": TITLE.encode(),
        "file name": "leer मानसून file".encode(),
        "name": b"Training second engineer",
        **_raw_shares(played, tmp_path),
    }
    found = []
    places = [world.ground.root / "usa", world.ground.root / "ind", world.temporary]
    for path in _files(places):
        data = path.read_bytes()
        found += [(name, path.name) for name, value in secrets.items() if value in data]
    for database in world.ground.root.rglob("*.sqlite3"):
        found += [(name, database.name) for name, value in secrets.items() if _in_database(database, value)]
    assert found == []
    assert list(_files(places))


def _raw_shares(played: StraightPath, folder: Path) -> dict[str, bytes]:
    engineer = played.ind["engineer"].node
    live = [item for item in engineer.items() if item.mode == "live" and not item.joint and not item.withdrawn]
    item = live[0]
    container = engineer.download_container(item.id, folder / "container.tdf")
    with container.open("rb") as source:
        shares = engineer.perform(fetch_shares(engineer.session, read_container(open_archive(source))))
    assert len(shares) == 2
    forms = {}
    for position, share in shares.items():
        forms[f"share {position}"] = share
        forms[f"share {position} in hex"] = share.hex().encode()
        forms[f"share {position} in base64"] = base64.b64encode(share)
    return forms


def _files(places: list[Path]) -> Iterator[Path]:
    for place in places:
        yield from (path for path in place.rglob("*") if path.is_file())


def _in_database(database: Path, value: bytes) -> bool:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return any(value in line.encode("utf-8", "surrogateescape") for line in connection.iterdump())


def test_a_folder_signed_again_whole_with_other_keys_fails_under_trust(
    world: World, played: StraightPath, tmp_path: Path
) -> None:
    """Somebody who rewrites the whole ledger with keys of his own is named by whoever pinned the real ones."""
    from tests.support.resigned import resign_folder  # noqa: PLC0415

    copy = tmp_path / "resigned"
    shutil.copytree(played.ledger_folder(played.usa), copy)
    resign_folder(copy)
    trust = ["--trust", str(world.ground.trust_file)]
    assert _verify(copy) == 3
    assert _verify(copy, *trust) == 10
    assert _verify(played.ledger_folder(played.usa), *trust) == 0


def _verify(folder: Path, *more: str) -> int:
    command = [sys.executable, "-m", "relto.cli", "verify", str(folder), "--json", *more]
    answer = subprocess.run(command, capture_output=True, check=False)
    assert json.loads(answer.stdout)["outcome"]
    return answer.returncode
