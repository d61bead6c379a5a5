"""Two training nodes for a measurement: started as the product starts them, their key services behind TLS of their own.

What a node's processes cost is read from /proc, because a load generator on the same machine takes its part of the
processors, and the wall clock does not tell whose part was whose.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from relto.node.processes import Supervisor
from relto.node.training_ground import Ground, ground_children, prepare_ground
from tests.support.certificates import make_authority, make_node_certificate

NATIONS = ("USA", "IND")
MORE_KEYS = ("hpqt:secp384r1-mlkem1024",)
_TICKS = os.sysconf("SC_CLK_TCK")
_ADD_KEYS = """
import sys
from pathlib import Path
from relto.node.settings import read_settings
from relto.node.wiring import build_house, open_secrets, start_django
from relto.services.standing import Unguarded
from relto.store.committer import DirectCommitter
settings = read_settings(Path(sys.argv[1]))
secrets = open_secrets(settings)
start_django(settings, secrets)
from relto.services.service_keys import create_service_keys, service_keys
held = {key.algorithm for key in service_keys(purpose="wrapping")}
wanted = [("wrapping", name) for name in sys.argv[2:] if name not in held]
create_service_keys(build_house(settings, secrets, DirectCommitter(), Unguarded()), secrets, wanted=wanted)
"""


@contextmanager
def running_nodes(folder: Path, base_port: int | None, processes: int = 1) -> Iterator[tuple[Ground, Supervisor, Path]]:
    """Both nations with a hybrid key each, running; and the file of the authority that certifies their doors.

    `processes`: of each key service.
    """
    ground = prepare_ground(folder / "ground", base_port)
    authority = make_authority(folder, "USA")
    for nation in NATIONS:
        _behind_tls(ground, nation, folder)
        if processes > 1:
            with (ground.node(nation) / "node.toml").open("a", encoding="utf-8") as file:
                file.write(f"\n[processes]\nkey_service = {processes}\n")
        made = make_node_certificate(folder, authority, host=f"{nation.lower()}.localhost")
        place = ground.node(nation) / "tls"
        place.mkdir(mode=0o700)
        made.certificate.rename(place / "door.crt")
        made.private_key.rename(place / "door.key")
        subprocess.run([sys.executable, "-c", _ADD_KEYS, str(ground.node(nation)), *MORE_KEYS], check=True)
    for nation, partner in zip(NATIONS, reversed(NATIONS), strict=True):
        pairing = ["node", "pair", str(ground.node(nation)), "--party", str(ground.party(partner))]
        subprocess.run([sys.executable, "-m", "relto.cli", *pairing], check=True, stdout=subprocess.DEVNULL)
    supervisor = Supervisor(ground_children(ground))
    try:
        supervisor.start(seconds=120)
        yield ground, supervisor, authority.file
    finally:
        supervisor.stop()


def _behind_tls(ground: Ground, nation: str, _folder: Path) -> None:
    """The node's own word about its key service and relay: https."""
    for place in (ground.node(nation) / "node.toml", ground.party(nation)):
        text = place.read_text(encoding="utf-8")
        for offset in (1, 2):
            host = f"{nation.lower()}.localhost:{ground.port(nation) + offset}"
            text = text.replace(f"http://{host}", f"https://{host}")
        place.write_text(text, encoding="utf-8")
    json.loads(ground.party(nation).read_bytes())


def processor_seconds(supervisor: Supervisor) -> Mapping[str, float]:
    """What each child and all it started have used of the processors so far, by name."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(place.name)] = int(fields[1])
        used[int(place.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    found = {}
    for name, child in supervisor.children.items():
        process = child.process.pid if child.process is not None else 0
        found[name] = sum(seconds for number, seconds in used.items() if process in _line(number, parents))
    return found


def _line(number: int, parents: Mapping[int, int]) -> Iterator[int]:
    """The process and its parents."""
    while number > 1:
        yield number
        number = parents.get(number, 0)
