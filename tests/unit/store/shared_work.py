"""On PostgreSQL only: any number of workers share the work. Real processes and sessions; nothing is done twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection

from relto.adapters.log_files import FolderLogFiles
from relto.ledger.leaves import LeafEvent
from relto.services.book import enter
from relto.services.house import House
from relto.services.leases import (
    JOB_DURATION,
    HeldLease,
    claim_jobs,
    finish_jobs,
    give_back_of_dead,
    job_of,
    postpone_job,
    take_lease,
)
from relto.services.sequencing import sequence
from relto.store.committer import DirectCommitter
from relto.store.models import Checkpoint, Lease, LedgerEntry
from relto.store.presence import DatabasePresence, name_prefix, only_while
from tests.unit.services_exchange.world import log_keys, make_world

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = [f"job-{number:02}" for number in range(40)]
WAITS = 20.0
OTHER = """
import sys, threading
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": sys.argv[1], "HOST": sys.argv[2],
                           "USER": "relto"}},
    INSTALLED_APPS=["relto.store"], AUTH_USER_MODEL="store.Account", USE_TZ=True,
)
django.setup()
from relto.store.presence import DatabasePresence
presence = DatabasePresence(alone=("sequence",))
print(presence.name, presence.holds("sequence"), flush=True)
threading.Event().wait()
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_world(tmp_path).usa


