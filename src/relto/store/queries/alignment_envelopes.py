"""The statements of the shared record byte for byte as they were signed: for papers and for checking elsewhere."""

from __future__ import annotations

from relto.procedures.actors import Actor
from relto.store.models import AlignmentStatement
from relto.store.queries.alignment import READERS


def signed_statement(actor: Actor, statement: str) -> tuple[bytes, str] | None:
    """(envelope, ledger entry here) of the statement of this digest; None when it is not held or not hers to read."""
    if not actor.roles.intersection(READERS):
        return None
    row = AlignmentStatement.objects.filter(statement=statement).only("envelope", "ledger_entry").first()
    return None if row is None else (bytes(row.envelope), str(row.ledger_entry))
