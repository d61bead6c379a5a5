"""A small real node, made once, on which misconfigurations are seeded: paired, under an agreement, with its witness."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relto.adapters.system import SystemEntropy
from relto.base.canonical import canonical_bytes
from relto.node import starts
from relto.node.drafting import draft_training_bundle
from relto.node.folder import NodeFolder
from relto.node.party import pin_partner
from relto.node.settings import PORTS, read_settings
from relto.node.training_ground import free_ports
from relto.rules.bundle import reopen_bundle
from relto.rules.manifest import sign_bundle
from relto.witness.process import WitnessServer, init_witness
from tests.unit.node.test_party_records import IND, USA, authority, record

HOST = "usa.localhost"


@dataclass
class Seeded:
    """A copy of the node with the changes that a test makes to it."""

    root: Path
    held: list[socket.socket] = field(default_factory=list)

    @property
    def folder(self) -> NodeFolder:
        return NodeFolder(self.root)

    def setting(self, old: str, new: str) -> None:
        place = self.folder.settings_file
        text = place.read_text()
        assert old in text
        place.write_text(text.replace(old, new, 1))

    def tables(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder.database)) as database:
            database.execute(statement, values)
            database.commit()

    def bundle(self, *, begins: timedelta = -timedelta(minutes=1), ends: timedelta = timedelta(days=365)) -> None:
        """An agreement with India in force, as both authorities signed it, in place of the one that was there."""
        now = datetime.now(UTC).replace(microsecond=0)
        file = draft_training_bundle(
            [self.folder.party_file.read_bytes(), record(IND)],
            "PRG-1",
            ["IND:IND-F001", "USA:USA-F001"],
            version=1,
            effective_from=now + begins,
            expires=now + ends,
        )
        for nation in (IND, USA):
            file = sign_bundle(file, authority(nation))
        keys = {nation: authority(nation).public for nation in (IND, USA)}
        made = reopen_bundle(file, authorities=keys, node_kind="training")
        self.tables("DELETE FROM store_agreementbundle")
        times = [(now + begins).isoformat(" "), (now + ends).isoformat(" "), now.isoformat(" ")]
        self.tables(
            "INSERT INTO store_agreementbundle"
            " (agreement, version, digest, file, effective_from, expires, activated_at, proof)"
            " VALUES (?, 1, ?, ?, ?, ?, ?, '')",
            *(made.agreement, made.digest, file, *times),
        )

    @contextmanager
    def served(self) -> Iterator[None]:
        """As while its processes live: they hold the lock and listen."""
        settings = read_settings(self.root)
        starts.join_start(self.folder.locks, SystemEntropy())
        doors = [socket.create_server(("127.0.0.1", getattr(settings.ports, name))) for name in PORTS]
        try:
            yield
        finally:
            starts._held.pop().close()
            for door in doors:
                door.close()


def make_node(place: Path) -> tuple[Seeded, WitnessServer]:
    """The sound node, and its witness, which answers until it is stopped."""
    identity = init_witness(place / "witness", "witness.example")
    witness = WitnessServer(place / "witness", "127.0.0.1", 0)
    threading.Thread(target=witness.serve, daemon=True).start()
    key = place / "authority.pub.json"
    key.write_bytes(canonical_bytes(authority(USA).public.as_dict()))
    words = ["node", "init", str(place / "node"), "--nation=USA", f"--host={HOST}", "--kind=training"]
    words += [f"--base-port={free_ports(5)}", f"--authority={key}", f"--witness-name={identity.name}"]
    words += [f"--witness-url=http://127.0.0.1:{witness.port}", *(f"--witness-vkey={one}" for one in identity.vkeys)]
    subprocess.run([sys.executable, "-m", "relto.cli", *words], check=True, capture_output=True)
    node = Seeded(place / "node")
    pin_partner(node.folder, record(IND), USA)
    node.bundle()
    return node, witness


def made_live(node: Seeded) -> None:
    """The same as a live node: addresses, witness and master secret as such a one has them; no agreement yet."""
    text = node.folder.settings_file.read_text()
    text = text.replace('kind = "training"', 'kind = "live"').replace("http://127.0.0.1", "https://witness.example")
    text = text.replace("http://usa.localhost", "https://node.example").replace(
        "https://usa.localhost", "https://node.example"
    )
    secret = node.root.parent / "master"
    shutil.move(node.folder.secrets / "master.secret", secret)
    text = text.replace("secrets/master.secret", str(secret))
    node.folder.settings_file.write_text(text)
    (node.root / "first-credentials.json").unlink()
    node.tables("DELETE FROM store_agreementbundle")


def retire_in_tables(node: Seeded, algorithm: str) -> None:
    """As `relto node keys retire --at-once`."""
    node.tables("UPDATE store_servicekey SET state = 'retired' WHERE algorithm = ?", algorithm)
