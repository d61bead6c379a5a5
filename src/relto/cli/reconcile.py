"""`relto reconcile`: do the two registers agree?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli.files import write_file
from relto.cli.output import answer, answer_rows, language, words
from relto.cli.profile import open_client

_LINES = ("id", "programme", "partner", "state", "findings", "alarms", "records", "partner_records", "ended_at")


@click.group("reconcile")
def reconcile() -> None:
    """Compare the registers of a programme with the partner's; both nodes sign what is found."""


@reconcile.command("start")
@click.argument("programme")
@click.option("--partner", default="", help="Which nation, when more than one shares the programme.")
def start(programme: str, partner: str) -> None:
    """Compare the registers of PROGRAMME now."""
    with open_client() as node:
        found = node.reconcile(programme, partner).raw
    answer(found, detail_text(found))


@reconcile.command("status")
@click.argument("programme", default="")
def status(programme: str) -> None:
    """The comparisons that ended, newest first."""
    with open_client() as node:
        rows = [row.raw for row in node.reconciliations(programme)]
    answer_rows(rows, _LINES, words("cli.reconcile", "none"))


@reconcile.command("show")
@click.argument("run")
def show(run: str) -> None:
    """What RUN found, and who must act."""
    with open_client() as node:
        found = node.reconciliation(run).raw
    answer(found, detail_text(found))


@reconcile.command("certificate")
@click.argument("run")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the signed certificate goes.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write the form for people as well.")
def certificate(run: str, output: Path, pdf: Path | None) -> None:
    """Write the certificate of RUN, as both nodes signed it; `relto verify FILE --trust KEYS` checks it offline."""
    with open_client() as node:
        signed = node.reconciliation_certificate(run)
        kind = node.node().kind
    written = {"file": str(write_file(output, signed, "output"))}
    if pdf is not None:
        from relto.adapters.certificate_pdf import certificate_pdf  # typst is loaded only when it is used
        from relto.exchange.reconciliation_certificate import stated_certificate

        marking = sentence(f"certificate.{'training' if kind == 'training' else 'live'}")
        written["pdf"] = str(write_file(pdf, certificate_pdf(stated_certificate(signed), marking=marking), "pdf"))
    answer(written)


def detail_text(found: Mapping[str, Any]) -> str:
    """A comparison for people: how it ended, what was compared, each finding with who must act."""
    lines = [
        f"{found['programme']} {found['partner']}: {words('reconciliation.state', found['state'])}",
        *(f"{name}: {found[name]}" for name in ("id", "records", "partner_records", "ended_at", "code") if found[name]),
    ]
    for one in found["differences"]:
        said = sentence(f"reconciliation.finding.{one['code']}", language(), side=one.get("side", ""))
        named = f"{one['kind']} {one['id']}" if "id" in one else f"{one['type']} {one['digest'][:16]}"
        fields = f" ({', '.join(one['fields'])})" if one.get("fields") else ""
        lines += [
            f"- {named}: {said}{fields}",
            f"  {', '.join(one['who'])}: {words('reconciliation.act', one['act'])}",
        ]
    return "\n".join(lines)
