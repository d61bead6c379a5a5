"""Releases at the originator's node and arrivals at the recipient's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relto.client.answers.releases import Arrival, ArrivalDetail, ReleaseCase, ReleaseCaseDetail
from relto.client.session import part
from relto.client.steps import Call, get, listed, post

Readers = Sequence[tuple[str, str]]


def request_release(
    item: str,
    nation: str,
    facility: str,
    readers: Readers,
    purpose: str,
    *,
    mode: str = "live",
    home_facility: str = "",
    home_readers: Readers = (),
) -> Call[ReleaseCase]:
    """Ask the own authority to release an item: readers as (pseudonym, reason).

    `mode`: live or transferred. A joint item, and no other, names its home facility and readers too.
    """
    more: dict[str, Any] = {} if mode == "live" else {"mode": mode}  # nothing that an older node does not know
    if home_facility or home_readers:
        more |= {"home_facility": home_facility, "home_readers": _named(home_readers)}
    return post(
        f"/items/{part(item)}/release-requests",
        ReleaseCase,
        nation=nation,
        facility=facility,
        readers=_named(readers),
        purpose=purpose,
        **more,
    )


def cases() -> Call[list[ReleaseCase]]:
    """Release cases I may see, oldest first."""
    return listed("/cases", ReleaseCase)


def case(case: str) -> Call[ReleaseCaseDetail]:
    """One case with its gates as they stand now."""
    return get(f"/cases/{part(case)}", ReleaseCaseDetail)


def decide_case(case: str, outcome: str, reason: str, accepts: Sequence[str] = ()) -> Call[ReleaseCaseDetail]:
    """Release or refuse; `accepts` names each gate that needs acceptance (training nodes only)."""
    return post(
        f"/cases/{part(case)}/decision", ReleaseCaseDetail, outcome=outcome, reason=reason, accepts=list(accepts)
    )


def arrivals() -> Call[list[Arrival]]:
    """Arrivals I may see."""
    return listed("/arrivals", Arrival)


def arrival(arrival: str) -> Call[ArrivalDetail]:
    """One arrival with its gates as they stand now."""
    return get(f"/arrivals/{part(arrival)}", ArrivalDetail)


def decide_arrival(arrival: str, outcome: str, reason: str, accepts: Sequence[str] = ()) -> Call[ArrivalDetail]:
    """Accept, which gives a control number and sends the custody receipt, or refuse what arrived."""
    return post(
        f"/arrivals/{part(arrival)}/decision", ArrivalDetail, outcome=outcome, reason=reason, accepts=list(accepts)
    )


def _named(readers: Readers) -> list[dict[str, str]]:
    return [{"pseudonym": pseudonym, "reason": reason} for pseudonym, reason in readers]
