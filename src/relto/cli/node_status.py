"""`relto node status`: which processes answer, how far the ledger and the link are behind, and which alarms stand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.cli.output import answer, table, words

if TYPE_CHECKING:
    from relto.node.status import NodeStatus

_CRITICAL = 12


@click.command("status")
@click.argument("folder", type=click.Path(path_type=Path))
def status(folder: Path) -> None:
    """Say how the node is doing: processes, numbers, alarms and what to do. Exit status 12 while one is critical.

    Looks from outside, changes nothing, and needs no process of the node.
    """
    from relto.node.status import node_status

    found = node_status(folder)
    answer(_told(found), _text(found))
    if found.critical:
        sys.exit(_CRITICAL)


def _told(found: NodeStatus) -> dict[str, Any]:
    from relto.services.alarms import runbook_text

    return {
        "processes": found.processes,
        "measures": [
            {"name": one.name, "value": round(one.value, 3), "attributes": one.attributes} for one in found.measures
        ],
        "alarms": [
            {
                "code": one.alarm.code,
                "severity": one.alarm.severity,
                "who": one.alarm.who,
                "value": round(one.measure.value, 3),
                "attributes": one.measure.attributes,
                "what": words("alarm", one.alarm.code),
                "act": runbook_text(words("alarm_act", one.alarm.code)),
            }
            for one in found.alarms
        ],
    }


def _text(found: NodeStatus) -> str:
    from relto.services.alarms import runbook_text

    states = {True: "ready", False: "away"}
    lines = [f"{name}: {words('node_process', states[ready])}" for name, ready in found.processes.items()]
    rows = [[one.name, f"{one.value:g}", ", ".join(one.attributes.values())] for one in found.measures]
    lines += ["", table([["measure", "value", ""], *rows]), ""]
    for one in found.alarms:
        which = ", ".join(one.measure.attributes.values())
        lines.append(
            f"{words('alarm_severity', one.alarm.severity)}: {words('alarm', one.alarm.code)}"
            f" [{one.alarm.code}{': ' + which if which else ''}]"
        )
        lines.append(f"  {words('role', one.alarm.who)}: {runbook_text(words('alarm_act', one.alarm.code))}")
    if not found.alarms:
        lines.append(words("cli.empty", "alarms"))
    return "\n".join(lines)
