"""A person's assignment to a programme: need-to-know is a reasoned decision of its own (GSO-20, IND-05)."""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

OUTSIDE = "outside"
MEMBER = "member"

MEMBERSHIP = Table(
    name="membership",
    start=OUTSIDE,
    states=(OUTSIDE, MEMBER),
    transitions=(
        Transition(
            "assign",
            frozenset({OUTSIDE}),
            MEMBER,
            frozenset({Role.REGISTRAR, Role.SECURITY_OFFICER}),
            guards=("reason_given",),
        ),
        Transition(
            "end", frozenset({MEMBER}), OUTSIDE, frozenset({Role.REGISTRAR, Role.SECURITY_OFFICER}), at_will=True
        ),
    ),
)
