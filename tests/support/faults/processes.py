"""The processes of two nodes, and what can befall them: killed, stopped, no room on the disk, the clock set back.

All is done from one thread, the one that started them: the kernel ends what a thread started when that thread ends.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from relto.node.processes import Child, Supervisor
from relto.node.training_ground import Ground, ground_children
from tests.support.faults.plan import Counted, Fault

_HERE = Path(__file__).parent
_READY_SECONDS = 90.0
_NO_ROOM_BEYOND = 4096  # bytes: a file may not grow past this while the disk is "full"


@dataclass
class MortalChild(Child):
    """A node's process under test: it ends with the test, and has the clock that the test gives its node."""

    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it; no code of this process runs between fork and exec, because this process has threads."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-S", "-E", str(_HERE / "launch.py"), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | self.environment,
            )

    def pids(self) -> list[int]:
        """It and all it started."""
        if self.process is None:
            return []
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError, IndexError):
                session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
                if session == self.process.pid:
                    found.append(int(folder.name))
        return found

    def tell(self, number: signal.Signals) -> None:
        """A signal to it and all it started."""
        self._signal(number)

    def peak_bytes(self) -> int:
        """The largest peak of resident memory (VmHWM) among it and all it started."""
        peaks = [0]
        for pid in self.pids():
            with suppress(OSError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                peaks += [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
        return max(peaks)


class NodeClocks:
    """A clock for each node that can be set back, where a C compiler is at hand; else `available` is False."""

    def __init__(self, folder: Path) -> None:
        """Build the shim in `folder`."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        compiler = shutil.which("cc") or shutil.which("gcc")
        library = folder / "clock.so"
        self.available = False
        if compiler is not None and sys.platform == "linux":
            words = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_HERE / "clock.c")]
            self.available = subprocess.run(words, capture_output=True, check=False).returncode == 0
        self._library = library

    def environment(self, nation: str) -> dict[str, str]:
        """What a node's processes are started with."""
        if not self.available:
            return {}
        self.set_back(nation, 0)
        return {"LD_PRELOAD": str(self._library), "RELTO_TEST_CLOCK": str(self._file(nation))}

    def set_back(self, nation: str, seconds: int) -> None:
        """The node's clock shows this many seconds less than the machine's, from now on."""
        value = seconds.to_bytes(8, sys.byteorder, signed=True)
        handle = os.open(self._file(nation), os.O_RDWR | os.O_CREAT, 0o600)  # written in place: it is mapped
        try:
            os.pwrite(handle, value, 0)
        finally:
            os.close(handle)

    def _file(self, nation: str) -> Path:
        return self._folder / f"{nation}.clock"


class Processes:
    """Both nations' processes, running, and the faults they meet. Use it from one thread."""

    def __init__(self, ground: Ground, counted: Counted, clocks: NodeClocks) -> None:
        """Start them all and wait until they are ready."""
        self.counted = counted
        self.clocks = clocks
        self.ended_by_themselves: list[str] = []
        self._struck: list[str] = []
        self.children: dict[str, MortalChild] = {}
        for made in ground_children(ground):
            nation = made.name.partition("/")[0]
            environment = {} if made.name.endswith("/witness") else clocks.environment(nation)
            child = MortalChild(made.name, made.command, made.log, made.ready, environment=environment)
            self.children[child.name] = child
        self.supervisor = Supervisor(list(self.children.values()))
        try:
            self.supervisor.start(seconds=_READY_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End them all."""
        self.supervisor.stop()

    def of(self, nation: str) -> list[MortalChild]:
        """A nation's node, without the authority's witness."""
        return [
            child
            for name, child in self.children.items()
            if name.startswith(f"{nation}/") and not name.endswith("/witness")
        ]

    def strike(self, name: str) -> None:
        """SIGKILL, from any thread; `revive` starts it again."""
        self._struck.append(name)
        self.children[name].tell(signal.SIGKILL)

    def revive(self) -> None:
        """Start again what ended; what ended by itself is noted."""
        for name, child in self.children.items():
            if child.running():
                continue
            child.kill()
            child.start()
            if name in self._struck:
                self._struck.remove(name)
            else:
                self.ended_by_themselves.append(name)

    def ready(self) -> None:
        """Wait until all are ready. Raises Unreachable naming the one that is not."""
        self.supervisor.wait_ready(_READY_SECONDS)

    # Faults.

    def kill(self, name: str) -> None:
        """SIGKILL, then start again."""
        self.supervisor.restart(name)
        self.counted.count(Fault.KILL, name, "started again")

    def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP for a while."""
        child = self.children[name]
        child.tell(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            child.tell(signal.SIGCONT)
        self.counted.count(Fault.STOP, name, "longer than a lease" if seconds > 3.0 else "shorter than a lease")

    def restart_node(self, nation: str) -> None:
        """All of a node at once, as when the power fails, then started again."""
        for child in self.of(nation):
            child.tell(signal.SIGKILL)
        for child in self.of(nation):
            child.kill()
        for child in self.of(nation):
            child.start()
        self.counted.count(Fault.RESTART, nation, "started again")

    def fill_disk(self, nation: str, seconds: float) -> None:
        """No file of the node grows for a while: every write past a file's first bytes fails in the kernel."""
        self._limit(nation, _NO_ROOM_BEYOND)
        try:
            time.sleep(seconds)
        finally:
            self._limit(nation, resource.RLIM_INFINITY)
        self.counted.count(Fault.FULL_DISK, nation, "room again")

    def set_clock_back(self, nation: str, back: int, seconds: float) -> None:
        """The node's clock goes back by `back` seconds for a while."""
        self.clocks.set_back(nation, back)
        try:
            time.sleep(seconds)
        finally:
            self.clocks.set_back(nation, 0)
        self.counted.count(Fault.CLOCK, nation, f"{back} s back, then right again")

    def _limit(self, nation: str, most: int) -> None:
        for child in self.of(nation):
            for pid in child.pids():
                with suppress(ProcessLookupError, PermissionError):
                    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
