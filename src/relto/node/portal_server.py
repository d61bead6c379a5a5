"""The portal's server: one process that listens and watches, and as many that answer as the settings say.

The listening socket belongs to the one that watches, so while any process is killed or replaced, connections wait
instead of being refused. One that dies is started again. On SIGHUP each is replaced in turn: the new one has loaded the
portal before the old one finishes what it answers (`relto node restart --rolling`). One that does not come to it is
ended, and the old one goes on.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from granian._granian import ListenerSpec
from granian.constants import Interfaces
from granian.server.mp import MPServer

from relto.adapters.log_lines import server_logging
from relto.node.groups import Group

if TYPE_CHECKING:
    from relto.node.settings import NodeSettings
    from relto.services.proofs import SharedProofs

_THREADS: Final = 8
_BACKLOG: Final = 256
_READY_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 6
_SHARED: list[SharedProofs] = []


def shared_proofs() -> SharedProofs | None:
    """What the portal's processes judge proofs by together; None where there is one process."""
    return _SHARED[0] if _SHARED else None


def serve_portal(settings: NodeSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    count = settings.processes.portal
    if count > 1:
        from relto.services.proofs import SharedProofs  # noqa: PLC0415  loaded only where several share it

        _SHARED.append(SharedProofs.make())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server itself knows what it means
    with Group.join(settings.folder.locks, "portal") as group:
        PortalServer(settings, count, group).serve(target_loader=load_portal, wrap_loader=False)


def load_portal() -> Callable[..., Any]:
    """The portal, in the process that will answer; its predecessor is told then that it may go.

    Every page is loaded before: a portal that cannot show them never takes the place of one that does.
    """
    from django.urls import get_resolver  # noqa: PLC0415  the one that watches never loads it

    from relto.node.portal import application  # noqa: PLC0415  likewise

    get_resolver().url_patterns  # noqa: B018  loads all views
    loaded: Callable[..., Any] = application  # type: ignore[assignment]  # Django leaves it untyped
    os.write(_TOLD[1], os.getpid().to_bytes(8, "little"))
    return loaded


_TOLD: Final = os.pipe()


class PortalServer(MPServer):
    """granian's server with one listening socket of its own, and a replacement that waits for the new process."""

    def __init__(self, settings: NodeSettings, count: int, group: Group) -> None:
        """`count`: processes that answer."""
        super().__init__(
            "relto.node.portal:application",
            address=settings.bind,
            port=settings.ports.portal,
            interface=Interfaces.WSGI,
            workers=count,
            blocking_threads=_THREADS,
            backlog=_BACKLOG,
            websockets=False,
            log_access=False,
            log_dictconfig=server_logging(form=settings.telemetry.log_form),
            respawn_failed_workers=count > 1,
            workers_kill_timeout=_STOP_SECONDS,
        )
        self._group = group

    def _init_shared_socket(self) -> None:
        holder: Any = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd, self._sfd, self._ssp, self._sso = holder, holder.get_fd(), None, None

    def _reload(self, spawn_target: Callable[..., None], target_loader: Callable[..., object]) -> None:
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        for place in range(self.workers):
            new: Any = self._spawn_worker(idx=place, target=spawn_target, callback_loader=target_loader)
            new.interrupt_by_parent = True  # until it answers, its end is told here and not by granian
            new.start()
            if not self._answers(new):
                new.kill()
                self._group.tell(whole=False)
                return
            new.interrupt_by_parent = False
            old: Any = self.wrks[place]
            self.wrks[place] = new
            old.terminate()
            old.join(_STOP_SECONDS)
            if old.is_alive():
                old.kill()
        self._group.tell(whole=True)

    def _answers(self, new: Any) -> bool:
        """Wait until the new process has loaded the portal; False when it ended or takes too long."""
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until and new.is_alive() and not self.interrupt_signal:
            if not _can_be_read(_TOLD[0]):
                continue
            if int.from_bytes(os.read(_TOLD[0], 8), "little") == new.inner.pid:
                return True
        return False

    def _respawn_workers(self, workers: Sequence[int], *given: Any, **named: Any) -> None:
        while _can_be_read(_TOLD[0], 0.0):  # what earlier ones said is known
            os.read(_TOLD[0], 8)
        super()._respawn_workers(workers, *given, **named)


def _can_be_read(pipe: int, seconds: float = _LOOK_SECONDS) -> bool:
    return bool(select.select([pipe], [], [], seconds)[0])
