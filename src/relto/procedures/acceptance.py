"""An arrival on the recipient's node: what came waits until the own authority accepts or refuses it.

Its originator may withdraw it at any time; that is the originator's word, which nobody here can refuse. What is owned
jointly the own authority may withdraw too, once it accepted it.
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

ARRIVED = "arrived"
ACCEPTED = "accepted"
REFUSED = "refused"
WITHDRAWN = "withdrawn"

ACCEPTANCE = Table(
    name="acceptance",
    start=ARRIVED,
    states=(ARRIVED, ACCEPTED, REFUSED, WITHDRAWN),
    transitions=(
        Transition(
            "accept",
            frozenset({ARRIVED}),
            ACCEPTED,
            frozenset({Role.RELEASE_OFFICER}),
            guards=("gates_hold", "unconfirmed_accepted"),
        ),
        Transition(
            "refuse", frozenset({ARRIVED}), REFUSED, frozenset({Role.RELEASE_OFFICER}), guards=("reason_given",)
        ),
        Transition(
            "withdraw_own",
            frozenset({ACCEPTED}),
            WITHDRAWN,
            frozenset({Role.RELEASE_OFFICER}),
            guards=("joint", "reason_given"),
            at_will=True,
        ),
        Transition(
            "withdraw",
            frozenset({ARRIVED, ACCEPTED, REFUSED}),
            WITHDRAWN,
            guards=("originator_withdrew",),
            at_will=True,
        ),
    ),
)
