"""`relto demo`: two nations on this machine play the whole story, then stay for you to look at."""

from __future__ import annotations

import json
import mimetypes
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.base.errors import MalformedInput, ReltoError
from relto.cli.demo_words import SAID, closing, going_on, heading, progress, story_table
from relto.cli.files import check_place, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relto.node.training_ground import Ground
    from relto.rehearsal.documents import DemoDocument
    from relto.rehearsal.story import Step, Story
    from relto.rehearsal.straight_path import StraightPath

_NOT_AS_EXPECTED = 1


@click.command("demo")
@click.option("--headless", is_flag=True, help="Play, report, and end.")
@click.option("--report", type=click.Path(path_type=Path), help="Write what happened as JSON.")
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Your own file instead of the built-in ones (repeatable).",
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@click.option(
    "--base-port", type=click.IntRange(1024, 65000), default=None, help="First of twelve ports; default: free ones."
)
@click.option(
    "--database",
    default="",
    help="Keep both nations in PostgreSQL: postgresql://ROLE@HOST/NAME makes NAME_usa and NAME_ind there.",
)
@click.option(
    "--blobs", default="", help="Keep ciphertext in S3: s3://BUCKET/PREFIX?endpoint=URL&credentials_file=PATH."
)
def demo(  # noqa: PLR0917  click calls by name
    headless: bool,  # noqa: FBT001  click passes flags by position
    report: Path | None,
    documents: tuple[Path, ...],
    folder: Path,
    base_port: int | None,
    database: str,
    blobs: str,
) -> None:
    """Set up two sovereign nodes and a witness for each nation, and play the whole story between them."""
    from relto.node.hardening import harden_process
    from relto.node.training_ground import prepare_ground, start_ground

    given = [_readable(path) for path in documents]
    if report is not None:
        check_place(report, "report")
    harden_process()
    click.echo(heading())
    begun = time.monotonic()
    ground = prepare_ground(folder, base_port, database=database, blobs=blobs)
    supervisor = start_ground(ground)
    click.echo(SAID["ready"].format(seconds=time.monotonic() - begun))
    try:
        path = story_on(ground, given, lambda step: click.echo(progress(step)), whole_story())
        failure: ReltoError | None = None
        try:
            story = path.play()
        except ReltoError as error:
            story, failure = path.story, error
        click.echo(story_table(story.steps))
        _write_report(story, path, ground, report)
        click.echo(closing(ground, path, story, time.monotonic() - begun))
        if failure is not None:
            raise failure
        if not story.as_expected:
            sys.exit(_NOT_AS_EXPECTED)
        if not headless:
            waiting = path.leave_a_case(_one_more_document(ground))
            click.echo(going_on(path, _write_profiles(ground, path), waiting))
            click.echo(SAID["running"])
            path.close()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            supervisor.run()
    finally:
        supervisor.stop()


def _readable(path: Path) -> DemoDocument:
    from relto.rehearsal.documents import DemoDocument as Document

    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise MalformedInput("no_file", field="document", found=path.name, expected="a readable file") from error
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Document(path.resolve(), path.stem or path.name, media_type, despite="a document given to the demo as it is")


def straight_path_on(ground: Ground, given: Sequence[DemoDocument], tell: Callable[[Step], None]) -> StraightPath:
    """The straight path over a running training ground; without documents, over the built-in ones."""
    from relto.rehearsal.straight_path import StraightPath as Path_

    return story_on(ground, given, tell, Path_)


def whole_story() -> type[StraightPath]:
    """The story that the demo plays."""
    from relto.rehearsal.whole_story import WholeStory

    return WholeStory


def story_on(
    ground: Ground, given: Sequence[DemoDocument], tell: Callable[[Step], None], story: type[StraightPath]
) -> StraightPath:
    """A story over a running training ground; without documents, over the built-in ones."""
    from relto.node.settings import read_settings
    from relto.node.training_ground import authority_signs, country, draft_bundle, registrar_credential
    from relto.rehearsal.cast import COMPANIES, PROGRAMME, Credential, Custodians, Place, Stage
    from relto.rehearsal.documents import make_documents

    places = {}
    for nation in ("USA", "IND"):
        first = registrar_credential(ground, nation)
        portal = read_settings(ground.node(nation)).urls.portal
        credential = Credential(first["client_id"], first["client_secret"])
        places[nation] = Place(nation, country(nation), portal, credential)
    own = make_documents(ground.root / "documents")
    facilities = [f"{nation}:{company.facility}" for nation, company in COMPANIES.items()]
    stage = Stage(
        usa=places["USA"],
        ind=places["IND"],
        draft_bundle=lambda version, limits, equivalents, consents: draft_bundle(
            ground,
            PROGRAMME,
            facilities,
            version=version,
            limits=limits,
            equivalents=equivalents,
            consents=consents,
        ),
        sign_bundle={
            nation: lambda file, nation=nation: authority_signs(ground, nation, file)  # type: ignore[misc]
            for nation in places
        },
        custodians={
            nation: Custodians(
                ground.custodian_keys(nation),
                ground.custodian_passphrase_file(nation).read_text(encoding="ascii").strip(),
            )
            for nation in places
        },
        trust_file=ground.trust_file,
        folder=ground.root,
        scene_document=own[-1],
    )
    return story(stage, given or own, tell)


def _one_more_document(ground: Ground) -> DemoDocument:
    from relto.rehearsal.documents import make_documents

    return make_documents(ground.root / "documents")[0]


def _write_profiles(ground: Ground, path: StraightPath) -> dict[str, Path]:
    """A profile for each of the cast, mode 0600, so that a newcomer can go on at the terminal."""
    folder = ground.root / "profiles"
    folder.mkdir(mode=0o700, exist_ok=True)
    written = {}
    for nation in (path.usa, path.ind):
        for part, member in nation.members.items():
            name = f"{nation.place.nation.lower()}-{part}"
            content = {
                "node": nation.place.portal_url,
                "client_id": member.credential.client_id,
                "client_secret": member.credential.client_secret,
            }
            data = json.dumps(content, indent=2).encode("utf-8")
            written[name] = write_file(folder / f"{name}.json", data, "profile", mode=0o600)
    return written


def _write_report(story: Story, path: StraightPath, ground: Ground, target: Path | None) -> None:
    if target is None:
        return
    content = {
        "steps": [step.as_dict() for step in story.steps],
        "ledgers": [str(path.ledger_folder(nation).resolve()) for nation in (path.usa, path.ind)],
        "trust": str(ground.trust_file.resolve()),
    }
    write_file(target, json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8"), "report")
