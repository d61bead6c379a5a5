"""What ends rights before their time: withdrawals, dispositions, suspensions, and what they cut."""

from __future__ import annotations

from urllib.parse import urlencode

from relto.client.answers.affected import Affected, Suspension
from relto.client.answers.agreement import WithdrawnAuthorisation
from relto.client.answers.organisation import Member
from relto.client.answers.releases import ArrivalDetail, ReleaseCaseDetail
from relto.client.session import part
from relto.client.steps import Call, get, post


def withdraw_release(case: str, reason: str) -> Call[ReleaseCaseDetail]:
    """Withdraw a release: no share leaves this node for it from then on, and its recipient is told."""
    return post(f"/cases/{part(case)}/withdrawal", ReleaseCaseDetail, reason=reason)


def withdraw_co_release(arrival: str, reason: str) -> Call[ArrivalDetail]:
    """Withdraw, as its co-owner, what was accepted of a joint item: it is closed for everybody."""
    return post(f"/arrivals/{part(arrival)}/withdrawal", ArrivalDetail, reason=reason)


def record_disposition(arrival: str, outcome: str, reason: str) -> Call[ArrivalDetail]:
    """Record that what was held under a withdrawn release was destroyed or returned."""
    return post(f"/arrivals/{part(arrival)}/disposition", ArrivalDetail, outcome=outcome, reason=reason)


def withdraw_authorisation(authorisation: str, reason: str) -> Call[WithdrawnAuthorisation]:
    """Withdraw a disclosure or export authorisation; the answer says what it no longer covers."""
    return post(f"/authorisations/{part(authorisation)}/withdrawal", WithdrawnAuthorisation, reason=reason)


def consequences(kind: str, subject: str) -> Call[Affected]:
    """What suspending this facility or person (`kind`) would cut now; nothing is changed."""
    return get(f"/suspensions/consequences?{urlencode({'kind': kind, 'subject': subject})}", Affected)


def suspend(kind: str, subject: str, reason: str) -> Call[Suspension]:
    """Suspend an own facility or person: every opening that depends on it is refused from then on."""
    return post("/suspensions", Suspension, kind=kind, subject=subject, reason=reason)


def reinstate(kind: str, subject: str, reason: str) -> Call[Suspension]:
    """End a suspension; the assurances that it suspended are valid again."""
    return post("/suspensions/end", Suspension, kind=kind, subject=subject, reason=reason)


def affected(assurance: str) -> Call[Affected]:
    """Which own releases a received assurance carries: those that its suspension or revocation closes."""
    return get(f"/assurances/{part(assurance)}/affected", Affected)


def end_membership(programme: str, person: str, reason: str) -> Call[Member]:
    """End a person's assignment to a programme."""
    return post(f"/programmes/{part(programme)}/members/end", Member, person=person, reason=reason)
