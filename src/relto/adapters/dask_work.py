"""Work in partitions on Dask: embedded workers of this machine, or a cluster by its address. Imported when it is used.

What is under way is bounded: two partitions for each worker thread, and the next is taken when one came back. Embedded
processes listen under TLS with keys made for the moment, because whoever can speak to a Dask worker can make it run
anything; workers in threads are in this process. No dashboard is opened, and what Dask opens for HTTP listens on this
machine alone and answers nothing. A cluster is reached under TLS with certificates on both sides or not at all. What
travels are arguments and outcomes: no credential belongs into either.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from relto.base.errors import MalformedInput, Misconfigured, Unreachable

P = TypeVar("P")
R = TypeVar("R")
_UNDER_WAY: Final = 2
_TLS: Final = "tls://"
_LOOPBACK: Final = "127.0.0.1:0"
# Dask's HTTP servers cannot be left out: they listen on this machine alone, and answer nothing.
_NO_ROUTES: Final[Mapping[str, list[str]]] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
_SILENT: Final = 50  # logging.CRITICAL: its lines name tasks and places, ours name codes


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask scheduler elsewhere, and the files that both sides are known by."""

    address: str
    authority: Path
    certificate: Path
    key: Path


@contextmanager
def embedded(workers: int, *, threads: bool) -> Iterator[Any]:
    """Workers of this machine: processes of one thread each, or as many threads of this process."""
    distributed = _distributed()
    from dask import config as dask_settings  # noqa: PLC0415  comes with distributed

    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix=".relto-dask-"))
        shape: dict[str, Any] = {"n_workers": workers, "security": True, "protocol": _TLS, "host": "127.0.0.1"}
        if threads:
            shape = {"n_workers": workers, "processes": False, "protocol": "inproc://"}
        held.enter_context(dask_settings.set(_NO_ROUTES))
        cluster = held.enter_context(
            distributed.LocalCluster(
                threads_per_worker=1,
                dashboard_address=_LOOPBACK,
                worker_dashboard_address=_LOOPBACK,
                scheduler_kwargs={"dashboard": False},
                local_directory=folder,
                silence_logs=_SILENT,
                **shape,
            )
        )
        yield held.enter_context(distributed.Client(cluster))


@contextmanager
def elsewhere(cluster: Cluster) -> Iterator[Any]:
    """A cluster by its address. Raises MalformedInput for one without TLS, Unreachable when nobody answers."""
    if not cluster.address.startswith(_TLS):
        raise MalformedInput("bulk_scheduler", field="scheduler", expected="tls:// and host:port")
    distributed = _distributed()
    for name, place in (("authority", cluster.authority), ("certificate", cluster.certificate), ("key", cluster.key)):
        if not place.is_file():
            raise MalformedInput("no_file", field=f"scheduler_{name}", found=place.name, expected="a readable file")
    security = distributed.Security(
        require_encryption=True,
        tls_ca_file=str(cluster.authority),
        tls_client_cert=str(cluster.certificate),
        tls_client_key=str(cluster.key),
    )
    try:
        client = distributed.Client(cluster.address, security=security, timeout=10)
    except (OSError, TimeoutError) as error:
        raise Unreachable("bulk_scheduler", field="scheduler", expected="a scheduler that answers there") from error
    with client:
        yield client


def each(client: Any, work: Callable[[P], R], partitions: Iterable[P]) -> Iterator[tuple[P, R | None]]:
    """Every partition with what `work` made of it, as they come back; None when the workers that had it died."""
    distributed = _distributed()
    rest = iter(partitions)
    room = _UNDER_WAY * max(1, sum(client.nthreads().values()))
    under_way: dict[Any, P] = {}
    finished = distributed.as_completed(loop=client.loop)

    def take() -> None:
        for partition in rest:
            future = client.submit(work, partition, pure=False)
            under_way[future.key] = partition
            finished.add(future)
            if len(under_way) >= room:
                break

    take()
    while under_way:
        future = next(finished)
        partition = under_way.pop(future.key)
        made = None if isinstance(future.exception(), distributed.KilledWorker) else future.result()
        future.release()
        yield partition, made
        take()


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415  an extra: imported where it is used
    except ImportError as error:
        raise Misconfigured("bulk", field="workers", expected="relto[bulk] installed, or --workers 0") from error
    return distributed
