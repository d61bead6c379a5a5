"""How a node is doing, for whoever stands at its machine: `relto node status`.

Looks at the records and the folder as the worker does, asks each process of this machine at its port, and tells which
alarms stand. Nothing is changed. What another machine's processes do is seen in the records alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from relto.node.children import node_children
from relto.node.quarantined import opened_node

if TYPE_CHECKING:
    from relto.adapters.telemetry_names import Measure
    from relto.services.alarms import StandingAlarm


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The processes of this machine and whether each answers; the numbers; the alarms that they raise."""

    processes: dict[str, bool]
    measures: list[Measure]
    alarms: list[StandingAlarm]

    @property
    def critical(self) -> bool:
        """True while an alarm stands for which somebody is to be woken."""
        return any(one.alarm.severity == "critical" for one in self.alarms)


def node_status(root: Path) -> NodeStatus:
    """How the node in `root` is doing. Raises Misconfigured, Unreachable("database")."""
    node = opened_node(root)
    from relto.node.measures import all_measures  # noqa: PLC0415  tables need a started Django
    from relto.services.alarms import standing_alarms  # noqa: PLC0415  likewise

    measures = all_measures(node.settings, node.house)
    return NodeStatus(
        processes={child.name: child.ready() for child in node_children(node.settings)},
        measures=measures,
        alarms=standing_alarms(measures),
    )
