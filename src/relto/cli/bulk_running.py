"""How a bulk command runs: its workers, its progress, its ending."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput
from relto.cli.output import answer, language

if TYPE_CHECKING:
    from relto.client.bulk.journal import Journal
    from relto.client.bulk.running import Partition, Progress, Spread, Work
    from relto.client.bulk.work import Outcome

_FAILURES: Final = 1
_STOPPED: Final = 130
_LARGEST_PARTITION: Final = 512


def spread_option(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say where the work is done and how its progress is told."""
    path = click.Path(path_type=Path)
    for option in (
        click.option(
            "--progress",
            type=click.Choice(["line", "json", "none"]),
            help="On standard error: one line that changes, JSON lines, or nothing. A terminal gets the line.",
        ),
        click.option("--scheduler-key", type=path, help="With --scheduler: your key for the cluster (PEM)."),
        click.option("--scheduler-certificate", type=path, help="With --scheduler: your certificate (PEM)."),
        click.option("--scheduler-authority", type=path, help="With --scheduler: who vouches for the cluster (PEM)."),
        click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster, tls://host:port, instead of --workers."),
        click.option("--threads", is_flag=True, help="Workers are threads of this process instead of processes."),
        click.option(
            "--workers",
            type=click.IntRange(0, 1024),
            default=0,
            show_default=True,
            help="Dask workers on this machine; 0: this process alone, without Dask.",
        ),
        click.option(
            "--partition",
            type=click.IntRange(1, _LARGEST_PARTITION),
            default=128,
            show_default=True,
            help="Documents at a time.",
        ),
    ):
        command = option(command)
    return command


def work_through(
    journal: Journal,
    work: Work,
    *,
    partition: int,
    workers: int,
    threads: bool,
    progress: str | None,
    scheduler: str | None,
    scheduler_authority: Path | None,
    scheduler_certificate: Path | None,
    scheduler_key: Path | None,
) -> tuple[Progress, bool]:
    """Do what the journal says is not done; what this run came to, and whether it was asked to stop."""
    from relto.client.bulk.running import in_this_process, run

    with ExitStack() as held, _stopping() as stopped:
        spread: Spread = in_this_process
        if scheduler is not None:
            from relto.adapters.dask_work import Cluster, elsewhere

            files = (scheduler_authority, scheduler_certificate, scheduler_key)
            if None in files:
                raise MalformedInput(
                    "usage",
                    field="scheduler",
                    expected="--scheduler-authority, --scheduler-certificate and --scheduler-key beside it",
                )
            cluster = Cluster(scheduler, *(one for one in files if one is not None))
            spread = _on_dask(held.enter_context(elsewhere(cluster)))
        elif workers:
            from relto.adapters.dask_work import embedded

            spread = _on_dask(held.enter_context(embedded(workers, threads=threads)))
        return run(journal, work, spread, partition, _teller(progress), stopped), stopped()


def finished(journal: Journal, progress: Progress, is_stopped: bool) -> None:  # noqa: FBT001  the two parts of an ending
    """Say what it came to, and end with the exit status of that."""
    counts = journal.counts()
    told = {
        "done": counts.done,
        "failed": counts.failed,
        "left": counts.left,
        "changed": counts.changed,
        "in_this_run": progress.done,
        "seconds": round(progress.seconds),
        "files_per_second": round(progress.rate),
    }
    lines = [sentence("bulk.done", language(), **told)]
    if counts.failed or counts.changed:
        lines.append(sentence("bulk.failures", language(), **told))
    if is_stopped:
        lines.append(sentence("bulk.stopped", language(), **told))
    answer(told, "\n".join(lines))
    if is_stopped:
        sys.exit(_STOPPED)
    if counts.failed or counts.changed:
        sys.exit(_FAILURES)


def _on_dask(client: Any) -> Spread:
    from relto.adapters.dask_work import each

    def spread(work: Work, partitions: Iterable[Partition]) -> Iterator[tuple[Partition, list[Outcome] | None]]:
        return each(client, work, partitions)

    return spread


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """While inside, SIGTERM and an interrupt ask for an end after what is under way; a second one ends at once."""
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _teller(form: str | None) -> Callable[[Progress], None]:
    if form is None:
        form = "line" if sys.stderr.isatty() else "none"
    if form == "none":
        return lambda _progress: None

    def tell(progress: Progress) -> None:
        said = {
            "done": progress.done,
            "failed": progress.failed,
            "left": progress.left,
            "bytes": progress.bytes,
            "seconds": round(progress.seconds),
            "files_per_second": round(progress.rate),
        }
        if form == "json":
            click.echo(json.dumps(said, sort_keys=True), err=True)
        else:
            click.echo(f"\r\x1b[K{sentence('bulk.progress', language(), **said)}", err=True, nl=not progress.left)

    return tell
