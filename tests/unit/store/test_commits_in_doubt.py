"""A commit that fails may have come through: no step is run again before that was looked up, and none counts twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.db import InterfaceError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from relto.base.errors import Unreachable
from relto.ports.surroundings import Committer
from relto.store.committer import DirectCommitter, GroupCommitter
from relto.store.fields import use_field_key
from relto.store.models import CommitMark, Programme
from relto.store.transactions import Writer
from tests.support.vectors import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _field_key() -> None:
    use_field_key(b"k" * 32)


@pytest.fixture(params=["direct", "group"])
def committer(request: pytest.FixtureRequest) -> Iterator[Committer]:
    made = DirectCommitter() if request.param == "direct" else GroupCommitter()
    made.run(lambda: None)  # its row is there
    yield made
    if isinstance(made, GroupCommitter):
        made.close()


@dataclass
class Counted:
    """A step that every run leaves a programme of."""

    runs: int = 0
    names: list[str] = field(default_factory=list)

    def __call__(self) -> str:
        self.runs += 1
        code = f"RUN-{self.runs}"
        Programme.objects.create(code=code, title="t", started_at=NOW)
        return code


@contextmanager
def commits(*ends: Callable[[Callable[[], None]], None]) -> Iterator[None]:
    """The next commits of any connection end so; `ends` are called with the real commit."""
    left, real = list(ends), BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def commit(self: BaseDatabaseWrapper) -> None:
        if left:
            left.pop(0)(lambda: real(self))
        else:
            real(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseDatabaseWrapper, "_commit", commit)
        yield


def lost_after(commit: Callable[[], None]) -> None:
    commit()
    raise OperationalError("server closed the connection unexpectedly")


def closed_after(commit: Callable[[], None]) -> None:
    commit()
    raise InterfaceError("connection already closed")


def lost_before(_: Callable[[], None]) -> None:
    raise OperationalError("database or disk is full")


@pytest.mark.parametrize("lost", [lost_after, closed_after])
def test_what_became_durable_is_not_run_again_and_its_answer_stands(
    committer: Committer, lost: Callable[[Callable[[], None]], None]
) -> None:
    step = Counted()
    with commits(lost):
        assert committer.run(step) == "RUN-1"
    assert (step.runs, Programme.objects.count()) == (1, 1)
    assert committer.run(step) == "RUN-2"


def test_what_a_hook_after_the_commit_raises_undoes_nothing(committer: Committer) -> None:
    step = Counted()

    def hooked() -> str:
        def fail() -> None:
            raise OperationalError("a hook")

        transaction.on_commit(fail)
        return step()

    assert committer.run(hooked) == "RUN-1"
    assert (step.runs, Programme.objects.count()) == (1, 1)


def test_what_did_not_become_durable_is_run_again_by_the_group_and_told_by_the_direct_one(
    committer: Committer,
) -> None:
    step = Counted()
    with commits(lost_before):
        if isinstance(committer, GroupCommitter):
            assert committer.run(step) == "RUN-2"
        else:
            with pytest.raises(Unreachable, match="database"):
                committer.run(step)
            assert committer.run(step) == "RUN-2"
    assert Programme.objects.get().code == "RUN-2"


def test_while_nobody_can_tell_nothing_is_run_again(committer: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.store.transactions._PAUSES", (0.0, 0.0))
    step = Counted()
    with commits(lost_after, lost_before, lost_before), pytest.raises(Unreachable, match="database"):
        committer.run(step)
    assert (step.runs, Programme.objects.count()) == (1, 1)


def test_a_whole_batch_in_doubt_is_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.store.transactions._PAUSES", (0.0,))
    committer, busy, go_on = GroupCommitter(), threading.Event(), threading.Event()

    def wait() -> None:
        busy.set()
        go_on.wait(10)

    steps, told = [Counted() for _ in range(3)], {}

    def ask(number: int) -> None:
        def step() -> str:
            steps[number].runs += 1
            code = f"OF-{number}-{steps[number].runs}"
            Programme.objects.create(code=code, title="t", started_at=NOW)
            return code

        try:
            told[number] = committer.run(step)
        except Unreachable as error:
            told[number] = error.full_code

    def ask_together() -> None:
        first = threading.Thread(target=committer.run, args=(wait,))
        first.start()
        busy.wait(10)
        callers = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
        for caller in callers:
            caller.start()
        while committer._waiting.qsize() < 3:
            pass
        go_on.set()
        for caller in (first, *callers):
            caller.join(10)
            assert not caller.is_alive()

    committer.run(lambda: None)
    with commits(lambda commit: commit(), lost_after):
        ask_together()
    assert told == {number: f"OF-{number}-1" for number in range(3)}
    busy.clear()
    go_on.clear()
    with commits(lambda commit: commit(), lost_after, lost_before):
        ask_together()
    committer.close()
    assert set(told.values()) == {"unreachable.database"}
    assert [step.runs for step in steps] == [2, 2, 2]
    assert Programme.objects.count() == 6


def test_a_database_that_fails_within_the_step_is_told_as_such(committer: Committer) -> None:
    def step() -> None:
        raise OperationalError("database is locked")

    with pytest.raises(Unreachable) as said:
        committer.run(step)
    assert said.value.full_code == "unreachable.database"
    assert said.value.http_status == 503


def test_inside_a_transaction_a_step_joins_it() -> None:
    committer, step = DirectCommitter(), Counted()
    before = CommitMark.objects.count()
    with transaction.atomic():
        assert committer.run(step) == "RUN-1"
        transaction.set_rollback(True)
    assert (Programme.objects.count(), CommitMark.objects.count()) == (0, before)


def test_each_writer_has_one_row_and_rows_of_long_gone_writers_go() -> None:
    CommitMark.objects.create(writer="long gone", number=7, written_at=datetime(2020, 1, 1, tzinfo=UTC))
    writer = Writer()
    for _ in range(3):
        writer.transact(lambda: None, tries=1)
    (row,) = CommitMark.objects.all()
    assert row.number == 3
    row.delete()
    assert writer.transact(lambda: "again", tries=1) == "again"
    assert CommitMark.objects.get().number == 4


def test_committers_are_importable_before_django_is_set_up() -> None:
    """The command imports them before it knows which node it is about."""
    code = "import relto.store.committer, relto.node.initialise"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment["PYTHONPATH"] = str(PROJECT / "src")
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-500:]
