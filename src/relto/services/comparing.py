"""Compare this node with what others hold of it, after each start of the whole node (promise 11).

Compared are its log with the newest checkpoint that the own authority's witness cosigned, and, once it answers, with
each partner node of the agreement: the log, the messages that we sent, the messages that we answered.

Rules kept here:
 1. Only what this node itself signed convicts it: a checkpoint, a message, an answer. A partner or witness that claims
    more than it can show puts nobody into quarantine; the comparison with it is then not made.
 2. The other side is asked first and our own records are read afterwards, so work that goes on is no finding.
 3. A witness that cosigned this log before and knows nothing of it now does not clear the node.
 4. A clock that stands before the witness's last cosignature is refused before anything is compared.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotVerified, ReltoError, Unreachable
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.exchange.answers import Receipt, SentMessage, read_answer
from relto.exchange.messages import Message, read_message
from relto.exchange.standing import NONCE_BYTES, NodeStanding, read_standing
from relto.ledger.notes import VerifierKey, verify_note
from relto.ledger.tree import CompactRange
from relto.ledger.tree_head import Checkpoint, read_checkpoint_text
from relto.ports.partners import ComparableLink, ExchangedMessage, WitnessView
from relto.rules.parties import Party
from relto.services.active_bundle import active
from relto.services.house import House
from relto.services.partner_standing import described
from relto.services.quarantine import (
    LEDGER_BEHIND,
    LEDGER_DIFFERS,
    OWN_WITNESS,
    RECEIVED_LOST,
    SENT_DIFFER,
    SENT_LOST,
    Finding,
    quarantine_node,
)
from relto.services.sending import IN, OUT
from relto.store.models import Checkpoint as CheckpointRow
from relto.store.models import LedgerEntry, LedgerTree, NodeStart
from relto.store.queries.channels import channel_state, sent_message
from relto.store.queries.ledger import last_cosigned
from relto.store.queries.standing import note_start, start_fact

_LOG = logging.getLogger(__name__)
MOST_NAMED = 100
CLOCK_SKEW = timedelta(minutes=5)
_PAUSE_SECONDS = 0.3
_LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class OthersView:
    """Who is asked: the own witness with its pinned keys, the keys of the own log, the ways to the partners."""

    log_keys: tuple[VerifierKey, ...]
    witness_name: str
    witness_keys: tuple[VerifierKey, ...]
    witness: WitnessView
    links: Mapping[Nation, ComparableLink]


@dataclass(slots=True)
class Comparison:
    """The comparing of one start; one object lives as long as its worker."""

    house: House
    start: str
    others: OthersView
    _asked: dict[str, float] = field(default_factory=dict)
    _again: bool = False

    def again(self) -> None:
        """Compare with the witness once more: somebody has seen more of this log than this node holds."""
        self._again = True

    def compare(self) -> int:
        """Make the comparisons that this start still lacks; returns how many were made."""
        known = start_fact(self.start)
        if known is None:
            self.house.commit(lambda: note_start(self.start, self.house.now()))
        made = 0
        if known is None or known.compared_at is None or self._again:
            made += self._attempt(OWN_WITNESS, lambda: witness_findings(self.house, self.others), self._note_own)
            self._again = self._again and not made
        compared = set(known.partners) if known else set()
        for nation, party in self._parties().items():
            if nation not in compared:
                made += self._attempt(
                    nation,
                    lambda nation=nation, party=party: partner_findings(self.house, self.others, nation, party),  # type: ignore[misc]
                    lambda nation=nation: self._note_partner(nation),  # type: ignore[misc]
                )
        return made

    def _parties(self) -> dict[Nation, Party]:
        try:
            parties = active(self.house).parties
        except Conflict:
            return {}  # without an agreement nothing crosses the border, and nobody has keys to answer with
        return {nation: parties[nation] for nation in sorted(self.others.links) if nation in parties}

    def _attempt(self, source: str, look: Callable[[], Sequence[Finding]], note: Callable[[], None]) -> bool:
        now = time.monotonic()
        if source in self._asked and now - self._asked[source] < _PAUSE_SECONDS:
            return False
        self._asked[source] = now
        try:
            findings = look()
        except ReltoError as error:
            code = error.full_code
            _LOG.warning("compare.not_compared with %s: %s", source, code)
            self.house.commit(lambda: self._note_waiting(source, code))
            return False
        if findings:
            quarantine_node(self.house, findings)
        self.house.commit(note)
        return True

    def _note_own(self) -> None:
        NodeStart.objects.filter(start=self.start).update(compared_at=self.house.now(), waiting_for="")

    def _note_partner(self, nation: Nation) -> None:
        row = NodeStart.objects.select_for_update().get(start=self.start)
        row.partners = {**row.partners, nation: instant_text(self.house.now())}
        row.save(update_fields=["partners"])

    def _note_waiting(self, source: str, code: str) -> None:
        if source == OWN_WITNESS:
            NodeStart.objects.filter(start=self.start).update(waiting_for=code[:_LONGEST_CODE])


def witness_checkpoint(house: House, others: OthersView) -> tuple[Checkpoint, bytes] | None:
    """The newest checkpoint of this log that the own witness cosigned, verified; None when it never did.

    Raises Unreachable("witness" or "witness_forgot" or "clock"), NotVerified.
    """
    note = others.witness.newest(house.ledger_origin)
    if note is None:
        known = last_cosigned(others.witness_name)
        if known:
            raise Unreachable("witness_forgot", field="witness", found=known, expected="the checkpoints it cosigned")
        return None
    checkpoint = own_checkpoint(house, others.log_keys, note)
    lines = verify_note(note, others.witness_keys).lines
    last = max((line.time for line in lines if line.time is not None), default=None)
    now = house.now()
    if last is not None and now < datetime.fromtimestamp(last, UTC) - CLOCK_SKEW:
        past = datetime.fromtimestamp(last, UTC)
        raise Unreachable("clock", field="clock", found=instant_text(now), expected=f"not before {instant_text(past)}")
    return checkpoint, note


def own_checkpoint(house: House, log_keys: Sequence[VerifierKey], note: bytes) -> Checkpoint:
    """The checkpoint of this node's own log that a note states, signed by its own keys. Raises NotVerified."""
    checkpoint = read_checkpoint_text(verify_note(note, log_keys).note.text)
    if checkpoint.origin != house.ledger_origin:
        raise NotVerified("checkpoint.origin", field="checkpoint", expected="a checkpoint of this node's log")
    return checkpoint


