"""What proves a paper of the shared record: the signed statements that travel inside it, and who signed since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relto.adapters.paper_words import Attachment, grouped
from relto.adapters.record_papers import Coded, Words
from relto.alignment.shared_record import Said
from relto.alignment.signatures import SIGNED
from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services.alignment.signing import signatures_about
from relto.store.queries.alignment_envelopes import signed_statement


@dataclass(frozen=True, slots=True)
class Proof:
    """`statements`: the version's and its signatures', as they were signed; `signatures`: lines of a paper, or none."""

    statements: tuple[Json, ...]
    signatures: tuple[tuple[Words, Words], ...]


def proof_of(actor: Actor, entry: str, digest: str) -> Proof:
    """What proves the version of this digest, with the ledger entries of this node."""
    held = signed_statement(actor, digest)
    if held is None:
        return Proof((), ())
    statements: list[Json] = [read_object(held[0])]
    lines: list[tuple[Words, Words]] = []
    found = [_standing(one.lines, digest) for one in signatures_about(actor, entry)]
    for said in sorted((one for one in found if one is not None), key=lambda one: (one.nation, one.at)):
        signed = signed_statement(actor, said.digest)
        if signed is not None:
            statements.append(read_object(signed[0]))
            stands = f"{instant_text(said.at)}\n{grouped(said.digest)}\n{signed[1]}"
            lines.append((Coded(f"country.{said.nation}"), stands))
    if lines:
        lines.insert(0, (Coded("meeting_paper.version"), f"{grouped(digest)}\n{held[1]}"))
    return Proof(tuple(statements), tuple(lines))


def attached(name: str, statements: Iterable[Json]) -> Attachment:
    """The statements as one file inside the paper."""
    content = canonical_bytes({"statements": list(statements)}).decode("utf-8")
    return Attachment(f"{name}.json", "application/json", content, "record_paper.attached.data")


def _standing(lines: Mapping[Nation, Sequence[Said]], digest: str) -> Said | None:
    """The signature under the version of this digest, unless it was taken back."""
    about = [said for line in lines.values() for said in line if said.body["digest"] == digest]
    return about[-1] if about and about[-1].body["word"] == SIGNED else None
