"""Two nations on one machine.

Authorities, witnesses, custodians, nodes, pairing and a draft bundle, for the demo and for rehearsals.

One machine shows the protocol, not independence: whoever has root here has both nations. Each nation still gets its own
folder, keys, database, users, ports and cookie names, and everything between them goes over the wire.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relto.adapters.training_clock import TrainingClock, put_ahead
from relto.base.errors import Conflict, MalformedInput, Misconfigured
from relto.base.nations import Nation
from relto.client import custodian_files
from relto.client.verification import trust_from_parties
from relto.node.authority_key import make_authority_key, public_file, read_authority_key
from relto.node.blob_settings import address_below, read_blobs_url
from relto.node.checks import is_free
from relto.node.children import node_children, witness_child
from relto.node.draft_consents import with_consents
from relto.node.drafting import draft_training_bundle
from relto.node.processes import Child, Supervisor
from relto.node.settings import read_settings
from relto.node.training_database import make_database
from relto.rules.manifest import sign_bundle
from relto.witness.folder import read_identity

MARKER = "relto-training-ground"
"""A file by which a training ground is known, and may be removed."""
_CLOCK = "clock"
_NATIONS = (Nation("USA"), Nation("IND"))
_COUNTRIES = {"USA": "United States", "IND": "India"}
_LOOPBACK = "127.0.0.1"
_PORTS_A_NATION = 6
_ALL_PORTS = _PORTS_A_NATION * len(_NATIONS)
_BUNDLE_DAYS = 365
_FIRST_PORT = 18400
_PORT_BLOCKS = 800
_CUSTODIANS, _QUORUM = 3, 2
_PASSPHRASE_BYTES = 18
_QUICK = 2**10  # scrypt's cost: a training key guards nothing, and the passphrase lies beside it


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the two nations' things lie."""

    root: Path
    base_port: int
    rehearsal: bool = False
    """Whether its time is that of a rehearsal: ahead of the machine's as `clock_file` says."""

    @property
    def clock_file(self) -> Path:
        """How far a rehearsal's time is ahead; both nodes and their witnesses follow it."""
        return self.root / _CLOCK

    def node(self, nation: str) -> Path:
        """A nation's node folder."""
        return self.root / nation.lower() / "node"

    def witness(self, nation: str) -> Path:
        """The folder of a nation's witness."""
        return self.root / nation.lower() / "witness"

    def authority_key(self, nation: str) -> Path:
        """A nation's authority key file."""
        return self.root / nation.lower() / "authority" / "authority.key"

    def party(self, nation: str) -> Path:
        """The public record of a nation's node."""
        return self.node(nation) / "party.json"

    def port(self, nation: str) -> int:
        """The first port of a nation's node; its witness listens on the sixth."""
        return self.base_port + _PORTS_A_NATION * [str(known) for known in _NATIONS].index(nation)

    def custodian_keys(self, nation: str) -> list[Path]:
        """The key files of a nation's custodians, by number, each with its public half beside it."""
        return [self._custodians(nation) / f"custodian-{number}.key" for number in range(1, _CUSTODIANS + 1)]

    def custodian_passphrase_file(self, nation: str) -> Path:
        """The passphrase of these key files. Real custodians each know one of their own, and write it nowhere."""
        return self._custodians(nation) / "passphrase"

    def _custodians(self, nation: str) -> Path:
        return self.root / nation.lower() / "custodians"

    @property
    def trust_file(self) -> Path:
        """The pinned keys and quorum for `relto verify --trust`."""
        return self.root / "trust.policy"


