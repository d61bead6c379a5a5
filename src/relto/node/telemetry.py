"""Who watches each process of a node: by default nobody, and then nothing of OpenTelemetry is loaded or wrapped.

Where the settings name a collector or a scrape port, the process's house and doors are laid into what tells of them
(adapters.telemetry_doors); the verbs, the doors and the stores stay as they are.
"""

from __future__ import annotations

import logging
import logging.config
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from relto.adapters.key_service_http import KeyServiceHttp
from relto.adapters.log_lines import process_logging, with_request
from relto.base.canonical import read_object
from relto.base.errors import Misconfigured
from relto.node.processes import NODE_PROCESSES
from relto.rules.builtin import package_data
from relto.store.committer import GroupCommitter

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from relto.adapters.telemetry import OpenTelemetry
    from relto.node.settings import NodeSettings
    from relto.services.house import House

MEASURE_SECONDS: Final = 15.0
"""Between two looks at the state of the node: what a scrape tells is at most so old."""
_LOG = logging.getLogger(__name__)


class Watching:
    """How one process is watched; made by `begin_watching`."""

    def __init__(self, telemetry: OpenTelemetry | None) -> None:
        """`telemetry` None: nobody watches."""
        self.telemetry = telemetry

    def committer(self) -> GroupCommitter:
        """A committer that tells of its transactions."""
        if self.telemetry is None:
            return GroupCommitter()
        from relto.adapters.telemetry_doors import watch_flushes  # noqa: PLC0415  loaded only where somebody watches

        return GroupCommitter(flushed=watch_flushes(self.telemetry))

    def house(self, house: House) -> House:
        """The same house, whose steps, partners and decisions are told of."""
        if self.telemetry is None:
            return house
        from relto.adapters.telemetry import traceparent  # noqa: PLC0415  loaded only where somebody watches
        from relto.adapters.telemetry_doors import WatchedCommitter, watched_partners  # noqa: PLC0415  likewise

        if isinstance(house.key_service, KeyServiceHttp):
            house.key_service.trace = traceparent
        return replace(
            house,
            committer=WatchedCommitter(house.committer, self.telemetry),
            partners=watched_partners(house.partners, self.telemetry),
            telemetry=self.telemetry,
        )

    def door(
        self, name: str, application: WSGIApplication, paths: Iterable[str], *, inner_bearer: str = ""
    ) -> WSGIApplication:
        """The same door; its lines name their request, and it is told of where somebody watches.

        `paths`: every route that an answer of it can have.
        """
        named = with_request(application)
        if self.telemetry is None:
            return named
        from relto.adapters.telemetry_doors import WatchedDoor, path_or_route  # noqa: PLC0415  loaded only where watched

        self.telemetry.vocabulary.learn_routes(paths)
        return WatchedDoor(named, self.telemetry, name, path_or_route(paths), inner_bearer=inner_bearer)

    def count_lines(self) -> None:
        """Count the log's lines from now on; after whatever sets the log up."""
        if self.telemetry is not None:
            from relto.adapters.telemetry_doors import CountedLines  # noqa: PLC0415  loaded only where watched

            logging.getLogger().addHandler(CountedLines(self.telemetry))

    def rounds(self, name: str, round_: Callable[[], int]) -> Callable[[], int]:
        """A round of the worker, told of."""
        if self.telemetry is None:
            return round_
        from relto.adapters.telemetry_doors import WatchedRound  # noqa: PLC0415  loaded only where somebody watches

        return WatchedRound(name, round_, self.telemetry)


def begin_watching(settings: NodeSettings, process: str) -> Watching:
    """Set up the process's log, and telemetry where the settings ask for it. Call it when Django is set up.

    Raises Misconfigured("telemetry_extra") when it is asked for and not installed, Misconfigured("port_taken").
    """
    asked = settings.telemetry
    if process != "portal":  # the portal's log has filters of its own, in its Django settings
        logging.config.dictConfig(process_logging(process, asked.log_form))
    if not asked.on:
        return Watching(None)
    try:
        from relto.adapters.telemetry import Export, OpenTelemetry  # noqa: PLC0415  loaded only where somebody watches
    except ImportError as error:
        raise Misconfigured("telemetry_extra", field="telemetry", expected="pip install relto[telemetry]") from error
    from relto.adapters.telemetry_names import Vocabulary  # noqa: PLC0415  likewise

    first = asked.prometheus_port and asked.prometheus_port + NODE_PROCESSES.index(process)
    telemetry = OpenTelemetry.begin(
        process,
        str(settings.nation),
        Vocabulary(gate=_gates(), partner=_partners(settings.folder.root / "partners")),
        Export(asked.otlp_endpoint, asked.otlp_authority_file, first, asked.sampled, asked.seconds),
    )
    watching = Watching(telemetry)
    if process != "portal":
        watching.count_lines()
    return watching


def keep_measured(watching: Watching, measure: Callable[[], Sequence[tuple[str, float, dict[str, str]]]]) -> None:
    """Look at the state of the node every few seconds for as long as the process lives; for the worker."""
    telemetry = watching.telemetry
    if telemetry is None:
        return

    def look() -> None:
        pause = threading.Event()
        while True:
            try:
                telemetry.state(measure())
            except Exception as error:  # noqa: BLE001  a look that fails is told, and the next one comes
                _LOG.warning("worker.round_failed measure: %s", type(error).__name__)
            pause.wait(MEASURE_SECONDS)

    threading.Thread(target=look, name="measure", daemon=True).start()


def _gates() -> list[str]:
    """The gates of the rules that are shipped; one that a bundle adds is told as `other`."""
    listed = read_object(package_data("gates.json"), field="gates")["gates"]
    return [str(one["gate"]) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _partners(folder: Path) -> list[str]:
    return [file.name.partition(".")[0] for file in folder.glob("*.json")] if folder.is_dir() else []
