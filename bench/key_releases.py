"""Key releases a second over TLS, each with its decision and its recorded entry, beside the bare cryptography.

Two training nodes run as the product runs them. Sixteen connections send rewrap requests that were signed beforehand:
every one has a request token of its own (and a DPoP proof of its own, where the node binds tokens), is decided from
facts read for it, and is recorded before its share leaves. The peer is the cryptography of the same release alone,
on as many cores, in the same run: verify the signatures, unwrap the share, verify its binding, wrap it for the session.

The machine's cores are shared with the load generator and with whatever else runs. So beside the wall clock stands the
processor time that the nodes' processes used for one release, and the rate that this implies for two whole cores; the
load generator's own stands beside it, because it takes its part of the same cores.

One person opens `--items` items in turns. Of one item she asks many times within a second, and a node does not decide
equal facts twice in one (docs/explanation/what-a-release-costs.md); of as many items as releases a second, once each,
and the engine decides each release. Both are measured by running it twice.

    python bench/key_releases.py [--quick] [--base-port 27600] [--processes 2] [--items 1] [--cases rsa:2048/rsa:2048]
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import PROJECT, arguments, heading
from measuring.ceiling import Ceiling
from measuring.node_of_processes import processor_seconds, running_nodes
from measuring.releases import CONNECTIONS, Scene, set_the_scene
from measuring.rewrap_load import Order

from relto.node.processes import Supervisor

CORES = 2
WRAPPINGS = ("rsa:2048", "ec:secp256r1", "hpqt:secp384r1-mlkem1024")
SESSIONS = ("rsa:2048", "ec:secp256r1")
TARGET_RATIO, TARGET_RATE = 0.3, 1500


@dataclass(frozen=True)
class Load:
    """What a load saw: permitted openings, seconds, latencies, and the processor seconds of each process.

    `generated`: processor seconds of the load generator.
    """

    done: int
    seconds: float
    p50: float
    p99: float
    used: dict[str, float]
    generated: float

    @property
    def rate(self) -> float:
        """Openings a second by the wall clock."""
        return self.done / self.seconds

    @property
    def cost(self) -> float:
        """Processor seconds of all the nodes' processes for one."""
        return sum(self.used.values()) / max(1, self.done)


def run_load(supervisor: Supervisor, order: Order, folder: Path) -> Load:
    """Drive it in a process of its own. Raises SystemExit when anything was refused."""
    place = folder / "order"
    place.write_bytes(pickle.dumps(order))
    command = [sys.executable, str(PROJECT / "bench" / "measuring" / "rewrap_load.py"), str(place)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT / "bench"), str(PROJECT / "src")])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        process.stdout.readline()  # it is connected
        before = processor_seconds(supervisor)
        said: dict[str, Any] = json.loads(process.communicate("go\n")[0])
        after = processor_seconds(supervisor)
    if said["refused"]:
        raise SystemExit(f"{said['refused']} of {said['done'] + said['refused']} were refused: {said['told'][:600]}")
    used = {name: after[name] - before[name] for name in after}
    return Load(said["done"], said["seconds"], said["p50"], said["p99"], used, said["processor"])


def measure(scene: Scene, supervisor: Supervisor, case: tuple[str, str], seconds: float, folder: Path) -> None:
    """One line: at full load, at half load, beside the bare cryptography."""
    wrapping, session = case
    look = run_load(supervisor, scene.order(case, 160, 30), folder)
    count = int(look.rate * seconds * 2) + 200
    full = run_load(supervisor, scene.order(case, count, seconds), folder)
    half_rate = full.rate / 2
    count = int(half_rate * seconds) + 1
    half = run_load(supervisor, scene.order(case, count, 2 * seconds, half_rate), folder)
    ceiling = Ceiling(scene, wrapping, session).measure(CORES, min(seconds, 3.0))
    implied, bare = CORES / full.cost, CORES / ceiling.cost
    processes = " ".join(
        f"{name.lower()} {1e3 * used / full.done:.2f}"
        for name, used in full.used.items()
        if used / full.done >= 0.00002  # noqa: PLR2004  what rounds to nothing is not told
    )
    print(f"{wrapping:26} {session:13} {full.rate:9,.0f} {ceiling.rate:9,.0f} {full.rate / ceiling.rate:7.3f}", end=" ")
    print(f"{1e3 * half.p50:8.1f} {1e3 * half.p99:8.1f} {1e3 * full.cost:9.2f} {implied:9,.0f} {bare:9,.0f}", end=" ")
    print(f"{implied / bare:7.3f}   {processes} (load {1e3 * full.generated / full.done:.2f})", flush=True)


def main() -> None:
    """Start the nodes, print the table, stop them."""
    given = arguments(
        __doc__ or "",
        base_port=(int, 0, "the first of twelve free ports"),
        cases=(str, "", "only these, such as rsa:2048/ec:secp256r1, with commas"),
        processes=(int, CORES, "of each key service"),
        items=(int, 1, "of each wrapping, asked for in turns"),
    )
    seconds = 1.5 if given.quick else 6.0
    with (
        tempfile.TemporaryDirectory(prefix="relto-bench-") as made,
        running_nodes(Path(made), given.base_port or None, given.processes) as (ground, supervisor, authority),
    ):
        os.environ["SSL_CERT_FILE"] = str(authority)
        wanted = cases(given.cases)
        wrappings = [name for name in WRAPPINGS if any(name == wrapping for wrapping, _ in wanted)]
        scene = set_the_scene(ground, authority, Path(made), wrappings, given.items)
        proofs = "with DPoP" if scene.proves else "no DPoP: this node binds no token"
        heading(
            f"two nodes on SQLite, {given.processes} processes of a key service, {given.items} items of each wrapping,",
            f"{CONNECTIONS} connections over TLS 1.3, {proofs}; at half load latencies in ms",
            f"targets on {CORES} cores: {TARGET_RATIO} of bare for rsa:2048; {TARGET_RATE} a second for ec:secp256r1",
            "implied: 2 cores by the processor time that all processes of the nodes used, in ms a release, by process",
        )
        print(
            f"{'wrapped with':26} {'session':13} {'a second':>9} {'bare':>9} {'ratio':>7} {'p50':>8} {'p99':>8}",
            end=" ",
        )
        print(f"{'cpu ms':>9} {'implied':>9} {'bare':>9} {'ratio':>7}   cpu ms by process")
        for case in wanted:
            measure(scene, supervisor, case, seconds, Path(made))
        scene.close()


def cases(chosen: str) -> Sequence[tuple[str, str]]:
    """Wrapping and session of each line; the wrapping of `two nations` is what the release chose."""
    known = [(wrapping, session) for wrapping in (*WRAPPINGS, "two nations") for session in SESSIONS]
    wanted = [tuple(name.split("/")) for name in chosen.split(",")] if chosen else known
    return [case for case in known if case in wanted]


if __name__ == "__main__":
    main()
