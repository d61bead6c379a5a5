"""Offline verification of a reconciliation certificate. No node, no network, no Django.

The keys are those of the party records of both nations, which the reader has from elsewhere.

Promises: it holds only when the nodes of both nations that it names signed this very body, each with both algorithms;
each checkpoint in it is signed by its nation's log, and the report says how far it came. Without party records the
certificate can only be read, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, NotVerified, ReltoError
from relto.base.nations import read_nation
from relto.client.verification import trust_from_parties
from relto.exchange.reconciliation_certificate import Certificate, read_certificate, stated_certificate
from relto.ledger.findings import Outcome
from relto.ledger.quorum import Policy, evaluate, read_policy
from relto.signing.keys import StatementPublicKey

AGREED, SIGNED, NONE = "agreed", "signed", "none"
_PARTIES = 2


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """What a certificate says, and whether it holds. `code`: why it does not; `checkpoints`: how far each came."""

    outcome: Outcome
    certificate: Certificate | None
    code: str
    checkpoints: dict[str, str]

    def as_dict(self) -> dict[str, Json]:
        """The report as JSON."""
        said: dict[str, Json] = dict(self.certificate.body) if self.certificate is not None else {}
        digest = self.certificate.digest if self.certificate is not None else ""
        checkpoints: dict[str, Json] = {**self.checkpoints}
        return {
            "outcome": self.outcome.value,
            "code": self.code,
            "digest": digest,
            "checkpoints": checkpoints,
            "certificate": said,
        }


def verify_certificate(data: bytes, parties: Sequence[bytes]) -> CertificateReport:
    """Verify a certificate against party records (`party.json`) of the nations it names.

    Without records nothing is authenticated. Raises MalformedInput for a record that is none, and where there are
    records of one nation only.
    """
    keys = dict(_node_key(record) for record in parties)
    if parties and len(keys) < _PARTIES:
        found = ", ".join(keys)
        raise MalformedInput("parties", field="trust", found=found, expected="the party records of both nations")
    try:
        stated = stated_certificate(data)
    except ReltoError as error:
        return CertificateReport(Outcome.ALTERED, None, error.full_code, {})
    if not parties:
        return CertificateReport(Outcome.NOT_AUTHENTICATED, stated, "", {})
    try:
        read = read_certificate(data, keys)
        trust = read_policy(trust_from_parties(parties))
        checkpoints = {nation: _checkpoint(read, nation, trust) for nation in read.nations}
    except ReltoError as error:
        return CertificateReport(Outcome.ALTERED, stated, error.full_code, {})
    return CertificateReport(Outcome.VERIFIED, read, "", checkpoints)


def _node_key(record: bytes) -> tuple[str, tuple[StatementPublicKey, ...]]:
    party = read_object(record, field="party record")
    nation = read_nation(party.get("nation"), field="party.nation")
    key = StatementPublicKey.from_dict(party.get("node"), field="party.node")
    if key.owner != f"{nation}/node":
        raise MalformedInput("party", field="party.node.owner", found=key.owner, expected=f"{nation}/node")
    return nation, (key,)


def _checkpoint(certificate: Certificate, nation: str, trust: Policy) -> str:
    """How far the checkpoint of a nation came. Raises NotVerified when its log did not sign it."""
    note = str(certificate.declared(nation)["checkpoint"])
    if not note:
        return NONE
    found = evaluate(trust, note.encode())
    origins = {log.key.name for log in trust.logs}
    if found.checkpoint.origin not in origins or len(origins) < _PARTIES:
        raise NotVerified("checkpoint.origin", field="checkpoint", expected="the log of a party")
    return AGREED if found.reached else SIGNED


def findings_of(report: CertificateReport) -> list[dict[str, Json]]:
    """The findings that the certificate lists; none when it could not be read."""
    return cast("list[dict[str, Json]]", report.certificate.body["findings"]) if report.certificate else []
