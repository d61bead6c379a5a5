"""Which processes a node and a witness consist of, as command lines of this same program."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from relto.node.processes import NODE_PROCESSES, Child, listens
from relto.node.settings import NodeSettings

_HEARTBEAT_SECONDS = 5.0


def node_children(settings: NodeSettings, only: tuple[str, ...] = ()) -> list[Child]:
    """The node's processes; `only` names some of them."""
    port = {
        "portal": settings.ports.portal,
        "key_service": settings.ports.key_service,
        "link": settings.ports.link,
    }
    reached = "127.0.0.1" if settings.bind in {"0.0.0.0", "::"} else settings.bind  # noqa: S104  compared, not bound
    children = []
    for name in only or NODE_PROCESSES:
        log = settings.folder.logs / f"{name}.log"
        command = [sys.executable, "-m", "relto.cli", "node", "serve", str(settings.folder.root), name]
        if name == "worker":
            children.append(Child(name, command, log, lambda: beats(heartbeat_file(settings))))
        else:
            children.append(Child(name, command, log, lambda at=port[name]: listens(reached, at)))  # type: ignore[misc]
    return children


def witness_child(folder: Path, port: int, training_clock: Path | None = None) -> Child:
    """An authority's witness process; `training_clock`: in a rehearsal alone."""
    command = [sys.executable, "-m", "relto.cli", "witness", "run", str(folder), "--port", str(port)]
    if training_clock is not None:
        command += ["--training-clock", str(training_clock)]
    return Child(f"witness-{folder.name}", command, folder / "witness.log", lambda: listens("127.0.0.1", port))


def heartbeat_file(settings: NodeSettings) -> Path:
    """The file whose time of change shows that the worker works."""
    return settings.folder.logs / "worker.heartbeat"


def beats(file: Path) -> bool:
    """True when the file was touched within the last five seconds."""
    try:
        return time.time() - file.stat().st_mtime < _HEARTBEAT_SECONDS
    except OSError:
        return False
