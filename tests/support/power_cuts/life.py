"""One life of both nodes, by a seed: people's work, faults, then calm; and what must hold at its end."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.db import DatabaseError

from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.exchange.limits import LinkLimits
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import BlobStore
from relto.services.book import enter
from relto.services.checkpoints import Cosigner, CosignerRole, Submission
from relto.services.comparing import Comparison, OthersView
from relto.services.ledger_check import LedgerCheck
from relto.services.payloads import sweep
from relto.services.sending import PayloadRef, queue_message
from relto.services.sequencing import sequence
from relto.services.worker import deliver_outbox
from relto.store.fields import use_field_key
from relto.store.models import AgreementBundle, InboxMessage, LedgerEntry, OutboxMessage, Quarantine, SingleUse
from relto.store.queries.ledger import newest_checkpoint
from tests.support.power_cuts.faults import Counted, Fault, PowerCut, struck
from tests.support.power_cuts.nodes import Node
from tests.support.power_cuts.wire import OF_A_MESSAGE, OF_A_WITNESS, FaultyWay, FaultyWitness, way_between
from tests.support.tampering.two_nodes import WitnessWay
from tests.unit.services_exchange.world import BODY, IND, USA, Applied, cosigner_keys, node_key

_ALARMS = ("transfer:contradicted", "log:contradicted", "ledger:damaged", "transfer:refused")
_UNVERIFIED = "transfer:unverified"
_CALLS = 40_000
_LONGEST_SETTLING = 40
_ERRORS = (ReltoError, OSError, DatabaseError)
_OF_A_NODE = (
    (Fault.POWER_CUT, 5),
    (Fault.POWER_CUT_AT_COMMIT, 4),
    (Fault.KILL, 3),
    (Fault.FSYNC_FAILED, 4),
    (Fault.COMMIT_FAILED, 2),
    (Fault.COMMIT_IN_DOUBT, 3),
    (Fault.DISK_FULL, 2),
    (Fault.DATABASE_FULL, 2),
    (Fault.CLOCK_BACK, 2),
    (Fault.CLOCK_FORWARD, 2),
)


class Kept(Applied):
    """A handler that leaves one row for each application, which no sweep forgets."""

    def __call__(self, *given: Any, at: Instant) -> None:
        super().__call__(*given, at=at + timedelta(days=3650))


@dataclass
class Side:
    """A node with the ways that it uses, and what it acknowledged."""

    node: Node
    way: FaultyWay
    own_witness: FaultyWitness
    partner_witness: FaultyWitness
    entries: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def cosigners(self) -> list[Cosigner]:
        other = self.way.nodes()[1].nation.lower()
        keys = tuple(key.verifier for key in cosigner_keys(f"{other}.localhost/cosigner"))
        own, partners = self.own_witness, self.partner_witness
        return [
            Cosigner(own.name, CosignerRole.OWN_WITNESS, own.verifiers, own),
            Cosigner(f"{other}.localhost/cosigner", CosignerRole.PARTNER_NODE, keys, self.way),
            Cosigner(partners.name, CosignerRole.PARTNER_WITNESS, partners.verifiers, partners),
        ]


class Life:
    """Both nations from their first entry to calm. `faulty` False: the same work without a fault."""

    def __init__(self, folder: Path, seed: int, *, steps: int, faulty: bool = True) -> None:
        """Set both nodes and four witness ways up in `folder`."""
        use_field_key(b"f" * 32)
        self.seed, self.steps, self.faulty = seed, steps, faulty
        self.chance, self.counted, self.broken = Random(f"{seed}"), Counted(), list[str]()  # noqa: S311  reproducible
        self.applied = Kept()
        nodes = [Node(nation, folder / nation, Random(f"{seed}/{nation}"), self.counted) for nation in (USA, IND)]  # noqa: S311  likewise
        self.witnesses: list[WitnessWay] = []
        self.sides = [self._side(folder, nodes[at], nodes[1 - at]) for at in (0, 1)]
        for side in self.sides:
            self._start(side)
            self._told(side, lambda side=side: self._agreement(side))  # type: ignore[misc]

    def _side(self, folder: Path, node: Node, other: Node) -> Side:
        way = way_between(node, other, self.applied, self.chance)
        node.partners[other.nation] = way
        made = []
        for number in (1, 2):
            name = f"witness-{number}-{node.nation.lower()}.localhost/w"
            witness = WitnessWay(folder / f"w{number}-{node.nation}", name, node.clock, node.keys, node.origin)  # type: ignore[arg-type]
            self.witnesses.append(witness)
            made.append(FaultyWitness(witness, node, self.chance))
        return Side(node, way, made[0], made[1])

    def close(self) -> None:
        """Let everything go."""
        for witness in self.witnesses:
            witness.door.close()
        for side in self.sides:
            side.node.close()

    # Work.

    def live(self) -> list[str]:
        """All steps, then calm; what does not hold at the end."""
        for _ in range(self.steps):
            self._step()
        self._settle()
        for side in self.sides:
            with side.node.used():
                self.broken += list(self._checked(side))
        return self.broken

    def _step(self) -> None:
        side = self.chance.choice(self.sides)
        for one in self.sides:
            one.node.clock.moment += timedelta(seconds=self.chance.uniform(0.5, 20))
        work = self.chance.choices(
            (self._record, self._send, self._deliver, self._sequence, self._cosign, self._sweep),
            (3, 5, 8, 3, 3, 1),
        )[0]
        calls = self._plan(side) if self.faulty else 0
        self._told(side, lambda: work(side), calls=calls)
        for one in self.sides:
            one.node.planned = one.way.planned = one.own_witness.planned = one.partner_witness.planned = None
            if one.node.clock.jump and self.chance.random() < 0.5:
                one.node.clock.jump = timedelta()

    def _plan(self, side: Side) -> int:
        """Faults for the step to come; after how many calls one of both nodes is struck, 0 for never."""
        chance = self.chance
        if chance.random() < 0.7:
            side.way.planned = chance.choice(OF_A_MESSAGE)
        if chance.random() < 0.7:
            side.own_witness.planned = chance.choice(OF_A_WITNESS)
        if chance.random() < 0.7:
            side.partner_witness.planned = chance.choice(OF_A_WITNESS)
        hit = chance.choice(self.sides)
        fault = chance.choices([one for one, _ in _OF_A_NODE], [often for _, often in _OF_A_NODE])[0]
        match fault:
            case Fault.POWER_CUT | Fault.KILL:
                self._struck = fault
                return int(_CALLS ** chance.uniform(0.4, 1.0))
            case Fault.CLOCK_BACK | Fault.CLOCK_FORWARD:
                hours = chance.choice((0.2, 3, 40))
                hit.node.clock.jump = timedelta(hours=-hours if fault is Fault.CLOCK_BACK else hours / 100)
                self.counted.hit(fault)
            case _:
                hit.node.planned = fault
        return 0

    def _strike(self) -> None:
        """Whoever works now is gone: the node whose database is spoken to."""
        from django.db import connections  # noqa: PLC0415  looked up when it happens

        spoken = connections["default"]
        for side in self.sides:
            if side.node.database is spoken:
                side.node.strike(self._struck)

    def _told(self, side: Side, work: Callable[[], None], *, calls: int = 0) -> bool:
        """Do some work of a node; False when it was told that it cannot be done now, or is gone."""
        try:
            with side.node.used():
                if calls:
                    with struck(calls, self._strike):
                        work()
                else:
                    work()
        except PowerCut as cut:
            cut.node.start_again()
            self._start(next(one for one in self.sides if one.node is cut.node))
            return False
        except _ERRORS:
            return False
        finally:
            for one in self.sides:
                one.node.lives_on()
        return True

    def _start(self, side: Side) -> None:
        """Compare, as a started node does before it acts."""
        node = side.node
        other = side.way.nodes()[1]
        node.clock.guarded = True
        with node.used():
            others = OthersView(
                node.log[node.origin],
                side.own_witness.name,
                side.own_witness.verifiers,
                side.own_witness,
                {other.nation: side.way},
            )
            node.comparison = Comparison(node.house, node.standing.start, others)

    def _compare(self, side: Side) -> None:
        if side.node.comparison is None:
            self._start(side)
        assert side.node.comparison is not None
        side.node.comparison._asked.clear()  # its pause between two questions is real time
        side.node.comparison.compare()

    def _agreement(self, side: Side) -> None:
        self._compare(side)
        row, house = AgreementBundle.objects.get(), side.node.house
        subject, links = f"{row.agreement}/{row.version}", {"bundle": row.digest}
        house.commit(lambda: enter(house, LeafEvent.BUNDLE_ACTIVATED, actor=house.nation, subject=subject, links=links))

    def _record(self, side: Side) -> None:
        self._compare(side)
        house = side.node.house
        code = f"cmp_{self.chance.randrange(10**6)}"
        side.entries.append(
            house.commit(lambda: enter(house, LeafEvent.COMPANY_REGISTERED, actor="officer", subject=code))
        )

    def _send(self, side: Side) -> None:
        self._compare(side)
        house, other = side.node.house, side.way.nodes()[1]
        payload = None
        if self.chance.random() < 0.7:
            content = self.chance.randbytes(self.chance.randrange(1, 60_000))
            writer = house.blobs.create()
            try:
                writer.write(content)
                blob = writer.finish()
            except BaseException:
                writer.abandon()
                raise
            payload = PayloadRef(blob.name, 0, len(content), hashlib.sha256(content).hexdigest())
        side.messages.append(house.commit(lambda: queue_message(house, other.nation, "assurance", BODY, payload)))

    def _deliver(self, side: Side) -> None:
        self._compare(side)
        deliver_outbox(side.node.house, "worker", {})

    def _sequence(self, side: Side) -> None:
        self._compare(side)
        sequence(side.node.house, side.node.keys, side.node.files, "worker")

    def _cosign(self, side: Side) -> None:
        self._sequence(side)
        Submission(side.node.house, side.node.files, side.cosigners()).submit_checkpoints()

    def _sweep(self, side: Side) -> None:
        self._compare(side)
        sweep(side.node.house, "worker", LinkLimits().arrivals)

    # Calm, and what must hold.

    def _settle(self) -> None:
        for side in self.sides:
            side.node.clock.jump = timedelta()
            side.way.parted = 0
        for _ in range(_LONGEST_SETTLING):
            for side in self.sides:
                side.node.clock.moment += timedelta(minutes=10)
                for work in (self._deliver, self._cosign):
                    self._told(side, lambda work=work, side=side: work(side))  # type: ignore[misc]
            if not any(self._unsettled(side) for side in self.sides):
                return
        self.broken += [what for side in self.sides for what in self._unsettled(side)]

    def _unsettled(self, side: Side) -> list[str]:
        with side.node.used():
            waiting = OutboxMessage.objects.filter(state="waiting").values_list("last_error", flat=True)
            newest = newest_checkpoint()
            found = [f"{side.node.nation}: a message waits: {error}" for error in waiting]
            if LedgerEntry.objects.filter(index=None).exists() or newest is None or newest.agreed_at is None:
                found.append(f"{side.node.nation}: not agreed, {side.node.standing.state()}")
        return found

    def _checked(self, side: Side) -> Iterator[str]:
        name = side.node.nation
        rows = list(LedgerEntry.objects.order_by("index").values_list("entry", "event", "index"))
        places = {entry: index for entry, _, index in rows}
        order = [-1 if (place := places.get(entry)) is None else place for entry in side.entries]
        if -1 in order:
            yield f"{name}: {order.count(-1)} acknowledged entries lost"
        if order != sorted(set(order)):
            yield f"{name}: acknowledged entries doubled or reordered"
        if [index for _, _, index in rows] != list(range(len(rows))):
            yield f"{name}: places with gaps or doubles"
        for event in _ALARMS:
            if alarms := sum(one == event for _, one, _ in rows):
                yield f"{name}: false alarm {event} x {alarms}"
        if sum(event == _UNVERIFIED for _, event, _ in rows) > side.way.changed_answers:
            yield f"{name}: false alarm {_UNVERIFIED}"
        yield from (f"{name}: false quarantine {row.findings}" for row in Quarantine.objects.all())
        check = LedgerCheck(side.node.origin, side.node.files, side.node.log[side.node.origin], node_key(name).public)
        for _ in check.run():
            pass
        yield from (f"{name}: re-check found {one.code} at {one.place}" for one in check.findings.named)
        yield from self._messages(side)

    def _messages(self, side: Side) -> Iterator[str]:
        name, other = side.node.nation, side.way.nodes()[1]
        sent = list(OutboxMessage.objects.order_by("sequence"))
        if [row.sequence for row in sent] != list(range(1, len(sent) + 1)):
            yield f"{name}: numbers with gaps"
        kept = {row.id for row in sent}
        if lost := [one for one in side.messages if one not in kept]:
            yield f"{name}: {len(lost)} acknowledged messages lost"
        order = [row.id for row in sent if row.id in set(side.messages)]
        if order != side.messages and not lost:
            yield f"{name}: acknowledged messages reordered"
        if any(len(answers) > 1 for answers in side.way.given.values()):
            yield f"{name}: another answer to the same message"
        with other.used():
            held = list(InboxMessage.objects.order_by("sequence"))
            applied = SingleUse.objects.filter(purpose="applied").count()
            blobs = other.house.blobs
            for row in sent:
                if row.payload_sha256 and _digest(blobs, row.payload_sha256, row.payload_size) != row.payload_sha256:
                    yield f"{name}: an acknowledged payload is lost or changed"
        if [(row.message, row.digest) for row in held] != [(row.id, row.digest) for row in sent]:
            yield f"{name}: {len(sent)} sent, {len(held)} held"
        if [bytes(row.answer) for row in held] != [bytes(row.receipt or b"") for row in sent]:
            yield f"{name}: receipts differ"
        if applied != len(held):
            yield f"{name}: {len(held)} messages, applied {applied} times"


def _digest(blobs: BlobStore, sha256: str, size: int) -> str:
    try:
        return hashlib.sha256(b"".join(blobs.read_range(f"sha256-{sha256}", 0, size))).hexdigest()
    except ReltoError:
        return ""


def lived(folder: Path, seed: int, *, steps: int, faulty: bool = True) -> tuple[Counted, list[str], int]:
    """One life: the faults that hit, what did not hold, how many entries and messages were acknowledged."""
    log = logging.getLogger("relto")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what a fault says in the log is not looked for
    shutil.rmtree(folder, ignore_errors=True)
    life = Life(folder, seed, steps=steps, faulty=faulty)
    try:
        broken = life.live()
        return life.counted, broken, sum(len(side.entries) + len(side.messages) for side in life.sides)
    finally:
        life.close()
        log.setLevel(level)
        shutil.rmtree(folder, ignore_errors=True)