def witness_findings(house: House, others: OthersView) -> list[Finding]:
    """Where this node's log is behind or beside what its own witness cosigned."""
    found = witness_checkpoint(house, others)
    return log_findings(found[0], OWN_WITNESS) if found else []


def log_findings(checkpoint: Checkpoint, source: str) -> list[Finding]:
    """Where the tree held here is behind or beside a checkpoint that this node signed."""
    held = tree_held()
    if checkpoint.size > held.size:
        return [Finding(LEDGER_BEHIND, source, held.size, checkpoint.size)]
    if root_at(checkpoint.size, held) != checkpoint.root:
        return [Finding(LEDGER_DIFFERS, source, held.size, checkpoint.size)]
    return []


def tree_held() -> CompactRange:
    """The tree as the database holds it."""
    row = LedgerTree.objects.first()
    return CompactRange.from_hashes(row.size, [bytes.fromhex(one) for one in row.hashes]) if row else CompactRange()


def root_at(size: int, held: CompactRange) -> bytes:
    """The root of the first `size` entries held here; read from the checkpoint of that size, else counted anew."""
    if size == held.size:
        return held.root()
    row = CheckpointRow.objects.filter(size=size).first()
    if row is not None:
        return bytes(row.root)
    tree = CompactRange()
    hashes = LedgerEntry.objects.filter(index__lt=size).order_by("index").values_list("leaf_hash", flat=True)
    for digest in hashes.iterator():
        tree.append(bytes(digest))
    return tree.root()


