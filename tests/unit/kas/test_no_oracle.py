"""What is wrong about a secret nobody is told: not by the text of a failure, nor by its time."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from relto.kas.level_time import LEAST_SECONDS, MOST_SECONDS, LevelTime
from relto.store.models import DecisionRecord, LedgerEntry
from tests.support import oracle_timing
from tests.support.oracle_timing import CLASSES, KINDS, Asked, largest_t, measure, requests_of
from tests.unit.kas.conftest import Doors


@pytest.fixture
def doors(db: None, tmp_path: Path) -> Doors:
    return oracle_timing.node_with_every_kind(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_all_failures_about_a_secret_are_one_answer_and_leave_nothing(
    doors: Doors, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle_timing, "_WARM_UP", 0)
    monkeypatch.setattr(oracle_timing, "VARIANTS", 5)
    before = LedgerEntry.objects.count()
    asked: dict[str, Asked] = requests_of(doors, kind)
    before = LedgerEntry.objects.count()
    times = measure(doors.key_service.application, asked, 45, seed=1)
    assert set(times) == set(CLASSES)
    answers = {answer for one in asked.values() for answer in one.answers}
    assert len(answers) == 1
    ((status, body),) = answers
    assert status == "200 OK"
    assert b"desc = bad request" in body
    assert not DecisionRecord.objects.exists()
    assert LedgerEntry.objects.count() == before
    assert min(min(values) for values in times.values()) >= LEAST_SECONDS * 1e9


def test_a_failure_is_told_at_its_deadline_whenever_it_was_found() -> None:
    level = LevelTime()
    for found_after in (0.0, 0.001, 0.002):
        attempt = level.begin("wrapped")
        time.sleep(found_after)
        level.wait(attempt)
        assert time.perf_counter() >= attempt.deadline


def test_the_deadline_follows_what_attempts_take_and_an_outlier_hardly_moves_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: moment[0])
    level = LevelTime()

    def after(seconds: float, wrapping: str = "wrapped") -> float:
        attempt = level.begin(wrapping)
        moment[0] += seconds
        level.found(attempt)
        following = level.begin(wrapping)
        return following.deadline - following.began

    for _ in range(1000):
        usual = after(0.0005)
    assert usual == pytest.approx(LEAST_SECONDS + 3 * 0.0005, rel=0.01)
    assert after(10.0) < usual * 1.1
    for _ in range(1000):
        slow = after(5.0, "hybrid-wrapped")
    assert slow == pytest.approx(MOST_SECONDS)
    before = level.begin("unknown").deadline - moment[0]
    assert after(1.0, "unknown") == pytest.approx(before)


def test_the_measurement_finds_a_difference_where_there_is_one() -> None:
    noise = np.random.default_rng(1)
    even, odd, late = (noise.gamma(2.0, 50.0, 4000) for _ in range(3))
    assert largest_t(even, odd) < oracle_timing.THRESHOLD
    assert largest_t(even, late + 10) > oracle_timing.THRESHOLD
