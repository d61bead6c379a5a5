"""A minute of fuzzing over all that reads what others wrote: no crash, no hang, no memory without bound.

Two processes of thirty seconds, always on the same inputs, so that a red run is somebody's change; new inputs are
those of `python -m tests.support.fuzz --inputs 10000000` in `make accept`, whose seed is another each time.
"""

from __future__ import annotations

import base64

import pytest

from relto.base.errors import ReltoError
from relto.sealing.policy import read_policy
from tests.support.fuzz.running import Tally, feed, in_processes, limited
from tests.support.fuzz.targets import TARGETS, Target

SECONDS, PROCESSES, SEED = 30.0, 2, 20261122


def test_a_minute_of_hostile_input_brings_nothing_but_our_own_errors() -> None:
    found = in_processes(PROCESSES, sorted(TARGETS), SEED, seconds=SECONDS)
    failures = {name: whole["failures"] for name, whole in found["targets"].items() if whole["failures"]}
    assert failures == {}, f"seed {found['seed']}"
    assert found["held"], found
    assert all(whole["inputs"] >= 100 and whole["accepted"] for whole in found["targets"].values()), found


def _endless(_data: bytes) -> None:
    while True:
        pass


def _greedy(_data: bytes) -> None:
    bytearray(2 << 30)


def _careless(_data: bytes) -> None:
    raise KeyError("member")


@pytest.mark.parametrize(
    ("read", "said"),
    [(_endless, "longer"), (_greedy, "MemoryError"), (_careless, "KeyError")],
    ids=str,
)
def test_the_harness_sees_hangs_crashes_and_greed(read: object, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.fuzz.running.SECONDS_EACH", 0.1)
    tally = Tally()
    with limited():
        feed(Target((b"",), lambda _source, data: data, read), b"input", tally)  # type: ignore[arg-type]
    assert [failure["failure"][: len(said)] for failure in tally.failures] == [said]


def test_a_policy_of_escapes_is_refused_at_once() -> None:
    """Reading JSON once took the square of the length of such a text."""
    hostile = base64.b64encode(b'{"uuid":"' + b'\\"' * 40_000).decode()
    tally = Tally()
    with limited():
        feed(
            Target((), lambda _source, data: data, lambda data: read_policy(data.decode()), (ReltoError,)),
            hostile.encode(),
            tally,
        )
    assert tally.failures == []
