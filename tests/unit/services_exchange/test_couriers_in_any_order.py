"""Couriers that come late, twice, in any order or never, beside a link that works now and then, and killed workers.

Whatever happens: each message is applied once and in order, its answer has the same bytes for ever, and when the media
that were lost are made again everything is settled on both sides.
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relto.base.errors import Conflict
from relto.base.nations import Nation
from relto.ports.surroundings import Committer
from relto.services.worker import deliver_outbox
from relto.store import models
from relto.store.models import CourierBundle, InboxMessage, LedgerEntry, SingleUse
from tests.unit.services_exchange.courier_world import CourierWorld, make_courier_world
from tests.unit.services_exchange.world import IND, USA, Applied, activate_agreement

Result = TypeVar("Result")
NATIONS = st.sampled_from([USA, IND])
TABLES = (
    models.CourierFile,
    models.CourierBundle,
    models.MediaEntry,
    models.InboxMessage,
    models.OutboxMessage,
    models.Channel,
    models.SingleUse,
    models.LedgerEntry,
    models.Lease,
)


class Killed(BaseException):
    """The process is gone."""


@dataclasses.dataclass
class MortalCommitter:
    """Dies before or after its nth step."""

    inner: Committer
    left: int
    after: bool

    def run(self, step: Callable[[], Result]) -> Result:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        result = self.inner.run(step)
        if self.left == 0:
            raise Killed
        return result


@contextmanager
def nothing_to_carry() -> Iterator[None]:
    """There may be nothing to carry; anything else is wrong."""
    try:
        yield
    except Conflict as error:
        if error.reason != "courier.nothing":
            raise


def fresh_world(folder: Path) -> CourierWorld:
    for table in TABLES:
        table.objects.all().delete()
    return make_courier_world(folder)


class Couriers(RuleBasedStateMachine):
    """Both nations send, by media and by the link; media get lost and come again."""

    @initialize()
    def begin(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.world = fresh_world(Path(self._folder.name))
        self.sent: dict[Nation, int] = {USA: 0, IND: 0}
        self.answers: dict[tuple[str, int], bytes] = {}

    @rule(sender=NATIONS, payload=st.booleans())
    def queue(self, sender: Nation, payload: bool) -> None:  # noqa: FBT001  hypothesis passes it by name
        self.sent[sender] += 1
        self.world.queue(sender, f"{sender} {self.sent[sender]}".encode() * 50 if payload else b"")

    @rule(sender=NATIONS, again=st.booleans())
    def make(self, sender: Nation, again: bool) -> None:  # noqa: FBT001  likewise
        with nothing_to_carry():
            self.world.make(sender, again=again)

    @precondition(lambda self: self.world.media)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        sender, number = data.draw(st.sampled_from(sorted(self.world.media)))
        self.world.arrive(sender, number)

    @rule(nation=NATIONS)
    def take(self, nation: Nation) -> None:
        self.world.take(nation)

    @rule(nation=NATIONS, step=st.integers(1, 6), after=st.booleans())
    def take_and_die(self, nation: Nation, step: int, after: bool) -> None:  # noqa: FBT001  likewise
        house = self.world.house(nation)
        dying = dataclasses.replace(house, committer=MortalCommitter(house.committer, step, after))
        with suppress(Killed):
            dataclasses.replace(self.world.taking(nation), house=dying).take_bundles()

    @rule(sender=NATIONS)
    def link(self, sender: Nation) -> None:
        deliver_outbox(self.world.house(sender), "worker", {})

    @invariant()
    def once_and_in_order(self) -> None:
        for sender in (USA, IND):
            rows = list(InboxMessage.objects.filter(partner=sender).order_by("id").values_list("sequence", flat=True))
            assert rows == list(range(1, len(rows) + 1))
        assert Applied.count() == InboxMessage.objects.count()

    @invariant()
    def the_same_answers_for_ever(self) -> None:
        for row in InboxMessage.objects.all():
            assert self.answers.setdefault((row.partner, row.sequence), bytes(row.answer)) == bytes(row.answer)

    def teardown(self) -> None:
        """What is lost is made again; then everything is settled."""
        for _, (sender, number) in itertools.product(range(2), sorted(self.world.media)):
            assert self.world.bytes_of(sender, number) == self.world.media[sender, number]
            self.world.arrive(sender, number)
            self.world.clock_on()
            self.world.take(self.world.other(sender))
        for sender in (USA, IND, USA, IND):
            with nothing_to_carry():
                self.world.deliver(sender)
        for sender in (USA, IND):
            assert set(self.world.states(sender).values()) <= {"receipted"}
            assert len(self.world.states(sender)) == self.sent[sender]
        assert not CourierBundle.objects.filter(state="held").exists()
        self._folder.cleanup()


def test_in_any_order_with_any_loss(transactional_db: None) -> None:
    activate_agreement()
    bounds = settings(
        max_examples=10,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    run_state_machine_as_test(Couriers, settings=bounds)


def story(world: CourierWorld) -> None:
    """Two messages over, one back, receipts both ways; every part may be done again."""
    for sender, number in ((USA, 1), (IND, 1), (USA, 2)):
        if (sender, number) not in world.media:
            if not CourierBundle.objects.filter(partner=world.other(sender), direction="out", number=number).exists():
                world.make(sender)
            world.media[sender, number] = world.bytes_of(sender, number)
        world.arrive(sender, number)
        world.clock_on()
        world.take(world.other(sender))


def test_killed_at_any_step_it_goes_on_with_the_same_result(transactional_db: None, tmp_path: Path) -> None:
    activate_agreement()
    for step in itertools.count(1):
        # Before an even step is durable, after an odd one: what is durable before a step is that after the one before.
        after = step % 2 == 1
        world = fresh_world(tmp_path / str(step))
        for sender, payload in ((USA, b""), (USA, bytes(9000)), (IND, b"")):
            world.queue(sender, payload)
        committer = MortalCommitter(world.world.usa.committer, step, after)
        lasting = world.world.usa, world.world.ind
        world.world.usa, world.world.ind = (dataclasses.replace(house, committer=committer) for house in lasting)
        died = False
        try:
            story(world)
        except Killed:
            died = True
        world.world.usa, world.world.ind = lasting
        story(world)
        assert Applied.count() == 3
        assert set(world.states(USA).values()) | set(world.states(IND).values()) == {"receipted"}
        events = list(LedgerEntry.objects.values_list("event", flat=True))
        assert [events.count(f"courier:{what}") for what in ("made", "read", "taken")] == [3, 3, 3]
        assert SingleUse.objects.filter(purpose="applied").count() == 3
        if not died:
            break
    assert step > 10