def prepare_ground(
    root: Path, base_port: int | None = None, *, rehearsal: bool = False, database: str = "", blobs: str = ""
) -> Ground:
    """Make everything in `root`, replacing an earlier training ground there; `rehearsal`: with a clock of its own.

    `database`: where each nation's PostgreSQL database is made (relto.node.training_database); empty: SQLite.
    `blobs`: the address of an S3 store, in which each nation has a prefix of its own; empty: files.
    Raises Conflict if it is something else.
    """
    read_blobs_url(blobs)
    marker = root / MARKER
    if base_port is not None and not all(is_free(_LOOPBACK, base_port + offset) for offset in range(_ALL_PORTS)):
        raise Misconfigured(
            "ports", field="base_port", found=base_port, expected=f"{_ALL_PORTS} neighbouring free ports"
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        if not marker.is_file():
            raise Conflict(
                "folder_in_use", field="folder", found=root.name, expected="an empty folder, or an earlier demo's"
            )
        shutil.rmtree(root)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise MalformedInput(
            "no_write", field="folder", found=root.name, expected="a place that can be written"
        ) from error
    ground = Ground(root.resolve(), base_port or free_ports(_ALL_PORTS), rehearsal)
    if rehearsal:
        put_ahead(ground.clock_file, timedelta())
    marker.write_text(f"{ground.base_port}\n", encoding="ascii")
    for nation in _NATIONS:
        ground.authority_key(nation).parent.mkdir(parents=True, mode=0o700)
        make_authority_key(ground.authority_key(nation), nation)
        _make_custodians(ground, nation)
    _all(
        [
            ["witness", "init", str(ground.witness(nation)), "--name", f"witness.{nation.lower()}.localhost"]
            for nation in _NATIONS
        ]
    )
    # Two interpreters side by side: each node is set up by the command an operator would use.
    _all([[*_init_command(ground, nation, blobs), *_database_options(ground, nation, database)] for nation in _NATIONS])
    parties = [str(ground.party(nation)) for nation in _NATIONS]
    _all([_pair_command(ground, nation) for nation in _NATIONS])
    trusted = [f"--party={party}" for party in parties]
    _all([["witness", "trust", str(ground.witness(nation)), *trusted] for nation in _NATIONS])
    ground.trust_file.write_bytes(trust_from_parties([Path(party).read_bytes() for party in parties]))
    return ground


def ground_children(ground: Ground) -> list[Child]:
    """All processes of both nations, witnesses first."""
    children: list[Child] = []
    for nation in _NATIONS:
        port, clock = ground.port(nation) + _PORTS_A_NATION - 1, ground.clock_file if ground.rehearsal else None
        children.append(witness_child(ground.witness(nation), port, clock))
        children[-1].name = f"{nation}/witness"
    for nation in _NATIONS:
        for child in node_children(read_settings(ground.node(nation))):
            child.name = f"{nation}/{child.name}"
            children.append(child)
    return children


def start_ground(ground: Ground) -> Supervisor:
    """Start both nations' processes and wait until they are ready."""
    supervisor = Supervisor(ground_children(ground))
    try:
        supervisor.start()
    except BaseException:
        supervisor.stop()
        raise
    return supervisor


def registrar_credential(ground: Ground, nation: str) -> dict[str, str]:
    """The first registrar's credential, as set-up wrote it for the operator."""
    content = json.loads((ground.node(nation) / "first-credentials.json").read_text(encoding="utf-8"))
    return {name: str(value) for name, value in content["registrar"].items()}


def draft_bundle(
    ground: Ground,
    programme: str,
    facilities: Sequence[str],
    *,
    version: int = 1,
    limits: Sequence[str] = (),
    equivalents: Sequence[str] = (),
    consents: Sequence[str] = (),
) -> bytes:
    """An unsigned bundle between the two nodes and their custodians; the rest as `draft_training_bundle` takes it.

    `consents`: see `relto.node.draft_consents`.
    """
    now = ground_time(ground).replace(microsecond=0)
    records = [ground.party(nation).read_bytes() for nation in _NATIONS]
    draft = draft_training_bundle(
        records,
        programme,
        facilities,
        version=version,
        effective_from=now - timedelta(minutes=1),
        expires=now + timedelta(days=_BUNDLE_DAYS),
        limits=limits,
        equivalents=equivalents,
        custodians=[
            custodian_files.public_file(key).read_bytes()
            for nation in _NATIONS
            for key in ground.custodian_keys(nation)
        ],
        quorums=[f"{nation}={_QUORUM}" for nation in _NATIONS],
    )
    return with_consents(draft, consents) if consents else draft


def ground_time(ground: Ground) -> datetime:
    """The present instant on this ground."""
    ahead = TrainingClock(ground.clock_file).ahead() if ground.rehearsal else timedelta()
    return datetime.now(UTC) + ahead


def authority_signs(ground: Ground, nation: str, file: bytes) -> bytes:
    """What a nation's authority does with its own key file: add its signature to a bundle."""
    return sign_bundle(file, read_authority_key(ground.authority_key(nation)))


def country(nation: str) -> str:
    """A nation's name in English."""
    return _COUNTRIES.get(nation, nation)


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that are free on the loopback address. Raises Misconfigured.

    The search begins anywhere, so that two grounds prepared at the same time hardly ever meet.
    """
    bases = range(_FIRST_PORT, _FIRST_PORT + _PORT_BLOCKS * count, count)
    begin = secrets.randbelow(_PORT_BLOCKS)
    for base in (*list(bases)[begin:], *list(bases)[:begin]):
        if all(is_free(_LOOPBACK, base + offset) for offset in range(count)):
            return base
    raise Misconfigured("ports", field="base_port", expected=f"{count} neighbouring free ports")


def _make_custodians(ground: Ground, nation: Nation) -> None:
    """A nation's custodians, under one passphrase that anybody who has the training ground can read."""
    place, passphrase = ground.custodian_passphrase_file(nation), secrets.token_urlsafe(_PASSPHRASE_BYTES)
    place.parent.mkdir(mode=0o700)
    custodian_files.write_new(place, f"{passphrase}\n".encode("ascii"), field="passphrase", taken="file_exists")
    for number, key in enumerate(ground.custodian_keys(nation), start=1):
        custodian_files.make_key_file(key, nation, number, passphrase, cost=_QUICK)


def _init_command(ground: Ground, nation: Nation, blobs: str) -> list[str]:
    identity = read_identity(ground.witness(nation))
    port = ground.port(nation)
    return [
        "node",
        "init",
        str(ground.node(nation)),
        f"--nation={nation}",
        f"--host={nation.lower()}.localhost",
        "--kind=training",
        f"--base-port={port}",
        *([f"--training-clock=../../{_CLOCK}"] if ground.rehearsal else []),
        *([f"--blobs={address_below(blobs, nation.lower())}"] if blobs else []),
        f"--authority={public_file(ground.authority_key(nation))}",
        f"--witness-name={identity.name}",
        f"--witness-url=http://127.0.0.1:{port + _PORTS_A_NATION - 1}",
        *(f"--witness-vkey={vkey}" for vkey in identity.vkeys),
    ]


def _database_options(ground: Ground, nation: Nation, database: str) -> list[str]:
    if not database:
        return []
    place, owner = make_database(database, nation, ground.root / nation.lower() / "database.passfile")
    return [f"--database={place}", f"--database-owner={owner}"]


def _pair_command(ground: Ground, nation: Nation) -> list[str]:
    partner = next(other for other in _NATIONS if other != nation)
    return ["node", "pair", str(ground.node(nation)), "--party", str(ground.party(partner))]


def _all(commands: Sequence[Sequence[str]]) -> None:
    """Run relto commands side by side. Raises Misconfigured with the last line the first failing one said."""
    running = [
        subprocess.Popen(  # noqa: S603  this same program, no shell
            [sys.executable, "-m", "relto.cli", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for arguments in commands
    ]
    said = [process.communicate()[1].decode("utf-8", "replace").strip() for process in running]
    for arguments, process, words in zip(commands, running, said, strict=True):
        if process.returncode:
            raise Misconfigured(
                "set_up", field=" ".join(arguments[:2]), found=words[-500:], expected="a set-up that succeeds"
            )
