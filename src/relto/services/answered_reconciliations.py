"""The answering side of a reconciliation: the partner's node asks, step by step, over the link's own door.

A door of its own and not the channel of messages: a run is many short questions within seconds, has no effect that must
happen exactly once, and is begun anew when an answer is lost. Runs live in this process's memory, few and not long; the
last step alone is durable, and asked again it answers the same certificate.

Rules kept here:
 1. Only the partner's node key of the agreement asks, for this node; each question names the answer before it.
 2. A run that breaks a rule is over, with a signed code. A programme that is not known here has no records, as one that
    is known and had no transfer.
 3. The certificate is signed only when the partner's is, byte for byte, the one that this node made of the same run.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import Conflict, NotVerified, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.reconciliation_certificate import LARGEST_CERTIFICATE, read_certificate
from relto.exchange.reconciliation_steps import AGREE, OPEN, Asked, Members, read_question, write_answer
from relto.exchange.reconciling import Answerer
from relto.ledger.reconciliation import KEY_BYTES
from relto.ports.partners import LinkAnswer
from relto.rules.parties import Party
from relto.services.declarations import declare
from relto.services.house import House
from relto.services.reconciliation_runs import (
    ANSWERER,
    both_keys,
    check_checkpoint,
    declaring,
    keep,
    keep_stopped,
    party_of,
)
from relto.signing.envelope import read_envelope
from relto.signing.statements import add_signature
from relto.store.models import Reconciliation
from relto.store.queries.reconciliations import standing_decisions

MOST_RUNS = 2
LONGEST = 300.0
"""Seconds that a run may take from its first question."""


@dataclass
class _Live:
    """A run under way: the engine, the digest of the last answer, since when."""

    engine: Answerer
    started_at: Instant
    since: float
    previous: str = ""
    busy: threading.Lock = field(default_factory=threading.Lock)


class LiveRuns:
    """The runs that partners began and have not ended, in one process: the oldest gives way."""

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        self._runs: OrderedDict[tuple[str, str], _Live] = OrderedDict()

    def begin(self, partner: Nation, run: str, live: _Live) -> None:
        """Take up a run. Raises Conflict when it was begun before."""
        with self._lock:
            if (partner, run) in self._runs:
                raise Conflict("reconciliation.run", field="run", expected="a run that was not begun before")
            own = [key for key in self._runs if key[0] == partner]
            for key in own[: max(0, len(own) + 1 - MOST_RUNS)]:
                del self._runs[key]
            self._runs[partner, run] = live

    def find(self, partner: Nation, run: str) -> _Live:
        """A run under way. Raises Conflict when there is none, or it took too long."""
        with self._lock:
            live = self._runs.get((partner, run))
            if live is None or time.monotonic() - live.since > LONGEST:
                self._runs.pop((partner, run), None)
                raise Conflict("reconciliation.run", field="run", expected="a run that is under way")
            return live

    def end(self, partner: Nation, run: str) -> None:
        """Forget a run."""
        with self._lock:
            self._runs.pop((partner, run), None)


def answer_reconciliation(house: House, runs: LiveRuns, partner: Nation, envelope: bytes) -> LinkAnswer:
    """The signed answer to a question of `partner`, the nation that the TLS peer's certificate proves."""
    asked: Asked | None = None
    try:
        _, party = party_of(house, partner)
        asked = read_question(envelope, asker=partner, answerer=house.nation, trusted=party.node_keys)
        members = _answer(house, runs, party, asked)
    except ReltoError as error:
        if asked is not None:
            _stop(house, runs, asked, error.full_code)
        late = isinstance(error, Unreachable)
        status = HTTPStatus.SERVICE_UNAVAILABLE if late else HTTPStatus.UNPROCESSABLE_ENTITY
        return LinkAnswer(status, write_answer(envelope, {}, key=house.node_key, code=error.full_code))
    answer = write_answer(envelope, members, key=house.node_key)
    if asked.step != AGREE:
        runs.find(partner, asked.terms.run).previous = sha256_hex(read_envelope(answer, max_bytes=len(answer)).payload)
    return LinkAnswer(HTTPStatus.OK, answer)


def _answer(house: House, runs: LiveRuns, party: Party, asked: Asked) -> Members:
    terms = asked.terms
    if asked.step == AGREE:
        kept = Reconciliation.objects.filter(id=terms.run, partner=terms.asker, side=ANSWERER).first()
        if kept is not None and kept.certificate is not None:
            return {"certificate": read_object(bytes(kept.certificate), max_bytes=LARGEST_CERTIFICATE)}
    if asked.step == OPEN:
        if Reconciliation.objects.filter(id=terms.run).exists():
            raise Conflict("reconciliation.run", field="run", expected="a run that was not begun before")
        runs.begin(terms.asker, terms.run, _begun(house, asked))
    live = runs.find(terms.asker, terms.run)
    if not live.busy.acquire(blocking=False):
        raise Conflict("reconciliation.busy", field="run", expected="one question at a time")
    try:
        if (asked.previous, terms) != (live.previous, live.engine.terms):
            raise NotVerified("reconciliation.previous", field="previous", expected="the answer before this question")
        if asked.step == AGREE:
            return _agree(house, runs, party, live, asked)
        answer = live.engine.answer(asked.step, asked.members)
        if asked.step == OPEN and live.engine.partner is not None:
            check_checkpoint(party, live.engine.partner)
        return answer
    finally:
        live.busy.release()


def _begun(house: House, asked: Asked) -> _Live:
    terms = asked.terms
    bundle, _ = party_of(house, terms.asker)
    stands = declaring(house, bundle, terms.asker)
    engine = Answerer(
        terms,
        stands,
        lambda bounds: declare(house, terms.asker, terms.programme, bounds),
        standing_decisions,
        contribution=house.entropy.random_bytes(KEY_BYTES),
    )
    return _Live(engine, stands.at, time.monotonic())


def _agree(house: House, runs: LiveRuns, party: Party, live: _Live, asked: Asked) -> Members:
    """Sign the certificate that the asker signed, if it is the one that this node made."""
    outcome = live.engine.conclude(asked.members)
    proposed = canonical_bytes(cast("dict[str, Json]", asked.members["certificate"]))
    theirs = read_certificate(proposed, {asked.terms.asker: party.node_keys}, need=1)
    if theirs.body != outcome.body:
        raise NotVerified("reconciliation.certificate", field="certificate", expected="what this node found as well")
    signed = add_signature(proposed, house.node_key, max_bytes=LARGEST_CERTIFICATE)
    certificate = read_certificate(signed, both_keys(house, party))
    records = [*outcome.only_here]
    kept = house.commit(
        lambda: keep(
            house,
            asked.terms,
            ANSWERER,
            certificate=certificate,
            envelope=signed,
            own_records=records,
            started_by="",
            started_at=live.started_at,
        )
    )
    runs.end(asked.terms.asker, asked.terms.run)
    return {"certificate": read_object(bytes(kept.certificate), max_bytes=LARGEST_CERTIFICATE)}


def _stop(house: House, runs: LiveRuns, asked: Asked, code: str) -> None:
    """A run that broke a rule is over; it is entered once, if it had been begun."""
    try:
        live = runs.find(asked.terms.asker, asked.terms.run)
    except Conflict:
        return
    runs.end(asked.terms.asker, asked.terms.run)

    def step() -> None:
        if not Reconciliation.objects.filter(id=asked.terms.run).exists():
            keep_stopped(house, asked.terms, ANSWERER, code, started_by="", started_at=live.started_at)

    house.commit(step)
