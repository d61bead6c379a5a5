"""`relto ledger`: how the ledger stands, where an entry stands, its export, and the trust file to verify it with."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.files import read_file, write_file
from relto.cli.output import answer, words


@click.group("ledger")
def ledger() -> None:
    """The node's ledger: state, entries, export, trust file."""


@ledger.command("show")
def show() -> None:
    """How many entries are sequenced, witnessed, agreed; with --json also the newest signed checkpoint."""
    from relto.cli.profile import open_client

    with open_client() as node:
        found = node.ledger().raw
    answer(found, "\n".join(f"{name}: {value}" for name, value in found.items() if name != "checkpoint"))


@ledger.command("entry")
@click.argument("entry")
def show_entry(entry: str) -> None:
    """Where ENTRY stands: recorded, sequenced, witnessed or agreed."""
    from relto.cli.profile import open_client

    with open_client() as node:
        found = node.entry(entry).raw
    place = "" if found["index"] is None else f"{found['origin']}#{found['index']}  "
    answer(found, f"{place}{words('event', found['event'])}: {words('state.entry', found['state'])}")


@ledger.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    """Write the ledger into FOLDER, which must be new or empty (inspector). `relto verify` checks it offline."""
    from relto.cli.profile import open_client

    with open_client() as node:
        answer({"folder": str(node.export_ledger(folder))})


@ledger.command("trust")
@click.option("--party", "parties", multiple=True, required=True, type=click.Path(), help="A nation's party record.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The tlog-policy file to write.")
def trust(parties: tuple[str, ...], output: Path) -> None:
    """Write the trust file that pins both logs, both witnesses and the partner node. Needs no node."""
    from relto.client.verification import trust_from_parties

    data = trust_from_parties([read_file(party, "party") for party in parties])
    answer({"file": str(write_file(output, data, "output"))})
