"""`relto verify`: an exported ledger, or a reconciliation certificate, checked offline with pinned keys.

Runs where Django is not installed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput
from relto.cli.files import read_file
from relto.cli.output import answer, language
from relto.ledger.findings import Finding, Outcome, Report

if TYPE_CHECKING:
    from relto.client.certificates import CertificateReport

KEYS_NOT_AUTHENTICATED = 3
NOT_VERIFIED = 10


@click.command("verify")
@click.argument("folder", metavar="FOLDER|FILE", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    "trusted",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Pinned keys: for a folder the tlog-policy file; for a certificate each nation's party record.",
)
def verify(folder: Path, trusted: tuple[Path, ...]) -> None:
    """Verify the ledger export in FOLDER, or the reconciliation certificate in FILE.

    Exit status 0 verified, 3 keys not authenticated, 10 altered.
    """
    if folder.is_file():
        from relto.client.certificates import verify_certificate

        found = verify_certificate(read_file(folder, "certificate"), [read_file(party, "trust") for party in trusted])
        answer(found.as_dict(), certificate_text(found))
        _leave(found.outcome)
        return
    from relto.client.verification import verify_folder_on_disk

    if len(trusted) > 1:
        raise MalformedInput("usage", field="trust", found=len(trusted), expected="one tlog-policy file for a folder")
    report = verify_folder_on_disk(folder, trusted[0] if trusted else None)
    answer(report.as_dict(), report_text(report))
    _leave(report.outcome)


def _leave(outcome: Outcome) -> None:
    if outcome is Outcome.NOT_AUTHENTICATED:
        sys.exit(KEYS_NOT_AUTHENTICATED)
    if outcome is Outcome.ALTERED:
        sys.exit(NOT_VERIFIED)


def certificate_text(report: CertificateReport) -> str:
    """The report on a certificate for people: whether it holds, what it says, each finding with who must act."""
    spoken = language()
    made = report.certificate
    asker, answerer = made.nations if made is not None else ("", "")
    lines = [sentence(f"verify.certificate.{report.outcome.value}", spoken, asker=asker, answerer=answerer)]
    if report.code:
        lines.append(f"  {sentence(report.code, spoken)} [{report.code}]")
    if made is not None:
        body = made.body
        said = sentence(f"reconciliation.state.{body['outcome']}", spoken)
        lines.append(f"{body['programme']} {body['at']}: {said}")
        lines += [f"  {nation}: checkpoint {stands}" for nation, stands in report.checkpoints.items()]
        for one in made.findings:
            said = sentence(f"reconciliation.finding.{one['code']}", spoken, side=str(one.get("side", "")))
            act = sentence(f"reconciliation.act.{one['act']}", spoken)
            lines.append(f"- {one.get('id') or one.get('digest')}: {said}. {act}")
    return "\n".join(lines)


def report_text(report: Report) -> str:
    """The report for people: findings and notices each with their file, and the entry where there is one."""
    spoken = language()
    lines = [sentence(f"verify.{report.outcome.value}", spoken, origin=report.origin, size=report.size)]
    if report.agreed_size is not None:
        lines.append(sentence("verify.agreed", spoken, agreed=report.agreed_size, size=report.size))
    lines.extend(f"  {_where(one)}: {sentence(one.code, spoken)} [{one.code}]" for one in report.findings)
    lines.extend(f"  ({_where(notice)}: {notice.code})" for notice in report.notices)
    lines.extend(f"  key {key.name} {key.fingerprint or key.key_id}" for key in report.keys)
    return "\n".join(lines)


def _where(found: Finding) -> str:
    return found.file if found.entry is None else f"{found.file}, entry {found.entry}"
