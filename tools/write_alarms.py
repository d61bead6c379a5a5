"""Rewrite the page of alarms and Prometheus's rules from the one table of alarms; tests compare both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from relto.adapters.telemetry_names import EVENTS, INSTRUMENTS, Instrument
from relto.adapters.words import sentence
from relto.services.alarms import ALARMS, Alarm

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "reference" / "alarms.md"
RULES = PROJECT / "deploy" / "prometheus" / "relto-alerts.yaml"
WRITTEN = "Written by `python -m tools.write_alarms` from the table in `src/relto/services/alarms.py`"
INTRODUCTION = f"""# Alarms

<!-- {WRITTEN} and the catalogues; edit those, not this page. -->

Each alarm rests on one number and its bound. `relto node status FOLDER` and the portal's page of the node name
those that a node sees by itself; the same table is `deploy/prometheus/relto-alerts.yaml` for Prometheus, which sees
the others too. *Critical* means that somebody is to be woken. How a node is watched is in [watch a node](../how-
to/watch-a-node.md). The bounds are defaults without a source, to be changed by whoever runs the node; the limit
after which an own witness that is late stops the border is the agreement bundle's.
"""


def page() -> str:
    """The whole page."""
    rows = "\n".join(
        f"| [`{one.code}`](#{one.code}) | {one.severity} | {sentence(f'role.{one.who}')} |" for one in ALARMS
    )
    parts = [INTRODUCTION.strip(), f"| alarm | how grave | who acts |\n|---|---|---|\n{rows}"]
    parts += [_section(one) for one in ALARMS]
    parts.append("## What is measured")
    parts.append(
        "Names are those of OpenTelemetry, then those of Prometheus. An attribute has a value of a closed list; any"
        " other is told as `other`."
    )
    numbers = "\n".join(_row(one) for one in INSTRUMENTS.values())
    parts.append(f"| instrument | scraped as | kind, unit | attributes | means |\n|---|---|---|---|---|\n{numbers}")
    codes = ", ".join(f"`{code}`" for code in sorted(EVENTS))
    parts.append(f"The codes of log lines: {codes}; `library` begins none, and is told as `other`.")
    return "\n\n".join(parts) + "\n"


def _section(alarm: Alarm) -> str:
    held = f", for {alarm.minutes} minutes" if alarm.minutes else ""
    seen = "" if not alarm.query else " A collector alone sees it."
    return (
        f"({alarm.code})=\n## {alarm.code}\n\n{sentence(f'alarm.{alarm.code}')}{seen}\n\n"
        f"**When**: `{alarm.expression}`{held}.\n\n"
        f"**What to do** ({sentence(f'role.{alarm.who}').lower()}): {sentence(f'alarm_act.{alarm.code}')}"
    )


def _row(one: Instrument) -> str:
    keys = ", ".join(f"`{key}`" for key in one.attributes)
    return f"| `{one.name}` | `{one.prometheus}` | {one.kind}, `{one.unit}` | {keys} | {one.means} |"


def rules() -> str:
    """Prometheus's rules, as YAML."""
    return "\n".join(_rule_lines()) + "\n"


def _rule_lines() -> Iterator[str]:
    yield f"# {WRITTEN}; edit that, not this file."
    yield "groups:"
    yield "  - name: relto"
    yield "    rules:"
    for one in ALARMS:
        yield f"      - alert: {one.code}"
        yield f"        expr: {json.dumps(one.expression)}"
        if one.minutes:
            yield f"        for: {one.minutes}m"
        yield "        labels:"
        yield f"          severity: {one.severity}"
        yield f"          who: {one.who}"
        yield "        annotations:"
        yield f"          summary: {json.dumps(sentence(f'alarm.{one.code}'))}"
        yield f"          summary_hi: {json.dumps(sentence(f'alarm.{one.code}', 'hi'), ensure_ascii=False)}"
        yield f"          runbook: docs/reference/alarms.md#{one.code}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    RULES.parent.mkdir(parents=True, exist_ok=True)
    RULES.write_text(rules(), encoding="utf-8")
