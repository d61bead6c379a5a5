"""The witness's HTTP door: C2SP tlog-witness as a WSGI application.

Endpoints: `add-checkpoint`, the latest cosigned checkpoint of a log, and `/healthz`.

Promises: the statuses of `relto.ledger.witnessing`; persisted before answered; no cosignature earlier than the last one
(503 when the clock went back); a body of at most 256 KiB; a contradiction is kept as evidence before it is refused.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from relto.base.canonical import sha256_hex
from relto.base.errors import Misconfigured
from relto.ledger.checkpoint import Checkpoint, add_lines, cosign, read_checkpoint_text
from relto.ledger.notes import Note, read_note
from relto.ledger.witnessing import LARGEST_REQUEST_BYTES, TEXT, Answer, answer
from relto.witness.evidence import Contradicting, count_evidence, keep_evidence
from relto.witness.folder import CONFIGURATION, EVIDENCE, STATE, WitnessConfiguration, read_configuration, read_keys
from relto.witness.state import Step, WitnessState

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger("relto.witness")

_ROUTES = Map(
    [
        Rule("/add-checkpoint", endpoint="add_checkpoint", methods=["POST"]),
        Rule("/<string(length=64):origin_hash>/checkpoint", endpoint="checkpoint", methods=["GET"]),
        Rule("/healthz", endpoint="healthz", methods=["GET"]),
        Rule("/readyz", endpoint="healthz", methods=["GET"]),
    ]
)


class _ClockWentBack(Exception):
    """The clock shows a time before the last cosignature."""


class WitnessDoor:
    """The WSGI application of one witness."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        """`now` gives POSIX seconds. Raises Misconfigured when the folder holds no sound witness."""
        self._folder = folder
        self._now = now
        self._configuration_lock = threading.Lock()
        self._configuration_stamp: tuple[int, int] | None = None
        self._configuration = self._current_configuration()
        self._keys = read_keys(folder, self._configuration.name)
        self._state = WitnessState(folder / STATE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        request.max_content_length = LARGEST_REQUEST_BYTES
        return self._respond(request)(environ, start_response)

    def close(self) -> None:
        """Close the state file."""
        self._state.close()

    def _respond(self, request: Request) -> Response:
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(request.environ).match()
            if endpoint == "add_checkpoint":
                return self._add_checkpoint(request)
            if endpoint == "checkpoint":
                return self._latest_checkpoint(arguments["origin_hash"])
            return self._healthz()
        except HTTPException as refused:
            return Response(f"{refused.code}\n", status=refused.code, content_type=TEXT)
        except (sqlite3.Error, OSError, Misconfigured) as error:
            # Not persisted, so not answered with a cosignature; the log asks again.
            logger.exception("witness.not_available %s", type(error).__name__)
            return _not_available("not_persisted")

    def _add_checkpoint(self, request: Request) -> Response:
        body = request.get_data(cache=False)
        logs = self._current_configuration().logs
        try:
            with self._state.step() as step:
                decided = answer(body, logs, step)
                lines = self._cosign(step, decided, body)
        except _ClockWentBack:
            logger.error("witness.clock_went_back")  # noqa: TRY400  the trace would say nothing more
            return _not_available("clock")
        if decided.status not in {200, 409}:
            logger.warning("witness.refused status=%d contradiction=%s", decided.status, decided.contradiction)
        return Response(lines or decided.body, status=decided.status, content_type=decided.content_type)

    def _cosign(self, step: Step, decided: Answer, body: bytes) -> bytes | None:
        """Inside the step: make and persist the cosignatures of an accepted checkpoint, or keep the evidence."""
        if decided.contradiction is not None:
            note = read_note(body.partition(b"\n\n")[2])
            origin = read_checkpoint_text(note.text).origin
            cosigned = step.latest_note(origin)
            kept = Contradicting(origin, note.text, body, cosigned, decided.contradiction)
            keep_evidence(self._folder / EVIDENCE, kept)
        if decided.cosign is None:
            return None
        moment = int(self._now())
        if moment < step.last_time():
            raise _ClockWentBack
        # Lines of unknown keys are left behind: only what was verified is kept and served.
        own = Note(decided.cosign.note.text, tuple(line.signature for line in decided.cosign.lines)).data
        lines = cosign(own, self._keys, moment)
        checkpoint: Checkpoint = read_checkpoint_text(decided.cosign.note.text)
        step.remember(checkpoint, add_lines(own, lines), moment)
        return lines

    def _latest_checkpoint(self, origin_hash: str) -> Response:
        for origin in self._current_configuration().logs:
            if sha256_hex(origin.encode()) == origin_hash:
                with self._state.reading() as step:
                    note = step.latest_note(origin)
                if note is not None:
                    return Response(note, content_type=TEXT, headers={"Cache-Control": "no-cache"})
        return Response("not_available\n", status=404, content_type=TEXT)

    def _healthz(self) -> Response:
        with self._state.reading() as step:
            clock_holds = self._now() >= step.last_time()
        known = {
            "status": "ok" if clock_holds else "clock",
            "logs": len(self._current_configuration().logs),
            "evidence": count_evidence(self._folder / EVIDENCE),
        }
        return Response(json.dumps(known), status=200 if clock_holds else 503, content_type="application/json")

    def _current_configuration(self) -> WitnessConfiguration:
        """The configuration as the file holds it now, read again only when the file was replaced."""
        try:
            found = (self._folder / CONFIGURATION).stat()
        except OSError as error:
            raise Misconfigured(
                "witness.configuration", field=CONFIGURATION, expected="a witness made by init"
            ) from error
        with self._configuration_lock:
            if self._configuration_stamp != (found.st_ino, found.st_mtime_ns):
                self._configuration = read_configuration(self._folder)
                self._configuration_stamp = (found.st_ino, found.st_mtime_ns)
            return self._configuration


def _not_available(code: str) -> Response:
    return Response(f"{code}\n", status=503, content_type=TEXT, headers={"Retry-After": "10"})


def create_app(folder: Path, now: Callable[[], float] = time.time) -> WitnessDoor:
    """The WSGI application of the witness in `folder`."""
    return WitnessDoor(folder, now)
