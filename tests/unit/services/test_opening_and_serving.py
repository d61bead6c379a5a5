"""A share that leaves at once: its decision is used up in the step that records it, if it still holds there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import pytest

from relto.base.errors import Refused
from relto.ports.surroundings import Committer
from relto.sealing.manifest import Manifest as Parsed
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import read_policy
from relto.services import openings
from relto.store.models import DecisionRecord, LedgerEntry, Person
from relto.store.queries.narrowing import narrow
from tests.support.houses import Node
from tests.support.peer_simulator import Peer, SentRelease
from tests.unit.services.stories import accept, arrived
from tests.unit.services.test_narrowing import (
    _end_membership,
    _notice,
    _revoke,
    _suspend_facility,
    _suspend_person,
    use,
)

Result = TypeVar("Result")


def serve(node: Node, manifest: Parsed, committer: Committer | None = None) -> openings.OpeningGrant:
    house = node.house if committer is None else replace(node.house, committer=committer)
    return openings.open_at_home(
        house,
        node.actor("engineer"),
        policy_uuid=read_policy(manifest.policy_text).uuid,
        policy_text=manifest.policy_text,
        key_access=manifest.key_access[0],
        serve=True,
    )


@dataclass
class Later:
    """The node's own committer, which other verbs reach first, as often as said."""

    served: Committer
    before: Callable[[], object]
    times: int = 1

    def run(self, step: Callable[[], Result]) -> Result:
        if self.times:
            self.times -= 1
            self.before()
        return self.served.run(step)


def openings_entered() -> list[str]:
    return list(
        LedgerEntry.objects.filter(event__startswith="opening:").order_by("serial").values_list("event", flat=True)
    )


def test_it_leaves_one_entry_and_one_decision_that_nobody_can_use_again(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    grant = serve(ind, manifest)
    record = DecisionRecord.objects.get(id=grant.decision)
    assert record.permitted
    assert record.used_at is not None
    assert record.entry == grant.entry
    assert openings_entered() == ["opening:granted"]
    assert not use(ind, grant, manifest)


@pytest.mark.parametrize("narrowing", [_suspend_facility, _suspend_person, _end_membership, _revoke, _notice])
def test_what_was_narrowed_before_it_was_recorded_is_decided_anew_and_refused(
    ind: Node, america: Peer, narrowing: Callable[[Node, Peer, SentRelease], None]
) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    overtaking = Later(ind.house.committer, lambda: narrowing(ind, america, sent))
    with pytest.raises(Refused):
        serve(ind, parse_manifest(sent.manifest), overtaking)
    assert openings_entered() == ["opening:refused"]
    assert not DecisionRecord.objects.filter(action="open", permitted=True).exists()


def test_however_often_it_is_overtaken_it_is_decided_at_last(ind: Node, america: Peer) -> None:
    """Rights of others are narrowed again and again: this opening is still permitted, once."""
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    overtaking = Later(ind.house.committer, lambda: ind.house.committer.run(narrow), times=9)
    grant = serve(ind, parse_manifest(sent.manifest), overtaking)
    assert DecisionRecord.objects.get(id=grant.decision).used_at is not None
    assert openings_entered() == ["opening:granted"]


def test_what_ended_by_its_date_before_it_was_recorded_is_decided_anew_and_refused(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    ends = Person.objects.get(id=ind.people["engineer"]).valid_until
    assert ends is not None
    after = ends + timedelta(days=1)

    def stall() -> None:
        ind.clock.moment = after

    with pytest.raises(Refused):
        serve(ind, parse_manifest(sent.manifest), Later(ind.house.committer, stall))
    assert not DecisionRecord.objects.filter(action="open", permitted=True).exists()
