"""The two sides of a reconciliation run, without wire, clock or store: who says what, in which order.

open     commitment of the asker, how she stands     ->  contribution of the answerer, how it stands
reveal   her contribution, commitment to her root    ->  its root
compare  her root, then parts of both trees, as often as they differ
details  questions about what she alone declared     ->  the answers, and its own questions
agree    her answers, the certificate signed         ->  the certificate signed by both

Rules kept here:
 1. Both sides gather their declaration after the bounds are known and before the key is.
 2. Each side's root is fixed before it sees the other's; every part is checked against it (ledger.reconciliation).
 3. A step out of turn, or more steps than the bounds allow, ends the run.
 4. The certificate's body is made by both from what both saw; a side signs only the body that it made itself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import cast

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.nations import Nation
from relto.exchange.reconciled_records import (
    OPENING,
    Ask,
    Half,
    Record,
    Side,
    answers,
    asks,
    check_answers,
    findings,
    read_asks,
    read_record,
    record_line,
)
from relto.exchange.reconciliation_certificate import certificate_body
from relto.exchange.reconciliation_steps import (
    AGREE,
    COMPARE,
    DETAILS,
    MOST_STEPS,
    OPEN,
    REVEAL,
    Bounds,
    Declaring,
    Members,
    Terms,
    bounds_of,
    read_declaring,
)
from relto.ledger.reconciliation import (
    DIGEST_BYTES,
    Comparison,
    DigestTree,
    Node,
    commitment,
    keyed_digests,
    root_commitment,
    run_key,
)

Gather = Callable[[Bounds], Sequence[bytes]]
"""Gives the declaration for these bounds, a line a record: only what differs is ever read again."""
Decided = Callable[[Collection[str]], Collection[str]]
"""Of these decisions about openings, those that stand on this node's books as permitted."""
_PART_TEXT = 2048


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave: the certificate's body, and this side's own records that the other lacks or holds otherwise."""

    body: dict[str, Json]
    only_here: Sequence[Record]


@dataclass
class _Run:
    """What one side holds of a run."""

    terms: Terms
    side: Side
    own: Declaring
    gather: Gather
    decided: Decided
    partner: Declaring | None = None
    lines: Sequence[bytes] = ()
    bounds: Bounds | None = None
    key: bytes = b""
    contributions: tuple[bytes, bytes] = (b"", b"")
    tree: DigestTree | None = None
    comparison: Comparison | None = None
    only_here: dict[bytes, Record] = field(default_factory=dict)
    asked: Sequence[Ask] = ()
    _digests: list[bytes] = field(default_factory=list)

    def meet(self, partner: Declaring) -> None:
        """The other side's standing is known: gather the declaration for the common bounds."""
        asker, answerer = (self.own, partner) if self.side == "asker" else (partner, self.own)
        self.partner, self.bounds = partner, bounds_of(self.terms, asker, answerer)
        self.lines = self.gather(self.bounds)

    def unlock(self, asker: bytes, answerer: bytes) -> Node:
        """Both contributions are known: the own root under the run's key."""
        context = canonical_bytes({**self.terms.as_dict(), "bounds": cast("Bounds", self.bounds).as_dict()})
        self.contributions, self.key = (asker, answerer), run_key(asker, answerer, context)
        self._digests = keyed_digests(self.key, self.lines)
        self.tree = DigestTree(self._digests)
        return self.tree.root

    def compare_with(self, root: Node) -> Comparison:
        self.comparison = Comparison(cast("DigestTree", self.tree), root)
        return self.comparison

    def settle(self) -> list[Ask]:
        """Every difference is known: the own questions."""
        wanted = cast("Comparison", self.comparison).only_here
        self.only_here = {
            digest: read_record(line)
            for digest, line in zip(self._digests, self.lines, strict=True)
            if digest in wanted
        }
        self.asked = asks(self.key, self.side, self._nation(own=True), self.only_here)
        return list(self.asked)

    def answered(self, theirs: Sequence[Ask]) -> list[Json]:
        """The answers to the other side's questions."""
        named = {ask.decision for ask in theirs if ask.type == OPENING and ask.decision}
        standing = self.decided(named) if named else ()
        other: Side = "answerer" if self.side == "asker" else "asker"
        return answers(self.key, other, theirs, self.only_here, dict.fromkeys(standing, True))

    def conclude(self, theirs: Sequence[Ask], told_us: Sequence[Json], told_them: Sequence[Json]) -> Outcome:
        """The certificate's body. Raises NotVerified for an answer that was not declared."""
        comparison = cast("Comparison", self.comparison)
        digest_of = check_answers(self.key, self.asked, told_us, self.only_here, comparison.only_there)
        told = [cast("Record", one) for one in told_them if one is not None]
        lines = [record_line(one) for one in told if one["type"] != "decision"]
        digest_of |= {line.decode(): digest for line, digest in zip(lines, keyed_digests(self.key, lines), strict=True)}
        ours = Half(self._nation(own=True), sorted(comparison.only_here), self.asked, told_us)
        others = Half(self._nation(own=False), sorted(comparison.only_there), theirs, told_them)
        mine = self.side == "asker"
        asker, answerer = (ours, others) if mine else (others, ours)
        roots = (comparison.own.root, comparison.theirs)
        stand = (self.own, cast("Declaring", self.partner))
        body = certificate_body(
            self.terms,
            cast("Bounds", self.bounds),
            declaring=stand if mine else (stand[1], stand[0]),
            roots=roots if mine else (roots[1], roots[0]),
            contributions=self.contributions,
            findings=findings(asker, answerer, digest_of),
        )
        return Outcome(body, [self.only_here[one] for one in sorted(self.only_here)])

    def _nation(self, *, own: bool) -> Nation:
        return self.terms.asker if own == (self.side == "asker") else self.terms.answerer


