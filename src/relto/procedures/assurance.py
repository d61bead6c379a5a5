"""An assurance of one authority to the other: given, renewed, revoked; never revived (ISA-12, USR-40).

What is revoked stays revoked; a new vouching is a new assurance with its own identifier.
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

UNGIVEN = "ungiven"
VALID = "valid"
REVOKED = "revoked"

ASSURANCE = Table(
    name="assurance",
    start=UNGIVEN,
    states=(UNGIVEN, VALID, REVOKED),
    transitions=(
        Transition("give", frozenset({UNGIVEN}), VALID, frozenset({Role.REGISTRAR}), guards=("subject_cleared",)),
        Transition("renew", frozenset({VALID}), VALID, frozenset({Role.REGISTRAR}), guards=("subject_cleared",)),
        Transition("revoke", frozenset({VALID}), REVOKED, frozenset({Role.REGISTRAR})),
        Transition("receive", frozenset({UNGIVEN, VALID}), VALID, guards=("newer_status",)),
        Transition("receive_revocation", frozenset({UNGIVEN, VALID}), REVOKED, guards=("newer_status",)),
    ),
)
