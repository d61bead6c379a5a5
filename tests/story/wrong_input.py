"""Wrong calls of the `relto` command, as cases: what is called, by whom, and what it must answer."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relto.base.nations import Nation
from relto.node.authority_key import make_authority_key, read_authority_key
from relto.node.drafting import draft_training_bundle
from relto.rehearsal.straight_path import StraightPath
from relto.rules.manifest import sign_bundle
from tests.story.conftest import World
from tests.support.command_server import Answer, CommandServer

FACILITIES = ["USA:USA-F014", "IND:IND-F007"]
MASKED_TABLES = {
    "sqlite_sequence",
    "store_lease",
    "store_commitmark",
    "store_checkpoint",
    "store_cosignature",
    "store_cosignedlog",
    "store_ledgertree",
}
# A refusal and an unknown thing say nothing about what would have been right (docs/reference/errors.md).
SAYS_NO_MORE = ("not_available",)


@dataclass(frozen=True)
class Case:
    """One wrong call. `code` and `field` are those of the error; `exit_status` is the documented one."""

    exit_status: int
    code: str
    field: str | None
    arguments: tuple[str, ...]
    profile: Path | None = None

    def __str__(self) -> str:
        return f"relto {' '.join(self.arguments)}"


@dataclass
class Scene:
    """A played world, its people's profiles, and a folder of faulty files."""

    world: World
    path: StraightPath
    folder: Path
    commands: CommandServer
    item: str = ""
    case: str = ""
    arrival: str = ""

    @property
    def root(self) -> Path:
        return self.world.ground.root

    @property
    def agreed(self) -> bytes:
        """The agreement bundle in force, byte for byte."""
        return self.path.usa["inspector"].node.active_bundle_file()

    def node(self, nation: str) -> Path:
        return self.world.ground.node(nation)

    def party(self, nation: str) -> str:
        return str(self.world.ground.party(nation))

    def person(self, nation: str, part: str) -> str:
        cast = self.path.usa if nation == "USA" else self.path.ind
        return cast.registrar.node.me().person if part == "registrar" else cast[part].person

    def profile(self, nation: str, part: str, **changed: str | None) -> Path:
        """The profile file of a member of the cast; `changed` replaces members, or leaves one out with None."""
        cast = self.path.usa if nation == "USA" else self.path.ind
        member = cast.registrar if part == "registrar" else cast[part]
        content: dict[str, Any] = {
            "node": cast.place.portal_url,
            "client_id": member.credential.client_id,
            "client_secret": member.credential.client_secret,
            **changed,
        }
        name = "-".join([nation, part, *changed, *(str(value)[:8].replace("/", "_") for value in changed.values())])
        return self.file(f"{name}.profile", {name: value for name, value in content.items() if value is not None})

    def file(self, name: str, content: Any) -> Path:
        """A file with these bytes, or with this as JSON."""
        place = self.folder / name
        place.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return place

    def changed_party(self, of: str, name: str, **members: Any) -> str:
        """A party record with members replaced, dotted by two underscores; None takes one out."""
        record = json.loads(Path(self.party(of)).read_bytes())
        for member, value in members.items():
            holder, *rest = member.split("__")
            target, key = (record[holder], rest[0]) if rest else (record, holder)
            if value is None:
                del target[key]
            else:
                target[key] = value
        return str(self.file(f"party-{name}.json", record))

    def draft(self, version: int, *, ended: bool = False) -> bytes:
        """An unsigned bundle between the two nodes."""
        now = datetime.now(UTC).replace(microsecond=0)
        records = [Path(self.party(nation)).read_bytes() for nation in ("USA", "IND")]
        day = timedelta(days=1)
        begins, ends = (now - 3 * day, now - day) if ended else (now - day, now + 30 * day)
        return draft_training_bundle(
            records, "MONSOON-LARK", FACILITIES, version=version, effective_from=begins, expires=ends
        )

    def signed(self, data: bytes, *nations: str) -> bytes:
        """The bundle with the signatures of these nations' authorities; `stranger` has IND's name and another key."""
        for nation in nations:
            if nation == "stranger":
                place = self.folder / "stranger" / "authority.key"
                key = read_authority_key(place) if place.exists() else make_authority_key(place, Nation("IND"))
            else:
                key = read_authority_key(self.world.ground.authority_key(nation))
            data = sign_bundle(data, key)
        return data


def faults(scene: Scene, cases: Sequence[Case]) -> list[str]:
    """Play the cases; every way in which an answer is not as documented."""
    answers = scene.commands.call_all([((*case.arguments, "--json"), case.profile) for case in cases])
    return [fault for case, answer in zip(cases, answers, strict=True) for fault in _faults(case, answer)]


def _faults(case: Case, answer: Answer) -> Iterator[str]:
    said = f"{case}\n  answered {answer.exit_status}: {answer.error.strip()[-400:]}"
    if "Traceback" in answer.error or "Traceback" in answer.out:
        yield f"traceback: {said}"
        return
    if answer.exit_status != case.exit_status:
        yield f"exit {case.exit_status} expected: {said}"
    try:
        error = json.loads(answer.error)
    except ValueError:
        yield f"no JSON error: {said}"
        return
    if error.get("code") != case.code:
        yield f"code {case.code} expected: {said}"
    if error.get("field") != case.field:
        yield f"field {case.field} expected: {said}"
    if not error.get("expected") and not case.code.startswith(SAYS_NO_MORE):
        yield f"nothing expected: {said}"
    if not error.get("message") or error["message"].startswith(case.code):
        yield f"no sentence: {said}"


def recorded(scene: Scene) -> dict[str, str]:
    """Everything that both nodes know, as one digest a table, and every file outside database and logs."""
    found = {}
    for nation in ("USA", "IND"):
        database = scene.node(nation) / "data" / "relto.sqlite3"
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in sorted(set(names) - MASKED_TABLES):
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608  a name of the database's own
                found[f"{nation}/{name}"] = f"{len(rows)} {_digest(repr(sorted(map(repr, rows))).encode())}"
    for path in sorted(scene.root.rglob("*")):
        parts = path.relative_to(scene.root).parts
        if path.is_file() and not {"data", "log", "witness"} & set(parts):
            found["/".join(parts)] = _digest(path.read_bytes())
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """What is not as it was."""
    names = before.keys() | after.keys()
    return {name: (before.get(name), after.get(name)) for name in sorted(names) if before.get(name) != after.get(name)}


def wait_until_quiet(scene: Scene) -> dict[str, str]:
    """The state once nothing more is sequenced, sent or cosigned."""
    deadline = time.monotonic() + 20
    before = recorded(scene)
    while time.monotonic() < deadline:
        time.sleep(0.6)
        after = recorded(scene)
        if after == before:
            return after
        before = after
    raise AssertionError(differences(before, recorded(scene)))


def events(scene: Scene, nation: str) -> list[str]:
    """The events of a node's ledger, in the order in which they were recorded."""
    database = scene.node(nation) / "data" / "relto.sqlite3"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return [name for (name,) in connection.execute("SELECT event FROM store_ledgerentry ORDER BY serial")]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
