"""Of a joint item: which nation has agreed to its release, and which one has not yet."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.instants import Instant
from relto.procedures import acceptance, release
from relto.services.arrival_view import ArrivalView
from relto.services.release_view import CaseView

AGREED, WAITS, AGAINST, WITHDREW = "agreed", "waits", "against", "withdrew"


@dataclass(frozen=True, slots=True)
class NationWord:
    """What one owner said. `state`: agreed, waits, against, withdrew; `at`: when, where that is known here."""

    nation: str
    state: str
    at: Instant | None


def words_on_case(own: str, case: CaseView) -> tuple[NationWord, ...]:
    """Both owners' words, own first, as the sealing nation's node knows them; none for an item of one owner."""
    if not case.joint:
        return ()
    if closed_by_co_owner(case):
        return NationWord(own, AGREED, case.decided_at), NationWord(case.nation, WITHDREW, case.withdrawn_at)
    here = {release.ASKED: WAITS, release.REFUSED: AGAINST, release.WITHDRAWN: WITHDREW}.get(case.state, AGREED)
    there = AGREED if case.custody_at and case.state != release.RETURNED else WAITS
    there = AGAINST if case.state == release.RETURNED else there
    return (
        NationWord(own, here, case.withdrawn_at or case.decided_at),
        NationWord(case.nation, there, case.custody_at),
    )


def closed_by_co_owner(case: CaseView) -> bool:
    """Whether the item's other owner withdrew it: only a withdrawal by the own authority has a reason here."""
    return case.joint and case.state == release.WITHDRAWN and not case.withdrawal_reason


def withdrawn_here(arrival: ArrivalView) -> bool:
    """Whether the own authority withdrew what it had accepted, as its other owner."""
    return arrival.joint and arrival.state == acceptance.WITHDRAWN and bool(arrival.withdrawal_reason)


def words_on_arrival(own: str, arrival: ArrivalView) -> tuple[NationWord, ...]:
    """Both owners' words, own first, as the other owner's node knows them."""
    if not arrival.joint:
        return ()
    if withdrawn_here(arrival):
        return (
            NationWord(own, WITHDREW, arrival.withdrawn_at),
            NationWord(arrival.sender, AGREED, arrival.arrived_at),
        )
    if arrival.state == acceptance.WITHDRAWN:
        here = AGREED if arrival.control_number else WAITS
    else:
        here = {acceptance.ARRIVED: WAITS, acceptance.REFUSED: AGAINST}.get(arrival.state, AGREED)
    there = WITHDREW if arrival.withdrawn_at else AGREED
    return (
        NationWord(own, here, arrival.decided_at),
        NationWord(arrival.sender, there, arrival.withdrawn_at or arrival.arrived_at),
    )
