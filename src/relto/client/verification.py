"""Offline verification of an exported ledger: files of a folder, keys from outside it. No node, no network, no Django.

The keys are pinned in a tlog-policy file (C2SP) that the inspector has from elsewhere: made from both nations'
party records, or from the signed agreement bundle, never from the folder itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, TooLarge
from relto.base.nations import read_nation
from relto.ledger.findings import Outcome, Report
from relto.ledger.notes import read_vkey
from relto.ledger.quorum import Policy, PolicyGroup, PolicyLog, PolicyWitness, read_policy, render_policy
from relto.ledger.verification import verify_folder

_LARGEST_TRUST = 1024 * 1024
_LARGEST_FILE = 64 * 1024 * 1024
_QUORUM = "agreed"


def verify_folder_on_disk(folder: Path, trust_file: Path | None) -> Report:
    """Verify an export. Without a trust file the report's outcome is at best "not authenticated".

    Raises MalformedInput naming `folder` or `trust` when one cannot be read; what is wrong inside becomes findings.
    """
    if not folder.is_dir():
        raise MalformedInput("no_folder", field="folder", found=folder.name, expected="a folder with a ledger export")
    trust = None if trust_file is None else read_policy(_read_trust(trust_file))

    def read(name: str) -> bytes | None:
        place = folder / name
        if not place.is_file() or place.is_symlink() or place.stat().st_size > _LARGEST_FILE:
            return None
        return place.read_bytes()

    return verify_folder(read, _names(folder), trust)


def verified(report: Report) -> bool:
    """True when everything holds under pinned keys."""
    return report.outcome is Outcome.VERIFIED


def _names(folder: Path) -> Iterator[str]:
    for place in folder.rglob("*"):
        if place.is_file() or place.is_symlink():
            yield place.relative_to(folder).as_posix()


def _read_trust(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            data = source.read(_LARGEST_TRUST + 1)
    except OSError as error:
        raise MalformedInput(
            "no_file", field="trust", found=path.name, expected="a readable tlog-policy file"
        ) from error
    if len(data) > _LARGEST_TRUST:
        raise TooLarge("trust", field="trust", found=path.name, expected=f"at most {_LARGEST_TRUST} bytes")
    return data


def trust_from_parties(records: Sequence[bytes]) -> bytes:
    """A tlog-policy file that pins both logs and asks all of: each authority's witness and the partner node.

    `records`: party records (`party.json`) of the nations. Raises MalformedInput naming the member.
    """
    logs: list[PolicyLog] = []
    witnesses: dict[str, PolicyWitness] = {}
    groups: dict[str, PolicyGroup] = {}
    members: list[str] = []
    nodes: list[str] = []
    for record in records:
        party = read_object(record, field="party record")
        nation = read_nation(party.get("nation"), field="party.nation").lower()
        logs.extend(PolicyLog(read_vkey(vkey)) for vkey in _vkeys(party, "ledger"))
        for member, name, collected in (
            ("witness", f"authority-{nation}", members),
            ("cosigner", f"node-{nation}", nodes),
        ):
            found = [
                PolicyWitness(f"{name}-{number}", read_vkey(vkey))
                for number, vkey in enumerate(_vkeys(party, member), start=1)
            ]
            witnesses.update({witness.name: witness for witness in found})
            groups[name] = PolicyGroup(name, len(found), tuple(witness.name for witness in found))
            collected.append(name)
    # A node never cosigns its own log, so "any one node" is the partner of the log in question.
    groups["partner"] = PolicyGroup("partner", 1, tuple(nodes))
    groups[_QUORUM] = PolicyGroup(_QUORUM, len(members) + 1, (*members, "partner"))
    return render_policy(Policy(tuple(logs), witnesses, groups, _QUORUM))


def _vkeys(party: Mapping[str, Any], member: str) -> list[str]:
    holder = party.get(member)
    vkeys = holder.get("vkeys") if isinstance(holder, dict) else None
    if not isinstance(vkeys, list) or not vkeys or not all(isinstance(vkey, str) for vkey in vkeys):
        raise MalformedInput("party", field=f"party.{member}.vkeys", expected="a list of verifier keys")
    return [str(vkey) for vkey in vkeys]
