"""Take courier bundles that are whole and whose turn it is: by the very steps that the link takes messages with.

Rules kept here:
 1. One worker takes the bundles of a partner at a time (lease), in the order of their numbers. What must come before a
    bundle is waited for; a bundle is read once and taken once.
 2. Each message goes through `receive_message`, in order: exactly once, with a stored answer. A bundle that is taken
    again after a crash gives the same answers and doubles nothing.
 3. Answers settle this node's messages in the order of their numbers, by the steps of the link; one that speaks of a
    message before which another still waits is left for the next bundle.
 4. What this node cannot do now (a key, a disk, an agreement) leaves the bundle held, with the code shown, and it is
    tried again. What the partner got wrong is recorded file by file, and does not hold up the bundles after it.
 5. A bundle that was held and does not follow the one that came before it is taken, and that is recorded.
 6. A request to cosign is answered as on the link; the answer goes back with the next bundle.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from relto.base.canonical import read_object
from relto.base.errors import Conflict, Misconfigured, NotAvailable, ReltoError, Unreachable
from relto.base.nations import Nation
from relto.exchange.answers import Receipt
from relto.exchange.courier import MANIFEST, Carried, CarriedFile, Manifest, stated_manifest
from relto.exchange.messages import LARGEST_MESSAGE
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import NoteSigner, read_vkey
from relto.ledger.witnessing import parse_request
from relto.ports.partners import LinkAnswer
from relto.rules.parties import Party
from relto.sealing.courier_key import courier_policy, open_file
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.checkpoints import Submission, cosign_partner
from relto.services.courier_proofs import (
    check_checkpoint,
    check_proof,
    partner_cosigner,
    read_witness_answer,
    witness_answer,
)
from relto.services.courier_view import partners_of
from relto.services.house import House
from relto.services.leases import HeldLease, check_lease, take_lease
from relto.services.receiving import NOT_NOW, OK, REFUSED, Handler, receive_message
from relto.services.settling import Settled, Settling
from relto.signing.envelope import read_envelope
from relto.store.models import CourierBundle
from relto.store.queries import courier
from relto.store.queries.channels import first_waiting, sent_message

_LOG = logging.getLogger(__name__)
_PAUSE = timedelta(seconds=5)
_LONGEST_CODE = 128
_GAP = "sequence_gap"


@dataclass(frozen=True, slots=True)
class Taking:
    """What taking needs: what messages and answers do, the cosigner's keys, and whom our checkpoints are given to."""

    house: House
    owner: str
    handlers: Mapping[str, Handler]
    settled: Mapping[str, Settled]
    cosigner_keys: Sequence[NoteSigner] = ()
    submission: Submission | None = None

    def take_bundles(self) -> int:
        """Take what is held and due of every partner; returns how many bundles were taken."""
        return sum(self._take_of(partner) for partner in partners_of(self.house))

    def _take_of(self, partner: Nation) -> int:
        count = 0
        row = courier.next_held(partner)
        while row is not None and row.run_after is not None and row.run_after <= self.house.now():
            lease = take_lease(self.house, f"courier:{partner}", self.owner)
            if lease is None or not self._take(partner, row, lease):
                break
            count += 1
            row = courier.next_held(partner)
        return count

    def _take(self, partner: Nation, row: CourierBundle, lease: HeldLease) -> bool:
        """Try one bundle; True when it is taken now."""
        try:
            party = active(self.house).parties[partner]
            opened = _Opened(self, party, row, stated_manifest(bytes(row.note)), lease)
            opened.apply()
        except _Held as held:
            problem = held.code
        except (Unreachable, Misconfigured, Conflict, NotAvailable) as error:
            problem = error.full_code
        else:
            self.house.commit(lambda: _taken(self.house, row, opened, lease))
            return True
        _LOG.warning("courier.held %d of %s: %s", row.number, partner, problem)
        self.house.commit(lambda: _postpone(self.house, row, problem, lease))
        return False


