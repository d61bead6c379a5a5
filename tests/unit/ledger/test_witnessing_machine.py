"""A log that forks as it likes and a witness that is asked anything, in any order, and is killed before or after it
persists: no two lines that it ever gave contradict each other, and it never goes back.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relto.ledger.checkpoint import Checkpoint, read_checkpoint, signed_checkpoint
from relto.ledger.witnessing import answer, write_request
from tests.unit.ledger.workshop import USA, Log, leaf, log_keys, seed

LONGEST = 12
KNOWN = {USA: [key.verifier for key in log_keys(USA)]}


class Remembered:
    """What the witness holds durably."""

    def __init__(self) -> None:
        self.last: Checkpoint | None = None
        self.roots: dict[int, bytes] = {}

    def latest(self, origin: str) -> Checkpoint | None:
        return self.last if origin == USA else None

    def root_at(self, origin: str, size: int) -> bytes | None:
        return self.roots.get(size) if origin == USA else None


class Witnessing(RuleBasedStateMachine):
    """Branch 1 shares its first entries with branch 0."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Remembered()
        self.given: set[tuple[int, bytes]] = set()
        self.highest = 0

    @initialize(shared=st.integers(0, LONGEST - 1))
    def fork(self, shared: int) -> None:
        self.shared = shared
        self.branches = (Log(), Log())
        for number, branch in enumerate(self.branches):
            branch.grow([leaf(at if at < shared else 1000 * number + at) for at in range(LONGEST)])

    @rule(
        size=st.integers(1, LONGEST),
        old=st.integers(0, LONGEST) | st.none(),
        branch=st.sampled_from([0, 1]),
        proof=st.sampled_from(["own branch", "other branch", "damaged", "none"]),
        fate=st.sampled_from(["answered", "killed before", "killed after"]),
    )
    def ask(self, size: int, old: int | None, branch: int, proof: str, fate: str) -> None:
        held = self.memory.last.size if self.memory.last else 0
        begin = held if old is None else old
        reader = self.branches[branch].reader
        other = self.branches[1 - branch].reader
        path = (other if proof == "other branch" else reader).consistency_path(begin, size) if 0 < begin <= size else []
        if proof == "damaged":
            path = [*path[:-1], seed("no such hash")]
        if proof == "none":
            path = []
        note = signed_checkpoint(Checkpoint(USA, size, reader.root(size)), log_keys(USA), 1_800_000_000)
        decided = answer(write_request(begin, path, note), KNOWN, self.memory)
        if begin > size:
            assert decided.status == 400
        elif begin != held:
            assert (decided.status, decided.body) == (409, b"%d\n" % held)
        if decided.cosign is None or fate == "killed before":
            return
        assert decided.status == 200
        cosigned = read_checkpoint(note)
        self.memory.last = cosigned
        self.memory.roots[size] = cosigned.root
        if fate == "answered":
            self.given.add((size, cosigned.root))

    @invariant()
    def it_never_goes_back(self) -> None:
        size = self.memory.last.size if self.memory.last else 0
        assert size >= self.highest
        self.highest = size

    @invariant()
    def no_two_lines_contradict_each_other(self) -> None:
        beyond = {(size, root) for size, root in self.given if size > self.shared}
        sides = [
            {(size, root) for size, root in beyond if self.branches[number].reader.root(size) == root}
            for number in (0, 1)
        ]
        assert not (sides[0] and sides[1])

    @invariant()
    def each_line_is_remembered(self) -> None:
        assert all(self.memory.roots[size] == root for size, root in self.given)


TestWitnessing = Witnessing.TestCase
TestWitnessing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
