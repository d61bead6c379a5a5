"""A dossier that was taken away as data: whether it is what its node signed, and whether its log holds it. Offline.

Checked, in this order: the record is signed by a node key that the reader has from elsewhere; every entry's leaf
commits to the details beside it; every step of the record names one of these entries, and the details of the entry name
the SHA-256 of the step's answers; with a tlog-policy, every entry's proof holds under it (C2SP tlog-proof). No node, no
network, no Django.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final

from relto.base.canonical import canonical_bytes, read_object, sha256_hex
from relto.base.errors import MalformedInput, NotVerified
from relto.ledger.leaves import commitment, read_leaf
from relto.ledger.proofs import verify_proof
from relto.ledger.quorum import Policy
from relto.signing.keys import StatementPublicKey
from relto.signing.statements import read_statement

EXPORT: Final = "dossier-export"
RECORD: Final = "dossier-record"
LARGEST_FILE: Final = 16 * 1024 * 1024
_VERSIONS: Final = (1,)
_MOST_ENTRIES: Final = 5000


@dataclass(frozen=True, slots=True)
class VerifiedDossier:
    """A record whose signature holds. `proven`: entries whose proof holds; `unproven`: those without one as yet."""

    record: Mapping[str, Any]
    proven: tuple[str, ...]
    unproven: tuple[str, ...]


def verify_dossier_file(
    data: bytes, *, node_keys: Collection[StatementPublicKey], policy: Policy | None = None
) -> VerifiedDossier:
    """Verify and read a file of `relto dossier export`. Without `policy` no proof is looked at and none is claimed.

    Raises MalformedInput, TooLarge or UnknownValue for another file, NotVerified for one that does not hold.
    """
    value = read_object(data, field="dossier file", max_bytes=LARGEST_FILE)
    entries = value.get("entries")
    if value.get("type") != EXPORT or value.get("version") not in _VERSIONS or not isinstance(entries, list):
        raise MalformedInput("dossier_file", field="type", expected=f"{EXPORT} of version 1")
    if len(entries) > _MOST_ENTRIES:
        raise MalformedInput("dossier_file", field="entries", expected=f"at most {_MOST_ENTRIES}")
    envelope = canonical_bytes(value.get("record"))
    record = read_statement(envelope, kind=RECORD, versions=_VERSIONS, trusted=node_keys, max_bytes=LARGEST_FILE).body
    details: dict[str, Mapping[str, Any]] = {}
    proven: list[str] = []
    unproven: list[str] = []
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise MalformedInput("dossier_file", field=f"entries/{number}", expected="an entry")
        name, leaf, kept = _entry(entry, f"entries/{number}")
        details[name] = kept
        proof = str(entry.get("proof", ""))
        if policy is None or not proof:
            unproven.append(name)
        else:
            verify_proof(proof.encode("utf-8"), leaf, policy)
            proven.append(name)
    _require_entered(record, details)
    return VerifiedDossier(record, tuple(proven), tuple(unproven))


def node_key_of(party: bytes) -> StatementPublicKey:
    """The node key in a nation's party record (`party.json`). Raises MalformedInput."""
    return StatementPublicKey.from_dict(read_object(party, field="party record").get("node"), field="party.node")


def _entry(entry: Mapping[str, Any], field: str) -> tuple[str, bytes, Mapping[str, Any]]:
    """(its id, its leaf, its details), which the leaf commits to."""
    kept = entry.get("details")
    try:
        leaf = base64.b64decode(str(entry.get("leaf")), validate=True)
        salt = bytes.fromhex(str(entry.get("salt")))
    except (ValueError, binascii.Error) as error:
        raise MalformedInput("dossier_file", field=field, expected="an entry with leaf and salt") from error
    if not isinstance(kept, Mapping):
        raise MalformedInput("dossier_file", field=field, expected="an entry with details")
    if not compare_digest(read_leaf(leaf).commitment, commitment(salt, kept)):
        raise NotVerified("dossier_file", field=field, expected="details that the leaf commits to")
    return str(entry.get("entry")), leaf, kept


def _require_entered(record: Mapping[str, Any], details: Mapping[str, Mapping[str, Any]]) -> None:
    """Each step stands in an entry, which names the digest of its answers; those that were taken over stand in one."""
    steps: Sequence[Any] = record.get("steps", [])
    for number, step in enumerate(steps):
        field = f"steps/{number}"
        kept = details.get(str(step["entry"]))
        if kept is None:
            raise NotVerified("dossier_file", field=field, expected="a step that one of the entries stands for")
        told = kept.get("answers_sha256")
        if (
            kept.get("step") == step["step"]
            and told is not None
            and told != sha256_hex(canonical_bytes(step["answers"]))
        ):
            raise NotVerified("dossier_file", field=field, expected="the answers that the entry commits to")
