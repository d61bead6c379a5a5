"""The partner's side of a reconciliation, over the real engine: it declares what the node under test does, or lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.nations import Nation
from relto.exchange.reconciled_records import Record, read_record, record_line
from relto.exchange.reconciliation_certificate import CERTIFICATE
from relto.exchange.reconciliation_steps import (
    AGREE,
    COMPARE,
    DETAILS,
    OPEN,
    REVEAL,
    Bounds,
    Declaring,
    Terms,
    read_answer,
    read_question,
    write_answer,
    write_question,
)
from relto.exchange.reconciling import Answerer, Outcome, ask
from relto.ports.partners import LinkAnswer
from relto.services.active_bundle import active
from relto.services.answered_reconciliations import LiveRuns, answer_reconciliation
from relto.services.declarations import declare
from relto.services.house import House
from relto.services.reconciliation_runs import declaring
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey
from relto.signing.statements import add_signature, sign_statement
from tests.support.houses import PROGRAMME, nationhood

Records = Callable[[list[Record]], list[Record]]
Change = Callable[[str, dict[str, Any]], None]


def _same(records: list[Record]) -> list[Record]:
    return records


def _nothing(step: str, members: dict[str, Any]) -> None:
    del step, members


@dataclass
class Mirror:
    """A partner whose registers say what those of the node under test say, as `records` changes it."""

    nation: Nation
    house: House
    records: Records = _same
    change: Change = _nothing
    signer: StatementKey | None = None
    decides: bool = False
    stands: dict[str, Any] = field(default_factory=dict)
    raw: Callable[[bytes], bytes] = bytes
    runs: dict[str, Answerer] = field(default_factory=dict)
    last: bytes = b""

    @property
    def key(self) -> StatementKey:
        return self.signer or nationhood(self.nation).node

    def declaring(self) -> Declaring:
        """How it stands, seen from the other end of the same channel."""
        own = declaring(self.house, active(self.house), self.nation)
        mirrored: dict[str, Any] = {"next_sent": own.awaited, "settled": own.awaited, "awaited": own.next_sent}
        return Declaring(own.at, own.until, **(mirrored | {"note": "", "covered": True} | self.stands))

    def gather(self, programme: str) -> Callable[[Bounds], list[bytes]]:
        """Its declaration."""

        def declared(bounds: Bounds) -> list[bytes]:
            own = [read_record(line) for line in declare(self.house, self.nation, programme, bounds)]
            return [record_line(one) for one in self.records(own)]

        return declared

    def decided(self, named: Any) -> set[str]:
        return set(named) if self.decides else set()

    # As the one who is asked: a PartnerLink.

    def reconcile(self, envelope: bytes) -> LinkAnswer:
        """Answer a question of the node under test."""
        own = self.house.node_key.public
        asked = read_question(envelope, asker=self.house.nation, answerer=self.nation, trusted=[own])
        if asked.step == OPEN:
            self.runs[asked.terms.run] = Answerer(
                asked.terms,
                self.declaring(),
                self.gather(asked.terms.programme),
                self.decided,
                contribution=os.urandom(32),
            )
        engine = self.runs[asked.terms.run]
        if asked.step == AGREE:
            engine.conclude(asked.members)
            proposed = canonical_bytes(cast("dict[str, Json]", asked.members["certificate"]))
            members: dict[str, Json] = {"certificate": read_object(add_signature(proposed, self.key, max_bytes=2**22))}
        else:
            members = dict(engine.answer(asked.step, asked.members))
        self.change(asked.step, members)
        answer = write_answer(envelope, members, key=self.key, code=str(members.pop("code", "")))
        return LinkAnswer(200, self.raw(answer))

    # As the one who asks.

    def begin(self, runs: LiveRuns, run: str, programme: str = PROGRAMME) -> tuple[Outcome | None, str]:
        """Lead a run against the node under test: (outcome, "") or (None, code of its refusal)."""
        terms = Terms(run, self.nation, self.house.nation, programme)
        asking = ask(
            terms,
            self.declaring(),
            self.gather(programme),
            self.decided,
            contribution=os.urandom(32),
            salt=os.urandom(32),
        )
        previous = ""
        step, members = next(asking)
        outcome: Outcome | None = None
        while True:
            told = dict(members)
            self.change(step, told)
            question = write_question(terms, step, str(told.pop("previous", previous)), told, key=self.key)
            self.last = question
            answer = answer_reconciliation(self.house, runs, self.nation, self.raw(question))
            own = self.house.node_key.public
            given, previous = read_answer(answer.envelope, question=self.raw(question), trusted=[own])
            if given["code"]:
                return None, str(given["code"])
            if outcome is not None:
                return outcome, ""
            try:
                step, members = asking.send(given)
            except StopIteration as done:
                outcome, answers = done.value
                signed = sign_statement(CERTIFICATE, 1, outcome.body, [self.key])
                step, members = AGREE, {"answers": answers, "certificate": read_object(signed)}


def digest(envelope: bytes) -> str:
    """Of what an envelope signs."""
    return sha256_hex(read_envelope(envelope, max_bytes=len(envelope)).payload)


__all__ = ["AGREE", "COMPARE", "DETAILS", "OPEN", "REVEAL", "Mirror", "digest"]
