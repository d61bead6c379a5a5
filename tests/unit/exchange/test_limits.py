"""A partner may burst, then come steadily; who comes too often learns when to come again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from relto.exchange.limits import RequestLimits, TokenBucket


def test_a_burst_passes_and_then_the_steady_rate() -> None:
    bucket = TokenBucket(RequestLimits(per_second=2, burst=3))
    assert [bucket.take(10.0) for _ in range(4)] == [0, 0, 0, 1]
    assert bucket.take(10.5) == 0
    assert bucket.take(10.6) == 1
    assert [bucket.take(1000.0) for _ in range(4)] == [0, 0, 0, 1], "it never holds more than the burst"


def test_a_slow_rate_says_how_long_to_wait() -> None:
    bucket = TokenBucket(RequestLimits(per_second=0.1, burst=1))
    assert bucket.take(0.0) == 0
    assert bucket.take(0.0) == 10
    assert bucket.take(10.0) == 0


@settings(max_examples=50)
@given(pauses=st.lists(st.floats(0, 1), max_size=200))
def test_no_pattern_of_asking_gets_more_than_burst_and_rate(pauses: list[float]) -> None:
    limits = RequestLimits(per_second=5, burst=10)
    bucket, now, taken = TokenBucket(limits), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now) == 0
    assert taken <= limits.burst + limits.per_second * now + 1e-6
