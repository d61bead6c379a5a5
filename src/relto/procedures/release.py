"""A release case on the originator's node: a company asks, its authority decides, the node sends, the partner answers.

The custody receipt may overtake a technical receipt that was lost on its way: it proves delivery too, so both
`sent` and `delivered` lead to `accepted` and `returned`. A final refusal by the partner's node returns the case too.
A release in force can be withdrawn at any time, that of a joint item by its other owner as well; what the partner
answers about it afterwards changes nothing any more.
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

ASKED = "asked"
RELEASED = "released"
REFUSED = "refused"
SENT = "sent"
DELIVERED = "delivered"
ACCEPTED = "accepted"
RETURNED = "returned"
WITHDRAWN = "withdrawn"

IN_FORCE = frozenset({RELEASED, SENT, DELIVERED, ACCEPTED})

RELEASE = Table(
    name="release",
    start=ASKED,
    states=(ASKED, RELEASED, REFUSED, SENT, DELIVERED, ACCEPTED, RETURNED, WITHDRAWN),
    transitions=(
        Transition(
            "release",
            frozenset({ASKED}),
            RELEASED,
            frozenset({Role.RELEASE_OFFICER}),
            guards=("gates_hold", "unconfirmed_accepted"),
        ),
        Transition("refuse", frozenset({ASKED}), REFUSED, frozenset({Role.RELEASE_OFFICER}), guards=("reason_given",)),
        Transition("send", frozenset({RELEASED}), SENT, guards=("manifest_registered",)),
        Transition("deliver", frozenset({SENT}), DELIVERED, guards=("technical_receipt",)),
        Transition("reject", frozenset({SENT}), RETURNED, guards=("final_refusal",)),
        Transition("accept", frozenset({SENT, DELIVERED}), ACCEPTED, guards=("custody_receipt",)),
        Transition("return", frozenset({SENT, DELIVERED}), RETURNED, guards=("custody_receipt",)),
        Transition(
            "withdraw", IN_FORCE, WITHDRAWN, frozenset({Role.RELEASE_OFFICER}), guards=("reason_given",), at_will=True
        ),
        Transition("close", IN_FORCE - {RELEASED}, WITHDRAWN, guards=("co_owner_withdrew",), at_will=True),
    ),
)
