"""The one way into the ledger: each state change writes one entry, inside its own step.

The leaf carries codes and a salted commitment to the details; details and salt stay at home, encrypted (promise 1). An
entry is recorded when its step is durable; its place in the tree is given later by the sequencer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.ledger.leaves import SALT_BYTES, LeafEvent, build_leaf, commitment
from relto.ledger.tree import leaf_hash
from relto.services.house import House
from relto.store.models import LedgerEntry
from relto.store.queries.prepared import NewRow, insert_rows, new_row


def enter(
    house: House,
    event: LeafEvent,
    *,
    actor: str,
    subject: str,
    company: str | None = None,
    details: Mapping[str, Json] | None = None,
    links: Mapping[str, str] | None = None,
    at: Instant | None = None,
) -> str:
    """Record one entry; returns its id (ent_...). Called inside a step only.

    `actor`: pseudonym, or a nation for what its node did; `subject`: the id of what changed; `company`: whose people
    may see it; `details`: codes only, committed by a salted digest; `links`: public codes and digests in the leaf
    itself; `at`: the verb's instant. Raises Unreachable("quarantined" or "not_compared"): nothing is entered by a
    node that was started and has not compared itself, or that is in quarantine (promise 11). The details of a decision
    taken on the portal also say, by code, how its taker showed who she is.
    """
    prepared = prepare(house, event, actor=actor, subject=subject, company=company, details=details, links=links, at=at)
    return record(house, prepared)


@dataclass(frozen=True, slots=True)
class PreparedEntry:
    """An entry that is made and not yet recorded: what takes time was done before the step."""

    entry: str
    row: NewRow


def record(house: House, prepared: PreparedEntry) -> str:
    """Record a prepared entry; returns its id. Called inside a step only; refuses as `enter` does."""
    record_all(house, [prepared])
    return prepared.entry


def record_all(house: House, prepared: Sequence[PreparedEntry]) -> None:
    """Record prepared entries in this order, by one statement. Called inside a step only; refuses as `enter` does."""
    house.standing.require_own()
    insert_rows([one.row for one in prepared])


def prepare(
    house: House,
    event: LeafEvent,
    *,
    actor: str,
    subject: str,
    company: str | None = None,
    details: Mapping[str, Json] | None = None,
    links: Mapping[str, str] | None = None,
    at: Instant | None = None,
) -> PreparedEntry:
    """Make an entry, to be recorded in a step that follows at once. The members are those of `enter`."""
    moment = at or house.now()
    salt = house.entropy.random_bytes(SALT_BYTES)
    kept = dict(details or {})
    if house.authenticated:
        kept["authenticated"] = house.authenticated
    leaf = build_leaf(
        event=event,
        origin=house.ledger_origin,
        at=moment,
        actor=actor,
        subject=subject,
        commitment=commitment(salt, kept),
        links=dict(links or {}),
    )
    entry = house.new_id("ent")
    row = new_row(
        LedgerEntry,
        entry=entry,
        event=event.value,
        actor=str(actor),
        company=company or "",
        subject=subject,
        leaf=leaf,
        leaf_hash=leaf_hash(leaf),
        salt=salt,
        details=kept,
        recorded_at=moment,
        index=None,
    )
    return PreparedEntry(entry, row)
