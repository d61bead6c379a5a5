"""The books: register, refusals, decisions made once more, recoveries, ledger."""

from __future__ import annotations

from relto.client.answers.decisions import Refusal, Replay
from relto.client.answers.reading import read_answer
from relto.client.answers.records import Entry, Ledger, RegisterLine
from relto.client.answers.recoveries import RecoveryBook, RecoveryRecord
from relto.client.calls.agreement import OCTETS
from relto.client.session import part
from relto.client.steps import Call, Request, get, listed


def register() -> Call[list[RegisterLine]]:
    """Lines of the control register that I may see."""
    return listed("/register", RegisterLine)


def refusal(reference: str) -> Call[Refusal]:
    """The reasons of a refusal, as far as I may know them."""
    return get(f"/refusals/{part(reference)}", Refusal)


def replay_decision(reference: str) -> Call[Replay]:
    """A decision made once more from its own facts and bundle: whether the answer is the same (inspector)."""
    return get(f"/decisions/{part(reference)}/replay", Replay)


def import_recovery(record: bytes) -> Call[RecoveryRecord]:
    """Hand in the signed record of a recovery in which custodians of the own nation took part."""
    request = Request("POST", "/recoveries", content=record, headers=OCTETS)
    return Call(request, lambda value: read_answer(RecoveryRecord, value))


def recoveries() -> Call[RecoveryBook]:
    """The recoveries on record at the own node, and what is overdue (authority)."""
    return get("/recoveries", RecoveryBook)


def ledger() -> Call[Ledger]:
    """The ledger's size, newest checkpoint, what is witnessed and agreed."""
    return get("/ledger", Ledger)


def entry(entry: str) -> Call[Entry]:
    """Where a ledger entry stands: origin, index once sequenced, state."""
    return get(f"/ledger/entries/{part(entry)}", Entry)
