"""`relto seal`, `relto open`, `relto items`: a person's documents, sealed and opened on her own machine."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.cli.decisions import gates_text
from relto.cli.files import check_place
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client

_EVERYONE = "everyone"
_UNKNOWN_TYPE = "application/octet-stream"


@click.command("seal")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--title", required=True, help="What the document is called in the register; kept encrypted.")
@click.option("--programme", required=True, help="Code of a programme that you are assigned to.")
@click.option("--level", required=True, help="A level of your own nation's policy, such as SECRET.")
@click.option("--audience", multiple=True, required=True, help="A nation's code, your own too, or everyone.")
@click.option("--caveat", "caveats", multiple=True, help="A caveat of your own nation's policy.")
@click.option("--export-controlled/--not-export-controlled", default=None, required=True, help="Which it is.")
@click.option("--media-type", help="Such as application/pdf; read from the file's name when not given.")
def seal(  # noqa: PLR0917  click passes by name
    file: Path,
    title: str,
    programme: str,
    level: str,
    audience: tuple[str, ...],
    caveats: tuple[str, ...],
    export_controlled: bool,  # noqa: FBT001  click passes options by name
    media_type: str | None,
) -> None:
    """Seal FILE on this machine under a label and register the container. The document itself never leaves it."""
    from relto.client import Announcement, Label

    release: str | tuple[str, ...] = _EVERYONE if audience == (_EVERYONE,) else audience
    announcement = Announcement(
        title=title,
        file_name=file.name,
        media_type=media_type or mimetypes.guess_type(file.name)[0] or _UNKNOWN_TYPE,
        programme=programme,
        label=Label(level=level, audience=release, caveats=caveats),
        export_controlled=export_controlled,
    )
    with open_client() as node:
        item = node.seal(file, announcement).raw
    answer(item, _item_text(item))


@click.command("open")
@click.argument("item")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where to write the document.")
def open_item(item: str, output: Path) -> None:
    """Open ITEM on this machine. Each key service involved decides anew; a refusal gives a reference."""
    place = check_place(output, "output")
    with open_client() as node:
        opened = node.open_item(item, place)
    answer({"file": str(opened.path), "size": opened.size, "services": opened.services})


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
    return "\n".join(lines)
