"""`relto bulk`: a whole archive sealed or its markings checked, in partitions; the same command resumes after any end.

Exit status 0 when all is done, 1 when documents failed (`relto bulk status JOURNAL --failures` lists them), 130 when
it was asked to stop; run again, it goes on with what is not done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput
from relto.base.instants import instant_text, read_instant
from relto.cli.bulk_running import finished, spread_option, work_through
from relto.cli.files import read_file
from relto.cli.output import answer, language
from relto.cli.profile import open_client

if TYPE_CHECKING:
    from relto.client.sealing import ServiceKey

_KEY: Final = ("nation", "url", "kid", "pem")


@click.group("bulk")
def bulk() -> None:
    """A whole archive at once, resumed after any end by the same command."""


def _archive_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--journal", type=click.Path(path_type=Path), help="Where it stands; else beside ARCHIVE."),
        click.option("--list", "listed", type=click.Path(path_type=Path), help="Only these: a relative path a line."),
    ):
        command = option(command)
    return command


@bulk.command("seal")
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--rules", required=True, type=click.Path(path_type=Path), help="Which label, by pattern (JSON).")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder for the containers.")
@click.option("--key", type=click.Path(path_type=Path), help="The key service's public key (JSON); else the node's.")
@_archive_options
@spread_option
def seal(  # noqa: PLR0917  click calls by name
    archive: Path,
    rules: Path,
    output: Path,
    key: Path | None,
    listed: Path | None,
    journal: Path | None,
    **how: Any,
) -> None:
    """Seal every document of ARCHIVE, a folder, into a container below --output, for your node's key service.

    The label comes from the first rule whose pattern fits; a document without one fails and is listed. Nothing is
    registered by it.
    """
    from relto.client.bulk.journal import open_journal
    from relto.client.bulk.label_rules import read_rule_file
    from relto.client.bulk.sealing_files import SealFiles, seal_files

    place, target = _folder(archive, "archive"), output.resolve()
    if target.is_relative_to(place) or place.is_relative_to(target):
        raise MalformedInput("usage", field="output", expected="a folder apart from ARCHIVE")
    stated = read_rule_file(read_file(rules, "rules"))
    nation, service_key = _service_key(key)
    work = {"verb": "seal", "archive": str(place), "output": str(target)}
    with open_journal(journal or _beside(place, "seal"), work, now=instant_text(datetime.now(UTC))) as held:
        held.plan(_found(place, listed))
        order = SealFiles(
            archive=str(place),
            output=str(target),
            nation=nation,
            rules=stated,
            key=service_key,
            namespace=held.namespace,
            at=read_instant(held.created_at),
        )
        finished(held, *work_through(held, partial(seal_files, order), **how))


@bulk.command("check")
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--rules", type=click.Path(path_type=Path), help="Which label each should say, by pattern (JSON).")
@click.option("--nation", type=click.Choice(["USA", "IND"]), required=True, help="Whose documents they are.")
@_archive_options
@spread_option
def check(
    archive: Path, rules: Path | None, nation: str, listed: Path | None, journal: Path | None, **how: Any
) -> None:
    """Check the markings of every document of ARCHIVE; what is clean is done, all else is listed with rule and fix."""
    from relto.client.bulk.checking_files import CheckFiles, check_files
    from relto.client.bulk.journal import open_journal
    from relto.client.bulk.label_rules import read_rule_file

    place = _folder(archive, "archive")
    stated = None if rules is None else read_rule_file(read_file(rules, "rules"))
    work = {"verb": "check", "archive": str(place), "nation": nation}
    with open_journal(journal or _beside(place, "check"), work, now=instant_text(datetime.now(UTC))) as held:
        held.plan(_found(place, listed))
        finished(held, *work_through(held, partial(check_files, CheckFiles(str(place), nation, stated)), **how))


@bulk.command("status")
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("--failures", is_flag=True, help="One line of JSON for each document that failed: path, code, fix.")
def status(journal: Path, failures: bool) -> None:  # noqa: FBT001  click passes flags by position
    """How far the work of JOURNAL is, also while it runs."""
    import json

    from relto.adapters.words import sentence
    from relto.client.bulk.journal import read_journal

    with read_journal(journal) as held:
        if not failures:
            counts = held.counts()
            answer({name: getattr(counts, name) for name in ("planned", "started", "done", "failed", "changed")})
            return
        for path, error in held.failures():
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            told = {"path": shown, **error, "message": sentence(str(error["code"]), language())}
            click.echo(json.dumps(told, ensure_ascii=False, sort_keys=True))


def _found(archive: Path, listed: Path | None) -> Any:
    from relto.client.bulk.archive import files_below, files_listed

    return files_below(archive) if listed is None else files_listed(archive, listed)


def _folder(path: Path, field: str) -> Path:
    if not path.is_dir():
        raise MalformedInput("no_file", field=field, found=path.name, expected="a folder that can be read")
    return path.resolve()


def _beside(archive: Path, verb: str) -> Path:
    return archive.with_name(f"{archive.name}.{verb}.journal")


def _service_key(file: Path | None) -> tuple[str, ServiceKey]:
    """The nation and the public wrapping key of its key service: from a file, or as the own node says them now."""
    from relto.client.flows import service_key
    from relto.client.sealing import ServiceKey as Key

    if file is None:
        with open_client() as node:
            return str(node.node().nation), node.perform(service_key(node.session))
    content = read_object(read_file(file, "key"), field="key")
    values = {name: content.get(name) for name in _KEY}
    texts = {name: value for name, value in values.items() if isinstance(value, str) and value}
    if texts.keys() != {*_KEY}:
        raise MalformedInput("bulk_key", field="key", expected="the texts " + ", ".join(_KEY))
    return texts["nation"], Key(texts["url"], texts["kid"], texts["pem"])
