"""`relto seal`, `submit`, `open`, `items`: a person's documents, sealed and opened on her own machine."""

from __future__ import annotations

import mimetypes
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.base.errors import MalformedInput
from relto.cli.checked import check_lines
from relto.cli.decisions import gates_text
from relto.cli.files import check_place, writing
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client

if TYPE_CHECKING:
    from relto.client import Announcement
    from relto.client.streaming import Span

_EVERYONE = "everyone"
_UNKNOWN_TYPE = "application/octet-stream"
_PIPE = "-"
_RANGE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})?")


def _announced(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is handed over: nothing about its protection is guessed."""
    for option in (
        click.option("--media-type", help="Such as application/pdf; read from the file's name when not given."),
        click.option("--export-controlled/--not-export-controlled", default=None, required=True, help="Which it is."),
        click.option("--caveat", "caveats", multiple=True, help="A caveat of your own nation's policy."),
        click.option("--audience", multiple=True, required=True, help="A nation's code, your own too, or everyone."),
        click.option("--level", required=True, help="A level of your own nation's policy, such as SECRET."),
        click.option("--programme", required=True, help="Code of a programme that you are assigned to."),
        click.option("--title", required=True, help="What the document is called in the register; kept encrypted."),
    ):
        command = option(command)
    return command


@click.command("seal")
@click.argument("file", type=click.Path(path_type=Path))
@_announced
@click.option("--joint-with", help="The nation that owns it with yours: it then opens with both nations' keys only.")
@click.option("--despite-faults", default="", metavar="REASON", help="Seal despite faults in its markings; recorded.")
@click.option("--name", default="", help="The document's file name, where FILE is -.")
def seal(file: Path, joint_with: str | None, despite_faults: str, name: str, **stated: Any) -> None:
    """Seal FILE on this machine under a label and register the container. The document itself never leaves it.

    Its markings are checked first. Faults stop it (exit status 11) unless a reason is given, which is recorded. FILE
    may be -, a document from a pipe: it is never kept on a disk, and what is longer than 32 MiB is not checked.
    """
    piped = str(file) == _PIPE
    if piped == (not name):
        raise MalformedInput("document.name", field="name", expected="the file name of a document that comes as -")
    with open_client() as node:
        owners = (str(node.node().nation), joint_with) if joint_with else ()
        announcement = _announcement(name if piped else file.name, owners, **stated)
        item = (
            node.seal_stream(sys.stdin.buffer, announcement, despite_faults=despite_faults)
            if piped
            else node.seal(file, announcement, despite_faults=despite_faults)
        ).raw
    answer(item, _item_text(item))


@click.command("submit")
@click.argument("file", type=click.Path(path_type=Path))
@_announced
def submit(file: Path, **stated: Any) -> None:
    """Register FILE, a container (.tdf) that another OpenTDF client sealed for your node's key service.

    What is stated must be what its attributes say.
    """
    document = file.name.removesuffix(".tdf") or file.name
    with open_client() as node:
        item = node.submit(file, _announcement(document, (), **stated)).raw
    answer(item, _item_text(item))


@click.command("open")
@click.argument("item")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to write the document; - is stdout, each piece when it is verified.",
)
@click.option(
    "--range", "span", metavar="FIRST-LAST", help="Only these bytes, as HTTP counts them: 0-499, or 500- to the end."
)
def open_item(item: str, output: Path, span: str | None) -> None:
    """Open ITEM on this machine. Each key service involved decides anew; a refusal gives a reference."""
    from relto.client.files import beside

    wanted = _span(span)
    if str(output) == _PIPE:
        with open_client() as node:
            node.stream_item(item, sys.stdout.buffer, wanted)
        return
    place = check_place(output, "output")
    with open_client() as node:
        if span is None:
            opened = node.open_item(item, place)
            answer({"file": str(opened.path), "size": opened.size, "services": opened.services})
            return
        with writing(place, "output"), beside(place, mode=0o600) as out:
            page = node.stream_item(item, out, wanted)
    answer({"file": str(place), "first": page.start, "size": page.end - page.start, "of": page.size})


def _span(text: str | None) -> Span | None:
    """FIRST-LAST or FIRST- (RFC 9110 section 14.1.2)."""
    from relto.client.streaming import Span

    if text is None:
        return None
    found = _RANGE.fullmatch(text)
    if found is None:
        raise MalformedInput("range", field="range", found=text[:40], expected="FIRST-LAST or FIRST-, in bytes")
    return Span(int(found[1]), int(found[2]) + 1 if found[2] else None)


@click.group("items")
def items() -> None:
    """Items that you may see."""


@items.command("list")
def list_items() -> None:
    """The items that you may see, newest first."""
    with open_client() as node:
        rows = [row.raw for row in node.items()]
    answer_rows(rows, ("id", "banner", "title", "state", "control_number"), words("cli.empty", "items"))


@items.command("show")
@click.argument("item")
def show_item(item: str) -> None:
    """One item."""
    with open_client() as node:
        found = node.item(item).raw
    answer(found, _item_text(found))


@items.command("may-open")
@click.argument("item")
def may_open(item: str) -> None:
    """Would ITEM open for you now? Nothing is opened, and the partner is not asked."""
    with open_client() as node:
        found = node.may_open(item).raw
    opens = words("cli.may_open", "yes" if found["permitted"] else "no")
    answer(found, "\n".join([opens, *filter(None, [gates_text(found["gates"])])]))


def _item_text(item: Mapping[str, Any]) -> str:
    shown = ("id", "uuid", "file_name", "media_type", "programme", "plaintext_size", "registered_at", "control_number")
    lines = [f"{item['banner']}  {item['title']}", words("state.item", item["state"])]
    lines += [f"{name}: {item[name]}" for name in (*shown, "entry") if item.get(name) not in ("", None)]
    return "\n".join([*lines, *check_lines(item.get("check"))])


def _announcement(
    file_name: str,
    owners: Sequence[str],
    *,
    title: str,
    programme: str,
    level: str,
    audience: tuple[str, ...],
    caveats: tuple[str, ...],
    export_controlled: bool,
    media_type: str | None,
) -> Announcement:
    from relto.client import Announcement, Label

    release: str | tuple[str, ...] = _EVERYONE if audience == (_EVERYONE,) else audience
    return Announcement(
        title=title,
        file_name=file_name,
        media_type=media_type or mimetypes.guess_type(file_name)[0] or _UNKNOWN_TYPE,
        programme=programme,
        label=Label(level=level, audience=release, caveats=caveats, owners=owners),
        export_controlled=export_controlled,
    )