def ask(
    terms: Terms, own: Declaring, gather: Gather, decided: Decided, *, contribution: bytes, salt: bytes
) -> Generator[tuple[str, Members], Members, tuple[Outcome, list[Json]]]:
    """The asker's run: yields (step, members of the question), is sent the members of the answer.

    Returns the outcome and the answers that the last question, AGREE, must carry beside the certificate. `contribution`
    and `salt`: 32 fresh random bytes each. Raises NotVerified, MalformedInput, TooLarge, which end the run.
    """
    run = _Run(terms, "asker", own, gather, decided)
    answer = yield OPEN, {"commitment": commitment(contribution), "declaring": own.as_dict()}
    run.meet(read_declaring(_member(answer, "declaring")))
    root = run.unlock(contribution, _hex(answer, "contribution"))
    fixed = root_commitment(salt, root.hash)
    answer = yield REVEAL, {"contribution": contribution.hex(), "root_commitment": fixed}
    comparison = run.compare_with(_root(answer))
    opening: dict[str, Json] = {"root": _written(root), "salt": salt.hex()}
    for _ in range(MOST_STEPS):
        shown = comparison.shown()
        answer = yield COMPARE, {**opening, "parts": _parts_written(shown)}
        comparison.take(_parts(answer))
        opening = {}
        if comparison.done:
            break
    else:
        raise MalformedInput("reconciliation.steps", field="step", expected=f"at most {MOST_STEPS} steps")
    mine = run.settle()
    answer = yield DETAILS, {"asks": [one.as_dict() for one in mine]}
    theirs = read_asks(_objects(answer, "asks"), comparison.only_there)
    told_us, told_them = _list(answer, "answers"), run.answered(theirs)
    return run.conclude(theirs, told_us, told_them), told_them


