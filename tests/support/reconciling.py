"""Two sides of a reconciliation in one process, over the real engines; a test may change what crosses between them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from relto.base.canonical import Json
from relto.base.ids import opaque_id
from relto.base.nations import Nation
from relto.exchange.reconciled_records import Record, record_line
from relto.exchange.reconciliation_steps import AGREE, Declaring, Terms
from relto.exchange.reconciling import Answerer, Outcome, ask

USA, IND = Nation("USA"), Nation("IND")
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TERMS = Terms("rcn_" + "a" * 24, USA, IND, "MONSOON-LARK")
Change = Callable[[str, dict[str, Any]], None]


def declaring(at: datetime = NOW, **changes: Any) -> Declaring:
    stated: dict[str, Any] = {"next_sent": 9, "settled": 9, "awaited": 9, "note": "", "covered": True}
    return Declaring(at, at - timedelta(minutes=2), **(stated | changes))


def message(number: int, *, sender: Nation = USA, kind: str = "release", **register: Json) -> Record:
    """A record of one message, its ids and digest from its number."""
    name = hashlib.sha256(f"{sender}{number}".encode())
    held: dict[str, Json] = {"release": f"rel_{number}", "number": "REL-2026-0001", **register}
    return {
        "type": "message",
        "from": sender,
        "to": IND if sender == USA else USA,
        "sequence": number,
        "id": opaque_id("msg", name.digest()[:15]),
        "sha256": name.hexdigest(),
        "kind": kind,
        "outcome": "receipted",
        "register": held,
    }


def opening(number: int, *, asker: Nation = IND) -> Record:
    """A record of one opening by people of `asker`."""
    name = hashlib.sha256(f"opening {asker}{number}".encode())
    return {
        "type": "opening",
        "asker": asker,
        "supplier": USA if asker == IND else IND,
        "id": opaque_id("opr", name.digest()[:15]),
        "sha256": name.hexdigest(),
        "item": "11111111-2222-4333-8444-555555555555",
        "decision": opaque_id("dec", name.digest()[15:30]),
        "expires": "2026-11-22T13:00:00Z",
    }


def _nothing(step: str, members: dict[str, Any]) -> None:
    del step, members


def run(
    asker: Sequence[Record],
    answerer: Sequence[Record],
    *,
    asks: Change = _nothing,
    replies: Change = _nothing,
    decided: tuple[Sequence[str], Sequence[str]] = ((), ()),
    transcript: list[tuple[str, Mapping[str, Json]]] | None = None,
    random: Callable[[int], bytes] = os.urandom,
) -> tuple[Outcome, Outcome]:
    """Both outcomes of one run. `asks`, `replies` change the members of each question and answer on their way."""
    answering = Answerer(
        TERMS,
        declaring(),
        lambda _: [*map(record_line, answerer)],
        lambda named: set(decided[1]) & set(named),
        contribution=random(32),
    )
    asking = ask(
        TERMS,
        declaring(),
        lambda _: [*map(record_line, asker)],
        lambda named: set(decided[0]) & set(named),
        contribution=random(32),
        salt=random(32),
    )
    step, members = next(asking)
    while True:
        question = dict(members)
        asks(step, question)
        answer = dict(answering.answer(step, question))
        replies(step, answer)
        if transcript is not None:
            transcript += [(step, question), (step, answer)]
        try:
            step, members = asking.send(answer)
        except StopIteration as done:
            outcome, told = done.value
            final: dict[str, Any] = {"answers": told}
            asks(AGREE, final)
            return outcome, answering.conclude(final)
