"""A rehearsal's time: one file that everybody reads, only ever put ahead, and never on a live node."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relto.adapters.system import SystemClock
from relto.adapters.training_clock import MOST_AHEAD, TrainingClock, put_ahead
from relto.base.errors import MalformedInput, Misconfigured, Unreachable
from relto.node import wiring
from relto.node.settings import PORTS, NodeSettings, read_settings

WEEK = timedelta(days=7)


def test_a_week_passes_for_everybody_who_reads_the_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    put_ahead(file, timedelta())
    here, there = (SystemClock(ahead=TrainingClock(file).ahead) for _ in range(2))
    assert abs(here.now() - datetime.now(UTC)) < timedelta(minutes=1)
    put_ahead(file, WEEK)
    for clock in (here, there):
        assert abs(clock.now() - datetime.now(UTC) - WEEK) < timedelta(minutes=1)
    assert TrainingClock(file).seconds() == WEEK.total_seconds()


def test_it_is_never_put_back_nor_beyond_ten_years(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    put_ahead(file, WEEK)
    for by in (WEEK - timedelta(seconds=1), MOST_AHEAD + timedelta(seconds=1)):
        with pytest.raises(MalformedInput):
            put_ahead(file, by)
    assert TrainingClock(file).ahead() == WEEK


@pytest.mark.parametrize("said", [b"", b"a week\n", b"-1\n", b"007\n", b"1.5\n", b"7", b"999999999\n", b"1" * 40])
def test_a_file_that_says_no_seconds_stops_whoever_reads_it(tmp_path: Path, said: bytes) -> None:
    file = tmp_path / "clock"
    file.write_bytes(said)
    with pytest.raises(Unreachable, match=r"unreachable\.training_clock"):
        SystemClock(ahead=TrainingClock(file).ahead).now()


def test_no_file_no_time(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        TrainingClock(tmp_path / "clock").ahead()


@pytest.mark.django_db
def test_a_live_node_is_never_wired_to_one(tmp_path: Path) -> None:
    put_ahead(tmp_path / "clock", WEEK)
    assert wiring._clock(_settings(tmp_path, "training")).now() > datetime.now(UTC) + WEEK / 2
    with pytest.raises(Misconfigured):
        wiring._clock(_settings(tmp_path, "live"))


def _settings(folder: Path, kind: str) -> NodeSettings:
    ports = "".join(f"{name} = {8400 + number}\n" for number, name in enumerate(PORTS))
    urls = "".join(f'{name} = "https://node.example"\n' for name in ("portal", "key_service", "relay", "link"))
    head = f'nation = "USA"\nhost = "node.example"\nkind = "{kind}"\nbind = "127.0.0.1"\nmaster_secret = "x"\n'
    text = f'{head}training_clock = "clock"\n[ports]\n{ports}[urls]\n{urls}'
    (folder / "node.toml").write_text(text, encoding="utf-8")
    return read_settings(folder)