class Answerer:
    """The answering side of one run: takes each question's members in turn."""

    def __init__(self, terms: Terms, own: Declaring, gather: Gather, decided: Decided, *, contribution: bytes) -> None:
        """`contribution`: 32 fresh random bytes."""
        self._run = _Run(terms, "answerer", own, gather, decided)
        self._contribution = contribution
        self._turns: dict[str, Callable[[Members], Members]] = {
            OPEN: self._open,
            REVEAL: self._reveal,
            COMPARE: self._compare,
            DETAILS: self._details,
        }
        self._expected: tuple[str, ...] = (OPEN,)
        self._commitment = self._root_commitment = ""
        self._root = Node(0, b"")
        self._theirs: Sequence[Ask] = ()
        self._told: Sequence[Json] = ()
        self._steps = 0

    @property
    def terms(self) -> Terms:
        """What the run is about."""
        return self._run.terms

    @property
    def partner(self) -> Declaring | None:
        """How the asker said that she stands; None before the run is open."""
        return self._run.partner

    def answer(self, step: str, members: Members) -> Members:
        """The members of the answer. Raises Conflict for a step out of turn, NotVerified, MalformedInput, TooLarge."""
        self._turn(step)
        return self._turns[step](members)

    def conclude(self, members: Members) -> Outcome:
        """The outcome, once the asker has answered (step AGREE)."""
        self._turn(AGREE)
        return self._run.conclude(self._theirs, _list(members, "answers"), self._told)

    def _turn(self, step: str) -> None:
        self._steps += 1
        if step not in self._expected or self._steps > MOST_STEPS:
            expected, self._expected = self._expected, ()
            raise Conflict("reconciliation.step", field="step", found=step, expected=" or ".join(expected) or "no more")
        self._expected = {OPEN: (REVEAL,), REVEAL: (COMPARE,), DETAILS: (AGREE,), AGREE: ()}.get(step, ())

    def _open(self, members: Members) -> Members:
        self._commitment = str(members["commitment"])
        self._run.meet(read_declaring(_member(members, "declaring")))
        return {"contribution": self._contribution.hex(), "declaring": self._run.own.as_dict()}

    def _reveal(self, members: Members) -> Members:
        revealed = _hex(members, "contribution")
        if not compare_digest(commitment(revealed), self._commitment):
            raise NotVerified("reconciliation.commitment", field="contribution", expected="what was committed to")
        self._root_commitment = str(members["root_commitment"])
        self._root = self._run.unlock(revealed, self._contribution)
        return {"root": _written(self._root)}

    def _compare(self, members: Members) -> Members:
        comparison = self._run.comparison
        if comparison is None:
            root, salt = _root(members), _hex(members, "salt")
            if not compare_digest(root_commitment(salt, root.hash), self._root_commitment):
                raise NotVerified("reconciliation.commitment", field="root", expected="what was committed to")
            comparison = self._run.compare_with(root)
        shown = comparison.shown()
        comparison.take(_parts(members))
        self._expected = (DETAILS,) if comparison.done else (COMPARE,)
        return {"parts": _parts_written(shown)}

    def _details(self, members: Members) -> Members:
        comparison = cast("Comparison", self._run.comparison)
        mine = self._run.settle()
        self._theirs = read_asks(_objects(members, "asks"), comparison.only_there)
        self._told = self._run.answered(self._theirs)
        return {"answers": [*self._told], "asks": [one.as_dict() for one in mine]}


def _member(members: Members, name: str) -> Json:
    if name not in members:
        raise MalformedInput("reconciliation.member", field=name, expected="a member of this step")
    return members[name]


def _list(members: Members, name: str) -> list[Json]:
    return list(cast("list[Json]", _member(members, name)))


def _objects(members: Members, name: str) -> list[dict[str, Json]]:
    return cast("list[dict[str, Json]]", _list(members, name))


def _hex(members: Members, name: str) -> bytes:
    return bytes.fromhex(str(_member(members, name)))


def _written(node: Node) -> dict[str, Json]:
    return {"count": node.count, "hash": node.hash.hex()}


def _root(members: Members) -> Node:
    stated = cast("Mapping[str, Json]", _member(members, "root"))
    root = Node(cast("int", stated["count"]), bytes.fromhex(str(stated["hash"])))
    if len(root.hash) != DIGEST_BYTES:
        raise MalformedInput("reconciliation.root", field="root", expected=f"{DIGEST_BYTES} bytes")
    return root


def _parts_written(parts: Mapping[str, bytes]) -> dict[str, Json]:
    return {f"/{path}": base64.b64encode(data).decode() for path, data in parts.items()}


def _parts(members: Members) -> dict[str, bytes]:
    stated = cast("Mapping[str, str]", _member(members, "parts"))
    try:
        return {
            path.removeprefix("/"): base64.b64decode(text, validate=True) if len(text) <= _PART_TEXT else b""
            for path, text in stated.items()
        }
    except binascii.Error as error:
        raise MalformedInput("reconciliation.parts", field="parts", expected="base64") from error