@pytest.fixture
def presences() -> Iterator[Callable[..., DatabasePresence]]:
    made: list[DatabasePresence] = []

    def make(*alone: str, **woken: threading.Event) -> DatabasePresence:
        made.append(DatabasePresence(alone=alone, woken=woken))
        return made[-1]

    yield make
    for one in made:
        one.end()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAITS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def another_worker() -> tuple[subprocess.Popen[str], str, bool]:
    """A worker's process: itself, its name, and whether it is the sequencer."""
    place = connection.settings_dict
    command = [sys.executable, "-c", OTHER, str(place["NAME"]), str(place["HOST"])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        name, holds = process.stdout.readline().split()
    return process, name, holds == "True"


def test_workers_that_claim_at_once_never_get_one_job_twice(house: House) -> None:
    done: list[tuple[str, str]] = []
    failures: list[BaseException] = []

    def work(owner: str) -> None:
        own = replace(house, committer=DirectCommitter())
        try:
            while claimed := claim_jobs(own, "test", [job for job in JOBS if job not in finished()], owner, 3):
                done.extend((job_of(lease), owner) for lease in claimed)
                # Held until the end: nobody may finish it meanwhile for another to claim it anew.
        except BaseException as error:  # noqa: BLE001  told by the test's own thread
            failures.append(error)
        finally:
            connection.close()

    def finished() -> set[str]:
        return {job for job, _ in list(done)}

    workers = [threading.Thread(target=work, args=(f"worker-{number}-x",)) for number in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert failures == []
    assert len(done) == len({job for job, _ in done})
    late = claim_jobs(house, "test", JOBS, "late", len(JOBS))
    assert sorted(job_of(lease) for lease in late) == sorted(set(JOBS) - finished())


def test_a_job_of_a_row_that_another_is_just_claiming_is_passed_by(house: House) -> None:
    first = claim_jobs(house, "test", JOBS[:2], "a", 2)
    Lease.objects.all().update(owner="", until=house.now())
    held, go_on = threading.Event(), threading.Event()

    def claiming() -> None:
        def step() -> None:
            Lease.objects.select_for_update().get(kind=f"test:{JOBS[0]}")
            held.set()
            go_on.wait(WAITS)

        DirectCommitter().run(step)
        connection.close()

    thread = threading.Thread(target=claiming)
    thread.start()
    held.wait(WAITS)
    claimed = claim_jobs(house, "test", JOBS[:2], "b", 2)
    go_on.set()
    thread.join()
    assert [job_of(lease) for lease in first] == JOBS[:2]
    assert [job_of(lease) for lease in claimed] == [JOBS[1]]


def test_finished_is_forgotten_postponed_waits_and_a_dead_workers_job_is_taken_over(house: House) -> None:
    ended, waits, left = claim_jobs(house, "test", JOBS[:3], "worker-1-dead", 3)
    finish_jobs(house, [ended])
    postpone_job(house, waits, house.now() + timedelta(hours=1))
    assert [job_of(one) for one in claim_jobs(house, "test", JOBS[1:3], "worker-2-b", 3)] == []
    Lease.objects.filter(kind=left.kind).update(until=house.now() - JOB_DURATION)
    (taken,) = claim_jobs(house, "test", JOBS[1:3], "worker-2-b", 3)
    assert (job_of(taken), taken.token > left.token) == (JOBS[2], True)
    finish_jobs(house, [left])  # too late: it is another's now
    assert list(Lease.objects.order_by("kind").values_list("kind", flat=True)) == [waits.kind, taken.kind]


def test_a_killed_workers_number_and_leases_are_its_successors_at_once(
    house: House, presences: Callable[..., DatabasePresence]
) -> None:
    process, name, sequences = another_worker()
    try:
        assert sequences
        assert name.startswith(name_prefix(1))
        held = take_lease(house, "outbox:IND", name)
        waiting = presences("sequence")
        assert (waiting.number, waiting.holds("sequence")) == (2, False)
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: waiting.holds("sequence"))
        successor = presences()
        assert successor.number == 1
        assert successor.name != name
        give_back_of_dead(house, name_prefix(1), successor.name)
        taken = take_lease(house, "outbox:IND", successor.name)
    finally:
        process.kill()
        process.wait()
    assert held is not None
    assert taken is not None
    assert taken.token > held.token


def test_two_sequencers_never_run_at_once_and_the_second_takes_over_with_nothing_doubled(
    house: House, presences: Callable[..., DatabasePresence], tmp_path: Path
) -> None:
    files = FolderLogFiles(tmp_path / "log")
    first, second = presences("sequence"), presences("sequence")

    def round_of(one: DatabasePresence) -> Callable[[], int]:
        return only_while(lambda: one.holds("sequence"), lambda: sequence(house, log_keys("USA"), files, one.name))

    rounds = [round_of(one) for one in (first, second)]
    assert [first.holds("sequence"), second.holds("sequence")] == [True, False]
    entered = [house.commit(lambda: enter(house, LeafEvent.ITEM_REGISTERED, actor="prs_a", subject="itm_a"))]
    assert [round_() for round_ in rounds] == [1, 0]
    entered.append(house.commit(lambda: enter(house, LeafEvent.ITEM_REGISTERED, actor="prs_a", subject="itm_b")))
    with connection.cursor() as cursor:  # the server ends the first one's session; its process lives on
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND classid = %s",
            [0x72654C01],
        )
    until(lambda: first.lost.is_set() and second.holds("sequence"))
    assert rounds[0]() == 0
    Lease.objects.update(until=house.now() - timedelta(seconds=1))  # as after three seconds
    assert rounds[1]() == 1
    rows = list(LedgerEntry.objects.order_by("index").values_list("entry", "index"))
    assert rows == [(entered[0], 0), (entered[1], 1)]
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [1, 2]


def test_what_is_written_wakes_the_round_it_is_for(house: House, presences: Callable[..., DatabasePresence]) -> None:
    waking = import_module("relto.store.migrations.0019_waking")
    with connection.schema_editor() as editor:
        waking.wake(None, editor)
    try:
        cosign, deliver = threading.Event(), threading.Event()
        presences(cosign=cosign, deliver=deliver)
        cosign.clear()
        Checkpoint.objects.create(size=1, root=b"", note="", signed_at=house.now())
        assert cosign.wait(WAITS)
        assert not deliver.is_set()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION relto_wake CASCADE")


def test_a_lease_names_its_job() -> None:
    assert job_of(HeldLease("release:rel_x", "worker-1-x", 1)) == "rel_x"
