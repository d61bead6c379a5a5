"""An assurance of one authority to the other: given, renewed, suspended, revoked (ISA-12, USR-40).

A suspension ends when the authority reinstates its subject. What is revoked stays revoked; a new vouching is a new
assurance with its own identifier. A registrar does this alone; a release officer by a step of a dossier in which she is
one of the two who sign, or which narrows (`services.dossiers.effects_assurance`, `effects_facility`).
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

_VOUCHERS = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})
UNGIVEN = "ungiven"
VALID = "valid"
REVOKED = "revoked"
SUSPENDED = "suspended"

ASSURANCE = Table(
    name="assurance",
    start=UNGIVEN,
    states=(UNGIVEN, VALID, SUSPENDED, REVOKED),
    transitions=(
        Transition("give", frozenset({UNGIVEN}), VALID, _VOUCHERS, guards=("subject_cleared",)),
        Transition(
            "renew", frozenset({VALID}), VALID, frozenset({Role.REGISTRAR}), guards=("subject_cleared",), at_will=True
        ),
        Transition("suspend", frozenset({VALID}), SUSPENDED, _VOUCHERS, at_will=True),
        Transition("reinstate", frozenset({SUSPENDED}), VALID, _VOUCHERS, guards=("subject_cleared",)),
        Transition("revoke", frozenset({VALID, SUSPENDED}), REVOKED, _VOUCHERS, at_will=True),
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
