"""Records that name entries, compared with what the entries' leaves link: decisions, messages, answers, manifests.

Promises: a record whose digest the leaf links is the record that was made then; a record that an entry speaks of is
there; every decision, register line, custodians' record, settled message and agreement bundle has its entry. Of an
entry that came back from an export by its leaf only nothing has to be there; what is there has to fit. A register line
is bound to its entry by direction and instant; its number is in no leaf, so numbers are compared with one another: each
year's have no gap.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import ReltoError
from relto.base.instants import instant_text
from relto.exchange.answers import Receipt, SentMessage, read_answer
from relto.exchange.messages import LARGEST_MESSAGE
from relto.ledger.leaves import LeafEvent
from relto.services.checked_rows import (
    RECORD_CHANGED,
    RECORD_EXTRA,
    RECORD_MISSING,
    REGISTER_GAP,
    Findings,
    ReadEntry,
    by_link,
    opened,
)
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementPublicKey
from relto.store.models import RegisterEntry
from relto.store.queries import checking
from relto.store.queries.checking import StoredMessage

_MESSAGE_EVENTS = frozenset(
    event.value
    for event in (
        LeafEvent.TRANSFER_RECEIVED,
        LeafEvent.TRANSFER_RECEIPTED,
        LeafEvent.TRANSFER_REFUSED,
        LeafEvent.TRANSFER_UNVERIFIED,
        LeafEvent.TRANSFER_CONTRADICTED,
    )
)
_MANIFEST_EVENTS = frozenset(
    event.value for event in (LeafEvent.ITEM_SEALED, LeafEvent.ITEM_REGISTERED, LeafEvent.RELEASE_PREPARED)
)
_LINES: Mapping[str, frozenset[str]] = {
    LeafEvent.ITEM_REGISTERED: frozenset({"created"}),
    LeafEvent.RELEASE_PREPARED: frozenset({"sent"}),
    LeafEvent.ACCEPTANCE_DECIDED: frozenset({"received"}),
    LeafEvent.THIRD_PARTY_RETRANSFERRED: frozenset({"retransferred"}),
    LeafEvent.DISPOSITION_RECORDED: frozenset({"destroyed", "returned"}),
    LeafEvent.RELEASE_WITHDRAWN: frozenset({"withdrawn"}),
    LeafEvent.ARRIVAL_WITHDRAWN: frozenset({"withdrawn"}),
    LeafEvent.DISPOSITION_RECEIVED: frozenset({"withdrawn", "destroyed", "returned"}),
}
_ALWAYS_A_LINE = frozenset({LeafEvent.ITEM_REGISTERED, LeafEvent.RELEASE_PREPARED, LeafEvent.THIRD_PARTY_RETRANSFERRED})
_CONTRADICTION = "contradiction."
_NUMBER = re.compile(r"\A([A-Z]{3}-[0-9]{4})-([0-9]{6,9})\Z")


@dataclass(frozen=True, slots=True)
class RecordChecks:
    """Compares records with the entries of one range. `own_key`: with which this node signed its answers."""

    findings: Findings
    own_key: StatementPublicKey

    def compare(self, entries: Sequence[ReadEntry]) -> None:
        """Compare everything that these entries speak of."""
        found = [*entries]
        self._decisions(found)
        self._register_lines(found)
        self._messages(found)
        self._manifests(found)
        self._others(found)

    def _missing(self, one: ReadEntry, kind: str) -> None:
        if one.details is not None:  # else it was lost with the details, and is listed as such
            self.findings.add(RECORD_MISSING, f"{kind}:{one.row.entry}")

    def _decisions(self, entries: list[ReadEntry]) -> None:
        linked = {one.row.entry: (one, digest) for one, digest in by_link(entries, "decision")}
        held: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        for entry, identity, sealed in checking.decisions_of(linked):
            held[entry].append((identity, bytes(sealed)))
        for entry, (one, digest) in linked.items():
            written = [(identity, opened(sealed, checking.DECISION_PLACE)) for identity, sealed in held[entry]]
            named = one.detail("decision")
            if not written:
                self._missing(one, "decision")
            elif not any(_says(plain, digest) and named in (None, identity) for identity, plain in written):
                self.findings.add(RECORD_CHANGED, f"decision:{written[0][0]}")

    def _register_lines(self, entries: list[ReadEntry]) -> None:
        known = {one.row.entry: one for one in entries if one.row.event in _LINES}
        lined: Counter[str] = Counter()
        for entry, number, direction, at in checking.register_lines_of(known):
            lined[entry] += 1
            one = known[entry]
            if direction not in _LINES[one.row.event] or instant_text(at) != instant_text(one.leaf.at):
                self.findings.add(RECORD_CHANGED, f"register:{number}")
        for entry, one in known.items():
            if one.row.event in _ALWAYS_A_LINE and not lined[entry]:
                self._missing(one, "register")

    def _messages(self, entries: list[ReadEntry]) -> None:
        linked = [pair for pair in by_link(entries, "message_sha256") if pair[0].row.event in _MESSAGE_EVENTS]
        ids = [one.leaf.subject for one, _ in linked]
        outbox, inbox = checking.outbox_of(ids), checking.inbox_of(ids)
        for one, digest in linked:
            contradiction = str(one.detail("code") or "").startswith(_CONTRADICTION)
            if contradiction or (one.details is None and one.row.event == LeafEvent.TRANSFER_REFUSED):
                continue  # it speaks of other bytes than those that are kept
            own, received = outbox.get(one.leaf.subject), inbox.get(one.leaf.subject)
            if own is not None and one.row.event != LeafEvent.TRANSFER_RECEIVED:
                self._own_message(one, own, digest)
            elif received is not None:
                self._received_message(one, received, digest)
            else:
                self._missing(one, "message")

    def _own_message(self, one: ReadEntry, held: StoredMessage, digest: str) -> None:
        settled = {LeafEvent.TRANSFER_RECEIPTED: "receipted", LeafEvent.TRANSFER_REFUSED: "refused"}
        state = next((state for event, state in settled.items() if event == one.row.event), held.state)
        answer = opened(held.answer, b"store_outboxmessage.receipt") if held.answer else None
        sound = held.digest == digest == _payload(opened(held.envelope, b"store_outboxmessage.envelope"))
        answered = one.row.event not in settled or (answer is not None and _speaks_of(answer, held))
        if not sound or held.state != state or not answered:
            self.findings.add(RECORD_CHANGED, f"outbox:{held.message}")

    def _received_message(self, one: ReadEntry, held: StoredMessage, digest: str) -> None:
        answer = opened(held.answer, b"store_inboxmessage.answer")
        sound = held.digest == digest == _payload(opened(held.envelope, b"store_inboxmessage.envelope"))
        if not sound or answer is None or not self._is_ours(one, held, answer):
            self.findings.add(RECORD_CHANGED, f"inbox:{held.message}")

    def _is_ours(self, one: ReadEntry, held: StoredMessage, answer: bytes) -> bool:
        """Whether this node signed the answer, over this message; a receipt names this very entry."""
        try:
            envelope = opened(held.envelope, b"store_inboxmessage.envelope") or b""
            body = json.loads(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload)
            payload = cast("dict[str, str]", body.get("payload") or {}).get("sha256")
            sent = SentMessage(held.message, held.digest, held.sequence, payload)
            told = read_answer(answer, sent, trusted=[self.own_key])
        except (ReltoError, ValueError):
            return False
        receipted = one.row.event == LeafEvent.TRANSFER_RECEIVED
        return isinstance(told, Receipt) is receipted and (not isinstance(told, Receipt) or told.entry == one.row.entry)

    def _manifests(self, entries: list[ReadEntry]) -> None:
        linked = [
            (one, (policy, one.leaf.links.get("payload", "")))
            for one, policy in by_link(entries, "policy")
            if one.row.event in _MANIFEST_EVENTS
        ]
        if not linked:
            return
        held = checking.fingerprints_of([one.leaf.subject for one, _ in linked])
        for one, digests in linked:
            if digests not in held:
                self._missing(one, "manifest")

    def _others(self, entries: list[ReadEntry]) -> None:
        activated = [one for one in entries if one.row.event == LeafEvent.BUNDLE_ACTIVATED]
        bundles = checking.bundle_digests() if activated else {}
        for one in activated:
            if bundles.get(one.leaf.subject) != one.leaf.links.get("bundle"):
                self._missing(one, "bundle")
        evidence = [*by_link(entries, "checkpoint_sha256")]
        kept = {sha256_hex(note.encode()) for note in checking.evidence_notes()} if evidence else set()
        for one, digest in evidence:
            if digest not in kept:
                self._missing(one, "evidence")
        recovered = {one.row.entry: (one, digest) for one, digest in by_link(entries, "record")}
        imported = dict(checking.custodian_records_of(recovered))
        for entry, (one, digest) in recovered.items():
            if imported.get(entry) != digest:
                self._missing(one, "custodians")

    def strangers(self) -> None:
        """Records that name no entry of the ledger, and numbers of the register that are missing."""
        for kind, identity in checking.unentered():
            self.findings.add(RECORD_EXTRA, f"{kind}:{identity}")
        for start, missing in register_gaps():
            self.findings.add(REGISTER_GAP, f"register:{start}-{missing:06d}")


def register_gaps() -> list[tuple[str, int]]:
    """(nation and year, first number that is missing): a year's lines count on by one, in each life of the node."""
    held: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number in RegisterEntry.objects.values_list("number", flat=True).iterator():
        found = _NUMBER.match(number)
        if found is not None:
            life, place = divmod(int(found[2]), 1_000_000)
            held[found[1], life].add(place)
    gaps = []
    for (start, life), places in sorted(held.items()):
        first = min(places) if life else 1
        missing = next((place for place in range(first, first + len(places)) if place not in places), None)
        if missing is not None:
            gaps.append((start, life * 1_000_000 + missing))
    return gaps


def _says(plain: bytes | None, digest: str) -> bool:
    """Whether a decision is the one with this digest; it is kept as it was written, and other bytes may mean it too."""
    if plain is None:
        return False
    rewritten: Callable[[], str] = lambda: sha256_hex(canonical_bytes(json.loads(plain)))  # noqa: E731  only on a mismatch
    try:
        return sha256_hex(plain) == digest or rewritten() == digest
    except (ValueError, ReltoError):
        return False


def _payload(envelope: bytes | None) -> str:
    """The digest of what was signed."""
    try:
        return sha256_hex(read_envelope(envelope or b"", max_bytes=LARGEST_MESSAGE).payload)
    except ReltoError:
        return ""


def _speaks_of(answer: bytes, held: StoredMessage) -> bool:
    """Whether an answer names this message and its digest. Its signature was verified when it was taken."""
    try:
        body = json.loads(read_envelope(answer, max_bytes=LARGEST_MESSAGE).payload)
    except (ReltoError, ValueError):
        return False
    return isinstance(body, dict) and (body.get("message"), body.get("digest")) == (held.message, held.digest)
