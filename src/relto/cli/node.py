"""`relto node`: set up, pair, check and run a sovereign node."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relto.cli.files import read_file
from relto.cli.keys import COLUMNS, key_rows, keys
from relto.cli.node_backup import backup, restore
from relto.cli.node_doctor import doctor
from relto.cli.node_ledger import check_ledger, rebuild_log
from relto.cli.node_restart import restart
from relto.cli.node_rotation import rotate_keys
from relto.cli.node_status import status
from relto.cli.node_upkeep import upgrade, verify
from relto.cli.output import answer, answer_rows, table, wants_json
from relto.cli.standing import quarantine, recover

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_MISCONFIGURED = 7


@click.group()
def node() -> None:
    """Set up, check and run a sovereign node."""


@node.command("init")
@_FOLDER
@click.option("--nation", required=True, help="ISO 3166-1 alpha-3 code, such as IND.")
@click.option("--host", required=True, help="The node's host name.")
@click.option("--kind", type=click.Choice(["training", "live"]), required=True)
@click.option("--base-port", type=int, default=8400, show_default=True, help="First of five ports.")
@click.option("--authority", required=True, type=click.Path(), help="The authority's public key file (.pub.json).")
@click.option("--witness-name", required=True)
@click.option("--witness-url", required=True)
@click.option("--witness-vkey", "witness_vkeys", multiple=True, required=True, help="Twice: Ed25519 and ML-DSA-44.")
@click.option(
    "--database", default="", help="An empty PostgreSQL database: postgresql://ROLE@HOST/NAME. Default: SQLite."
)
@click.option("--database-owner", default="", help="The role that owns its tables, when the processes' own does not.")
@click.option("--training-clock", default="", help="A training node's alone: the file of a rehearsal's clock.")
@click.option(
    "--blobs", default="", help="Keep ciphertext in S3: s3://BUCKET/PREFIX?endpoint=URL&credentials_file=PATH."
)
def init(  # noqa: PLR0913, PLR0917  click calls by name
    folder: Path,
    nation: str,
    host: str,
    kind: str,
    base_port: int,
    authority: str,
    witness_name: str,
    witness_url: str,
    witness_vkeys: tuple[str, ...],
    database: str,
    database_owner: str,
    training_clock: str,
    blobs: str,
) -> None:
    """Make a node in FOLDER: keys, certificates, database, first operator and registrar."""
    from relto.base.canonical import read_object
    from relto.base.nations import read_nation
    from relto.node.blob_settings import read_blobs_url
    from relto.node.hardening import harden_process
    from relto.node.initialise import FirstSetup, WitnessOfAuthority, initialise
    from relto.signing.keys import StatementPublicKey

    harden_process()
    key = StatementPublicKey.from_dict(
        read_object(read_file(authority, "authority"), field="authority"), field="authority"
    )
    made = initialise(
        FirstSetup(
            root=folder.resolve(),
            nation=read_nation(nation),
            host=host,
            kind="live" if kind == "live" else "training",
            base_port=base_port,
            authority=key,
            witness=WitnessOfAuthority(witness_name, witness_url, witness_vkeys),
            database=database,
            database_owner=database_owner,
            training_clock=training_clock,
            blobs=read_blobs_url(blobs),
        )
    )
    answer(
        {"folder": str(folder), "party": str(folder / "party.json"), "first_people": sorted(made)},
        f"Made the node of {nation} in {folder}.\n"
        f"Public record for the partner and the agreement bundle: {folder / 'party.json'}\n"
        f"First operator and registrar: {folder / 'first-credentials.json'} (readable by you only; move it away)",
    )


@node.command("pair")
@_FOLDER
@click.option("--party", required=True, type=click.Path(), help="The partner node's public record.")
def pair(folder: Path, party: str) -> None:
    """Pin the partner's authority key and link authority. Compare the fingerprint over another channel."""
    from relto.node.party import pin_partner
    from relto.node.settings import read_settings

    settings = read_settings(folder)
    pinned = pin_partner(settings.folder, read_file(party, "party"), settings.nation)
    answer({"partner": pinned.nation, "authority_key_id": pinned.authority.key_id, "link": pinned.link_url})


@node.command("check")
@_FOLDER
def check(folder: Path) -> None:
    """List every setting with which the node would refuse to start. Exit status 7 when there is one.

    When there is none: where each key of the key service lives, and what the link's TLS offers.
    """
    from relto.adapters.words import error_sentence
    from relto.cli.output import language
    from relto.node.checks import findings
    from relto.node.settings import read_settings

    found = findings(read_settings(folder))
    rows = [
        {"setting": problem.field, "code": problem.full_code, "what": error_sentence(problem, language())}
        for problem in found
    ]
    answer_rows(rows, ("setting", "what"), "Every check passed: the node may start.")
    if found:
        sys.exit(_MISCONFIGURED)
    if not wants_json():
        _tell_keys(folder)


def _tell_keys(folder: Path) -> None:
    from relto.node.key_commands import link_groups, listed

    rows = [[str(row[name]) for name in COLUMNS] for row in key_rows(listed(folder))]
    groups = link_groups()
    offers = {
        "chosen": "offers ML-KEM groups first",
        "library_default": "offers X25519MLKEM768 first, by the library's default",
        "classical": "is classical: this TLS library knows no ML-KEM group",
    }
    click.echo("\n" + table([COLUMNS, *rows]))
    click.echo(f"\nThe link's key exchange {offers[groups.offer]} ({groups.library}).")


@node.command("run")
@_FOLDER
def run_node(folder: Path) -> None:
    """Run all of the node's processes until SIGTERM or Ctrl-C; one that dies is started again."""
    from relto.node.checks import require_free_ports, require_sound
    from relto.node.children import node_children
    from relto.node.processes import Supervisor
    from relto.node.settings import read_settings

    settings = read_settings(folder)
    require_sound(settings)
    require_free_ports(settings)
    supervisor = Supervisor(node_children(settings))
    try:
        supervisor.start()
        answer(
            {"nation": settings.nation, "portal": settings.urls.portal}, f"{settings.nation}: {settings.urls.portal}"
        )
        supervisor.run()
    finally:
        supervisor.stop()


@node.command("serve")
@_FOLDER
@click.argument("process")
def serve(folder: Path, process: str) -> None:
    """Run one process of the node: portal, key_service, link or worker."""
    from relto.node.serve import serve as serve_process

    serve_process(folder, process)


node.add_command(backup)
node.add_command(check_ledger)
node.add_command(doctor)
node.add_command(status)
node.add_command(keys)
node.add_command(quarantine)
node.add_command(rebuild_log)
node.add_command(recover)
node.add_command(restart)
node.add_command(restore)
node.add_command(rotate_keys)
node.add_command(upgrade)
node.add_command(verify)
