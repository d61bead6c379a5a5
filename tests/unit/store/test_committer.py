"""The writer of a process: many steps in one transaction, each failing alone, nobody left waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from relto.base.errors import Conflict
from relto.store.committer import AlikeStep, DirectCommitter, GroupCommitter
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


def _programmes(asked: list[int], codes: Sequence[str]) -> list[str | Exception]:
    """Steps of a kind: those whose code is no good are refused alone."""
    asked.append(len(codes))
    good = [code for code in codes if code != "REFUSED"]
    Programme.objects.bulk_create(Programme(code=code, title="t", started_at=NOW) for code in good)
    return [code if code in good else Conflict("state") for code in codes]


def test_steps_that_are_alike_are_taken_together_and_refused_alone() -> None:
    committer, held = GroupCommitter(), threading.Event()
    asked: list[int] = []
    waiting = threading.Thread(target=lambda: committer.run(held.wait), daemon=True)
    waiting.start()
    steps: list[Callable[[], object]] = [AlikeStep(_programmes, asked, code) for code in ("A-1", "REFUSED", "A-2")]
    threading.Timer(0.3, held.set).start()
    told = _ask(committer, *steps, _programme("OTHER"))
    committer.close()
    assert told[0] == "A-1"
    assert isinstance(told[1], Conflict)
    assert told[2:] == ["A-2", "OTHER"]
    assert sum(asked) == 3
    assert set(Programme.objects.values_list("code", flat=True)) == {"A-1", "A-2", "OTHER"}


def test_a_step_of_a_kind_is_a_step_when_it_is_alone() -> None:
    assert DirectCommitter().run(AlikeStep(_programmes, [], "A-1")) == "A-1"
    with pytest.raises(Conflict):
        DirectCommitter().run(AlikeStep(_programmes, [], "REFUSED"))


def test_a_failure_of_one_kind_leaves_the_others_theirs() -> None:
    committer, held = GroupCommitter(), threading.Event()
    asked: list[int] = []
    threading.Thread(target=lambda: committer.run(held.wait), daemon=True).start()
    threading.Timer(0.3, held.set).start()
    told = _ask(committer, AlikeStep(_programmes, asked, "A-1"), AlikeStep(_programmes, asked, "A-1"), _programme("B"))
    committer.close()
    assert "B" in told
    assert sum(isinstance(one, IntegrityError) for one in told) == 1
    assert set(Programme.objects.values_list("code", flat=True)) == {"A-1", "B"}
