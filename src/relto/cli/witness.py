"""`relto witness`: an authority's witness, a small process of its own that cosigns checkpoints (C2SP tlog-witness)."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.output import answer


@click.group()
def witness() -> None:
    """An authority's witness: it cosigns what is consistent and keeps what is not."""


@witness.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The witness's key name, such as witness.usa.example.")
def init(folder: Path, name: str) -> None:
    """Make the witness's folder and keys; prints its verifier keys."""
    from relto.witness.process import init_witness

    made = init_witness(folder, name)
    answer({"name": name, "vkeys": list(made.vkeys)}, "\n".join(made.vkeys))


@witness.command("trust")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--party", "parties", multiple=True, required=True, type=click.Path(), help="A node's party record.")
def trust(folder: Path, parties: tuple[str, ...]) -> None:
    """Pin the logs of these nodes: only their checkpoints are cosigned."""
    from relto.base.canonical import read_object
    from relto.base.errors import MalformedInput
    from relto.cli.files import read_file
    from relto.witness.process import trust_log

    for party in parties:
        ledger = read_object(read_file(party, "party"), field="party record").get("ledger")
        if not isinstance(ledger, dict) or not isinstance(ledger.get("vkeys"), list):
            raise MalformedInput("party", field="party.ledger", expected="origin and vkeys")
        trust_log(folder, str(ledger["origin"]), [str(vkey) for vkey in ledger["vkeys"]])  # type: ignore[union-attr]
        answer({"origin": ledger["origin"]})


@witness.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1")
@click.option("--port", required=True, type=click.IntRange(1, 65535))
def run_witness(folder: Path, host: str, port: int) -> None:
    """Serve the witness until it is stopped."""
    from relto.node.hardening import harden_process
    from relto.witness.process import serve_witness

    harden_process()
    serve_witness(folder, host, port)
