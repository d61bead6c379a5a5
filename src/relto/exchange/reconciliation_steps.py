"""The questions and answers of a reconciliation run: signed statements over the link's own door, bound to each other.

Rules kept here:
 1. Each question and each answer is signed by its node, names run, parties, programme and step, and has its schema and
    bounds. An answer names the SHA-256 of the question; a question that of the answer before it. So nothing of
    another run, or of another place in this one, is taken.
 2. A refusal is one signed code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import NotVerified
from relto.base.ids import read_code, read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.exchange.schemas import check
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import Statement, read_statement, sign_statement

QUESTION = "reconciliation-question"
ANSWER = "reconciliation-answer"
OPEN, REVEAL, COMPARE, DETAILS, AGREE = "open", "reveal", "compare", "details", "agree"
STEPS = (OPEN, REVEAL, COMPARE, DETAILS, AGREE)
LARGEST_STEP = 2 * 1024 * 1024
MOST_STEPS = 64

Members = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is about. `asker` began it."""

    run: str
    asker: Nation
    answerer: Nation
    programme: str

    def as_dict(self) -> dict[str, Json]:
        """As each question and answer names it."""
        return {"run": self.run, "asker": self.asker, "answerer": self.answerer, "programme": self.programme}


def read_terms(value: Mapping[str, Json]) -> Terms:
    """The terms that a statement names. Raises MalformedInput."""
    return Terms(
        read_id(value["run"], "rcn", field="run"),
        read_nation(value["asker"], field="asker"),
        read_nation(value["answerer"], field="answerer"),
        read_code(value["programme"], field="programme"),
    )


@dataclass(frozen=True, slots=True)
class Declaring:
    """How a node stands as a run begins: its clock, both channels, its checkpoint.

    `next_sent`: number of its next message, `settled`: the first that has no final answer, `awaited`: the partner's
    next. `until`: openings whose requests expired before are over here. `note`: the checkpoint with the cosignatures
    held, "" before the first; `covered`: every entry behind the declaration lies below it.
    """

    at: Instant
    until: Instant
    next_sent: int
    settled: int
    awaited: int
    note: str
    covered: bool

    def as_dict(self) -> dict[str, Json]:
        """The member `declaring`."""
        return {
            "at": instant_text(self.at),
            "until": instant_text(self.until),
            "next_sent": self.next_sent,
            "settled": self.settled,
            "awaited": self.awaited,
            "note": self.note,
            "covered": self.covered,
        }


def read_declaring(value: Json) -> Declaring:
    """The member `declaring`, its schema checked."""
    stated = cast("dict[str, Json]", value)
    next_sent, settled, awaited = (cast("int", stated[name]) for name in ("next_sent", "settled", "awaited"))
    at, until = (read_instant(stated[name], field=name) for name in ("at", "until"))
    return Declaring(at, until, next_sent, settled, awaited, str(stated["note"]), stated["covered"] is True)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is compared: messages below a number in each direction ("USA>IND"), openings that ended before `until`."""

    until: Instant
    below: Mapping[str, int]
    beyond: Mapping[str, int]

    def as_dict(self) -> dict[str, Json]:
        """As the key and the certificate name it. `beyond`: messages that were on their way, and are not compared."""
        directions: dict[str, Json] = {
            name: {"below": self.below[name], "beyond": self.beyond[name]} for name in sorted(self.below)
        }
        return {"until": instant_text(self.until), "messages": directions}


def direction(sender: Nation, recipient: Nation) -> str:
    """The name of one direction of a channel, such as USA>IND."""
    return f"{sender}>{recipient}"


def bounds_of(terms: Terms, asker: Declaring, answerer: Declaring) -> Bounds:
    """Compared is what both had settled as the run began: the last common state, never what is on its way."""
    sides = ((terms.asker, asker, terms.answerer, answerer), (terms.answerer, answerer, terms.asker, asker))
    below = {
        direction(sender, recipient): min(sent.settled, received.awaited) for sender, sent, recipient, received in sides
    }
    beyond = {
        direction(sender, recipient): max(0, sent.next_sent - below[direction(sender, recipient)])
        for sender, sent, recipient, _ in sides
    }
    return Bounds(min(asker.until, answerer.until), below, beyond)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was read: its terms, step and members. `digest` of what was signed."""

    terms: Terms
    step: str
    previous: str
    members: dict[str, Json]
    digest: str


def write_question(terms: Terms, step: str, previous: str, members: Members, *, key: StatementKey) -> bytes:
    """The signed envelope of a question. `previous`: SHA-256 of the answer before it, "" at first."""
    body: dict[str, Json] = {**terms.as_dict(), "step": step, "previous": previous, **members}
    check(QUESTION, body)
    return sign_statement(QUESTION, 1, body, [key])


def read_question(envelope: bytes, *, asker: Nation, answerer: Nation, trusted: Iterable[StatementPublicKey]) -> Asked:
    """The question that `asker`'s node signed for this one. Raises NotVerified, MalformedInput, TooLarge."""
    found = _read(envelope, QUESTION, trusted)
    terms = read_terms(found.body)
    if (terms.asker, terms.answerer) != (asker, answerer):
        raise NotVerified("reconciliation.parties", field="asker", expected=f"{asker} to {answerer}")
    return Asked(terms, str(found.body["step"]), str(found.body["previous"]), found.body, found.digest)


def write_answer(asked: bytes, members: Members, *, key: StatementKey, code: str = "") -> bytes:
    """The signed envelope of the answer to the question in `asked`; `code` of a refusal."""
    body: dict[str, Json] = {"question_sha256": sha256_hex(asked), "code": code, **members}
    check(ANSWER, body)
    return sign_statement(ANSWER, 1, body, [key])


def read_answer(
    envelope: bytes, *, question: bytes, trusted: Iterable[StatementPublicKey]
) -> tuple[dict[str, Json], str]:
    """(members, digest) of the answer to exactly this question. Raises NotVerified, MalformedInput, TooLarge."""
    found = _read(envelope, ANSWER, trusted)
    if found.body["question_sha256"] != sha256_hex(question):
        raise NotVerified("reconciliation.answer", field="question_sha256", expected="an answer to this question")
    return found.body, found.digest


def _read(envelope: bytes, kind: str, trusted: Iterable[StatementPublicKey]) -> Statement:
    found = read_statement(envelope, kind=kind, versions=(1,), trusted=trusted, max_bytes=LARGEST_STEP)
    check(kind, found.body)
    return found
