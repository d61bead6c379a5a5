"""`relto node upgrade` and `relto node verify`: a node brought to this release, and a node or backup checked whole."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relto.adapters.words import sentence
from relto.cli.output import answer, language, wants_json, words

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_NOT_VERIFIED = 10


@click.command("upgrade")
@_FOLDER
@click.option("--backup-to", type=click.Path(path_type=Path), help="A folder that does not exist yet, for the backup.")
@click.option("--backed-up", is_flag=True, help="Of PostgreSQL alone: the server's own backup was just made.")
@click.option("--plan", is_flag=True, help="Tell what would be done, and change nothing.")
def upgrade(folder: Path, backup_to: Path | None, backed_up: bool, plan: bool) -> None:  # noqa: FBT001  click's flags
    """Bring the stopped node in FOLDER to this release: doctor, backup, migrations, the ledger compared.

    A node that runs, one of a newer release and one that the doctor finds unsound are refused. When anything fails the
    node is as it was before.
    """
    from relto.base.errors import Conflict
    from relto.node.hardening import harden_process
    from relto.node.settings import read_settings
    from relto.node.upgrading import planned
    from relto.node.upgrading import upgrade as upgrade_node

    harden_process()
    if not plan and read_settings(folder).database and not backed_up and backup_to is None:
        expected = "a folder that does not exist yet, or --backed-up after the server's own backup"
        raise Conflict("backup_needed", field="--backup-to", expected=expected)

    def tell(step: str) -> None:
        if not wants_json():
            click.echo(words("upgrade_step", step), err=True)

    done = planned(folder) if plan else upgrade_node(folder, backup_to, tell)
    outcome = "nothing" if not done.migrations else "planned" if plan else "done"
    lines = [sentence(f"upgrade.{outcome}", language(), count=len(done.migrations), size=done.ledger.size)]
    lines += [f"- {name}" for name in done.migrations]
    lines.append(sentence("upgrade.root", language(), root=done.ledger.root))
    found = {
        "outcome": outcome,
        "migrations": [*done.migrations],
        "entries": done.ledger.size,
        "waiting": done.ledger.waiting,
        "root": done.ledger.root,
        "backup": done.backup,
    }
    answer(found, "\n".join(lines))


@click.command("verify")
@_FOLDER
@click.option("--master-secret", type=click.Path(path_type=Path), help="Of a backup: the file that was kept apart.")
def verify(folder: Path, master_secret: Path | None) -> None:
    """Check the node or the backup in FOLDER whole, offline: files, database, ledger, keys, every payload's digest.

    A node may run meanwhile. Exit status 10 when something is not as it was written.
    """
    from relto.node.hardening import harden_process
    from relto.node.verifying import verify as verify_place

    harden_process()

    def tell(what: str, count: int) -> None:
        if not wants_json():
            click.echo(f"{what}: {count}", err=True)

    done = verify_place(folder, master_secret, tell)
    counts = dict(sorted(done.counts.items()))
    outcome = "found" if counts else "clean"
    said = {"size": done.size, "files": done.files, "payloads": done.payloads, "secrets": done.secrets}
    lines = [sentence(f"verify_place.{outcome}", language(), count=sum(counts.values()), **said)]
    lines.append(sentence("upgrade.root", language(), root=done.root))
    if done.release != "this":
        lines.append(words("verify_place", "tables" if done.release == "tables" else "another_release"))
    lines += [f"- {count}: {_words(code)} [{code}]" for code, count in counts.items()]
    lines += [f"  {place} [{code}]" for code, place in done.named]
    named = [{"code": code, "place": place} for code, place in done.named]
    numbers = {"entries": done.size, "files": done.files, "payloads": done.payloads, "secrets": done.secrets}
    found = {
        "kind": done.kind,
        "release": done.release,
        "root": done.root,
        **numbers,
        "payload_bytes": done.payload_bytes,
    }
    answer({**found, "counts": counts, "findings": named}, "\n".join(lines))
    if counts:
        sys.exit(_NOT_VERIFIED)


def _words(code: str) -> str:
    own = words("verify_finding", code)
    return own if own != f"verify_finding.{code}" else words("ledger_finding", code)
