"""`relto rules overlay`: what one nation tightens or suspends alone, drafted, signed by its authority, submitted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from relto.base.canonical import canonical_bytes, read_object
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, words


@click.group("overlay")
def overlay() -> None:
    """National overlays: a nation tightens or suspends for its own node, alone and at once; it never loosens alone."""


@overlay.command("draft")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--nation", required=True, help="Whose authority will sign it.")
@click.option("--agreement", required=True, help="Such as IND-USA.")
@click.option("--overlay-version", required=True, type=click.IntRange(1), help="Above every earlier overlay's.")
@click.option("--from-version", type=click.IntRange(1), default=1, show_default=True, help="First bundle it is for.")
@click.option("--to-version", type=click.IntRange(1), help="Last bundle it is for; without it, every later one.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it ends; without it, until another one.")
@click.option("--reason", required=True, help="Why; every person here may read it.")
@click.option("--suspend-action", "actions", multiple=True, help="release, accept, open, supply_share, retransfer.")
@click.option("--suspend-programme", "programmes", multiple=True, help="Code of a programme.")
@click.option("--suspend-facility", "facilities", multiple=True, help="Code of a facility.")
@click.option("--drop-listing", "listings", multiple=True, help="PROGRAMME/FACILITY of an agreed list.")
@click.option("--drop-equivalent", "equivalents", multiple=True, help="NATION:LEVEL>NATION.")
@click.option("--status-max-age", help='"NUMBER UNIT", such as "12 hour".')
@click.option("--unregistered-up-to", help="Highest own level at which unregistered containers open.")
@click.option("--rule", "rules", multiple=True, help="RULE=CEDAR, a stricter condition in place of the rule's own.")
def draft(**options: Any) -> None:
    """Write an unsigned overlay; one that changes nothing withdraws the earlier one."""
    from relto.node.overlay_drafting import overlay_body

    now = datetime.now(UTC).replace(microsecond=0)
    target, days = options.pop("target"), options.pop("days")
    body = overlay_body(effective_from=now, ends=None if days is None else now + timedelta(days=days), **options)
    write_file(target, canonical_bytes(body), "target")
    answer({"file": str(target), "overlay_version": body["overlay_version"]})


@overlay.command("sign")
@click.argument("draft", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The authority's key file.")
def sign(draft: Path, key: Path) -> None:
    """Sign DRAFT with the authority's key, in place."""
    from relto.node.authority_key import read_authority_key
    from relto.rules.overlays import sign_overlay

    signer = read_authority_key(key)
    body = read_object(read_file(draft, "draft"), field="draft")
    write_file(draft, sign_overlay(body, signer), "draft")
    answer({"file": str(draft), "signed_by": signer.public.owner, "key_id": signer.public.key_id})


@overlay.command("submit")
@click.argument("file", type=click.Path(path_type=Path))
def submit(file: Path) -> None:
    """Submit a signed overlay to your node (co-chair); it is proved to tighten only, then followed."""
    from relto.cli.profile import open_client

    data = read_file(file, "overlay")
    with open_client() as node:
        answer(dict(node.submit_overlay(data).raw))


@overlay.command("show")
def show() -> None:
    """The overlays that your node accepted, newest first."""
    from relto.cli.profile import open_client

    with open_client() as node:
        found = [dict(one.raw) for one in node.overlays()]
    answer({"overlays": found}, None if found else words("cli.overlay", "none"))
