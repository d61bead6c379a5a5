"""Two nodes in one process, each with a database, log files and witness of its own, and a story that they recorded.

The USA's node is the one that is tampered with, by somebody who has its disk, its database and its log keys.
"""

from __future__ import annotations

import io
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from werkzeug.test import Client

from relto.adapters.log_files import FolderLogFiles
from relto.base.canonical import sha256_hex
from relto.base.nations import Nation
from relto.exchange.standing import NodeStanding
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import NoteKey, VerifierKey, read_vkey
from relto.ledger.quorum import Policy, PolicyGroup, PolicyLog, PolicyWitness, render_policy
from relto.ports.partners import ExchangedMessage, LinkAnswer
from relto.procedures.actors import Role
from relto.services.book import enter
from relto.services.checkpoints import Cosigner, CosignerRole, Submission, cosign_partner
from relto.services.comparing import Comparison, OthersView
from relto.services.export import export_chunks
from relto.services.house import House
from relto.services.partner_standing import message_of, message_to, standing_for
from relto.services.sending import PayloadRef, queue_message
from relto.services.sequencing import LogKeys, sequence
from relto.services.standing import ServedStanding
from relto.services.worker import deliver_outbox
from relto.store.fields import use_field_key
from relto.store.models import AgreementBundle, LedgerEntry
from relto.witness.door import WitnessDoor
from relto.witness.folder import init_witness, read_identity, read_keys, trust_log
from tests.unit.services_exchange.world import (
    BODY,
    IND,
    USA,
    Applied,
    LoopLink,
    StandingClock,
    activate_agreement,
    actor,
    cosigner_keys,
    log_keys,
    make_house,
)

ORIGIN = "usa.localhost/log"
INSPECTOR = actor(Role.INSPECTOR)


class Database:
    """One node's database in memory; `with` makes it the one that Django speaks to."""

    def __init__(self, copied: sqlite3.Connection | None = None) -> None:
        options = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA foreign_keys=ON;"}
        settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": options}
        self.wrapper: BaseDatabaseWrapper = ConnectionHandler({"default": settings})["default"]
        self.wrapper.connect()
        if copied is not None:
            copied.backup(self.raw)

    @property
    def raw(self) -> sqlite3.Connection:
        held: Any = self.wrapper.connection
        assert isinstance(held, sqlite3.Connection)
        return held

    def close(self) -> None:
        self.raw.close()

    @contextmanager
    def used(self) -> Iterator[None]:
        before = connections["default"]
        connections["default"] = self.wrapper
        try:
            yield
        finally:
            connections["default"] = before


_tables: list[Database] = []


def _empty_tables() -> sqlite3.Connection:
    """A database with all tables, made once a run."""
    if not _tables:
        made = Database()
        with made.used():
            call_command("migrate", run_syncdb=True, verbosity=0)
        ContentType.objects.clear_cache()  # of this database, not of the one that Django speaks to otherwise
        _tables.append(made)
    return _tables[0].raw


def empty_database() -> Database:
    """A database of its own, with all tables and nothing in them."""
    return Database(_empty_tables())


@dataclass
class SwitchingLink(LoopLink):
    """The way to the other node, which works on its own database."""

    database: Database | None = None

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        assert self.database is not None
        with self.database.used():
            return super().send_message(envelope, payload_size=payload_size)


class WitnessWay:
    """A relto witness behind its door, as the node asks it."""

    def __init__(self, folder: Path, name: str, clock: StandingClock, keys: LogKeys, origin: str = ORIGIN) -> None:
        self.folder, self.name = folder, name
        init_witness(folder, name)
        trust_log(folder, origin, [key.verifier.vkey for key in (keys.ed25519, keys.mldsa44)])
        self._clock = clock
        self.reopen()

    def reopen(self) -> None:
        """Start it on the state that lies in its folder."""
        clock = self._clock
        self.door = WitnessDoor(self.folder, lambda: clock.now().timestamp())

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        return read_keys(self.folder, self.name)

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        return tuple(read_vkey(vkey) for vkey in read_identity(self.folder).vkeys)

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        answered = Client(self.door).post("/add-checkpoint", data=body)
        return answered.status_code, answered.data

    def newest(self, origin: str) -> bytes | None:
        answered = Client(self.door).get(f"/{sha256_hex(origin.encode())}/checkpoint")
        return answered.data if answered.status_code == 200 else None

    def evidence(self) -> list[str]:
        """Why it kept what it kept."""
        return [path.name.split(".")[1] for path in sorted((self.folder / "evidence").rglob("*.request"))]


@dataclass
class PartnerWay:
    """The partner's node as cosigner and as the one that is asked after a restart."""

    house: House
    database: Database
    log: Mapping[str, tuple[VerifierKey, ...]]
    told: NodeStanding | None = None

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        with self.database.used():
            answer = cosign_partner(self.house, USA, cosigner_keys("ind.localhost/cosigner"), self.log, body)
        return answer.status, answer.body

    def standing(self, nonce: str) -> bytes:
        with self.database.used():
            return standing_for(self.house, USA, nonce)

    def message_from_us(self, sequence: int) -> ExchangedMessage | None:
        with self.database.used():
            return message_of(USA, sequence)

    def message_to_us(self, sequence: int) -> ExchangedMessage | None:
        with self.database.used():
            return message_to(USA, sequence)

    def payload_to_us(self, sequence: int, offset: int) -> Iterator[bytes]:
        raise AssertionError("no story asks for it")


