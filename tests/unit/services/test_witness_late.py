"""An own witness that is late stops the border, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relto.base.errors import Unreachable
from relto.services.witness_watch import require_witness_in_time
from relto.store.models import Checkpoint, LedgerEntry
from tests.support.houses import Node

pytestmark = pytest.mark.django_db


def _bundle(usa: Node) -> object:
    from relto.services.active_bundle import active  # noqa: PLC0415  after the node is made

    return active(usa.house)


def test_entries_that_wait_too_long_for_the_own_witness_stop_the_border(usa: Node) -> None:
    bundle = _bundle(usa)
    now = usa.house.now()
    LedgerEntry.objects.update(recorded_at=now - timedelta(minutes=14))
    require_witness_in_time(bundle, now)  # type: ignore[arg-type]
    LedgerEntry.objects.update(recorded_at=now - timedelta(minutes=16))
    with pytest.raises(Unreachable) as late:
        require_witness_in_time(bundle, now)  # type: ignore[arg-type]
    assert late.value.full_code == "unreachable.witness_late"
    assert late.value.expected == "cosignatures of the own authority's witness within 15 minutes"


def test_what_the_witness_has_cosigned_does_not_wait(usa: Node) -> None:
    bundle = _bundle(usa)
    now = usa.house.now()
    for index, entry in enumerate(LedgerEntry.objects.order_by("serial")):
        entry.index, entry.recorded_at = index, now - timedelta(days=1)
        entry.save()
    size = LedgerEntry.objects.count()
    Checkpoint.objects.create(size=size, root=b"", note="", signed_at=now, witnessed_at=now)
    require_witness_in_time(bundle, now)  # type: ignore[arg-type]
    LedgerEntry.objects.filter(index=size - 1).update(index=None)
    with pytest.raises(Unreachable):
        require_witness_in_time(bundle, now)  # type: ignore[arg-type]
