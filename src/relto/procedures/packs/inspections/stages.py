"""The stages of an inspection: list, report, corrections, and a conclusion only when every finding is closed."""

from __future__ import annotations

from itertools import pairwise

from relto.procedures.actors import Role
from relto.procedures.procedure import REASON_GIVEN
from relto.procedures.table import STAYS, Table, Transition


def inspecting(
    name: str, start: tuple[str, ...], inspectors: frozenset[Role], correctors: frozenset[Role], *, certified: bool
) -> Table:
    """The table of an inspection. `start`: the states before the report; `certified`: an official certifies the end."""
    last = "certified" if certified else "concluded"
    begins = [Transition("start", frozenset({before}), after, inspectors) for before, after in pairwise(start)]
    certify = Transition("certify", frozenset({"concluded"}), "certified", correctors, ("official_known",))
    corrected = frozenset({"reported", "correcting"})
    return Table(
        name=name,
        start=start[0],
        states=(
            *start,
            "reported",
            "correcting",
            "concluded",
            *(("certified",) if certified else ()),
            "succeeded",
            "ended",
            "cancelled",
        ),
        transitions=(
            *begins,
            Transition("report", frozenset({start[-1]}), "reported", inspectors),
            Transition("plan", frozenset({"reported"}), "correcting", correctors, ("findings_planned",)),
            Transition(
                "close_finding", frozenset({"correcting"}), STAYS, inspectors, ("finding_is_open",), at_will=True
            ),
            Transition("conclude", corrected, "concluded", inspectors, ("all_closed",)),
            *((certify,) if certified else ()),
            Transition("begin_next", frozenset({last}), "succeeded", inspectors),
            Transition("end", frozenset({last}), "ended", inspectors, (REASON_GIVEN,), at_will=True),
            Transition("cancel", frozenset(start), "cancelled", inspectors, (REASON_GIVEN,), at_will=True),
        ),
    )
