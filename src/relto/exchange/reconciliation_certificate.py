"""The certificate of a reconciliation: what both nodes signed about their two registers (machine form of the PDF).

It says: as of these checkpoints, these declarations agree, or differ in exactly these records; what was compared, and
what was not. Both nodes sign the same body, each with both algorithms. Whoever holds the records of one side can count
its root again from the contributions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json, read_object, sha256_hex
from relto.base.errors import MalformedInput, NotVerified
from relto.base.instants import instant_text
from relto.exchange.reconciliation_steps import Bounds, Declaring, Terms
from relto.exchange.schemas import check
from relto.ledger.reconciliation import Node
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementPublicKey
from relto.signing.statements import read_statement

CERTIFICATE = "reconciliation-certificate"
AGREE, DIFFER = "agree", "differ"
LARGEST_CERTIFICATE = 4 * 1024 * 1024
COMPARED = ("messages", "registers", "receipts", "withdrawals", "dispositions", "third_party_requests", "openings")
NOT_SHOWN = ("titles_and_names", "contents", "other_items", "refused_openings", "retransfers", "on_their_way")


def certificate_body(
    terms: Terms,
    bounds: Bounds,
    *,
    declaring: tuple[Declaring, Declaring],
    roots: tuple[Node, Node],
    contributions: tuple[bytes, bytes],
    findings: Sequence[Mapping[str, Json]],
) -> dict[str, Json]:
    """The body that both sign; pairs are (asker's, answerer's). `declared` is by nation."""
    declared: dict[str, Json] = {}
    for nation, stand, root, contribution in zip(
        (terms.asker, terms.answerer), declaring, roots, contributions, strict=True
    ):
        declared[nation] = {
            "at": instant_text(stand.at),
            "checkpoint": stand.note,
            "covered": stand.covered,
            "records": root.count,
            "root": root.hash.hex(),
            "contribution": contribution.hex(),
        }
    return {
        **terms.as_dict(),
        "at": instant_text(declaring[0].at),
        "bounds": bounds.as_dict(),
        "declared": declared,
        "outcome": DIFFER if findings else AGREE,
        "findings": [dict(one) for one in findings],
        "compared": [*COMPARED],
        "not_shown": [*NOT_SHOWN],
    }


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate whose signatures hold. `owners`: whose keys signed it; `digest` of what was signed."""

    body: dict[str, Json]
    owners: frozenset[str]
    digest: str

    @property
    def nations(self) -> tuple[str, str]:
        """(asker, answerer)."""
        return str(self.body["asker"]), str(self.body["answerer"])

    @property
    def agrees(self) -> bool:
        """True when the declarations agree."""
        return self.body["outcome"] == AGREE

    @property
    def findings(self) -> list[dict[str, Json]]:
        """What differs."""
        return cast("list[dict[str, Json]]", self.body["findings"])

    def declared(self, nation: str) -> dict[str, Json]:
        """What this nation declared: instant, checkpoint, records, root."""
        return cast("dict[str, dict[str, Json]]", self.body["declared"])[nation]


def stated_certificate(data: bytes) -> Certificate:
    """What a certificate says, no signature checked: for its form only. Raises MalformedInput, TooLarge."""
    payload = read_envelope(data, max_bytes=LARGEST_CERTIFICATE).payload
    body = read_object(payload, field="certificate", max_bytes=LARGEST_CERTIFICATE)
    check(CERTIFICATE, body)
    stated = {name: value for name, value in body.items() if name not in {"type", "version"}}
    return Certificate(stated, frozenset(), sha256_hex(payload))


def read_certificate(
    envelope: bytes, trusted: Mapping[str, Sequence[StatementPublicKey]], *, need: int = 2
) -> Certificate:
    """A certificate signed by the node keys of both parties it names. `trusted`: node keys by nation.

    `need` 1: the asker's signature alone, as the answerer gets it. Raises NotVerified("signature"), MalformedInput.
    """
    keys = [key for held in trusted.values() for key in held]
    found = read_statement(
        envelope, kind=CERTIFICATE, versions=(1,), trusted=keys, need=need, max_bytes=LARGEST_CERTIFICATE
    )
    check(CERTIFICATE, found.body)
    made = Certificate(
        {name: value for name, value in found.body.items() if name not in {"type", "version"}},
        found.owners,
        found.digest,
    )
    asker, answerer = made.nations
    signers = (asker, answerer) if need > 1 else (asker,)
    for nation in signers:
        if not found.owners & {key.owner for key in trusted.get(nation, ())}:
            raise NotVerified("signature", field="signatures", expected=f"the signature of the node of {nation}")
    if set(cast("dict[str, Json]", made.body["declared"])) != {asker, answerer} or asker == answerer:
        raise MalformedInput("reconciliation.certificate", field="declared", expected="both parties' declarations")
    if made.agrees == bool(made.findings) or (made.agrees and _roots(made)[0] != _roots(made)[1]):
        raise MalformedInput("reconciliation.certificate", field="outcome", expected="what roots and findings say")
    return made


def _roots(made: Certificate) -> list[tuple[Json, Json]]:
    return [(made.declared(nation)["records"], made.declared(nation)["root"]) for nation in made.nations]
