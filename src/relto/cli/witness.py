"""`relto witness`: an authority's witness, a small process of its own that cosigns checkpoints (C2SP tlog-witness)."""

from __future__ import annotations

import time
from pathlib import Path

import click

from relto.cli.files import read_file, writing
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

    with writing(folder, "folder"):
        made = init_witness(folder, name)
    answer({"name": name, "vkeys": list(made.vkeys)}, "\n".join(made.vkeys))


@witness.command("trust")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--party", "parties", multiple=True, required=True, type=click.Path(), help="A node's party record.")
def trust(folder: Path, parties: tuple[str, ...]) -> None:
    """Pin the logs of these nodes: only their checkpoints are cosigned."""
    from relto.node.party import read_party
    from relto.witness.process import trust_log

    logs = [read_party(read_file(party, "party")).log for party in parties]
    for log in logs:
        trust_log(folder, log.origin, log.vkeys)
        answer({"origin": log.origin})


@witness.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1")
@click.option("--port", required=True, type=click.IntRange(1, 65535))
@click.option("--training-clock", type=click.Path(path_type=Path), help="In a rehearsal alone: the file of its clock.")
def run_witness(folder: Path, host: str, port: int, training_clock: Path | None) -> None:
    """Serve the witness until it is stopped."""
    from relto.adapters.training_clock import TrainingClock
    from relto.node.hardening import harden_process
    from relto.witness.process import serve_witness

    harden_process()
    if training_clock is None:
        serve_witness(folder, host, port)
    else:
        ahead = TrainingClock(training_clock).seconds
        ahead()
        serve_witness(folder, host, port, now=lambda: time.time() + ahead())