class TwoNodes:
    """The USA's node with all that it works with, and the IND's node as its partner."""

    def __init__(self, folder: Path) -> None:
        use_field_key(b"f" * 32)
        self.folder, self.clock, self.applied = folder, StandingClock(), Applied()
        self.usa_database, self.ind_database = Database(_empty_tables()), Database(_empty_tables())
        usa_partners: dict[Nation, LoopLink] = {}
        self.usa = make_house(USA, self.clock, folder, usa_partners)
        self.ind = make_house(IND, self.clock, folder, {})
        self.link = SwitchingLink(USA, self.ind, {"assurance": self.applied}, database=self.ind_database)
        usa_partners[IND] = self.link
        self.keys = log_keys("USA")
        self.files = FolderLogFiles(folder / "log")
        self.own_witness = WitnessWay(folder / "w1", "witness-usa.localhost/w", self.clock, self.keys)
        self.partner_witness = WitnessWay(folder / "w2", "witness-ind.localhost/w", self.clock, self.keys)
        self.log = {ORIGIN: (self.keys.ed25519.verifier, self.keys.mldsa44.verifier)}
        self.partner = PartnerWay(self.ind, self.ind_database, self.log)
        self.ahead = 0
        for database in (self.usa_database, self.ind_database):
            with database.used():
                activate_agreement()

    def close(self) -> None:
        for way in (self.own_witness, self.partner_witness):
            way.door.close()
        for database in (self.usa_database, self.ind_database):
            database.close()

    def cosigners(self) -> list[Cosigner]:
        node = tuple(key.verifier for key in cosigner_keys("ind.localhost/cosigner"))
        own, partners = self.own_witness, self.partner_witness
        return [
            Cosigner(own.name, CosignerRole.OWN_WITNESS, own.verifiers, own),
            Cosigner("ind.localhost/cosigner", CosignerRole.PARTNER_NODE, node, self.partner),
            Cosigner(partners.name, CosignerRole.PARTNER_WITNESS, partners.verifiers, partners),
        ]

    def submission(self) -> Submission:
        def seen_ahead() -> None:
            self.ahead += 1

        return Submission(self.usa, self.files, self.cosigners(), seen_ahead=seen_ahead)

    def trust(self) -> bytes:
        """All three cosigners, each with both of its keys."""
        witnesses = {
            f"w{number}-{at}": PolicyWitness(f"w{number}-{at}", key)
            for number, cosigner in enumerate(self.cosigners())
            for at, key in enumerate(cosigner.keys)
        }
        group = PolicyGroup("all-three", len(witnesses), tuple(witnesses))
        logs = tuple(PolicyLog(key) for key in self.log[ORIGIN])
        return render_policy(Policy(logs, witnesses, {"all-three": group}, "all-three"))

    def record(self, count: int, *, days_ago: int = 0) -> None:
        """Entries of the USA's node, recorded and not yet sequenced."""

        def step() -> None:
            for number in range(count):
                at = self.clock.moment
                at = at.replace(day=at.day - days_ago)
                enter(self.usa, LeafEvent.COMPANY_REGISTERED, actor="USA", subject=f"itm_{number}", at=at)

        self.usa.commit(step)

    def enter_agreement(self) -> None:
        """Each node's entry about the agreement that both activated."""
        for house, database in ((self.usa, self.usa_database), (self.ind, self.ind_database)):
            with database.used():
                row = AgreementBundle.objects.get()
                links = {"bundle": row.digest}
                subject = f"{row.agreement}/{row.version}"
                house.commit(
                    lambda house=house, subject=subject, links=links: enter(  # type: ignore[misc]
                        house, LeafEvent.BUNDLE_ACTIVATED, actor=house.nation, subject=subject, links=links
                    )
                )

    def checkpoint(self) -> int:
        """Sequence what waits and have it cosigned; how many cosigned."""
        self.clock.pass_time(seconds=20)
        sequence(self.usa, self.keys, self.files, "worker")
        return self.submission().submit_checkpoints()

    def send(self, payload: PayloadRef | None = None) -> str:
        """Queue a message to the partner; its id."""
        return self.usa.commit(lambda: queue_message(self.usa, IND, "assurance", BODY, payload))

    def deliver(self) -> int:
        self.clock.pass_time(seconds=20)
        return deliver_outbox(self.usa, "worker", {})

    def tell_the_story(self) -> None:
        """Three checkpoints that everybody cosigned, over entries and two receipted messages."""
        for count in (3, 4, 5):
            self.record(count)
            if count == 3:
                self.enter_agreement()
            else:
                self.send()
                assert self.deliver() == 1
            self.clock.pass_time(minutes=30)
            assert self.checkpoint() == 3

    def export(self) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(b"".join(export_chunks(self.usa, INSPECTOR, self.files)))) as archive:
            found = {name: archive.extractfile(name) for name in archive.getnames()}
            return {name: file.read() for name, file in found.items() if file is not None}

    def restart(self, witness: WitnessWay | None = None) -> Comparison:
        """The comparison that a started node makes before it acts."""
        standing = ServedStanding("sta_" + "a" * 24)
        asked = witness or self.own_witness
        others = OthersView(self.log[ORIGIN], asked.name, asked.verifiers, asked, {IND: self.partner})
        comparison = Comparison(replace(self.usa, standing=standing), standing.start, others)
        comparison.compare()
        return comparison

    def leaves(self) -> list[bytes]:
        return [bytes(leaf) for leaf in LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)]

    def alarms_of_partner(self) -> list[str]:
        """What the partner's node entered about this log."""
        with self.ind_database.used():
            found = LedgerEntry.objects.filter(event__in=("log:contradicted", "transfer:refused")).order_by("serial")
            return [f"{row.event} {row.details['code']}" for row in found]
