"""States of a facility's clearance, and who may take it from which to which (domain.md ISA-17, section 7)."""

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.procedure import REASON_GIVEN
from relto.procedures.table import STAYS, Table, Transition

BEGINS: Final = frozenset({Role.SECURITY_OFFICER, Role.REGISTRAR, Role.RELEASE_OFFICER})
_AUTHORITY: Final = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})
_GRANTED: Final = frozenset({"interim", "final", "limited"})
_ALIVE: Final = frozenset({"draft", "sponsored", "returned", "submitted", "in_process", "invalidated"}) | _GRANTED

FACILITY_CLEARANCE: Final = Table(
    name="facility_clearance",
    start="draft",
    states=(
        "draft",
        "sponsored",
        "submitted",
        "returned",
        "in_process",
        "interim",
        "final",
        "limited",
        "invalidated",
        "terminated",
        "revoked",
    ),
    transitions=(
        Transition(
            "record_sponsorship", frozenset({"draft"}), "sponsored", _AUTHORITY, guards=("sponsored", "sponsor_holds")
        ),
        Transition("submit", frozenset({"sponsored", "returned"}), "submitted", BEGINS, guards=("sponsored",)),
        Transition("return_package", frozenset({"submitted"}), "returned", _AUTHORITY, guards=(REASON_GIVEN,)),
        Transition("accept", frozenset({"submitted"}), "in_process", _AUTHORITY, guards=("sponsor_holds",)),
        Transition(
            "grant_interim",
            frozenset({"in_process"}),
            "interim",
            _AUTHORITY,
            guards=("within_request", "officials_cleared", "control_settled"),
        ),
        Transition(
            "grant_final",
            frozenset({"in_process", "interim"}),
            "final",
            _AUTHORITY,
            guards=("within_request", "officials_cleared", "control_settled"),
        ),
        Transition(
            "grant_limited",
            frozenset({"in_process", "interim"}),
            "limited",
            _AUTHORITY,
            guards=("within_request", "officials_cleared", "limited_allowed"),
        ),
        Transition(
            "approve_safeguarding",
            _GRANTED,
            STAYS,
            _AUTHORITY,
            guards=("safeguarding_within",),
            at_will=True,
        ),
        Transition("withdraw_safeguarding", _GRANTED, STAYS, _AUTHORITY, guards=(REASON_GIVEN,), at_will=True),
        Transition("invalidate", _GRANTED, "invalidated", _AUTHORITY, guards=(REASON_GIVEN,), at_will=True),
        Transition(
            "resume_existing_work",
            frozenset({"invalidated"}),
            STAYS,
            _AUTHORITY,
            guards=("customers_agree",),
            at_will=True,
        ),
        Transition(
            "revalidate",
            frozenset({"invalidated"}),
            "final",
            _AUTHORITY,
            guards=("within_request", "officials_cleared", "control_settled"),
        ),
        Transition(
            "revalidate_limited",
            frozenset({"invalidated"}),
            "limited",
            _AUTHORITY,
            guards=("within_request", "officials_cleared", "limited_allowed"),
        ),
        Transition("revoke", frozenset({"invalidated"}), "revoked", _AUTHORITY, guards=(REASON_GIVEN,)),
        Transition("terminate", _ALIVE, "terminated", _AUTHORITY, guards=(REASON_GIVEN,), at_will=True),
    ),
)
