"""Bring a node back from a quarantine: ledger from a newer export, messages from the partner, then compare again.

The command does this while none of the node's processes runs. Promises: each part is verified against what the witness
cosigned and the partner can show; a part that cannot be done says why, and leaves the node in quarantine; what is lost
for good is listed, never invented; the quarantine is lifted only by a comparison that finds nothing, with an entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from relto.base.errors import Conflict, ReltoError
from relto.ledger.tiles import FileReader
from relto.ports.log_files import LogFiles
from relto.services.active_bundle import active
from relto.services.comparing import OthersView, partner_findings, witness_checkpoint, witness_findings
from relto.services.house import House
from relto.services.ledger_check import counted_as_lost
from relto.services.quarantine import OWN_WITNESS, Finding, lift_quarantine
from relto.services.receiving import Handler
from relto.services.recovered_ledger import LostEntry, continue_ledger
from relto.services.recovered_messages import PartnerRecords, RecoveredMessage, recover_messages
from relto.services.recovered_payloads import recover_payloads
from relto.services.sending import OUT
from relto.store.queries.checking import without_details
from relto.store.queries.standing import open_quarantine

WITHOUT_DETAILS = "entries_without_details"
WITHOUT_STATE = "messages_sent_without_state"
NOT_APPLIED = "messages_not_applied"
NO_PAYLOAD = "payloads_missing"


@dataclass(frozen=True, slots=True)
class NotDone:
    """A part of the recovery that could not be done: with whom, and why."""

    source: str
    error: ReltoError


@dataclass(slots=True)
class Recovery:
    """What was recovered, what is lost for good, what still stands in the way. `entry`: of the lifting, "" before.

    `payloads`: names of those that stay missing; `uncounted`: entries that an earlier attempt at this recovery took.
    """

    entries: list[LostEntry] = field(default_factory=list)
    messages: list[RecoveredMessage] = field(default_factory=list)
    payloads: list[str] = field(default_factory=list)
    uncounted: int = 0
    not_done: list[NotDone] = field(default_factory=list)
    remaining: list[Finding] = field(default_factory=list)
    entry: str = ""

    @property
    def lost(self) -> dict[str, int]:
        """How much cannot be recovered, by code."""
        counts = Counter({WITHOUT_DETAILS: max(self.uncounted, len(self.entries)), NO_PAYLOAD: len(self.payloads)})
        for message in self.messages:
            if message.direction == OUT:
                counts[WITHOUT_STATE] += 1
            elif message.code:
                counts[NOT_APPLIED] += 1
        return {code: count for code, count in sorted(counts.items()) if count}


def recover(
    house: House,
    others: OthersView,
    files: LogFiles,
    export: FileReader | None,
    handlers: Mapping[str, Handler],
    *,
    by: str,
) -> Recovery:
    """Recover what can be, and lift the quarantine when nothing is missing any more.

    `export` gives the files of a newer export of this node's ledger. Raises Conflict("no_quarantine").
    """
    if open_quarantine() is None:
        raise Conflict("no_quarantine", field="node", expected="a node in quarantine")
    done = Recovery()
    try:
        witnessed = witness_checkpoint(house, others)
        if witnessed is not None:
            done.entries = continue_ledger(house, files, export, others.log_keys, witnessed)
    except ReltoError as error:
        done.not_done.append(NotDone(OWN_WITNESS, error))
        return done  # first the ledger: what a message does again is entered after what was entered then
    partners = _partners(house, others)
    for records in partners:
        try:
            done.messages += recover_messages(house, records, handlers)
        except ReltoError as error:
            done.not_done.append(NotDone(records.nation, error))
    done.payloads = recover_payloads(house, partners)
    done.uncounted = without_details() - counted_as_lost(house.ledger_origin)
    if not done.not_done:
        _compare_again(house, others, partners, done)
    if not done.not_done and not done.remaining:
        done.entry = lift_quarantine(house, by, done.lost)
    return done


def _partners(house: House, others: OthersView) -> Sequence[PartnerRecords]:
    try:
        parties = active(house).parties
    except Conflict:
        return []  # the agreement itself is younger than the copy: it is submitted again, and compared then
    return [PartnerRecords(nation, parties[nation], link) for nation, link in others.links.items() if nation in parties]


def _compare_again(house: House, others: OthersView, partners: Sequence[PartnerRecords], done: Recovery) -> None:
    try:
        done.remaining += witness_findings(house, others)
        for records in partners:
            done.remaining += partner_findings(house, others, records.nation, records.party)
    except ReltoError as error:
        done.not_done.append(NotDone("comparison", error))
