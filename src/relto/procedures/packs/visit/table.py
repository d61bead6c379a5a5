"""The states of an international visit (32 CFR 117.19(e), GSO-23): who takes it from where to where.

The visitor's side asks: her company's security officer writes the request, her own authority returns it to be mended or
forwards it. The host's side answers: its authority asks the facility to be visited, may put a question back, and says
one of three things (ISA-43). That the facility was asked and has replied is told; what it replied stays on its side.
From the approval on the asking side announces who comes, and the facility that is visited records who came.

A denied visitor may still come to what is public, and one who is not sponsored on an export authorisation and an
assurance: both are recorded where it happens and change nothing about the answer.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.procedure import REASON_GIVEN
from relto.procedures.table import ANSWERING, ASKING, STAYS, Table, Transition

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
FORWARDED: Final = "forwarded"
AT_HOST: Final = "at_host"
CONSIDERED: Final = "considered"
QUERIED: Final = "queried"
APPROVED: Final = "approved"
DENIED: Final = "denied"
NOT_SPONSORED: Final = "not_sponsored"
ACTIVE: Final = "active"
EXPIRED: Final = "expired"
CANCELLED: Final = "cancelled"
RECORD_RELEASED: Final = "record_released"

BEFORE_FORWARDING: Final = frozenset({DRAFT, SUBMITTED, RETURNED})
IN_PROCESS: Final = frozenset({FORWARDED, AT_HOST, CONSIDERED, QUERIED})
"""On its way to an answer of the host nation."""
STANDING: Final = frozenset({APPROVED, ACTIVE})
"""The host nation has approved it, and its days are not over."""

_OFFICER: Final = frozenset({Role.SECURITY_OFFICER})
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER, Role.REGISTRAR})
_DECIDES: Final = frozenset({Role.RELEASE_OFFICER})
_ANSWERABLE: Final = frozenset({FORWARDED, CONSIDERED})


def _asking(
    name: str,
    sources: frozenset[str],
    target: str,
    roles: frozenset[Role],
    *guards: str,
    at_will: bool = False,
) -> Transition:
    return Transition(name, sources, target, roles, guards, at_will, ASKING)


def _answering(
    name: str,
    sources: frozenset[str],
    target: str,
    roles: frozenset[Role],
    *guards: str,
    at_will: bool = False,
) -> Transition:
    return Transition(name, sources, target, roles, guards, at_will, ANSWERING)


VISIT: Final = Table(
    name="visit",
    start=DRAFT,
    states=(
        DRAFT,
        SUBMITTED,
        RETURNED,
        FORWARDED,
        AT_HOST,
        CONSIDERED,
        QUERIED,
        APPROVED,
        DENIED,
        NOT_SPONSORED,
        ACTIVE,
        EXPIRED,
        CANCELLED,
        RECORD_RELEASED,
    ),
    transitions=(
        _asking("submit", frozenset({DRAFT, RETURNED}), SUBMITTED, _OFFICER),
        _asking("return", frozenset({SUBMITTED}), RETURNED, _AUTHORITY, REASON_GIVEN),
        _asking("forward", frozenset({SUBMITTED}), FORWARDED, _DECIDES, "certified", "emergency_agreed"),
        _answering("ask_host", frozenset({FORWARDED}), AT_HOST, _AUTHORITY, "level_for_host"),
        _answering("host_reply", frozenset({AT_HOST}), CONSIDERED, _OFFICER),
        _answering("query", _ANSWERABLE, QUERIED, _AUTHORITY),
        _asking("answer", frozenset({QUERIED}), FORWARDED, _AUTHORITY),
        _answering(
            "approve", _ANSWERABLE, APPROVED, _DECIDES, "assured", "level_asked", "host_concurred", "control_plan"
        ),
        _answering("deny", _ANSWERABLE, DENIED, _DECIDES),
        _answering("decline", _ANSWERABLE, NOT_SPONSORED, _DECIDES),
        _asking("announce", STANDING, STAYS, _OFFICER, "not_amended", "announcement", "notice", at_will=True),
        _answering("arrive", STANDING, ACTIVE, _OFFICER, "not_amended", "arrival", "announced"),
        _answering("leave", frozenset({ACTIVE, EXPIRED}), STAYS, _OFFICER, "departure", "custody", at_will=True),
        Transition("expire", STANDING, EXPIRED, guards=("period_over",), side=ASKING),
        _answering("receive_public", frozenset({DENIED}), STAYS, _OFFICER, "public_only", at_will=True),
        _answering("receive_unsponsored", frozenset({NOT_SPONSORED}), STAYS, _OFFICER, "assured", at_will=True),
        _answering("release_record", frozenset({EXPIRED}), RECORD_RELEASED, _OFFICER, "record_kept", at_will=True),
        _asking(
            "cancel",
            BEFORE_FORWARDING | IN_PROCESS | STANDING,
            CANCELLED,
            _OFFICER | _DECIDES,
            REASON_GIVEN,
            at_will=True,
        ),
        _answering("revoke", STANDING, CANCELLED, _DECIDES, at_will=True),
    ),
)
