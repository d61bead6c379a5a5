"""An arrival on the recipient's node: what came waits until the own authority accepts or refuses it."""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

ARRIVED = "arrived"
ACCEPTED = "accepted"
REFUSED = "refused"

ACCEPTANCE = Table(
    name="acceptance",
    start=ARRIVED,
    states=(ARRIVED, ACCEPTED, REFUSED),
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
    ),
)
