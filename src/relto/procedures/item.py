"""An item from its announcement to the register: sealed here, or received under a release.

The label is fixed when the item is announced; the container that comes must carry the same one (design: registered
manifests). A received item is held only after its authority accepted it; one that was
returned may be released, and then held, again.
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

ANNOUNCED = "announced"
REGISTERED = "registered"
HELD = "held"
RETURNED = "returned"

ITEM = Table(
    name="item",
    start=ANNOUNCED,
    states=(ANNOUNCED, REGISTERED, HELD, RETURNED),
    transitions=(
        Transition(
            "register",
            frozenset({ANNOUNCED}),
            REGISTERED,
            frozenset({Role.ENGINEER, Role.SECURITY_OFFICER}),
            guards=("label_equal", "manifest_checked"),
        ),
        Transition("hold", frozenset({ANNOUNCED, RETURNED}), HELD, frozenset({Role.RELEASE_OFFICER})),
        Transition("return", frozenset({ANNOUNCED}), RETURNED, frozenset({Role.RELEASE_OFFICER})),
    ),
)
