from __future__ import annotations

import pytest

from relto.ledger.checkpoint import Checkpoint, read_checkpoint, signed_checkpoint
from relto.ledger.notes import sign
from relto.ledger.tree import empty_root
from relto.ledger.witnessing import Answer, Contradiction, answer, write_request
from tests.unit.ledger.workshop import IND, USA, Log, leaf, log_keys, seed

KNOWN = {USA: [key.verifier for key in log_keys(USA)]}


class Memory:
    """A witness's memory in a dictionary."""

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self.checkpoints = list(checkpoints)

    def latest(self, origin: str) -> Checkpoint | None:
        return next((item for item in reversed(self.checkpoints) if item.origin == origin), None)

    def root_at(self, origin: str, size: int) -> bytes | None:
        return next((item.root for item in self.checkpoints if (item.origin, item.size) == (origin, size)), None)


def log_of(count: int) -> Log:
    log = Log(USA)
    log.grow([leaf(index) for index in range(count)])
    return log


LOG = log_of(20)
NOTES = {size: signed_checkpoint(Checkpoint(USA, size, LOG.reader.root(size)), log_keys(USA), 9) for size in range(21)}
AT_7 = Memory(read_checkpoint(NOTES[3]), read_checkpoint(NOTES[7]))


def ask(
    old: int, new: int, memory: Memory = AT_7, proof: list[bytes] | None = None, note: bytes | None = None
) -> Answer:
    path = LOG.reader.consistency_path(min(old, new), new) if proof is None else proof
    return answer(write_request(old, path, note or NOTES[new]), KNOWN, memory)


def test_the_first_checkpoint_growth_and_repetition_are_cosigned() -> None:
    for old, new, memory in ((0, 0, Memory()), (0, 5, Memory()), (7, 20, AT_7), (7, 7, AT_7)):
        answered = ask(old, new, memory)
        assert answered.status == 200
        assert answered.cosign is not None
        assert answered.contradiction is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\n" + NOTES[5],
        b"old -1\n\n" + NOTES[5],
        b"OLD 0\n\n" + NOTES[5],
        b"old 0\nAAAA\n\n" + NOTES[5],
        b"old 0\r\n\n" + NOTES[5],
        b"\nold 0\n\n" + NOTES[5],
        b"old 0\n\n" + NOTES[5][:-1],
        write_request(0, [seed("x")] * 64, NOTES[5]),
        write_request(0, [], sign(b"not a checkpoint\n", log_keys(USA)[:1], 1).data),
        write_request(8, [], NOTES[7]),
        b"x" * 300_000,
    ],
)
def test_400_for_what_is_not_a_request(body: bytes) -> None:
    assert answer(body, KNOWN, AT_7).status == 400


def test_404_for_an_unknown_origin_and_403_without_a_valid_signature() -> None:
    stranger = signed_checkpoint(Checkpoint(IND, 5, seed("r")), log_keys(IND), 1)
    assert ask(0, 5, Memory(), note=stranger).status == 404
    forged = sign(NOTES[5].partition(b"\n\n")[0] + b"\n", log_keys(USA, "other"), 1).data
    assert ask(0, 5, Memory(), note=forged).status == 403
    swapped = NOTES[5].partition(b"\n\n")[0] + b"\n\n" + NOTES[6].partition(b"\n\n")[2]
    assert ask(0, 5, Memory(), note=swapped).status == 403
    damaged_second = NOTES[5][:-20] + bytes([NOTES[5][-20] ^ 1]) + NOTES[5][-19:]
    assert ask(0, 5, Memory(), note=damaged_second).status in {400, 403}


def test_409_tells_the_size_last_cosigned() -> None:
    for old, new, memory, size in (
        (0, 9, AT_7, b"7\n"),
        (8, 9, AT_7, b"7\n"),
        (3, 9, Memory(), b"0\n"),
        (3, 5, AT_7, b"7\n"),
    ):
        answered = ask(old, new, memory)
        assert (answered.status, answered.body, answered.content_type) == (409, size, "text/x.tlog.size")
        assert answered.cosign is None


def test_422_for_proofs_that_do_not_hold() -> None:
    note = signed_checkpoint(Checkpoint(USA, 0, seed("not empty")), log_keys(USA), 1)
    assert ask(0, 0, Memory(), note=note).contradiction is Contradiction.EMPTY_TREE_WITH_ROOT
    assert ask(0, 0, Memory(), note=note).status == 422
    assert ask(0, 5, Memory(), proof=[seed("x")]).status == 422
    assert ask(7, 7, AT_7, proof=[seed("x")]).status == 422
    bad = ask(7, 20, AT_7, proof=[seed("x")])
    assert (bad.status, bad.contradiction) == (422, Contradiction.NOT_SHOWN_CONSISTENT)
    assert not Contradiction.NOT_SHOWN_CONSISTENT.conclusive


def test_a_split_view_is_evidence_at_the_last_size_and_at_an_earlier_one() -> None:
    for size, old, status in ((7, 7, 422), (3, 3, 409), (3, 0, 409)):
        fork = signed_checkpoint(Checkpoint(USA, size, seed("fork")), log_keys(USA), 1)
        answered = ask(old, size, AT_7, proof=[], note=fork)
        assert (answered.status, answered.contradiction) == (status, Contradiction.OTHER_ROOT_AT_SAME_SIZE)
        assert answered.cosign is None
    assert Contradiction.OTHER_ROOT_AT_SAME_SIZE.conclusive


def test_an_empty_tree_may_be_cosigned_and_grown_from() -> None:
    memory = Memory(Checkpoint(USA, 0, empty_root()))
    assert ask(0, 5, memory).status == 200
    assert ask(0, 5, memory, proof=[seed("x")]).status == 422
