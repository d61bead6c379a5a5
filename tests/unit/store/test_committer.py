"""The writer of a process: many steps in one transaction, each failing alone, nobody left waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from relto.base.errors import Conflict
from relto.store.committer import GroupCommitter
from relto.store.fields import use_field_key
from relto.store.models import Programme, RoleGrant

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _field_key() -> None:
    use_field_key(b"k" * 32)


def _ask(committer: GroupCommitter, *steps: Callable[[], object]) -> list[object]:
    told: list[object] = [None] * len(steps)

    def ask(position: int, step: Callable[[], object]) -> None:
        try:
            told[position] = committer.run(step)
        except Exception as error:  # noqa: BLE001  the answer under test
            told[position] = error

    callers = [threading.Thread(target=ask, args=pair, daemon=True) for pair in enumerate(steps)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
        assert not caller.is_alive(), "a caller waits for ever"
    return told


def _programme(code: str) -> Callable[[], str]:
    def step() -> str:
        Programme.objects.create(code=code, title="t", started_at=NOW)
        return code

    return step


def _dangling() -> RoleGrant:
    return RoleGrant.objects.create(person_id="prs_none", role="engineer", granted_at=NOW)


def _conflicting() -> None:
    Programme.objects.create(code="LEFT-BEHIND", title="t", started_at=NOW)
    raise Conflict("state")


def test_a_step_that_fails_leaves_nothing_and_fails_alone() -> None:
    committer = GroupCommitter()
    told = _ask(committer, _programme("KEPT-1"), _conflicting, _programme("KEPT-2"))
    committer.close()
    assert (told[0], told[2]) == ("KEPT-1", "KEPT-2")
    assert isinstance(told[1], Conflict)
    assert set(Programme.objects.values_list("code", flat=True)) == {"KEPT-1", "KEPT-2"}


def test_a_step_that_only_the_commit_refuses_fails_alone_and_the_writer_lives_on() -> None:
    """Foreign keys are checked at the commit: the whole batch must neither hang nor be lost with the one at fault."""
    committer = GroupCommitter()
    for attempt in range(3):
        told = _ask(committer, _programme(f"BESIDE-{attempt}"), _dangling)
        assert told[0] == f"BESIDE-{attempt}"
        assert isinstance(told[1], IntegrityError)
    assert _ask(committer, _programme("AFTER"))[0] == "AFTER"
    committer.close()
    assert Programme.objects.count() == 4
