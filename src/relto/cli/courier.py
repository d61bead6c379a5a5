"""`relto courier`: the exchange by removable media: make a bundle, read one in, see what waits; who carried what."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.base.errors import MalformedInput
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client
from relto.client.courier import ONE_FILE
from relto.client.ledger import require_free
from relto.procedures.medium import check_performer

if TYPE_CHECKING:
    from relto.client import NodeClient
    from relto.client.answers.courier import CourierBundle

_POLL_SECONDS = 0.2
_COLUMNS = ("partner", "direction", "number", "state", "created_at", "messages", "answers", "size", "problem")
_OVERDUE = ("partner", "sequence", "bundle", "since", "due", "late", "call", "message")
_MEDIA = ("at", "medium", "partner", "direction", "number", "step", "performer", "seal", "certificate", "recorded_by")
_BY = "--carried-by"


@click.group("courier")
def courier() -> None:
    """What goes by courier, what came: bundles on removable media, and who carried them."""


@courier.command("export")
@click.argument("partner")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new folder, or a file NAME.tar.")
@click.option("--number", type=click.IntRange(min=1), help="Give this bundle again instead of making the next one.")
@click.option("--days", default=30, show_default=True, help="Until the medium must be back or destroyed.")
@click.option("--again", is_flag=True, help="Carry also what earlier bundles carried and nobody answered.")
@click.option("--media", help="Serial number of the medium, for the register of media.")
@click.option(_BY, "carried_by", help="Who takes the medium: ROLE/ID, never a name.")
@click.option("--seal", default="", help="Number of the seal.")
@click.option("--certificate", default="", help="Number of the courier certificate.")
def export(  # noqa: PLR0917  click calls by name
    partner: str,
    output: Path,
    number: int | None,
    days: int,
    again: bool,  # noqa: FBT001  click passes flags by name
    media: str | None,
    carried_by: str | None,
    seal: str,
    certificate: str,
) -> None:
    """Make the next courier bundle for PARTNER and write it out (operator)."""
    if (media is None) != (carried_by is None):
        raise MalformedInput("usage", field="media", expected=f"--media and {_BY} together")
    if carried_by is not None:
        check_performer(carried_by)
    if output.suffix != ONE_FILE:
        require_free(output)  # before a bundle is made, which would then lie nowhere
    with open_client() as node:
        if number is None:
            made = node.make_courier_bundle(partner, days=days, again=again)
        else:
            made = node.courier_bundle(partner, "out", number)
        node.export_courier_bundle(partner, made.number, output)
        if media is not None and carried_by is not None:
            node.record_medium(
                media, partner, "out", made.number, "packed", carried_by, seal=seal, certificate=certificate
            )
    answer({**made.raw, "output": str(output)}, f"{partner} {made.number}: {output}  {_counts(made)}")


@courier.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--wait", default=10.0, show_default=True, help="Seconds to wait until the bundle is taken.")
@click.option("--media", help="Serial number of the medium, for the register of media.")
@click.option(_BY, "carried_by", help="Who opened the medium here: ROLE/ID, never a name.")
@click.option("--seal", default="", help="Number of the seal as found.")
def read(source: Path, wait: float, media: str | None, carried_by: str | None, seal: str) -> None:
    """Read a courier bundle in from SOURCE, a folder or a file (operator). It is checked whole before it counts."""
    if (media is None) != (carried_by is None):
        raise MalformedInput("usage", field="media", expected=f"--media and {_BY} together")
    if carried_by is not None:
        check_performer(carried_by)
    with open_client() as node:
        found = node.import_courier_bundle(source)
        if media is not None and carried_by is not None:
            for step in ("arrived", "opened"):
                node.record_medium(media, found.partner, "in", found.number, step, carried_by, seal=seal)
        found = _when_taken(node, found, wait)
    answer(found.raw, _told(found))


def _when_taken(node: NodeClient, found: CourierBundle, seconds: float) -> CourierBundle:
    """The bundle once it is taken, cannot be taken now, or the time is over."""
    deadline = time.monotonic() + seconds
    while found.state == "held" and not found.missing and not found.problem and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        found = node.courier_bundle(found.partner, "in", found.number)
    return found


def _told(found: CourierBundle) -> str:
    lines = [f"{found.partner} {found.number}: {words('state.courier', found.state)}  {_counts(found)}"]
    if found.missing:
        lines.append("  missing: " + ", ".join(str(number) for number in found.missing))
    if found.problem:
        lines.append(f"  {found.problem}")
    lines += [f"  {one.name}: {one.code}" for one in found.results]
    return "\n".join(lines)


def _counts(found: CourierBundle) -> str:
    return f"messages {found.messages}, answers {found.answers}, payloads {found.payloads}, bytes {found.size}"


@courier.command("list")
def show() -> None:
    """The newest courier bundles of both directions."""
    with open_client() as node:
        rows: list[dict[str, Any]] = [dict(one.raw) for one in node.courier_bundles()]
    answer_rows(rows, _COLUMNS, words("courier", "none"))


@courier.command("overdue")
def overdue() -> None:
    """What went by courier and has no receipt: whom to call, since when."""
    with open_client() as node:
        rows = [dict(one.raw) for one in node.overdue_receipts()]
    no_rule = words("words", "no_rule")
    shown = [row | {"due": row["due"] or no_rule} for row in rows]
    answer_rows(shown, _OVERDUE, words("courier", "nothing_overdue"))


@courier.command("media")
def media_register() -> None:
    """The register of media, newest first."""
    with open_client() as node:
        answer_rows([dict(one.raw) for one in node.media()], _MEDIA, words("courier", "no_media"))


@courier.command("record")
@click.argument("medium")
@click.argument("partner")
@click.argument("direction", type=click.Choice(["out", "in"]))
@click.argument("number", type=click.IntRange(min=1))
@click.argument("step", type=click.Choice(["packed", "handed_over", "arrived", "opened", "returned", "destroyed"]))
@click.option("--by", "performer", required=True, help="Who had it in hand: ROLE/ID, never a name.")
@click.option("--seal", default="", help="Number of the seal.")
@click.option("--certificate", default="", help="Number of the courier certificate.")
def record(  # noqa: PLR0917  click calls by name
    medium: str, partner: str, direction: str, number: int, step: str, performer: str, seal: str, certificate: str
) -> None:
    """Record a step of MEDIUM with bundle NUMBER to or from PARTNER (registrar, release officer; operator in part)."""
    with open_client() as node:
        made = node.record_medium(
            medium, partner, direction, number, step, performer, seal=seal, certificate=certificate
        ).raw
    answer(made, f"{medium}: {words('state.medium', made['state'])} ({made['entry']})")
