"""`relto rules`: the agreement bundle as a file that people read, two authorities sign, and nodes enforce."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from relto.base.errors import MalformedInput
from relto.cli.files import read_file, write_file
from relto.cli.output import answer
from relto.cli.overlays import overlay
from relto.cli.rules_cases import decide_case, what_if_case
from relto.cli.rules_drafts import compare, lint_draft
from relto.cli.rules_impact import generate_holdings, impact_of_draft
from relto.cli.rules_proof import proof_on_node, prove_draft, state_consents
from relto.cli.rules_statements import confirm, history, listed, submit


@click.group()
def rules() -> None:
    """Draft, prove, sign, show and activate the agreement bundle."""


rules.add_command(prove_draft)
rules.add_command(overlay)
rules.add_command(proof_on_node)
rules.add_command(state_consents)
rules.add_command(impact_of_draft)
rules.add_command(generate_holdings)
rules.add_command(decide_case)
rules.add_command(what_if_case)
rules.add_command(compare)
rules.add_command(lint_draft)
rules.add_command(confirm)
rules.add_command(submit)
rules.add_command(listed)
rules.add_command(history)


@rules.command("draft")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--party", "parties", multiple=True, required=True, type=click.Path(), help="Party record of each node.")
@click.option("--programme", required=True, help="Code of the joint programme.")
@click.option("--facility", "facilities", multiple=True, required=True, help="NATION:CODE of a cleared facility.")
@click.option("--version", "bundle_version", type=click.IntRange(1), default=1, show_default=True)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Days until it expires.")
@click.option("--limit", "limits", multiple=True, help='CODE="NUMBER UNIT" in place of a training default.')
@click.option("--custodian", "custodians", multiple=True, type=click.Path(), help="Public file of one who may recover.")
@click.option("--quorum", "quorums", multiple=True, help="NATION=NUMBER of its custodians that it takes.")
@click.option("--equivalent", "equivalents", multiple=True, help="NATION:LEVEL=NATION:LEVEL, one direction.")
@click.option("--rotation", "rotations", multiple=True, type=click.Path(), help="Rotations of authorities' keys.")
def draft(  # noqa: PLR0913, PLR0917  click calls by name
    target: Path,
    parties: tuple[str, ...],
    programme: str,
    facilities: tuple[str, ...],
    bundle_version: int,
    days: int,
    limits: tuple[str, ...],
    equivalents: tuple[str, ...],
    custodians: tuple[str, ...],
    quorums: tuple[str, ...],
    rotations: tuple[str, ...],
) -> None:
    """Write an unsigned training bundle: its unknown rules are marked unconfirmed, so a live node refuses it."""
    from relto.node.drafting import draft_training_bundle

    now = datetime.now(UTC).replace(microsecond=0)
    data = draft_training_bundle(
        [read_file(party, "party") for party in parties],
        programme,
        facilities,
        version=bundle_version,
        effective_from=now - timedelta(minutes=1),
        expires=now + timedelta(days=days),
        limits=limits,
        equivalents=equivalents,
        custodians=[read_file(custodian, "custodian") for custodian in custodians],
        quorums=quorums,
        rotations=[read_file(rotation, "rotation") for rotation in rotations],
    )
    write_file(target, data, "target")
    answer({"file": str(target), "bundle_version": bundle_version})


@rules.command("sign")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The authority's key file.")
def sign(bundle: Path, key: Path) -> None:
    """Add an authority's signature to BUNDLE, in place."""
    from relto.node.authority_key import read_authority_key
    from relto.rules.manifest import sign_bundle

    signer = read_authority_key(key)
    write_file(bundle, sign_bundle(read_file(bundle, "bundle"), signer), "bundle")
    answer({"file": str(bundle), "signed_by": signer.public.owner, "key_id": signer.public.key_id})


@rules.command("show")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--party", "parties", multiple=True, type=click.Path(), help="Party records: whose keys count.")
@click.option("--rotation", "rotations", multiple=True, type=click.Path(), help="Rotations of authorities' keys.")
@click.option("--draft", "as_draft", is_flag=True, help="Read before signing: no signature is checked.")
def show(bundle: Path, parties: tuple[str, ...], rotations: tuple[str, ...], as_draft: bool) -> None:  # noqa: FBT001  click passes flags by position
    """Check a bundle as a training node would, and show what it says; with --draft, only what it says."""
    from relto.node.drafting import bundle_summary, draft_summary

    if as_draft:
        answer(draft_summary(read_file(bundle, "bundle")))
        return
    if not parties:
        raise MalformedInput("party", field="party", expected="--party FILE for each nation, or --draft")
    found = bundle_summary(
        read_file(bundle, "bundle"),
        [read_file(party, "party") for party in parties],
        datetime.now(UTC),
        rotations=[read_file(rotation, "rotation") for rotation in rotations],
    )
    answer(found)


@rules.command("activate")
@click.argument("bundle", type=click.Path(path_type=Path))
def activate(bundle: Path) -> None:
    """Submit a signed bundle to your node (co-chair)."""
    from relto.cli.profile import open_client

    data = read_file(bundle, "bundle")
    with open_client() as node:
        answer(node.submit_bundle(data).raw)


@rules.command("active")
@click.option("--output", type=click.Path(path_type=Path), help="Write the bundle's file here too, as it was signed.")
def active(output: Path | None) -> None:
    """The bundle in effect at your node."""
    from relto.cli.profile import open_client

    with open_client() as node:
        told = node.active_bundle().raw
        if output is not None:
            write_file(output, node.active_bundle_file(), "output")
    answer(told if output is None else {**told, "file": str(output)})