def partner_findings(house: House, others: OthersView, nation: Nation, party: Party) -> list[Finding]:
    """Where this node is behind or beside what the partner can show of its log and of both channels.

    Raises Unreachable, NotVerified, MalformedInput; Unreachable("partner_unproven") when it shows less than it says.
    """
    link = others.links[nation]
    told = ask_standing(house, link, nation, party)
    findings: list[Finding] = []
    if told.log_note:
        findings += log_findings(own_checkpoint(house, others.log_keys, told.log_note.encode()), nation)
    findings += _sent_findings(house, link, nation, told)
    findings += _received_findings(house, link, nation, party, told)
    return findings


def ask_standing(house: House, link: ComparableLink, nation: Nation, party: Party) -> NodeStanding:
    """The partner's verified answer to a fresh question."""
    nonce = house.entropy.random_bytes(NONCE_BYTES).hex()
    answer = link.standing(nonce)
    return read_standing(answer, sender=nation, recipient=house.nation, nonce=nonce, trusted=party.node_keys)


def _unproven(nation: Nation) -> Unreachable:
    return Unreachable("partner_unproven", field="partner", found=nation, expected="bytes that this node signed")


def _sent_findings(house: House, link: ComparableLink, nation: Nation, told: NodeStanding) -> list[Finding]:
    held, _ = channel_state(nation, OUT)
    if told.awaited > held:
        if message_of_ours(house, nation, told.awaited - 1, link.message_from_us(told.awaited - 1)) is None:
            raise _unproven(nation)
        lost = range(held, min(told.awaited, held + MOST_NAMED))
        named = (message_of_ours(house, nation, one, link.message_from_us(one)) for one in lost)
        return [Finding(SENT_LOST, nation, held, told.awaited, _names(named))]
    last = sent_message(nation, told.awaited - 1) if told.awaited > 1 else None
    if last is None or last.digest == told.digest:
        return []
    other = message_of_ours(house, nation, told.awaited - 1, link.message_from_us(told.awaited - 1))
    if other is None or other.digest != told.digest:
        raise _unproven(nation)  # the very message that is held here contradicts nothing, whatever digest is told
    return [Finding(SENT_DIFFER, nation, held, told.awaited)]


def _received_findings(
    house: House, link: ComparableLink, nation: Nation, party: Party, told: NodeStanding
) -> list[Finding]:
    held, _ = channel_state(nation, IN)
    if told.settled <= held:
        return []
    if answered_message(house, nation, party, told.settled - 1, link.message_to_us(told.settled - 1)) is None:
        raise _unproven(nation)
    lost = range(held, min(told.settled, held + MOST_NAMED))
    named = (answered_message(house, nation, party, one, link.message_to_us(one)) for one in lost)
    return [Finding(RECEIVED_LOST, nation, held, told.settled, _names(named))]


def _names(messages: Iterable[Message | None]) -> tuple[dict[str, Json], ...]:
    return tuple(described(one.kind, one.sequence, one.id) for one in messages if one is not None)


def message_of_ours(house: House, nation: Nation, sequence: int, shown: ExchangedMessage | None) -> Message | None:
    """Our own message with this number, if the partner shows one that this node signed."""
    if shown is None:
        return None
    try:
        message = read_message(shown.envelope, sender=house.nation, recipient=nation, trusted=[house.node_key.public])
    except (NotVerified, MalformedInput):
        return None
    return message if message.sequence == sequence else None


def answered_message(
    house: House, nation: Nation, party: Party, sequence: int, shown: ExchangedMessage | None
) -> Message | None:
    """The partner's message with this number, if the partner shows it with the answer by which this node settled it.

    A refusal that is not final settled nothing: this node signs one for a message with any number that comes too early.
    """
    if shown is None or not shown.answer:
        return None
    try:
        message = read_message(shown.envelope, sender=nation, recipient=house.nation, trusted=party.node_keys)
        payload = message.payload.sha256 if message.payload else None
        sent = SentMessage(message.id, message.digest, message.sequence, payload)
        answer = read_answer(shown.answer, sent, trusted=[house.node_key.public])
    except (NotVerified, MalformedInput):
        return None
    settled = isinstance(answer, Receipt) or answer.final
    return message if settled and message.sequence == sequence else None
