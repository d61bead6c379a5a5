"""An assurance of one authority to the other: given, renewed, suspended, revoked (ISA-12, USR-40).

A suspension ends when the authority reinstates its
subject. What is revoked stays revoked; a new vouching is a new assurance with its own identifier.
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

UNGIVEN = "ungiven"
VALID = "valid"
REVOKED = "revoked"
SUSPENDED = "suspended"

ASSURANCE = Table(
    name="assurance",
    start=UNGIVEN,
    states=(UNGIVEN, VALID, SUSPENDED, REVOKED),
    transitions=(
        Transition("give", frozenset({UNGIVEN}), VALID, frozenset({Role.REGISTRAR}), guards=("subject_cleared",)),
        Transition(
            "renew", frozenset({VALID}), VALID, frozenset({Role.REGISTRAR}), guards=("subject_cleared",), at_will=True
        ),
        Transition("suspend", frozenset({VALID}), SUSPENDED, frozenset({Role.REGISTRAR}), at_will=True),
        Transition(
            "reinstate", frozenset({SUSPENDED}), VALID, frozenset({Role.REGISTRAR}), guards=("subject_cleared",)
        ),
        Transition("revoke", frozenset({VALID, SUSPENDED}), REVOKED, frozenset({Role.REGISTRAR}), at_will=True),
        Transition("receive", frozenset({UNGIVEN, VALID, SUSPENDED}), VALID, guards=("newer_status",), at_will=True),
        Transition(
            "receive_suspension",
            frozenset({UNGIVEN, VALID, SUSPENDED}),
            SUSPENDED,
            guards=("newer_status",),
            at_will=True,
        ),
        Transition(
            "receive_revocation",
            frozenset({UNGIVEN, VALID, SUSPENDED}),
            REVOKED,
            guards=("newer_status",),
            at_will=True,
        ),
    ),
)
