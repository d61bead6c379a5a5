"""On PostgreSQL only: the server ends the connection around a commit, and no step counts twice or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from relto.base.errors import Unreachable
from relto.ports.surroundings import Committer
from relto.store.committer import DirectCommitter, GroupCommitter
from relto.store.fields import use_field_key
from relto.store.models import Programme
from tests.unit.store.test_commits_in_doubt import Counted, commits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _field_key() -> None:
    use_field_key(b"k" * 32)


@pytest.fixture(params=["direct", "group"])
def committer(request: pytest.FixtureRequest) -> Iterator[Committer]:
    made = DirectCommitter() if request.param == "direct" else GroupCommitter()
    made.run(lambda: None)
    yield made
    if isinstance(made, GroupCommitter):
        made.close()


def end_connection(backend: int) -> None:
    """From another connection: end this backend, and wait until it is gone."""

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
            while True:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [backend])
                if cursor.fetchone() == (0,):
                    break
                time.sleep(0.01)
        connections.close_all()

    ending = threading.Thread(target=end)
    ending.start()
    ending.join(10)


def present_backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def ended_after(commit: Callable[[], None]) -> None:
    backend = present_backend()
    commit()
    end_connection(backend)
    present_backend()  # what the caller would have heard: the connection is gone


def ended_before(commit: Callable[[], None]) -> None:
    end_connection(present_backend())
    commit()


def test_a_connection_that_ends_after_the_commit_loses_and_doubles_nothing(committer: Committer) -> None:
    step = Counted()
    with commits(ended_after):
        assert committer.run(step) == "RUN-1"
    assert (step.runs, Programme.objects.count()) == (1, 1)
    assert committer.run(step) == "RUN-2"
    assert Programme.objects.count() == 2


def test_a_connection_that_ends_before_the_commit_leaves_nothing_of_the_first_run(committer: Committer) -> None:
    step = Counted()
    with commits(ended_before):
        if isinstance(committer, GroupCommitter):
            assert committer.run(step) == "RUN-2"
        else:
            with pytest.raises(Unreachable, match="database"):
                committer.run(step)
            assert committer.run(step) == "RUN-2"
    assert Programme.objects.get().code == "RUN-2"


def test_who_looks_for_the_mark_waits_for_a_commit_that_is_still_under_way() -> None:
    """The caller gave up on a connection whose server still works on the commit: not there yet is not never."""
    committer, step = DirectCommitter(), Counted()
    committer.run(lambda: None)
    going: list[threading.Thread] = []

    def slow(_: Callable[[], None]) -> None:
        held: Any = connection.connection  # taken from the caller, who hears nothing more of it
        connection.connection = None

        def commit_later() -> None:
            time.sleep(0.5)
            held.commit()
            held.close()

        going.append(threading.Thread(target=commit_later))
        going[0].start()
        raise OperationalError

    with commits(slow):
        assert committer.run(step) == "RUN-1"
    going[0].join(5)
    assert (step.runs, Programme.objects.count()) == (1, 1)
