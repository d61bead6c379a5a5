"""`relto verify`: an exported ledger, checked offline with pinned keys; runs where Django is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relto.adapters.words import sentence
from relto.cli.output import answer, language
from relto.ledger.findings import Finding, Outcome, Report

KEYS_NOT_AUTHENTICATED = 3
NOT_VERIFIED = 10


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--trust", type=click.Path(path_type=Path), help="tlog-policy file with the pinned keys and the quorum.")
def verify(folder: Path, trust: Path | None) -> None:
    """Verify the ledger export in FOLDER. Exit status 0 verified, 3 keys not authenticated, 10 altered."""
    from relto.client.verification import verify_folder_on_disk

    report = verify_folder_on_disk(folder, trust)
    answer(report.as_dict(), report_text(report))
    if report.outcome is Outcome.NOT_AUTHENTICATED:
        sys.exit(KEYS_NOT_AUTHENTICATED)
    if report.outcome is Outcome.ALTERED:
        sys.exit(NOT_VERIFIED)


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