class _Held(Exception):
    """This node cannot take the bundle now."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Opened:
    """One bundle being taken; nothing here is kept but what the steps of each file keep."""

    def __init__(self, taking: Taking, party: Party, row: CourierBundle, manifest: Manifest, lease: HeldLease) -> None:
        self._taking, self._party, self._manifest, self._lease = taking, party, manifest, lease
        self._contents = {file.name: (file.position, bytes(file.content or b"")) for file in courier.files_of(row)}
        self._key = b""
        self.results: dict[str, str] = {}
        self.witness_answer: bytes | None = None

    def apply(self) -> None:
        """Messages first, then answers, then what the logs say."""
        if self._manifest.previous != courier.chain_in(self._party.nation).last_digest:
            # It came early and was held, so nobody could tell; its messages are chained by themselves.
            self.results[MANIFEST] = "conflict.courier.other_previous"
        for file in self._manifest.of_kind(Carried.MESSAGE):
            self._note(file, self._message(file))
        for file in self._manifest.of_kind(Carried.ANSWER):
            self._note(file, self._answer(file))
        for file in self._manifest.files:
            if file.kind is Carried.CHECKPOINT:
                self._note(file, check_checkpoint(self._plain(file), self._party))
            elif file.kind is Carried.PROOF:
                self._note(file, self._proof(file))
            elif file.kind is Carried.WITNESS_REQUEST:
                self._note(file, self._cosign(self._plain(file)))
            elif file.kind is Carried.WITNESS_ANSWER:
                self._note(file, self._cosigned(self._plain(file)))

    def _note(self, file: CarriedFile, code: str) -> None:
        if code:
            self.results[file.name] = code[:_LONGEST_CODE]

    def _plain(self, file: CarriedFile) -> bytes:
        return self._contents[file.name][1]

    def _unsealed(self, file: CarriedFile) -> bytes:
        house, manifest = self._taking.house, self._manifest
        if not self._key:
            policy = courier_policy(manifest.sender, manifest.recipient, manifest.number)
            self._key = house.key_service.courier_key(manifest.key, policy)
        position, content = self._contents[file.name]
        return open_file(self._key, position, file.name, content)

    def _message(self, file: CarriedFile) -> str:
        try:
            envelope = self._unsealed(file)
        except (Unreachable, Misconfigured):
            raise
        except ReltoError as error:
            return error.full_code
        taking = self._taking
        answer = receive_message(taking.house, self._party.nation, envelope, taking.handlers)
        if answer.status == OK:
            return ""
        code = _code_of(answer)
        if answer.status == NOT_NOW and code != _GAP:
            raise _Held(code)
        return code if answer.status != REFUSED else f"refused.{code}"

    def _answer(self, file: CarriedFile) -> str:
        """Settle the message that is next in turn; the code of what kept us from it, "" also when it was settled."""
        taking, partner = self._taking, self._party.nation
        message = sent_message(partner, file.number)
        if message is None:
            return "courier.unknown_message"
        if message.state != "waiting":
            return ""
        first = first_waiting(partner)
        if first is None or first.sequence != message.sequence:
            return "courier.answer_early"
        settling = Settling(taking.house, partner, self._party.node_keys, self._lease, taking.settled)
        try:
            envelope = self._unsealed(file)
            told = settling.read(message, envelope, claims_success=True)
        except (Unreachable, Misconfigured):
            raise
        except ReltoError as error:
            return error.full_code
        if isinstance(told, Receipt) or told.final:
            taking.house.commit(lambda: settling.settle(message, told, envelope))
            return ""
        return told.code

    def _proof(self, file: CarriedFile) -> str:
        message = sent_message(self._party.nation, file.number)
        return check_proof(self._plain(file), self._party, message.id) if message else "courier.unknown_message"

    def _cosign(self, body: bytes) -> str:
        """Cosign as on the link; the lines wait for the next bundle."""
        taking = self._taking
        if not taking.cosigner_keys:
            return ""
        known = {self._party.log_origin: tuple(read_vkey(vkey) for vkey in self._party.log_vkeys)}
        answer = cosign_partner(taking.house, self._party.nation, taking.cosigner_keys, known, body)
        if answer.status != OK:
            return f"cosigning.{answer.status}"
        self.witness_answer = witness_answer(parse_request(body).checkpoint.size, answer.body)
        return ""

    def _cosigned(self, data: bytes) -> str:
        if self._taking.submission is None:
            return ""
        try:
            size, lines = read_witness_answer(data)
            self._taking.submission.take_lines(size, partner_cosigner(self._party), lines)
        except Unreachable:
            raise
        except ReltoError as error:
            return error.full_code
        return ""


def _code_of(answer: LinkAnswer) -> str:
    """The code in one of our own refusals."""
    body = read_object(read_envelope(answer.envelope, max_bytes=LARGEST_MESSAGE).payload, field="answer")
    return str(body.get("code", ""))


def _taken(house: House, row: CourierBundle, opened: _Opened, lease: HeldLease) -> None:
    check_lease(lease)
    held = CourierBundle.objects.select_for_update().get(id=row.id)
    if held.state != courier.HELD:
        return
    at = house.now()
    held.state, held.taken_at, held.run_after, held.problem = courier.TAKEN, at, None, ""
    held.results, held.witness_answer = opened.results, opened.witness_answer
    held.save(update_fields=["state", "taken_at", "run_after", "problem", "results", "witness_answer"])
    enter(
        house,
        LeafEvent.COURIER_TAKEN,
        actor=house.nation,
        subject=f"{held.partner}-{house.nation}/{held.number}",
        details={"partner": held.partner, "number": held.number, "results": dict(opened.results)},
        links={"manifest_sha384": held.digest},
        at=at,
    )


def _postpone(house: House, row: CourierBundle, problem: str, lease: HeldLease) -> None:
    check_lease(lease)
    CourierBundle.objects.filter(id=row.id, state=courier.HELD).update(
        problem=problem[:_LONGEST_CODE], run_after=house.now() + _PAUSE
    )
